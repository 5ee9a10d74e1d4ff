// Timers that follow from time: they are due at multiples of an interval counted from the session's open, at the
// square-off of intraday positions, at the steps of a closing auction, and at the close, never from when the process
// started. They fire before the first input at or after their due time.
import { type ExchangePhase } from '#core/exchange/phase.ts';
import { invariant } from '#core/invariant.ts';
import { CalendarError, type Calendar, type Entry, type Session, type SessionPhase } from '#core/market/calendar.ts';
import { formatClock, type EpochMs, timeOfDay } from '#core/time.ts';

/** In the order in which they fire when they are due at the same instant. */
const KINDS = ['snapshot', 'square_off', 'phase', 'close'] as const;

type Kind = (typeof KINDS)[number];

/** Orders that the exchange takes, by what the calendar says of a phase. */
const ACCEPTS: Readonly<Record<Entry, ExchangePhase['accepts']>> = {
  none: [],
  limit: ['limit'],
  market_and_limit: ['market', 'limit'],
  all: ['market', 'limit', 'stop', 'stop_limit'],
};

interface DueMoment {
  readonly segment: string;
  readonly at: EpochMs;
  /** Names the moment in ids: `NSE:2021-06-11@09:20:00`, or with `@phase_15:20:00`, `@square_off` or `@close`. */
  readonly name: string;
}

/**
 * Something that is due; with `phase`, the step of the closing auction that begins. `turn`: a session ends and the next one
 * begins at the same instant, so that the day turns and the market does not close.
 */
export type Due = DueMoment &
  ({ readonly kind: Exclude<Kind, 'phase'> | 'turn' } | { readonly kind: 'phase'; readonly phase: ExchangePhase });

export interface TimerTerms {
  readonly segment: string;
  /** Infinite for a segment that times no snapshots. */
  readonly intervalMs: number;
  /** So long before continuous trading ends intraday positions are closed; 0 for never. */
  readonly squareOffMs: number;
}

export class SessionTimer {
  readonly #calendar: Calendar;
  readonly #terms: TimerTerms;
  #session: Session | undefined;
  #entered = false;
  /** When each kind is due next; infinite when it is not in this session any more. */
  #dues: Record<Kind, number> = NEVER;

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
    const { snapshot, square_off: squareOff, phase, close } = this.#dues;
    return Math.min(snapshot, squareOff, phase, close) as EpochMs;
  }

  /** The running session, or the next one. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** The step of the closing auction that the instant lies in; undefined outside one. */
  auctionAt(at: EpochMs): ExchangePhase | undefined {
    const running = this.#session?.phases.find(({ from, to }) => at >= from && at < to);
    return running?.phase === 'closing_auction' ? stepOf(running) : undefined;
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
    if (kind === 'phase') return this.#takePhase(session, due);
    if (kind === 'close') this.#enter(at);
    else this.#dues[kind] = kind === 'snapshot' ? due + this.#terms.intervalMs : Number.POSITIVE_INFINITY;
    const moment = kind === 'snapshot' ? formatClock(timeOfDay(due)) : kind;
    const told = kind === 'close' && this.#opensAt(due) ? 'turn' : kind;
    return { kind: told, segment: this.#terms.segment, at: due, name: `${session.id}@${moment}` };
  }

  #takePhase(session: Session, due: EpochMs): Due {
    const phase = session.phases.find(({ from }) => from === due);
    invariant(phase !== undefined, `no phase of ${session.id} begins at ${due}, and yet one is due`);
    this.#dues.phase = nextStep(session, due);
    const name = `${session.id}@phase_${formatClock(timeOfDay(due))}`;
    return { kind: 'phase', segment: this.#terms.segment, at: due, name, phase: stepOf(phase) };
  }

  /** Whether the segment trades on in another session from the instant on at which one ends. */
  #opensAt(close: EpochMs): boolean {
    return this.#sessionFrom(close)?.open === close;
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
    const squareOff = session.continuousClose - squareOffMs;
    if (squareOffMs > 0 && squareOff > at && squareOff > session.open) this.#dues.square_off = squareOff;
    this.#dues.phase = nextStep(session, at);
    this.#dues.close = session.close;
  }
}

function stepOf({ entry }: SessionPhase): ExchangePhase {
  return { kind: 'closing_call', accepts: ACCEPTS[entry] };
}

/** When the next step of the closing auction begins; infinite when none is left, or the session has no auction. */
function nextStep({ phases }: Session, at: EpochMs): number {
  return phases.find(({ phase, from }) => phase === 'closing_auction' && from > at)?.from ?? Number.POSITIVE_INFINITY;
}

const NEVER: Record<Kind, number> = {
  snapshot: Number.POSITIVE_INFINITY,
  square_off: Number.POSITIVE_INFINITY,
  phase: Number.POSITIVE_INFINITY,
  close: Number.POSITIVE_INFINITY,
};
