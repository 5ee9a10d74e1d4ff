// The calendar of an exchange, answered from dated data. All sessions of a segment are laid out once, when it is first
// asked about, so that a question at every tick costs a comparison or two: an answer holds until a known instant.
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
import { type Calendar, CalendarError, type MarketPhase, type MarketStatus, type Session } from './calendar.ts';
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
    return this.#of(segment).status(at).phase;
  }

  marketStatus(segment: string, at: EpochMs): MarketStatus {
    return this.#of(segment).status(at);
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
  readonly #rows: SegmentData;
  #sessions: readonly Session[] | undefined;
  #answer: Session | undefined;
  #holdsFrom = Infinity;
  #holdsUntil = -Infinity;
  #status: MarketStatus | undefined;
  #statusFrom = Infinity;

  constructor(segment: string, data: CalendarData, rows: SegmentData) {
    this.segment = segment;
    this.data = data;
    this.#rows = rows;
  }

  /** The first session whose close lies after the instant; undefined after the last session of the data. */
  running(at: EpochMs): Session | undefined {
    if (at >= this.#holdsFrom && at < this.#holdsUntil) return this.#answer;
    const end = this.#end;
    if (!(at >= startOfDay(this.data.from) && at < end)) return this.#fail(`for ${formatDay(dayOf(at))}`);
    const sessions = (this.#sessions ??= layOut(this.segment, this.data, this.#rows));
    let low = 0;
    let high = sessions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sessions[middle] as Session).close > at) high = middle;
      else low = middle + 1;
    }
    this.#answer = sessions[low];
    this.#holdsFrom = sessions[low - 1]?.close ?? startOfDay(this.data.from);
    this.#holdsUntil = this.#answer?.close ?? end;
    return this.#answer;
  }

  /** Kept until it changes, so that asking at every tick makes nothing. */
  status(at: EpochMs): MarketStatus {
    const kept = this.#status;
    if (kept !== undefined && at >= this.#statusFrom && at < kept.nextChange) return kept;
    const session = this.running(at);
    const part = session?.phases.find(({ from, to }) => at >= from && at < to);
    this.#statusFrom = part?.from ?? this.#holdsFrom;
    const nextChange = part?.to ?? session?.preOpen ?? this.#end;
    if (part === undefined) this.#status = { phase: 'closed', session: undefined, entry: 'none', nextChange };
    else this.#status = { phase: part.phase, session, entry: part.entry, nextChange };
    return this.#status;
  }

  get #end(): EpochMs {
    return (startOfDay(this.data.to) + DAY_MS) as EpochMs;
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

const NONE: readonly never[] = [];

function layOut(segment: string, data: CalendarData, rows: SegmentData): readonly Session[] {
  const sessions: Session[] = [];
  const specials = Map.groupBy(rows.special, ({ day }) => day);
  for (let day = data.from; day <= data.to; day = (day + 1) as DayNumber) {
    const special = specials.get(day) ?? NONE;
    for (const row of special) sessions.push(sessionOf(segment, row.suffix, day, row));
    if (special.length > 0 || weekday(day) % 6 === 0 || rows.holidays.has(day)) continue;
    const hours = rows.hours.findLast((row) => row.from <= day);
    if (hours === undefined) continue;
    const late = rows.evenings.get(day);
    if (late === undefined) sessions.push(sessionOf(segment, '', day, hours));
    else sessions.push(sessionOf(segment, 'evening', day, fromEvening(hours, late)));
  }
  return sessions;
}

/** The usual hours from a later open on. */
function fromEvening(hours: SessionTimes, open: number): SessionTimes {
  const auction = hours.phases.filter(({ phase }) => phase === 'closing_auction');
  return { ...hours, preOpen: open, open, phases: [{ phase: 'open', entry: 'all', from: open }, ...auction] };
}

function sessionOf(segment: string, suffix: string, day: DayNumber, times: SessionTimes): Session {
  const midnight = startOfDay(day);
  const at = (time: number): EpochMs => (midnight + time) as EpochMs;
  return {
    id: `${segment}:${formatDay(day)}${suffix === '' ? '' : `:${suffix}`}`,
    day,
    preOpen: at(times.preOpen),
    open: at(times.open),
    continuousClose: at(times.continuousClose),
    close: at(times.close),
    phases: times.phases.map(({ phase, entry, from }, k) => {
      return { phase, entry, from: at(from), to: at(times.phases[k + 1]?.from ?? times.close) };
    }),
  };
}
