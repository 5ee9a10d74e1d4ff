// How many requests one account may send, by class and calendar window, as Kite counts them (reference 4). Reads wait for
// their turn; a write that finds no room does not wait, because whoever sends it decides anew on fresh prices.
import { type Clock } from '#ports/clock.ts';

export type RequestClass = 'order' | 'quote' | 'historical' | 'other';

interface Window {
  readonly ms: number;
  readonly most: number;
}

/** What Kite takes; the day is counted from midnight in UTC, which lies outside trading hours as India's does. */
export type BudgetLimits = Readonly<Record<RequestClass, readonly Window[]>>;

export const KITE_LIMITS: BudgetLimits = {
  order: [
    { ms: 1_000, most: 10 },
    { ms: 60_000, most: 400 },
    { ms: 86_400_000, most: 5_000 },
  ],
  quote: [{ ms: 1_000, most: 1 }],
  historical: [{ ms: 1_000, most: 3 }],
  other: [{ ms: 1_000, most: 10 }],
};

/** After a 429 a class rests for a second, then twice as long each time, up to this. */
const REST_MS_MAX = 60_000;

interface Count {
  readonly window: Window;
  /** Number of the calendar window that is counted. */
  at: number;
  taken: number;
}

export class RequestBudget {
  readonly #clock: Clock;
  readonly #counts: Readonly<Record<RequestClass, readonly Count[]>>;
  readonly #rests = new Map<RequestClass, { until: number; ms: number }>();

  constructor(clock: Clock, limits: BudgetLimits = KITE_LIMITS) {
    this.#clock = clock;
    const counts = (windows: readonly Window[]): readonly Count[] =>
      windows.map((window) => ({ window, at: 0, taken: 0 }));
    this.#counts = {
      order: counts(limits.order),
      quote: counts(limits.quote),
      historical: counts(limits.historical),
      other: counts(limits.other),
    };
  }

  /** Takes one request out of the budget; false when there is no room for it now. */
  take(of: RequestClass): boolean {
    if (this.#msUntilRoom(of) > 0) return false;
    for (const count of this.#counts[of]) count.taken++;
    return true;
  }

  /** Waits until there is room, then takes it; false when `signal` was aborted first. */
  async wait(of: RequestClass, signal?: AbortSignal): Promise<boolean> {
    while (signal?.aborted !== true) {
      if (this.take(of)) return true;
      await this.#clock.sleep(this.#msUntilRoom(of), signal);
    }
    return false;
  }

  /** Kite said that it was too much: the class rests. */
  exceeded(of: RequestClass): void {
    const before = this.#rests.get(of)?.ms ?? 500;
    const ms = Math.min(before * 2, REST_MS_MAX);
    this.#rests.set(of, { until: this.#clock.now() + ms, ms });
  }

  /** Kite answered: the next rest is short again. */
  answered(of: RequestClass): void {
    this.#rests.delete(of);
  }

  #msUntilRoom(of: RequestClass): number {
    const now = this.#clock.now();
    let ms = Math.max(0, (this.#rests.get(of)?.until ?? now) - now);
    for (const count of this.#counts[of]) {
      const { window } = count;
      const at = Math.floor(now / window.ms);
      // A clock that was set back opens no second window.
      if (at > count.at) {
        count.at = at;
        count.taken = 0;
      }
      if (count.taken >= window.most) ms = Math.max(ms, (count.at + 1) * window.ms - now);
    }
    return ms;
  }
}
