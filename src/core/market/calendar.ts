// When a segment trades, answered from dated data. A day that the data does not cover is an error that names the data,
// never a guess.
import { type EpochMs, type DayNumber } from '../time.ts';

/** One trading session of a segment. It includes its first instant and excludes its last. */
export interface Session {
  /** `NSE:2021-06-11`, or with a suffix for a second session of a day such as `NSE:2024-11-01:muhurat`. */
  readonly id: string;
  readonly day: DayNumber;
  /** Prices are seen from here; equals `open` where there is no pre-open. */
  readonly preOpen: EpochMs;
  /** Continuous trading from here. */
  readonly open: EpochMs;
  readonly close: EpochMs;
}

export type MarketPhase = 'closed' | 'pre_open' | 'open';

/** Sessions of every segment that the data knows. Every method throws `CalendarError` outside the data. */
export interface Calendar {
  readonly name: string;
  /** The session that holds the instant, pre-open included. */
  sessionAt(segment: string, at: EpochMs): Session | undefined;
  /** The first session whose close lies after the instant: the running one, or the next. */
  nextSession(segment: string, at: EpochMs): Session;
  phaseAt(segment: string, at: EpochMs): MarketPhase;
}

/** The question lies outside the calendar data; the message names the file and the days it covers. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
}
