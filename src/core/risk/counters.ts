// What the gate counts: accepted signals by strategy and day, orders by second, messages by minute, and the accepted
// signal before of each strategy and instrument.
import { type TradingSignal } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { DAY_MS, dayOf, MINUTE_MS, SECOND_MS, startOfDay, type EpochMs } from '../time.ts';
import { type AcceptedSignal } from './question.ts';

export interface CountersState {
  readonly dayStarts: number;
  readonly trades: readonly (readonly [StrategyId, number])[];
  readonly second: number;
  readonly ordersThisSecond: number;
  readonly minute: number;
  readonly messagesThisMinute: number;
  readonly accepted: readonly (readonly [string, AcceptedSignal])[];
}

export class Counters {
  /** Midnight in India at the start of the present day. */
  #dayStarts = 0;
  readonly #trades = new Map<StrategyId, number>();
  #second = 0;
  #orders = 0;
  #minute = 0;
  #messages = 0;
  readonly #accepted = new Map<string, AcceptedSignal>();

  /** Starts the day's counts anew when the day has turned; true when it has. */
  turnDay(at: EpochMs): boolean {
    if (at >= this.#dayStarts && at < this.#dayStarts + DAY_MS) return false;
    this.#dayStarts = startOfDay(dayOf(at));
    this.#trades.clear();
    this.#accepted.clear();
    return true;
  }

  /** Midnight in India at the end of the present day. */
  get dayEnds(): number {
    return this.#dayStarts + DAY_MS;
  }

  /** Starts second and minute anew when they have turned. */
  turn(at: EpochMs): void {
    const second = Math.floor(at / SECOND_MS);
    if (second === this.#second) return;
    this.#second = second;
    this.#orders = 0;
    const minute = Math.floor(at / MINUTE_MS);
    if (minute === this.#minute) return;
    this.#minute = minute;
    this.#messages = 0;
  }

  tradesOf(strategyId: StrategyId): number {
    return this.#trades.get(strategyId) ?? 0;
  }

  get ordersThisSecond(): number {
    return this.#orders;
  }

  get messagesThisMinute(): number {
    return this.#messages;
  }

  previous(signal: TradingSignal): AcceptedSignal | undefined {
    return this.#accepted.get(placeOf(signal));
  }

  /** Counts an accepted signal; `remember` keeps it to know its duplicate. */
  accept(signal: TradingSignal, at: EpochMs, remember: boolean): void {
    this.#trades.set(signal.strategyId, this.tradesOf(signal.strategyId) + 1);
    this.#orders++;
    this.#messages++;
    if (!remember) return;
    const { side, quantity, limitPrice = 0 } = signal;
    this.#accepted.set(placeOf(signal), { side, quantity, limitPrice, at });
  }

  /** Counts a message that is no signal of a strategy. */
  message(): void {
    this.#messages++;
  }

  snapshot(): CountersState {
    return {
      dayStarts: this.#dayStarts,
      trades: [...this.#trades],
      second: this.#second,
      ordersThisSecond: this.#orders,
      minute: this.#minute,
      messagesThisMinute: this.#messages,
      accepted: [...this.#accepted],
    };
  }

  restore(state: CountersState): void {
    this.#dayStarts = state.dayStarts;
    for (const [strategyId, count] of state.trades) this.#trades.set(strategyId, count);
    this.#second = state.second;
    this.#orders = state.ordersThisSecond;
    this.#minute = state.minute;
    this.#messages = state.messagesThisMinute;
    for (const [place, signal] of state.accepted) this.#accepted.set(place, signal);
  }
}

/** Strategy and instrument, by which the accepted signal before is found. */
function placeOf(signal: TradingSignal): string {
  return `${signal.strategyId}:${signal.token}`;
}
