// One connection for fetching: asks the leader of some partitions for what they hold. One request a node at a time: the
// library keeps one fetch session a node, which two requests at once would tear.
import { Consumer, type RecordsBatch } from '@platformatic/kafka';
import { isOutOfRange, logError, missingTopic } from './errors.ts';
import { clientOptions, type KafkaConnection } from './settings.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

export interface Wanted extends Place {
  readonly offset: number;
}

export interface Fetched extends Place {
  readonly batches: readonly RecordsBatch[];
  /** The offset after the last one that may be read. */
  readonly end: number;
}

export interface FetchLimits {
  readonly waitMs: number;
  /** Of one partition; the first batch is given even when it is larger. */
  readonly bytes: number;
}

/** A request returns at most so many times the bytes of one partition. */
const PARTITIONS_AT_ONCE = 16;
/** Leaders change; the library asks again after as long. */
const METADATA_MS_MAX = 5_000;
export const EARLIEST = -2n;
export const LATEST = -1n;

export class FetchClient {
  readonly #consumer: Consumer;
  readonly #servers: readonly string[];
  readonly #turns = new Map<number, Promise<unknown>>();

  constructor(connection: KafkaConnection) {
    const options = clientOptions(connection);
    this.#servers = connection.bootstrapServers;
    // It never joins its group: the library asks for a name, and the brokers do not hear of it.
    const groupId = `${connection.clientId}-reader`;
    this.#consumer = new Consumer({ ...options, groupId, minBytes: 1, autocommit: false });
  }

  async partitions(topic: string): Promise<number> {
    return (await this.#topic(topic)).partitionsCount;
  }

  /** The node that leads a partition. */
  async leaderOf({ topic, partition }: Place): Promise<number> {
    const leader = (await this.#topic(topic)).partitions[partition]?.leader;
    if (leader === undefined)
      throw logError(new Error(`it has no partition ${partition}`), `read ${topic}`, this.#servers);
    return leader;
  }

  /** What a node holds of partitions that it leads; `undefined` when an offset is not held. */
  async fetch(node: number, wanted: readonly Wanted[], limits: FetchLimits): Promise<readonly Fetched[] | undefined> {
    const before = this.#turns.get(node);
    const mine = (async () => {
      // How it ended is the business of who asked.
      await Promise.allSettled([before]);
      return this.#fetchNow(node, wanted, limits);
    })();
    this.#turns.set(node, mine);
    return mine;
  }

  /** The offset at `timestamp` (EARLIEST, LATEST) of every partition of the topics. */
  async offsets(topics: readonly string[], timestamp: bigint): Promise<ReadonlyMap<string, readonly number[]>> {
    if (topics.length === 0) return new Map();
    try {
      const found = await this.#consumer.listOffsets({ topics: [...topics], timestamp });
      return new Map([...found].map(([topic, offsets]) => [topic, offsets.map(Number)]));
    } catch (error) {
      throw logError(error, `find where ${topics.join(', ')} begin and end`, this.#servers);
    }
  }

  async close(): Promise<void> {
    await this.#consumer.close(true);
  }

  async #fetchNow(
    node: number,
    wanted: readonly Wanted[],
    limits: FetchLimits,
  ): Promise<readonly Fetched[] | undefined> {
    const ids = new Map<string, string>();
    try {
      const topics = new Map<string, FetchTopic>();
      for (const { topic, partition, offset } of wanted) {
        const { id } = await this.#topic(topic);
        ids.set(id, topic);
        let asked = topics.get(id);
        if (asked === undefined) topics.set(id, (asked = { topicId: id, partitions: [] }));
        asked.partitions.push({
          partition,
          fetchOffset: BigInt(offset),
          partitionMaxBytes: limits.bytes,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
        });
      }
      const response = await this.#consumer.fetch({
        node,
        topics: [...topics.values()],
        maxWaitTime: limits.waitMs,
        minBytes: 1,
        maxBytes: limits.bytes * PARTITIONS_AT_ONCE,
      });
      return response.responses.flatMap(({ topicId, partitions }) => {
        const topic = ids.get(topicId);
        return topic === undefined ? [] : partitions.map((partition) => fetchedOf(topic, partition));
      });
    } catch (error) {
      if (isOutOfRange(error)) return undefined;
      this.#consumer.clearMetadata();
      const topics = [...new Set(wanted.map(({ topic }) => topic))].join(', ');
      throw logError(error, `read ${topics}`, this.#servers);
    }
  }

  async #topic(topic: string): Promise<Topic> {
    const known = this.#consumer.currentMetadata?.topics.get(topic);
    if (known !== undefined && Date.now() - known.lastUpdate < METADATA_MS_MAX) return known;
    // Brokers before Fetch 13 know topics by name, and the library finds the name only of those it is told to track.
    if (!this.#consumer.topics.has(topic)) this.#consumer.topics.track(topic);
    try {
      const found = (await this.#consumer.metadata({ topics: [topic], retries: 1 })).topics.get(topic);
      if (found === undefined || found.partitionsCount === 0) throw missingTopic(topic);
      return found;
    } catch (error) {
      // A name that is not there would make every other request of this client fail.
      this.#consumer.topics.untrack(topic);
      throw logError(error, `find the topic ${topic}`, this.#servers);
    }
  }
}

type Metadata = Awaited<ReturnType<Consumer['metadata']>>;
type Topic = NonNullable<ReturnType<Metadata['topics']['get']>>;
type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;
type FetchedPartition = FetchResponse['responses'][number]['partitions'][number];
type FetchTopic = Parameters<Consumer['fetch']>[0]['topics'][number];

function fetchedOf(topic: string, partition: FetchedPartition): Fetched {
  const { partitionIndex, records, highWatermark, lastStableOffset } = partition;
  const end = Number(lastStableOffset >= 0n ? lastStableOffset : highWatermark);
  return { topic, partition: partitionIndex, batches: records ?? [], end };
}
