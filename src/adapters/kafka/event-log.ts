// The log on Kafka or Redpanda: what services of several machines share. Messages of one key keep their order; offsets
// count in each partition.
import { Admin } from '@platformatic/kafka';
import {
  type EventLog,
  type GroupMember,
  type LogMessage,
  type Membership,
  type NewMessage,
  type TopicRange,
} from '#ports/event-log.ts';
import { type Logger } from '#ports/telemetry.ts';
import { Appender } from './appender.ts';
import { closedLog, logError } from './errors.ts';
import { EARLIEST, FetchClient, LATEST, type Place } from './fetch-client.ts';
import { GroupOffsets } from './group-offsets.ts';
import { ReadAhead } from './read-ahead.ts';
import { clientOptions, type KafkaLogSettings } from './settings.ts';
import { Watcher } from './watcher.ts';

const FETCH_BYTES = 1024 * 1024;

/** Opens the log. Nothing is asked of the brokers before the first use, which says when they cannot be reached. */
export function openKafkaLog(settings: KafkaLogSettings, logger?: Logger): EventLog {
  return new KafkaLog(settings, logger);
}

class KafkaLog implements EventLog {
  readonly #settings: KafkaLogSettings;
  readonly #reads: FetchClient;
  readonly #watcher: Watcher;
  readonly #appender: Appender;
  readonly #groups: GroupOffsets;
  readonly #readAhead = new Map<string, ReadAhead[]>();
  #admin: Admin | undefined;
  #closed = false;

  constructor(settings: KafkaLogSettings, logger: Logger | undefined) {
    this.#settings = settings;
    this.#reads = new FetchClient(settings);
    this.#watcher = new Watcher(new FetchClient(settings), this.#reads, logger, (fetched, from) => {
      this.#readAhead.get(fetched.topic)?.[fetched.partition]?.offer(from, fetched.batches);
    });
    this.#appender = new Appender(settings, (topic, partition, end) => this.#watcher.raise({ topic, partition }, end));
    this.#groups = new GroupOffsets(settings);
  }

  append(messages: readonly NewMessage[]): Promise<void> {
    return this.#appender.append(messages);
  }

  async read(topic: string, offset: number, limit: number, partition = 0): Promise<readonly LogMessage[]> {
    this.#requireOpen();
    const place = { topic, partition };
    return this.#readAheadOf(place).read(Math.max(0, offset), limit, () => this.#watcher.endOf(place));
  }

  async range(topic: string, partition = 0): Promise<TopicRange> {
    this.#requireOpen();
    await this.#reads.leaderOf({ topic, partition });
    const starts = await this.#reads.offsets([topic], EARLIEST);
    const ends = await this.#reads.offsets([topic], LATEST);
    const [start = 0, end = 0] = [starts.get(topic)?.[partition], ends.get(topic)?.[partition]];
    return { topic, ...(partition !== 0 && { partition }), start, end };
  }

  async partitions(topic: string): Promise<number> {
    this.#requireOpen();
    return this.#reads.partitions(topic);
  }

  async topics(): Promise<readonly TopicRange[]> {
    this.#requireOpen();
    const names = (await this.#topicNames()).toSorted();
    const [starts, ends] = [await this.#reads.offsets(names, EARLIEST), await this.#reads.offsets(names, LATEST)];
    return names.flatMap((topic) => {
      const ranges = (ends.get(topic) ?? []).map((end, partition) => {
        return { topic, ...(partition !== 0 && { partition }), start: starts.get(topic)?.[partition] ?? 0, end };
      });
      return ranges.filter(({ end }) => end > 0);
    });
  }

  async committed(group: string, topic: string, partition = 0): Promise<number | undefined> {
    this.#requireOpen();
    return this.#groups.committed(group, { topic, partition });
  }

  async commit(group: string, topic: string, offset: number, partition = 0): Promise<void> {
    this.#requireOpen();
    await this.#groups.commit(group, { topic, partition }, offset);
  }

  join(group: string, topics: readonly string[], member: GroupMember): Promise<Membership> {
    this.#requireOpen();
    return this.#groups.join(group, topics, member);
  }

  subscribe(topics: readonly string[], wake: () => void): () => void {
    this.#requireOpen();
    return this.#watcher.subscribe(topics, wake);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#appender.close();
    await Promise.all([this.#watcher.close(), this.#reads.close(), this.#groups.close(), this.#admin?.close()]);
  }

  async #topicNames(): Promise<readonly string[]> {
    const { bootstrapServers } = this.#settings;
    this.#admin ??= new Admin(clientOptions(this.#settings));
    try {
      return await this.#admin.listTopics({ includeInternals: false });
    } catch (error) {
      throw logError(error, 'list the topics', bootstrapServers);
    }
  }

  #readAheadOf({ topic, partition }: Place): ReadAhead {
    let partitions = this.#readAhead.get(topic);
    if (partitions === undefined) this.#readAhead.set(topic, (partitions = []));
    const { fetchBytes = FETCH_BYTES } = this.#settings;
    return (partitions[partition] ??= new ReadAhead({ topic, partition }, this.#reads, fetchBytes));
  }

  #requireOpen(): void {
    if (this.#closed) throw closedLog();
  }
}
