// Orders of one side in one instrument that fill again and again in a short time: a strategy that is out of control looks
// like this, whatever its limits are.
import { type OrderFilled } from '../events.ts';
import { type RiskLimits } from '../plan.ts';

/** Strategy and instrument, the side, and when its orders were filled first. */
export type RepeatsState = readonly (readonly [string, string, readonly number[]])[];

export class Repeats {
  readonly #fills = new Map<string, { side: string; times: number[] }>();

  /** Counts the first fill of an order; how many there are in the window now, when they are too many. */
  onFill({ strategyId, token, order }: OrderFilled, at: number, limits: RiskLimits): number | undefined {
    const place = `${strategyId}:${token}`;
    const before = this.#fills.get(place);
    const recent = before?.side === order.side ? before.times : [];
    const times = [...recent.filter((time) => at - time < limits.repeatedFillsWindowMs), at];
    this.#fills.set(place, { side: order.side, times });
    return times.length > limits.repeatedFills ? times.length : undefined;
  }

  snapshot(): RepeatsState {
    return [...this.#fills].map(([place, { side, times }]) => [place, side, times] as const);
  }

  restore(state: RepeatsState): void {
    for (const [place, side, times] of state) this.#fills.set(place, { side, times: [...times] });
  }
}
