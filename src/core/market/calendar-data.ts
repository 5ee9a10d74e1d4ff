// The dated calendar file of an exchange, read and checked. It is apart from the calendar itself because a file is
// written by people: everything that can be wrong with one is found here, at the start, and named with its place.
import { type DayNumber, dayNumber, formatDay, parseClock, parseDay, weekday } from '../time.ts';
import { type Entry, type SessionPhase } from './calendar.ts';

/** A phase of a session from a time on, until the next one or the close. */
export interface TimedPhase {
  readonly phase: SessionPhase['phase'];
  readonly entry: Entry;
  readonly from: number;
}

/** Session times of one day in milliseconds since midnight in India; `preOpen` equals `open` where there is none. */
export interface SessionTimes {
  readonly preOpen: number;
  readonly open: number;
  /** The end of continuous trading; equals `close` where no closing auction follows. */
  readonly continuousClose: number;
  readonly close: number;
  readonly phases: readonly TimedPhase[];
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
  /** Weekdays whose usual session begins only at this time. */
  readonly evenings: ReadonlyMap<DayNumber, number>;
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

const TIMES = ['preOpen', 'preOpenEntryEnd', 'open', 'closingAuction', 'close', 'source'];
const ENTRIES: readonly Entry[] = ['none', 'limit', 'market_and_limit'];

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
    const row = rows.row(segment, ['hours', 'holidays', 'evenings', 'special', 'notes']);
    segments.set(segment, parseSegment(row, from, to, segments));
  }
  if (segments.size === 0) top.fail('segments', 'at least one segment such as NSE');
  return { name: top.text('name'), source, from, to, segments };
}

type Segments = ReadonlyMap<string, SegmentData>;

function parseSegment(row: Row, from: DayNumber, to: DayNumber, before: Segments): SegmentData {
  const hours = row.rows('hours', ['from', ...TIMES]).map(parseHours);
  const first = hours[0];
  if (first === undefined || first.from > from) row.fail('hours', `hours that begin by ${formatDay(from)}`);
  for (const [index, each] of hours.entries()) {
    const earlier = hours[index - 1];
    if (earlier !== undefined && each.from <= earlier.from) row.fail('hours', 'rows in order of "from", each day once');
  }
  if (row.has('notes')) for (const note of row.rows('notes', ['from', 'text', 'source'])) parseNote(note);
  const holidays = row.says('holidays')
    ? segmentNamed(row, 'holidays', before).holidays
    : new Set(parseDays(row.row('holidays'), from, to, ['source', 'days']).keys());
  const evenings = row.has('evenings')
    ? parseDays(row.row('evenings'), from, to, ['source', 'open', 'days'])
    : new Map<DayNumber, number>();
  for (const [day, open] of evenings) {
    if (holidays.has(day)) row.fail('evenings', `days that are no holidays besides, unlike ${formatDay(day)}`);
    const usual = hours.findLast((each) => each.from <= day)?.continuousClose;
    if (usual === undefined || open >= usual) row.fail('evenings', `an "open" before the close of ${formatDay(day)}`);
  }
  return { hours, holidays, evenings, special: parseSpecial(row, from, to, before) };
}

/** Segments that share a list write it once: the others name the segment that has it. */
function segmentNamed(row: Row, field: string, before: Segments): SegmentData {
  const known = [...before.keys()].join(', ') || 'none is before this one';
  return (
    before.get(row.text(field)) ?? row.fail(field, `a list, or an earlier segment of this file that has it (${known})`)
  );
}

