// Timers that follow from time: they are due at multiples of an interval counted from the session's open, at the
// square-off of intraday positions, and at the close, never from when the process started. They fire before the first
// input at or after their due time.
import { invariant } from '#core/invariant.ts';
import { CalendarError, type Calendar, type Session } from '#core/market/calendar.ts';
import { formatClock, type EpochMs, timeOfDay } from '#core/time.ts';

/** In the order in which they fire when they are due at the same instant. */
const KINDS = ['snapshot', 'square_off', 'close'] as const;

export interface Due {
  readonly kind: (typeof KINDS)[number];
  readonly segment: string;
  readonly at: EpochMs;
  /** Names the moment in ids: `NSE:2021-06-11@09:20:00`, `NSE:2021-06-11@square_off`, or `NSE:2021-06-11@close`. */
  readonly name: string;
}

export interface TimerTerms {
  readonly segment: string;
  /** Infinite for a segment that times no snapshots. */
  readonly intervalMs: number;
  /** So long before the close intraday positions are closed; 0 for never. */
  readonly squareOffMs: number;
}

export class SessionTimer {
  readonly #calendar: Calendar;
  readonly #terms: TimerTerms;
  #session: Session | undefined;
  #entered = false;
  /** When each kind is due next; infinite when it is not in this session any more. */
  #dues: Record<Due['kind'], number> = NEVER;

  /** `from`: everything due up to that instant has fired already; undefined before the first input. */
  constructor(calendar: Calendar, terms: TimerTerms, from: EpochMs | undefined) {
    invariant(terms.intervalMs > 0, `an interval of ${terms.intervalMs} ms would never let time pass`);
    this.#calendar = calendar;
    this.#terms = terms;
    if (from !== undefined) this.#enter(from);
  }

  /** From this instant on something is due. */
  get nextDue(): EpochMs {
    if (!this.#entered) return Number.NEGATIVE_INFINITY as EpochMs;
    const { snapshot, square_off: squareOff, close } = this.#dues;
    return Math.min(snapshot, squareOff, close) as EpochMs;
  }

  /** The running session, or the next one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** The earliest timer due at or before `at`, once; undefined when none is left. */
  take(at: EpochMs): Due | undefined {
    if (!this.#entered) {
      this.#enter(at);
      return undefined;
    }
    const session = this.#session;
    const due = this.nextDue;
    if (session === undefined || at < due) return undefined;
    // At the close there is nothing else to tell: the close reports the books itself.
    const kind = due === session.close ? 'close' : KINDS.find((each) => this.#dues[each] === due);
    invariant(kind !== undefined, `something is due at ${due}, but nothing says what`);
    if (kind === 'close') this.#enter(at);
    else this.#dues[kind] = kind === 'snapshot' ? due + this.#terms.intervalMs : Number.POSITIVE_INFINITY;
    const moment = kind === 'snapshot' ? formatClock(timeOfDay(due)) : kind;
    return { kind, segment: this.#terms.segment, at: due, name: `${session.id}@${moment}` };
  }

  /** The session that holds `at`, or the next; undefined when the data ends before it: then nothing more is due. */
  #sessionFrom(at: EpochMs): Session | undefined {
    try {
      return this.#calendar.nextSession(this.#terms.segment, at);
    } catch (error) {
      if (error instanceof CalendarError) return undefined;
      throw error;
    }
  }

  /** Goes on in the session that holds `at`, or the next; what it has behind it at `at` is not due any more. */
  #enter(at: EpochMs): void {
    const session = this.#sessionFrom(at);
    this.#entered = true;
    this.#session = session;
    this.#dues = { ...NEVER };
    if (session === undefined) return;
    const { intervalMs, squareOffMs } = this.#terms;
    const passed = Math.max(0, Math.floor((at - session.open) / intervalMs));
    this.#dues.snapshot = session.open + (passed + 1) * intervalMs;
    const squareOff = session.close - squareOffMs;
    if (squareOffMs > 0 && squareOff > at && squareOff > session.open) this.#dues.square_off = squareOff;
    this.#dues.close = session.close;
  }
}

const NEVER: Record<Due['kind'], number> = {
  snapshot: Number.POSITIVE_INFINITY,
  square_off: Number.POSITIVE_INFINITY,
  close: Number.POSITIVE_INFINITY,
};
