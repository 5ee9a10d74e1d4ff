// When simulated ticks are due on the machine's clock, and what happens when the process was late: the market waits, it
// does not catch up.

/** What a process that was away sees at once is the market of this much time on the clock. */
const BURST_MS = 2_000;

export class MarketPace {
  readonly #speed: number;
  readonly #now: () => number;
  readonly #burst: number;
  #started = false;
  #clockStart = 0;
  #marketStart = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(speed: number, now: () => number) {
    this.#speed = speed;
    this.#now = now;
    this.#burst = BURST_MS * speed;
  }

  /** The market's time now; the first call is the moment at which `next`, the time of the next tick, is due. */
  marketTime(next: number): number {
    const now = this.#now();
    if (!this.#started) {
      this.#started = true;
      this.#clockStart = now;
      this.#marketStart = next;
    }
    const time = this.#marketStart + (now - this.#clockStart) * this.#speed;
    if (time - next <= this.#burst) return time;
    this.#clockStart = now;
    this.#marketStart = next + this.#burst;
    return this.#marketStart;
  }

  idleMs(next: number): number {
    return Math.max(0, Math.ceil((next - this.marketTime(next)) / this.#speed));
  }
}
