// A clock that stands still until it is moved: tests and replays decide when time passes, and never wait for it.
import { setImmediate } from 'node:timers/promises';
import { type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

const TURNS_MAX = 10_000;

export class VirtualClock implements Clock {
  #now: number;
  #monotonic = 0;
  #sleepers: Sleeper[] = [];
  /** How many wait for their turn. */
  #turning = 0;

  constructor(start: EpochMs) {
    this.#now = start;
  }

  now(): EpochMs {
    return this.#now as EpochMs;
  }

  monotonicMs(): number {
    return this.#monotonic;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        signal?.removeEventListener('abort', wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper: Sleeper = { due: this.#monotonic + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  async turn(): Promise<void> {
    this.#turning++;
    await setImmediate();
    this.#turning--;
  }

  /** Lets everything go on that can go on without time passing, short of what never waits for time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX; turns++) {
      await setImmediate();
      if (this.#turning === 0) return;
    }
  }

  /** How many sleep. */
  get sleepers(): number {
    return this.#sleepers.length;
  }

  /**
   * Lets `ms` pass. Whoever is due wakes in order of time, those due together in the order in which they lay down, and
   * each has run until it waits again before the next one wakes.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#moveTo(next.due);
      next.wake();
      await this.settle();
    }
    this.#moveTo(end);
  }

  /** The wall clock jumps, forwards or back; nobody sleeps longer or shorter for it. */
  jump(ms: number): void {
    this.#now += ms;
  }

  #next(end: number): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.due <= end && (next === undefined || sleeper.due < next.due)) next = sleeper;
    }
    return next;
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }
}
