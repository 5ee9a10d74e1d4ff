// How often each address was refused: whoever is refused again and again is guessing, or is broken.
import { MINUTE_MS } from '#core/time.ts';

/** From so many within a minute on somebody is told. */
export const REFUSALS_MAX = 10;
const ADDRESSES_MAX = 1_000;
const REFUSALS: ReadonlySet<string> = new Set([
  'A request was refused',
  'A webhook was refused',
  'Signing in failed',
  'Signing in was tried too often',
]);

export class Refusals {
  /** The times of the last refusals of an address, oldest first. */
  readonly #times = new Map<string, number[]>();

  /** Whether this one makes it as many as somebody has to be told of. */
  isAttack(event: string, from: string, nowMs: number): boolean {
    if (!REFUSALS.has(event)) return false;
    // Whoever has many addresses starts the count anew, and is held back by the limits of each.
    if (this.#times.size >= ADDRESSES_MAX && !this.#times.has(from)) this.#times.clear();
    const times = [...(this.#times.get(from) ?? []), nowMs].slice(-REFUSALS_MAX);
    this.#times.set(from, times);
    return times.length === REFUSALS_MAX && nowMs - (times[0] ?? nowMs) <= MINUTE_MS;
  }
}
