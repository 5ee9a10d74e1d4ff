// The calendar of an exchange, answered from dated data. All sessions are laid out once, so that a question at every
// tick costs a comparison or two: the answer stays the same until the session it names has closed.
import {
  DAY_MS,
  type DayNumber,
  type EpochMs,
  dayOf,
  formatClock,
  formatDay,
  startOfDay,
  timeOfDay,
  weekday,
} from '../time.ts';
import { type Calendar, CalendarError, type MarketPhase, type Session } from './calendar.ts';
import { type CalendarData, CalendarDataError, type SegmentData, type SessionTimes } from './calendar-data.ts';

/** One calendar over the segments of several files; a segment belongs to one file. */
export function sessionCalendar(data: readonly CalendarData[]): Calendar {
  const schedules = new Map<string, Schedule>();
  for (const file of data) {
    for (const [segment, rows] of file.segments) {
      const other = schedules.get(segment)?.data.source;
      if (other !== undefined) {
        throw new CalendarDataError(`segment ${segment} is in ${other} and in ${file.source}: keep it in one of them`);
      }
      schedules.set(segment, new Schedule(segment, file, rows));
    }
  }
  return new SessionCalendar(data, schedules);
}

class SessionCalendar implements Calendar {
  readonly name: string;
  readonly #schedules: ReadonlyMap<string, Schedule>;
  readonly #known: string;
  #last: Schedule | undefined;

  constructor(data: readonly CalendarData[], schedules: ReadonlyMap<string, Schedule>) {
    this.name = data.map((file) => file.name).join('+');
    this.#schedules = schedules;
    this.#known = data.map((file) => `${file.source} has ${[...file.segments.keys()].join(', ')}`).join('; ');
  }

  sessionAt(segment: string, at: EpochMs): Session | undefined {
    const session = this.#of(segment).running(at);
    return session !== undefined && at >= session.preOpen ? session : undefined;
  }

  nextSession(segment: string, at: EpochMs): Session {
    const schedule = this.#of(segment);
    return schedule.running(at) ?? schedule.failAfter(at);
  }

  phaseAt(segment: string, at: EpochMs): MarketPhase {
    const session = this.#of(segment).running(at);
    if (session === undefined || at < session.preOpen) return 'closed';
    return at < session.open ? 'pre_open' : 'open';
  }

  #of(segment: string): Schedule {
    if (this.#last?.segment === segment) return this.#last;
    const schedule = this.#schedules.get(segment);
    if (schedule === undefined) {
      throw new CalendarError(
        `no calendar data for segment ${segment}: ${this.#known}. ` +
          `Add a calendar file with the hours and holidays of ${segment} beside it.`,
      );
    }
    this.#last = schedule;
    return schedule;
  }
}

/** The sessions of one segment in order, and a window of time in which the last answer holds. */
class Schedule {
  readonly segment: string;
  readonly data: CalendarData;
  readonly #sessions: readonly Session[];
  #answer: Session | undefined;
  #holdsFrom = Infinity;
  #holdsUntil = -Infinity;

  constructor(segment: string, data: CalendarData, rows: SegmentData) {
    this.segment = segment;
    this.data = data;
    this.#sessions = layOut(segment, data, rows);
  }

  /** The first session whose close lies after the instant; undefined after the last session of the data. */
  running(at: EpochMs): Session | undefined {
    if (at >= this.#holdsFrom && at < this.#holdsUntil) return this.#answer;
    const end = startOfDay(this.data.to) + DAY_MS;
    if (!(at >= startOfDay(this.data.from) && at < end)) return this.#fail(`for ${formatDay(dayOf(at))}`);
    let low = 0;
    let high = this.#sessions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#sessions[middle]?.close ?? end) > at) high = middle;
      else low = middle + 1;
    }
    this.#answer = this.#sessions[low];
    this.#holdsFrom = this.#sessions[low - 1]?.close ?? startOfDay(this.data.from);
    this.#holdsUntil = this.#answer?.close ?? end;
    return this.#answer;
  }

  failAfter(at: EpochMs): never {
    return this.#fail(`for a session after ${formatDay(dayOf(at))} ${formatClock(timeOfDay(at))}`);
  }

  #fail(question: string): never {
    const { source, from, to } = this.data;
    throw new CalendarError(
      `${this.segment} has no calendar data ${question}: ${source} covers ${formatDay(from)} to ${formatDay(to)}. ` +
        `Add that year's holidays and special sessions from the exchange's circular to the file and extend "covers".`,
    );
  }
}

function layOut(segment: string, data: CalendarData, rows: SegmentData): readonly Session[] {
  const sessions: Session[] = [];
  for (let day = data.from; day <= data.to; day = (day + 1) as DayNumber) {
    const special = rows.special.filter((row) => row.day === day).sort((a, b) => a.preOpen - b.preOpen);
    for (const row of special) append(sessions, sessionOf(segment, row.suffix, day, row), data.source);
    if (special.length > 0 || weekday(day) % 6 === 0 || rows.holidays.has(day)) continue;
    const hours = rows.hours.findLast((row) => row.from <= day);
    if (hours !== undefined) append(sessions, sessionOf(segment, '', day, hours), data.source);
  }
  return sessions;
}

function sessionOf(segment: string, suffix: string, day: DayNumber, times: SessionTimes): Session {
  const midnight = startOfDay(day);
  return {
    id: `${segment}:${formatDay(day)}${suffix === '' ? '' : `:${suffix}`}`,
    day,
    preOpen: (midnight + times.preOpen) as EpochMs,
    open: (midnight + times.open) as EpochMs,
    close: (midnight + times.close) as EpochMs,
  };
}

function append(sessions: Session[], session: Session, source: string): void {
  const before = sessions.at(-1);
  if (before !== undefined && (session.preOpen < before.close || session.id === before.id)) {
    throw new CalendarDataError(
      `${source}: the sessions ${before.id} and ${session.id} overlap or share an id. ` +
        `Give each special session of a day its own times and its own "suffix".`,
    );
  }
  sessions.push(session);
}
