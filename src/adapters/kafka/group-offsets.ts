// What consumer groups have read, kept by the brokers under the group's name. The groups have no members: who reads
// which partition is decided outside, so offsets are set and asked for as an administrator does.
import { Consumer } from '@platformatic/kafka';
import { logError } from './errors.ts';
import { type Place } from './fetch-client.ts';
import { clientOptions, type KafkaConnection } from './settings.ts';

/** "No member", as the protocol has it. */
const NO_GENERATION = -1;
const NO_MEMBER = '';
const NO_EPOCH = -1;
const NEVER_COMMITTED = -1n;

export class GroupOffsets {
  readonly #connection: KafkaConnection;
  readonly #groups = new Map<string, Consumer>();

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  async committed(group: string, { topic, partition }: Place): Promise<number | undefined> {
    try {
      const found = await this.#client(group).listCommittedOffsets({ topics: [{ topic, partitions: [partition] }] });
      const offset = found.get(topic)?.[partition];
      return offset === undefined || offset === NEVER_COMMITTED ? undefined : Number(offset);
    } catch (error) {
      throw logError(error, `find what ${group} has read of ${topic}`, this.#connection.bootstrapServers);
    }
  }

  async commit(group: string, { topic, partition }: Place, offset: number): Promise<void> {
    try {
      const offsets = [{ topic, partition, offset: BigInt(offset), leaderEpoch: NO_EPOCH }];
      await this.#client(group).commit({ offsets });
    } catch (error) {
      throw logError(error, `keep what ${group} has read of ${topic}`, this.#connection.bootstrapServers);
    }
  }

  async close(): Promise<void> {
    for (const client of this.#groups.values()) await client.close(true);
    this.#groups.clear();
  }

  /** One client a group: it remembers which broker keeps the group's offsets, so that a commit is one request. */
  #client(group: string): Consumer {
    let client = this.#groups.get(group);
    if (client === undefined) {
      client = new Consumer({ ...clientOptions(this.#connection), groupId: group, autocommit: false });
      client.generationId = NO_GENERATION;
      client.memberId = NO_MEMBER;
      this.#groups.set(group, client);
    }
    return client;
  }
}
