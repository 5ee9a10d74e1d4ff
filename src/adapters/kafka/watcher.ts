// Watches where the partitions of subscribed topics end, by requests that the broker answers when something arrives. It
// has a connection of its own, because a request that waits holds up every other one behind it. What it is sent on the way
// it hands on: a reader at the end need not fetch that again.
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger } from '#ports/telemetry.ts';
import { type FetchClient, type Fetched, type Place } from './fetch-client.ts';
import { endsOf } from './read-ahead.ts';

interface Subscription {
  readonly topics: readonly string[];
  readonly wake: () => void;
}

interface WatchedPartition extends Place {
  /** The end as the broker last said. */
  polled: number;
  /** The end as far as it is known here: our own appends are known before the broker says so. */
  end: number;
}

const POLL_MS = 500;
/** Readers of a busy node are woken at most this often, and read what came in between together. */
const PAUSE_MS = 5;
/** So many messages between two answers are busy. */
const BUSY = 16;
const PAUSE_AFTER_ERROR_MS = 1_000;

export class Watcher {
  readonly #polls: FetchClient;
  readonly #reads: FetchClient;
  readonly #logger: Logger | undefined;
  readonly #subscriptions = new Set<Subscription>();
  readonly #watched = new Map<string, Map<number, WatchedPartition>>();
  /** Requests that wait, by node. */
  readonly #polling = new Map<number, Promise<void>>();
  #running: Promise<void> | undefined;
  readonly #closing = new AbortController();

  readonly #arrived: (fetched: Fetched, from: number) => void;

  /** `arrived` is handed what the brokers sent of a partition, and the offset that was asked for. */
  constructor(
    polls: FetchClient,
    reads: FetchClient,
    logger: Logger | undefined,
    arrived: (fetched: Fetched, from: number) => void,
  ) {
    this.#polls = polls;
    this.#reads = reads;
    this.#logger = logger;
    this.#arrived = arrived;
  }

  subscribe(topics: readonly string[], wake: () => void): () => void {
    const subscription = { topics, wake };
    this.#subscriptions.add(subscription);
    this.#running ??= this.#run();
    return () => void this.#subscriptions.delete(subscription);
  }

  /** Where a partition ends, while it is watched. */
  endOf({ topic, partition }: Place): number | undefined {
    return this.#watched.get(topic)?.get(partition)?.end;
  }

  /** An append of ours made the partition end here, at least. */
  raise({ topic, partition }: Place, end: number): void {
    const watched = this.#watched.get(topic)?.get(partition);
    if (watched !== undefined) watched.end = Math.max(watched.end, end);
  }

  async close(): Promise<void> {
    this.#subscriptions.clear();
    this.#closing.abort();
    await this.#polls.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#subscriptions.size > 0) {
      try {
        await this.#follow();
        await this.#poll();
      } catch (error) {
        if (this.#closing.signal.aborted) break;
        this.#logger?.warning('New messages are not announced until the brokers answer again', { error });
        // What is not watched is asked for by each read, which then says what is wrong.
        this.#watched.clear();
        for (const { wake } of this.#subscriptions) wake();
        await this.#pause(PAUSE_AFTER_ERROR_MS);
      }
    }
    this.#watched.clear();
    // In the same step as the look at who is there: a subscription that comes later begins anew.
    this.#running = undefined;
  }

  /** Begins with the topics that are new and ends with those that nobody asks for any more. */
  async #follow(): Promise<void> {
    const wanted = new Set([...this.#subscriptions].flatMap(({ topics }) => topics));
    for (const topic of this.#watched.keys()) if (!wanted.has(topic)) this.#watched.delete(topic);
    for (const topic of wanted) {
      if (this.#watched.has(topic)) continue;
      const ends = await endsOf(this.#reads, topic);
      const entries = ends.map((end, partition) => [partition, { topic, partition, polled: end, end }] as const);
      this.#watched.set(topic, new Map(entries));
      // Whoever subscribed has not heard of what came before this.
      this.#wake(new Set([topic]));
    }
  }

  /** Asks every node that leads a watched partition, and resolves when one of them has answered. */
  async #poll(): Promise<void> {
    const byNode = new Map<number, WatchedPartition[]>();
    for (const partition of [...this.#watched.values()].flatMap((partitions) => [...partitions.values()])) {
      const node = await this.#polls.leaderOf(partition);
      const led = byNode.get(node);
      if (led === undefined) byNode.set(node, [partition]);
      else led.push(partition);
    }
    for (const [node, led] of byNode) {
      if (this.#polling.has(node)) continue;
      const asking = this.#ask(node, led).finally(() => this.#polling.delete(node));
      // The race below hears only the first; a later failure is found again by the next request.
      void Promise.allSettled([asking]);
      this.#polling.set(node, asking);
    }
    if (this.#polling.size > 0) await Promise.race(this.#polling.values());
    else await this.#pause(POLL_MS);
  }

  async #ask(node: number, led: readonly WatchedPartition[]): Promise<void> {
    const wanted = led.map(({ topic, partition, polled }) => ({ topic, partition, offset: polled }));
    // The least that a broker sends is one batch of one partition; the ends of the others come with it.
    const fetched = await this.#polls.fetch(node, wanted, { waitMs: POLL_MS, bytes: 1 });
    // An end that is no longer there: begin with these topics anew.
    if (fetched === undefined) for (const { topic } of led) this.#watched.delete(topic);
    const grown = new Set<string>();
    let came = 0;
    for (const each of fetched ?? []) {
      const { topic, partition, end } = each;
      const watched = this.#watched.get(topic)?.get(partition);
      if (watched === undefined || end <= watched.polled) continue;
      this.#arrived(each, watched.polled);
      came += end - watched.polled;
      watched.polled = end;
      watched.end = Math.max(watched.end, end);
      grown.add(topic);
    }
    this.#wake(grown);
    if (came >= BUSY) await this.#pause(PAUSE_MS);
  }

  #wake(topics: ReadonlySet<string>): void {
    for (const subscription of this.#subscriptions) {
      if (subscription.topics.some((topic) => topics.has(topic))) subscription.wake();
    }
  }

  async #pause(ms: number): Promise<void> {
    // It ends early, by an error, when the log is closed.
    await Promise.allSettled([delay(ms, undefined, { signal: this.#closing.signal })]);
  }
}
