// How many requests one account may send, by class, so that Kite never answers with a 429 (reference 4). Reads wait for their
// turn. Writes wait too, but not for long, and in an order of their own: exits and cancels first.
import { type Clock } from '#ports/clock.ts';

export type RequestClass = 'order' | 'quote' | 'historical' | 'other';

/** Writes that wait leave in this order. */
export const RANKS = ['exit', 'modify', 'entry'] as const;
export type Rank = (typeof RANKS)[number];

interface Window {
  readonly ms: number;
  readonly most: number;
  /** So many of them are for exits and cancels alone. */
  readonly kept?: number;
}

export type BudgetLimits = Readonly<Record<RequestClass, readonly Window[]>>;

/**
 * What Kite takes in a second, a minute and a day, as its servers count them. Of the longer ones we leave a second's worth,
 * because a request may arrive in the window after the one in which it was sent. The day is counted from midnight in UTC,
 * which lies outside trading hours as India's does.
 */
export const KITE_LIMITS: BudgetLimits = {
  order: [
    { ms: 1_000, most: 10, kept: 3 },
    { ms: 60_000, most: 390, kept: 20 },
    { ms: 86_400_000, most: 4_990, kept: 250 },
  ],
  quote: [{ ms: 1_000, most: 1 }],
  historical: [{ ms: 1_000, most: 3 }],
  other: [{ ms: 1_000, most: 10 }],
};

/** By so much the ways of two requests to Kite may differ, in milliseconds. */
const JITTER_MS = 100;
/** Windows up to this are counted over any time of their length; longer ones by the calendar, as Kite does. */
const SLIDING_MS_MAX = 1_000;
/** After a 429 a class rests for a second, then twice as long each time, up to this. */
const REST_MS_MAX = 60_000;

/** What was taken out of one window. */
interface Count {
  take(): void;
  /** 0 when there is room now; `isKept`: also of what is kept. */
  msUntilRoom(isKept: boolean): number;
}

interface Waiter {
  readonly rank: number;
  /** Monotonic milliseconds at which it gives up. */
  readonly until: number;
  readonly resolve: (taken: boolean) => void;
}

export class RequestBudget {
  readonly #clock: Clock;
  readonly #counts: Readonly<Record<RequestClass, readonly Count[]>>;
  readonly #rests = new Map<RequestClass, { until: number; ms: number }>();
  /** Writes that wait, first the one that leaves first. */
  #waiting: Waiter[] = [];
  #isServing = false;
  /** Aborted when a write comes that leaves before those that wait. */
  #overtaken = new AbortController();

  constructor(clock: Clock, limits: BudgetLimits = KITE_LIMITS) {
    this.#clock = clock;
    const counts = (windows: readonly Window[]): readonly Count[] =>
      windows.map((window) => (window.ms <= SLIDING_MS_MAX ? new Sliding(clock, window) : new Calendar(clock, window)));
    this.#counts = {
      order: counts(limits.order),
      quote: counts(limits.quote),
      historical: counts(limits.historical),
      other: counts(limits.other),
    };
  }

  /** Takes one request out of the budget; false when there is no room for it now. `isKept`: also of what is kept. */
  take(of: RequestClass, isKept = true): boolean {
    if (this.#msUntilRoom(of, isKept) > 0) return false;
    for (const count of this.#counts[of]) count.take();
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

  /** Takes a write, for which those that leave before it go first; false when there is no room for it within `msMax`. */
  takeWrite(rank: Rank, msMax: number): Promise<boolean> {
    const isKept = rank === 'exit';
    if (this.#isFirst(rank) && this.take('order', isKept)) return Promise.resolve(true);
    if (this.#msUntilRoom('order', isKept) > msMax) return Promise.resolve(false);
    return new Promise((resolve) => {
      const waiter = { rank: RANKS.indexOf(rank), until: this.#clock.monotonicMs() + msMax, resolve };
      const place = this.#waiting.findIndex((other) => other.rank > waiter.rank);
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, waiter);
      if (!this.#isServing) void this.#serve();
      else if (place === 0) this.#overtaken.abort();
    });
  }

  /** Whether nothing waits that leaves before a write of this rank. */
  #isFirst(rank: Rank): boolean {
    const [first] = this.#waiting;
    return first === undefined || first.rank > RANKS.indexOf(rank);
  }

  /** Kite said that it was too much: the class rests. */
  exceeded(of: RequestClass): void {
    const before = this.#rests.get(of)?.ms ?? 500;
    const ms = Math.min(before * 2, REST_MS_MAX);
    this.#rests.set(of, { until: this.#clock.monotonicMs() + ms, ms });
  }

  /** Kite answered: the next rest is short again. */
  answered(of: RequestClass): void {
    this.#rests.delete(of);
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    while (this.#waiting.length > 0) {
      const isKept = this.#waiting[0]?.rank === RANKS.indexOf('exit');
      const ms = this.#msUntilRoom('order', isKept);
      const now = this.#clock.monotonicMs();
      for (const { until, resolve } of this.#waiting) if (until < now + ms) resolve(false);
      this.#waiting = this.#waiting.filter(({ until }) => until >= now + ms);
      if (ms > 0) {
        this.#overtaken = new AbortController();
        await this.#clock.sleep(ms, this.#overtaken.signal);
      }
      if (ms === 0 && this.#waiting.length > 0 && this.take('order', isKept)) this.#waiting.shift()?.resolve(true);
    }
    this.#isServing = false;
  }

  #msUntilRoom(of: RequestClass, isKept = true): number {
    const rest = (this.#rests.get(of)?.until ?? 0) - this.#clock.monotonicMs();
    return this.#counts[of].reduce((most, count) => Math.max(most, count.msUntilRoom(isKept)), Math.max(0, rest));
  }
}

/** At most so many in any time of the window's length: however a server cuts its seconds, none has more. */
class Sliding implements Count {
  readonly #clock: Clock;
  readonly #window: Window;
  /** Monotonic times of the newest requests, oldest first. */
  readonly #taken: number[] = [];

  constructor(clock: Clock, window: Window) {
    this.#clock = clock;
    this.#window = window;
  }

  take(): void {
    this.#taken.push(this.#clock.monotonicMs());
    if (this.#taken.length > this.#window.most) this.#taken.shift();
  }

  msUntilRoom(isKept: boolean): number {
    const { ms, most, kept = 0 } = this.#window;
    const oldest = this.#taken[this.#taken.length - (isKept ? most : most - kept)];
    if (oldest === undefined) return 0;
    return Math.max(0, Math.ceil(oldest + ms + JITTER_MS - this.#clock.monotonicMs()));
  }
}

class Calendar implements Count {
  readonly #clock: Clock;
  readonly #window: Window;
  /** Number of the window that is counted. */
  #at = 0;
  #taken = 0;

  constructor(clock: Clock, window: Window) {
    this.#clock = clock;
    this.#window = window;
  }

  take(): void {
    this.#turn();
    this.#taken++;
  }

  msUntilRoom(isKept: boolean): number {
    const { ms, most, kept = 0 } = this.#window;
    this.#turn();
    return this.#taken < (isKept ? most : most - kept) ? 0 : Math.max(1, (this.#at + 1) * ms - this.#clock.now());
  }

  /** A clock that was set back opens no second window. */
  #turn(): void {
    const at = Math.floor(this.#clock.now() / this.#window.ms);
    if (at <= this.#at) return;
    this.#at = at;
    this.#taken = 0;
  }
}
