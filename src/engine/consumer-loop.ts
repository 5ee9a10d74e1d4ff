// The loop of one consumer group: it gives the partitions that are its own their turn, one handler at a time, and sleeps when
// none has anything to do. One that waits to try again holds no other one up. Where a log lets several processes share a
// group, partitions come and go; one goes when the message at hand is finished and its place is kept.
import { type Membership, type TopicPartition } from '#ports/event-log.ts';
import { ConsumerLane, type ConsumerOptions } from './consumer-lane.ts';

/** Messages are looked for this often even when the log does not announce any. */
const LOOK_MS = 1_000;

export class ConsumerLoop {
  readonly #options: ConsumerOptions;
  #lanes: readonly ConsumerLane[] = [];
  #membership: Membership | undefined;
  /** The lane whose turn it is, and the end of that turn. */
  #turn: { readonly lane: ConsumerLane; readonly ended: Promise<unknown> } | undefined;
  readonly #stopping = new AbortController();
  #woken = false;
  #sleep = new AbortController();

  constructor(options: ConsumerOptions) {
    this.#options = options;
  }

  /** Finds where to begin in each partition of each topic; throws `ServiceError` when a group cannot begin. */
  async open(): Promise<void> {
    const { log, topics, group } = this.#options;
    if (log.join === undefined) await this.#takeAll();
    else {
      this.#membership = await log.join(group, topics, {
        assigned: (places) => this.#add(places),
        revoked: (places) => this.#drop(places),
      });
    }
    try {
      for (const lane of this.#lanes) await lane.open();
    } catch (error) {
      await this.#membership?.leave();
      throw error;
    }
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
      await this.#membership?.leave();
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
      // One that was given up during another's turn is not ours any more.
      if (!this.#lanes.includes(lane) || lane.resumesAt > this.#options.clock.monotonicMs()) continue;
      const ended = lane.turn();
      this.#turn = { lane, ended };
      worked = (await ended) || worked;
      this.#turn = undefined;
    }
    // Handlers and the log may answer without ever leaving this turn of the machine; others must get theirs.
    if (worked) await this.#options.clock.turn();
    return worked;
  }

  /** Where nobody shares a group: every partition of its topics. */
  async #takeAll(): Promise<void> {
    const { log, topics } = this.#options;
    for (const topic of topics) {
      const partitions = (await log.partitions?.(topic)) ?? 1;
      this.#add(Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
    }
  }

  #add(places: readonly TopicPartition[]): void {
    const lanes = places.map((place) => new ConsumerLane(place, this.#options, this.#stopping.signal));
    this.#lanes = [...this.#lanes, ...lanes];
    this.#wake();
  }

  async #drop(places: readonly TopicPartition[]): Promise<void> {
    const going = this.#lanes.filter((lane) => places.some((place) => lane.isOf(place)));
    this.#lanes = this.#lanes.filter((lane) => !going.includes(lane));
    for (const lane of going) lane.stop();
    const turn = this.#turn;
    // What a turn breaks on, the loop that gave it the turn hears of.
    if (turn !== undefined && going.includes(turn.lane)) await Promise.allSettled([turn.ended]);
    for (const lane of going) await lane.close();
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
