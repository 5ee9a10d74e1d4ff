// A token bucket for each address: reads run beside the trading, so nobody may ask without end.
export interface RateLimits {
  /** Requests that may come at once, and those that are earned in a second. */
  readonly burst: number;
  readonly perSecond: number;
  /** Addresses that are remembered; the one that was silent longest goes first. */
  readonly addressesMax: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimiter {
  readonly #limits: RateLimits;
  /** By address, the one that asked last at the end. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /** Takes a token; returns 0, or the whole seconds after which there is one again. */
  take(address: string, nowMs: number): number {
    const { burst, perSecond, addressesMax } = this.#limits;
    const bucket = this.#buckets.get(address) ?? { tokens: burst, at: nowMs };
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > addressesMax) {
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.at) / 1_000) * perSecond);
    bucket.at = nowMs;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens -= 1;
    return 0;
  }
}
