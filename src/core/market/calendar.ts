// When a segment trades, answered from dated data. A day that the data does not cover is an error that names the data,
// never a guess.
import { type EpochMs, type DayNumber } from '../time.ts';

/** Orders that a phase takes; without any, no change of an order is taken either. `all` has stops besides. */
export type Entry = 'none' | 'limit' | 'market_and_limit' | 'all';

/** A part of a session; the parts follow each other without a gap, and each excludes its last instant. */
export interface SessionPhase {
  readonly phase: 'pre_open' | 'open' | 'closing_auction';
  readonly entry: Entry;
  readonly from: EpochMs;
  readonly to: EpochMs;
}

/** One trading session of a segment. It includes its first instant and excludes its last. */
export interface Session {
  /** `NSE:2021-06-11`, or with a suffix for a second session of a day such as `NSE:2024-11-01:muhurat`. */
  readonly id: string;
  readonly day: DayNumber;
  /** Prices are seen from here; equals `open` where there is no pre-open. */
  readonly preOpen: EpochMs;
  /** Continuous trading from here. */
  readonly open: EpochMs;
  /** Continuous trading to here; before `close` only where a closing auction follows. */
  readonly continuousClose: EpochMs;
  /** Orders of the day end here, after the matching of a closing auction. */
  readonly close: EpochMs;
  /** From `preOpen` to `close`. */
  readonly phases: readonly SessionPhase[];
}

export type MarketPhase = 'closed' | SessionPhase['phase'];

/** What a segment does at an instant, and until when that stays so. */
export interface MarketStatus {
  readonly phase: MarketPhase;
  /** The session that holds the instant, pre-open and closing auction included. */
  readonly session: Session | undefined;
  readonly entry: Entry;
  /** The first instant at which something else holds; the end of the data after its last session. */
  readonly nextChange: EpochMs;
}

/** Sessions of every segment that the data knows. Every method throws `CalendarError` outside the data. */
export interface Calendar {
  readonly name: string;
  /** The session that holds the instant, pre-open and closing auction included. */
  sessionAt(segment: string, at: EpochMs): Session | undefined;
  /** The first session whose close lies after the instant: the running one, or the next. */
  nextSession(segment: string, at: EpochMs): Session;
  phaseAt(segment: string, at: EpochMs): MarketPhase;
  marketStatus(segment: string, at: EpochMs): MarketStatus;
}

/** The question lies outside the calendar data; the message names the file and the days it covers. */
export class CalendarError extends Error {
  override readonly name = 'CalendarError';
}
