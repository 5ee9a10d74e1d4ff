// The timers of every segment that a plan trades, taken in the order of time, and whether an instrument's segment trades.
import { type ExchangePhase } from '#core/exchange/phase.ts';
import { invariant } from '#core/invariant.ts';
import { type Calendar, type Session } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { SessionTimer, type Due } from './session-timer.ts';

const NO_SEGMENT = 'an instrument outside the plan ticks';

export class SessionTimers {
  readonly #segments: readonly string[];
  /** The plan's own segment first. */
  readonly #timers: readonly SessionTimer[];
  /** The timer of each instrument, by its index. */
  readonly #ofInstrument: Uint16Array;
  /** Continuous trading of the running or next session by segment. */
  readonly #opens: Float64Array;
  readonly #closes: Float64Array;
  /** 1 where an instrument's segment trades, by its index; right until `#changesAt`. Every tick asks. */
  readonly #trades: Uint8Array;
  #changesAt = Number.NEGATIVE_INFINITY;
  #nextDue = Number.NEGATIVE_INFINITY as EpochMs;

  /** `from`: everything due up to that instant has fired already; undefined before the first input. */
  constructor(calendar: Calendar, plan: Plan, instruments: readonly Instrument[], from: EpochMs | undefined) {
    const segments = [...new Set([plan.segment, ...instruments.map(({ segment }) => segment)])];
    this.#segments = segments;
    const squareOffMs = Math.max(0, ...plan.namespaces.map(({ exits }) => exits.squareOffMs));
    this.#timers = segments.map((segment) => {
      const intervalMs = segment === plan.segment ? plan.snapshotIntervalMs : Number.POSITIVE_INFINITY;
      return new SessionTimer(calendar, { segment, intervalMs, squareOffMs }, from);
    });
    this.#opens = new Float64Array(segments.length);
    this.#closes = new Float64Array(segments.length);
    this.#ofInstrument = Uint16Array.from(instruments, ({ segment }) => segments.indexOf(segment));
    this.#trades = new Uint8Array(instruments.length);
    this.#update();
  }

  /** From this instant on something is due. */
  get nextDue(): EpochMs {
    return this.#nextDue;
  }

  /** The running session of the plan's segment, or the next one. */
  get session(): Session | undefined {
    return this.#timers[0]?.session;
  }

  /** The step of the closing auction that a segment is in at the instant, for each segment that is in one. */
  *auctionsAt(at: EpochMs): Iterable<readonly [string, ExchangePhase]> {
    for (const [k, segment] of this.#segments.entries()) {
      const step = this.#timers[k]?.auctionAt(at);
      if (step !== undefined) yield [segment, step];
    }
  }

  /** The running session of a segment that the plan trades, or the next one. */
  sessionOf(segment: string): Session | undefined {
    return this.#timers[this.#segments.indexOf(segment)]?.session;
  }

  /** Whether the instrument's segment trades continuously at an instant that nothing is due before. */
  isOpen(instrument: number, at: EpochMs): boolean {
    if (at >= this.#changesAt) this.#look(at);
    const trades = this.#trades[instrument];
    invariant(trades !== undefined, NO_SEGMENT);
    return trades === 1;
  }

  /** Notes which instruments trade at an instant, and when the first segment opens or closes after it. */
  #look(at: EpochMs): void {
    const isOpen = (segment: number): boolean =>
      at >= (this.#opens[segment] as number) && at < (this.#closes[segment] as number);
    this.#ofInstrument.forEach((segment, instrument) => {
      this.#trades[instrument] = isOpen(segment) ? 1 : 0;
    });
    this.#changesAt = Math.min(...[...this.#opens, ...this.#closes].filter((change) => change > at));
  }

  /** The earliest timer due at or before `at`, once; undefined when none is left. */
  take(at: EpochMs): Due | undefined {
    // A timer that has seen no input yet finds its session first.
    for (const timer of this.#timers) if (timer.nextDue === Number.NEGATIVE_INFINITY) timer.take(at);
    let first: SessionTimer | undefined;
    for (const timer of this.#timers) if (first === undefined || timer.nextDue < first.nextDue) first = timer;
    const due = first?.take(at);
    this.#update();
    return due;
  }

  #update(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [segment, timer] of this.#timers.entries()) {
      next = Math.min(next, timer.nextDue);
      this.#opens[segment] = timer.session?.open ?? Number.POSITIVE_INFINITY;
      this.#closes[segment] = timer.session?.continuousClose ?? Number.NEGATIVE_INFINITY;
    }
    this.#nextDue = next as EpochMs;
    this.#changesAt = Number.NEGATIVE_INFINITY;
  }
}
