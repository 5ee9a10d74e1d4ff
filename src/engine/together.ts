// Keeps the parts of a deployment together while a market that waits for nobody is played: the feed lets a stretch of market
// time begin only when every part has taken the one before, and nothing that was decided in it is still on its way. A signal
// is then at most a stretch old wherever it arrives, however much faster one part is than another.
import { type Deployment } from '#ports/deployment.ts';
import { isComplete, isQuiet } from './lockstep.ts';

/** Longer stretches cost less waiting, and make what crosses between parts arrive later in market time. */
const STRETCH_MS_MAX = 10_000;
/** How long it waits before it looks again. */
const LOOK_MS = 5;

/** How much market time may pass between looks so that a signal with this time to live is a third as old at most. */
export function stretchMs(signalTtlSeconds: readonly number[]): number {
  const thirds = signalTtlSeconds.map((seconds) => Math.floor((seconds * 1_000) / 3));
  return Math.max(1, Math.min(STRETCH_MS_MAX, ...thirds));
}

export class Together {
  readonly #deployment: Pick<Deployment, 'look'>;
  readonly #stretchMs: number;
  readonly #now: () => number;
  /** The stretch under way ends before this. */
  #until = Number.NEGATIVE_INFINITY;
  /** A tick was let go since the last answer of no: it may not be committed yet, and a look would miss it. */
  #isOpen = true;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** @param now milliseconds of a clock that never goes back */
  constructor(deployment: Pick<Deployment, 'look'>, stretch: number, now: () => number) {
    this.#deployment = deployment;
    this.#stretchMs = stretch;
    this.#now = now;
  }

  /**
   * Whether a tick of this time, or for `Infinity` the end of the feed, may be given out now. After a no everything given
   * before has to be committed before the next question.
   */
  admits(time: number): boolean {
    if (time < this.#until) {
      this.#isOpen = true;
      return true;
    }
    if (this.#isOpen) {
      this.#isOpen = false;
      return false;
    }
    if (!this.#areTogether()) return false;
    this.#until = (Math.floor(time / this.#stretchMs) + 1) * this.#stretchMs;
    this.#isOpen = true;
    return true;
  }

  #areTogether(): boolean {
    const now = this.#now();
    if (now - this.#lookedAt < LOOK_MS) return false;
    this.#lookedAt = now;
    const parts = this.#deployment.look();
    return isComplete(parts) && parts.every(({ ticks }) => ticks === parts[0]?.ticks) && isQuiet(parts);
  }
}
