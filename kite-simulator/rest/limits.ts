// Kite's limits, counted as its servers count them: by calendar second, minute and day of the server's clock.
import { MINUTE_MS, SECOND_MS, type EpochMs } from '#core/time.ts';
import { KiteError } from './kite-error.ts';

export type RequestClass = 'order' | 'quote' | 'historical' | 'other';

export interface RateLimits {
  /** A second. */
  readonly order: number;
  readonly quote: number;
  readonly historical: number;
  readonly other: number;
  readonly ordersAMinute: number;
  /** Placed only; refused ones count too. */
  readonly ordersADay: number;
  readonly modificationsAnOrder: number;
  /** How long a class stays closed after a 429; 0: until the second or the minute is over. */
  readonly coolDownMs: number;
}

export const KITE_LIMITS: RateLimits = {
  order: 10,
  quote: 1,
  historical: 3,
  other: 10,
  ordersAMinute: 400,
  ordersADay: 5_000,
  modificationsAnOrder: 25,
  coolDownMs: 0,
};

export class Limits {
  readonly limits: RateLimits;
  readonly #now: () => EpochMs;
  readonly #seconds = new Map<RequestClass, { second: number; count: number }>();
  readonly #closedUntil = new Map<RequestClass, number>();
  #minute = { minute: 0, count: 0 };
  #refused = 0;

  constructor(limits: RateLimits, now: () => EpochMs) {
    this.limits = limits;
    this.#now = now;
  }

  /** How many requests met a 429. */
  get refused(): number {
    return this.#refused;
  }

  /** Counts a request. Throws the 429 when it is one too many. */
  take(kind: RequestClass): void {
    const now = this.#now();
    if (now < (this.#closedUntil.get(kind) ?? 0)) throw this.#refuse();
    const second = Math.floor(now / SECOND_MS);
    const inSecond = this.#seconds.get(kind);
    const count = inSecond?.second === second ? inSecond.count + 1 : 1;
    this.#seconds.set(kind, { second, count });
    if (kind === 'order') {
      const minute = Math.floor(now / MINUTE_MS);
      this.#minute = { minute, count: this.#minute.minute === minute ? this.#minute.count + 1 : 1 };
      if (this.#minute.count > this.limits.ordersAMinute) throw this.#tooMany(kind, now);
    }
    if (count > this.limits[kind]) throw this.#tooMany(kind, now);
  }

  /** Closes a class for a while, as a fault does. */
  close(kind: RequestClass, ms: number): KiteError {
    this.#closedUntil.set(kind, this.#now() + ms);
    return this.#refuse();
  }

  #tooMany(kind: RequestClass, now: number): KiteError {
    if (this.limits.coolDownMs > 0) this.#closedUntil.set(kind, now + this.limits.coolDownMs);
    return this.#refuse();
  }

  #refuse(): KiteError {
    this.#refused++;
    return new KiteError(429, 'NetworkException', 'Too many requests');
  }
}

export function tooManyOrders(): KiteError {
  return new KiteError(429, 'NetworkException', 'Maximum allowed order requests exceeded.');
}
