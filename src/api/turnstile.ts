// Requests come in bursts, such as those of all open dashboards after a restart, and are answered on the thread
// that ticks go through. They are let in one by one, each in a turn of the event loop of its own, so that a tick that is due waits
// for one answer and not for the burst.

export class Turnstile {
  readonly #waiting: (() => void)[] = [];

  /** Resolves in a turn of the loop in which nobody else is let through, in the order of the calls. */
  async pass(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(() => this.#letOneIn());
    });
  }

  #letOneIn(): void {
    this.#waiting[0]?.();
    this.#waiting.shift();
    // In the next turn, after the timers that are due.
    if (this.#waiting.length > 0) setImmediate(() => this.#letOneIn());
  }
}
