// Signals that wait for a price: one place for each strategy and instrument of a namespace. The newest signal takes the
// place, except that an entry never displaces an exit.
import { type ValidatedSignal } from '../events.ts';

export interface Waiting {
  readonly validated: ValidatedSignal;
  /** It shrinks the position that its book holds. */
  readonly exit: boolean;
}

export class WarmUpQueue {
  /** By instrument token, then by strategy, in order of arrival. */
  readonly #places = new Map<number, Map<string, Waiting>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Queues a signal; returns the one that lost its place (the newcomer, when an exit holds the place), if any. */
  put(waiting: Waiting): ValidatedSignal | undefined {
    const { token, strategyId } = waiting.validated;
    const places = this.#places.get(token) ?? new Map<string, Waiting>();
    this.#places.set(token, places);
    const before = places.get(strategyId);
    if (before !== undefined && before.exit && !waiting.exit) return waiting.validated;
    if (before === undefined) this.#size++;
    places.delete(strategyId);
    places.set(strategyId, waiting);
    return before?.validated;
  }

  /** Takes every signal of an instrument, in order of arrival. */
  take(token: number): readonly Waiting[] {
    const places = this.#places.get(token);
    if (places === undefined) return [];
    this.#places.delete(token);
    this.#size -= places.size;
    return [...places.values()];
  }

  /** Takes every signal that is too old at `at`. */
  takeExpired(at: number): readonly Waiting[] {
    const expired: Waiting[] = [];
    for (const [token, places] of this.#places) {
      for (const [strategyId, waiting] of places) {
        if (at < waiting.validated.signal.expiresAt) continue;
        places.delete(strategyId);
        this.#size--;
        expired.push(waiting);
      }
      if (places.size === 0) this.#places.delete(token);
    }
    return expired;
  }

  /** Takes every signal of the instruments that `where` says of. */
  takeWhere(where: (token: number) => boolean): readonly Waiting[] {
    return [...this.#places.keys()].filter(where).flatMap((token) => this.take(token));
  }

  /** When the first of the signals becomes too old; infinite when none waits. */
  get nextExpiry(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const places of this.#places.values()) {
      for (const { validated } of places.values()) first = Math.min(first, validated.signal.expiresAt);
    }
    return first;
  }

  has(token: number): boolean {
    return this.#places.has(token);
  }

  list(): readonly Waiting[] {
    return [...this.#places.values()].flatMap((places) => [...places.values()]);
  }
}
