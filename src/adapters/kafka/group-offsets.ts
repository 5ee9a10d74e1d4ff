// What consumer groups have read, kept by the brokers under the group's name. A group that this process is a member of is
// written to as that member; in one without members offsets are set as an administrator does.
import { Consumer } from '@platformatic/kafka';
import { type GroupMember, type Membership } from '#ports/event-log.ts';
import { logError } from './errors.ts';
import { type Place } from './fetch-client.ts';
import { GroupMembership } from './group-membership.ts';
import { clientOptions, type KafkaConnection } from './settings.ts';

/** "No member", as the protocol has it. */
const NOBODY = { memberId: '', generationId: -1 };
const NO_EPOCH = -1;
const NEVER_COMMITTED = -1n;

export class GroupOffsets {
  readonly #connection: KafkaConnection;
  readonly #readers = new Map<string, Consumer>();
  readonly #administrators = new Map<string, Consumer>();
  readonly #members = new Map<string, Consumer>();
  readonly #memberships = new Map<string, GroupMembership>();

  constructor(connection: KafkaConnection) {
    this.#connection = connection;
  }

  async committed(group: string, { topic, partition }: Place): Promise<number | undefined> {
    try {
      const found = await this.#reader(group).listCommittedOffsets({ topics: [{ topic, partitions: [partition] }] });
      const offset = found.get(topic)?.[partition];
      return offset === undefined || offset === NEVER_COMMITTED ? undefined : Number(offset);
    } catch (error) {
      throw logError(error, `find what ${group} has read of ${topic}`, this.#connection.bootstrapServers);
    }
  }

  async commit(group: string, { topic, partition }: Place, offset: number): Promise<void> {
    try {
      const offsets = [{ topic, partition, offset: BigInt(offset), leaderEpoch: NO_EPOCH }];
      await this.#writer(group).commit({ offsets });
    } catch (error) {
      throw logError(error, `keep what ${group} has read of ${topic}`, this.#connection.bootstrapServers);
    }
  }

  /** Joins a group; what is committed for it from now on is committed as its member. Throws `LogError`. */
  async join(group: string, topics: readonly string[], member: GroupMember): Promise<Membership> {
    const membership = new GroupMembership(this.#connection, group, topics, member);
    this.#memberships.set(group, membership);
    const leave = async (): Promise<void> => {
      this.#memberships.delete(group);
      await membership.leave();
    };
    try {
      await membership.join();
    } catch (error) {
      await leave();
      throw error;
    }
    return { leave };
  }

  async close(): Promise<void> {
    for (const membership of this.#memberships.values()) await membership.leave();
    this.#memberships.clear();
    for (const clients of [this.#readers, this.#administrators, this.#members]) {
      for (const client of clients.values()) await client.close(true);
      clients.clear();
    }
  }

  /** One client a group: it remembers which broker keeps the group's offsets, so that it asks once for each answer. */
  #reader(group: string): Consumer {
    return this.#client(this.#readers, group, {});
  }

  /**
   * A member's commit is tried again by whoever commits: the library would join by itself, and commit for what it may not have
   * any more.
   */
  #writer(group: string): Consumer {
    const membership = this.#memberships.get(group);
    const client =
      membership === undefined
        ? this.#client(this.#administrators, group, {})
        : this.#client(this.#members, group, { retries: 0 });
    const { memberId, generationId } = membership?.mark ?? NOBODY;
    client.memberId = memberId;
    client.generationId = generationId;
    return client;
  }

  #client(clients: Map<string, Consumer>, group: string, options: { readonly retries?: number }): Consumer {
    const found = clients.get(group);
    if (found !== undefined) return found;
    const common = clientOptions(this.#connection);
    const client = new Consumer({ ...common, ...options, groupId: group, autocommit: false });
    clients.set(group, client);
    return client;
  }
}
