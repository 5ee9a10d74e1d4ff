// Timers that follow from time: they are due at multiples of an interval counted from the session's open, and at its
// close, never from when the process started. They fire before the first input at or after their due time.
import { invariant } from '#core/invariant.ts';
import { CalendarError, type Calendar, type Session } from '#core/market/calendar.ts';
import { formatClock, type EpochMs, timeOfDay } from '#core/time.ts';

export interface Due {
  readonly kind: 'snapshot' | 'close';
  readonly at: EpochMs;
  /** Names the moment in ids: `NSE:2021-06-11@09:20:00`, or `NSE:2021-06-11@close`. */
  readonly name: string;
}

export class SessionTimer {
  readonly #calendar: Calendar;
  readonly #segment: string;
  readonly #intervalMs: number;
  #session: Session | undefined;
  #next: EpochMs;

  /** `from`: everything due up to that instant has fired already; undefined before the first input. */
  constructor(calendar: Calendar, segment: string, intervalMs: number, from: EpochMs | undefined) {
    invariant(intervalMs > 0, `an interval of ${intervalMs} ms would never let time pass`);
    this.#calendar = calendar;
    this.#segment = segment;
    this.#intervalMs = intervalMs;
    this.#next = Number.NEGATIVE_INFINITY as EpochMs;
    if (from !== undefined) this.#enter(from);
  }

  /** From this instant on something is due. */
  get nextDue(): EpochMs {
    return this.#next;
  }

  /** The running session, or the next one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** The earliest timer due at or before `at`, once; undefined when none is left. */
  take(at: EpochMs): Due | undefined {
    const session = this.#session;
    if (session === undefined) {
      this.#enter(at);
      return undefined;
    }
    if (at < this.#next) return undefined;
    const due = this.#next;
    const kind = due === session.close ? 'close' : 'snapshot';
    if (kind === 'close') this.#enter(at);
    else this.#next = Math.min(due + this.#intervalMs, session.close) as EpochMs;
    return { kind, at: due, name: `${session.id}@${kind === 'close' ? 'close' : formatClock(timeOfDay(due))}` };
  }

  /** The session that holds `at`, or the next; undefined when the data ends before it: then nothing more is due. */
  #sessionFrom(at: EpochMs): Session | undefined {
    try {
      return this.#calendar.nextSession(this.#segment, at);
    } catch (error) {
      if (error instanceof CalendarError) return undefined;
      throw error;
    }
  }

  /** Goes on in the session that holds `at`, or the next; what it has behind it at `at` is not due any more. */
  #enter(at: EpochMs): void {
    const session = this.#sessionFrom(at);
    if (session === undefined) {
      this.#session = undefined;
      this.#next = Number.POSITIVE_INFINITY as EpochMs;
      return;
    }
    const passed = Math.max(0, Math.floor((at - session.open) / this.#intervalMs));
    this.#session = session;
    this.#next = Math.min(session.open + (passed + 1) * this.#intervalMs, session.close) as EpochMs;
  }
}
