// The loop of one consumer group: it gives the partitions of its topics their turn, one handler at a time, and sleeps
// when none has anything to do. One that waits to try again holds no other one up.
import { ConsumerLane, type ConsumerOptions } from './consumer-lane.ts';

/** Messages are looked for this often even when the log does not announce any. */
const LOOK_MS = 1_000;

export class ConsumerLoop {
  readonly #options: ConsumerOptions;
  #lanes: readonly ConsumerLane[] = [];
  readonly #stopping = new AbortController();
  #woken = false;
  #sleep = new AbortController();

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** Finds where to begin in each partition of each topic; throws `ServiceError` when a group cannot begin. */
  async open(): Promise<void> {
    const { log, topics } = this.#options;
    const lanes: ConsumerLane[] = [];
    for (const topic of topics) {
      const partitions = (await log.partitions?.(topic)) ?? 1;
      for (let partition = 0; partition < partitions; partition++) {
        const lane = new ConsumerLane({ topic, partition }, this.#options, this.#stopping.signal);
        await lane.open();
        lanes.push(lane);
      }
    }
    this.#lanes = lanes;
  }

  /** Runs until it is stopped. Rejects only when we are wrong. */
  async run(): Promise<void> {
    const { log, topics } = this.#options;
    const unsubscribe = log.subscribe(topics, () => this.#wake());
    try {
      while (!this.#stopping.signal.aborted) {
        this.#woken = false;
        if (!(await this.#round())) await this.#idle();
      }
      for (const lane of this.#lanes) await lane.close();
    } finally {
      unsubscribe();
    }
  }

  /** Begins no other message; `run` ends when the one at hand is finished. */
  stop(): void {
    this.#stopping.abort();
    this.#wake();
  }

  /** Waits no longer for the message at hand either. */
  abandon(): void {
    this.stop();
    for (const lane of this.#lanes) lane.abandon();
  }

  /** Gives each partition a turn; false when none had anything to do. */
  async #round(): Promise<boolean> {
    let worked = false;
    for (const lane of this.#lanes) {
      if (this.#stopping.signal.aborted) return true;
      if (lane.resumesAt > this.#options.clock.monotonicMs()) continue;
      worked = (await lane.turn()) || worked;
    }
    // Handlers and the log may answer without ever leaving this turn of the machine; others must get theirs.
    if (worked) await this.#options.clock.turn();
    return worked;
  }

  async #idle(): Promise<void> {
    if (this.#woken) return;
    const { clock } = this.#options;
    const now = clock.monotonicMs();
    const pauses = this.#lanes.map(({ resumesAt }) => resumesAt - now).filter((ms) => ms > 0);
    this.#sleep = new AbortController();
    await clock.sleep(Math.min(LOOK_MS, ...pauses), this.#sleep.signal);
  }

  #wake(): void {
    this.#woken = true;
    this.#sleep.abort();
  }
}
