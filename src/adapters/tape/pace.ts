// When a tape's rows are due on the machine's clock. It is apart from the tape, which does not know of any clock.

/** A silence longer than this is skipped when no session was running in it. */
const SILENCE_MS = 60_000;

export class Pace {
  readonly #speed: number;
  readonly #now: () => number;
  #started = false;
  #clockStart = 0;
  #marketStart = 0;
  #last = 0;
  #sessionEnd = 0;

  /** @param now milliseconds of a clock that never goes back */
  constructor(speed: number, now: () => number) {
    this.#speed = speed;
    this.#now = now;
  }

  /**
   * Milliseconds until a row is due, at most 0 when it is. Rows are asked for in order of time, each several times if need be.
   * The first one is due at once. A row that opens another session is due as soon as the one before it.
   */
  dueInMs(time: number, sessionEnd: number): number {
    const now = this.#now();
    if (!this.#started) {
      this.#started = true;
      this.#clockStart = now;
      this.#marketStart = time;
    } else if (time >= this.#sessionEnd && time - this.#last > SILENCE_MS) this.#marketStart += time - this.#last;
    this.#last = time;
    this.#sessionEnd = Math.max(this.#sessionEnd, sessionEnd);
    return (time - this.#marketStart) / this.#speed - (now - this.#clockStart);
  }
}