function parseSpecial(row: Row, from: DayNumber, to: DayNumber, before: Segments): readonly SpecialSession[] {
  if (row.says('special')) return segmentNamed(row, 'special', before).special;
  let last: SpecialSession | undefined;
  const taken = new Set<string>();
  return row.rows('special', ['day', 'suffix', 'what', ...TIMES]).map((each) => {
    const day = each.day('day');
    if (day < from || day > to) each.fail('day', `a day from ${formatDay(from)} to ${formatDay(to)}, the covered days`);
    each.text('what');
    const special = { day, suffix: each.has('suffix') ? each.text('suffix') : '', ...parseTimes(each) };
    if (last !== undefined && (day < last.day || (day === last.day && special.preOpen < last.close))) {
      each.fail('day', `rows in order of time that do not overlap, so one after that of ${formatDay(last.day)}`);
    }
    const name = `${day}:${special.suffix}`;
    if (taken.has(name)) each.fail('suffix', 'a suffix of its own for each session of a day');
    taken.add(name);
    last = special;
    return special;
  });
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
  const auction = parseAuction(row, open, close);
  const phases: TimedPhase[] = [
    ...parsePreOpen(row, preOpen, open),
    { phase: 'open', entry: 'all', from: open },
    ...auction,
  ];
  return { preOpen, open, continuousClose: auction[0]?.from ?? close, close, phases };
}

/** Orders are taken in the first part of the pre-open; in the rest they are matched. */
function parsePreOpen(row: Row, preOpen: number, open: number): readonly TimedPhase[] {
  if (!row.has('preOpenEntryEnd'))
    return preOpen < open ? [{ phase: 'pre_open', entry: 'market_and_limit', from: preOpen }] : [];
  const end = row.clock('preOpenEntryEnd');
  if (end <= preOpen || end >= open) row.fail('preOpenEntryEnd', 'a time between "preOpen" and "open"');
  return [
    { phase: 'pre_open', entry: 'market_and_limit', from: preOpen },
    { phase: 'pre_open', entry: 'none', from: end },
  ];
}

/** The steps of the closing auction: each lasts until the next one, the last until the close. */
function parseAuction(row: Row, open: number, close: number): readonly TimedPhase[] {
  if (!row.has('closingAuction')) return [];
  let last = open;
  const steps = row.rows('closingAuction', ['from', 'entry']).map((step): TimedPhase => {
    const from = step.clock('from');
    if (from <= last || from >= close) step.fail('from', 'a time after the step before and between "open" and "close"');
    last = from;
    const entry = ENTRIES.find((each) => each === step.text('entry'));
    return { phase: 'closing_auction', entry: entry ?? step.fail('entry', `one of ${ENTRIES.join(', ')}`), from };
  });
  return steps.length > 0 ? steps : row.fail('closingAuction', 'at least one step, or no such field');
}

function parseNote(row: Row): void {
  row.day('from');
  row.text('text');
  row.text('source');
}

/**
 * Days with the opening time of their list, 0 where lists have none. Every covered year must be there: a year without a list would count each of its weekdays as a
 * trading day.
 */
function parseDays(row: Row, from: DayNumber, to: DayNumber, known: readonly string[]): ReadonlyMap<DayNumber, number> {
  const opens = new Map<DayNumber, number>();
  const covered: string[] = [];
  for (let year = yearOf(from); year <= yearOf(to); year += 1) covered.push(`${year}`);
  for (const year of covered) if (!row.has(year)) row.fail(year, `the days of ${year}, which "covers" promises`);
  for (const year of row.keys()) {
    if (!covered.includes(year)) row.fail(year, `a covered year, one of ${covered.join(', ')}`);
    const list = row.row(year, known);
    list.text('source');
    const open = known.includes('open') ? list.clock('open') : 0;
    let last = dayNumber(Number(year), 1, 1) - 1;
    const days = list.row('days');
    for (const text of days.keys()) {
      days.text(text);
      const day = parseDay(text);
      if (day === undefined || !text.startsWith(`${year}-`)) return days.fail(text, `a day of ${year} as its key`);
      if (weekday(day) % 6 === 0) days.fail(text, 'a weekday as its key: weekends have no usual session');
      if (day <= last) days.fail(text, 'days in order');
      last = day;
      opens.set(day, open);
    }
  }
  return opens;
}

function yearOf(day: DayNumber): number {
  return Number(formatDay(day).slice(0, 4));
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

  /** Whether a text stands where a list could. */
  says(field: string): boolean {
    return typeof this.#fields[field] === 'string';
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
