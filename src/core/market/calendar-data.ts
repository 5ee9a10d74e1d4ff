// The dated calendar file of an exchange, read and checked. It is apart from the calendar itself because a file is
// written by people: everything that can be wrong with one is found here, at the start, and named with its place.
import { type DayNumber, dayNumber, formatDay, parseClock, parseDay, weekday } from '../time.ts';

/** Session times of one day in milliseconds since midnight in India; `preOpen` equals `open` where there is none. */
export interface SessionTimes {
  readonly preOpen: number;
  readonly open: number;
  readonly close: number;
}

/** The usual hours of a segment from a day on, until the next such row. */
export interface DatedHours extends SessionTimes {
  readonly from: DayNumber;
}

/** A session outside the usual hours. On its day it replaces them, whatever the weekday. */
export interface SpecialSession extends SessionTimes {
  readonly day: DayNumber;
  /** Ends the session's id where a day has more than one kind: `muhurat`; empty for none. */
  readonly suffix: string;
}

export interface SegmentData {
  readonly hours: readonly DatedHours[];
  /** Weekdays without the usual session. */
  readonly holidays: ReadonlySet<DayNumber>;
  readonly special: readonly SpecialSession[];
}

export interface CalendarData {
  readonly name: string;
  /** The file, for messages. */
  readonly source: string;
  /** First and last day that the data answers for. */
  readonly from: DayNumber;
  readonly to: DayNumber;
  readonly segments: ReadonlyMap<string, SegmentData>;
}

/** A calendar file is wrong; the message names the file, the place in it, what was expected and what was found. */
export class CalendarDataError extends Error {
  override readonly name = 'CalendarDataError';
}

/** Checks the content of a calendar file. `source` names the file in messages. Throws `CalendarDataError`. */
export function parseCalendarData(json: unknown, source: string): CalendarData {
  const top = new Row(json, source, '', ['about', 'name', 'covers', 'segments']);
  const covers = top.row('covers', ['from', 'to']);
  const from = covers.day('from');
  const to = covers.day('to');
  if (to < from) covers.fail('to', `a day not before ${formatDay(from)}`);
  const segments = new Map<string, SegmentData>();
  const rows = top.row('segments');
  for (const segment of rows.keys()) {
    segments.set(segment, parseSegment(rows.row(segment, ['hours', 'holidays', 'special', 'notes']), from, to));
  }
  if (segments.size === 0) top.fail('segments', 'at least one segment such as NSE');
  return { name: top.text('name'), source, from, to, segments };
}

function parseSegment(row: Row, from: DayNumber, to: DayNumber): SegmentData {
  const hours = row.rows('hours', ['from', 'preOpen', 'open', 'close', 'source']).map(parseHours);
  const first = hours[0];
  if (first === undefined || first.from > from) row.fail('hours', `hours that begin by ${formatDay(from)}`);
  for (const [index, each] of hours.entries()) {
    const before = hours[index - 1];
    if (before !== undefined && each.from <= before.from) row.fail('hours', 'rows in order of "from", each day once');
  }
  const special = row.rows('special', ['day', 'suffix', 'what', 'preOpen', 'open', 'close', 'source']).map((each) => {
    const day = each.day('day');
    if (day < from || day > to) each.fail('day', `a day from ${formatDay(from)} to ${formatDay(to)}, the covered days`);
    each.text('what');
    return { day, suffix: each.has('suffix') ? each.text('suffix') : '', ...parseTimes(each) };
  });
  if (row.has('notes')) for (const note of row.rows('notes', ['from', 'text', 'source'])) parseNote(note);
  return { hours, special, holidays: parseHolidays(row.row('holidays'), from, to) };
}

function parseHours(row: Row): DatedHours {
  return { from: row.day('from'), ...parseTimes(row) };
}

function parseTimes(row: Row): SessionTimes {
  row.text('source');
  const open = row.clock('open');
  const close = row.clock('close');
  const preOpen = row.has('preOpen') ? row.clock('preOpen') : open;
  if (preOpen > open) row.fail('preOpen', 'a time not after "open"');
  if (open >= close) row.fail('close', 'a time after "open"');
  return { preOpen, open, close };
}

function parseNote(row: Row): void {
  row.day('from');
  row.text('text');
  row.text('source');
}

/** Every covered year must be there: a year without a list would count each of its weekdays as a trading day. */
function parseHolidays(row: Row, from: DayNumber, to: DayNumber): ReadonlySet<DayNumber> {
  const holidays = new Set<DayNumber>();
  const years = row.keys();
  for (let year = Number(formatDay(from).slice(0, 4)); dayNumber(year, 1, 1) <= to; year += 1) {
    if (!years.includes(`${year}`)) row.fail(`${year}`, `the holidays of ${year}, which "covers" promises`);
  }
  for (const year of years) {
    const list = row.row(year, ['source', 'days']);
    list.text('source');
    const days = list.row('days');
    for (const text of days.keys()) {
      days.text(text);
      const day = parseDay(text);
      if (day === undefined || !text.startsWith(`${year}-`)) return days.fail(text, `a day of ${year} as its key`);
      if (weekday(day) % 6 === 0) days.fail(text, 'a weekday as its key: weekends have no usual session');
      holidays.add(day);
    }
  }
  return holidays;
}

/** One JSON object of the file, which knows its place so that every complaint can name it. */
class Row {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #source: string;
  readonly #place: string;

  /** With `known`, any other field is refused: a misspelt list would otherwise be an empty one. */
  constructor(value: unknown, source: string, place: string, known?: readonly string[]) {
    this.#source = source;
    this.#place = place;
    this.#fields = {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.#complain('', 'an object', value);
    this.#fields = value as Readonly<Record<string, unknown>>;
    for (const key of known === undefined ? [] : this.keys()) {
      if (known?.includes(key) === false) this.fail(key, `only the fields ${known.join(', ')}`);
    }
  }

  keys(): readonly string[] {
    return Object.keys(this.#fields);
  }

  has(field: string): boolean {
    return this.#fields[field] !== undefined;
  }

  row(field: string, known?: readonly string[]): Row {
    return new Row(this.#fields[field], this.#source, this.#placeOf(field), known);
  }

  rows(field: string, known: readonly string[]): readonly Row[] {
    const list = this.#fields[field];
    if (!Array.isArray(list)) return this.fail(field, 'a list');
    return list.map((each, index) => new Row(each, this.#source, `${this.#placeOf(field)}[${index}]`, known));
  }

  text(field: string): string {
    const value = this.#fields[field];
    return typeof value === 'string' && value.trim() !== '' ? value : this.fail(field, 'a text');
  }

  day(field: string): DayNumber {
    return parseDay(this.text(field)) ?? this.fail(field, 'a day such as 2021-06-11');
  }

  clock(field: string): number {
    return parseClock(this.text(field)) ?? this.fail(field, 'a time such as 09:15');
  }

  fail(field: string, expected: string): never {
    return this.#complain(this.#placeOf(field), expected, this.#fields[field]);
  }

  #placeOf(field: string): string {
    return this.#place === '' ? field : `${this.#place}.${field}`;
  }

  #complain(place: string, expected: string, value: unknown): never {
    const where = place === '' ? this.#place : place;
    const found = value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 80);
    throw new CalendarDataError(
      `${this.#source}${where === '' ? '' : `: ${where}`}: expected ${expected}, found ${found}. Correct the file.`,
    );
  }
}
