// A process as one of several that share the partitions of some topics. What it has keeps to it when others come and go
// (the cooperative protocol of Kafka's own clients), and what it gives up it has finished before another one begins.
import { Consumer } from '@platformatic/kafka';
import { type GroupMember, type Membership, type TopicPartition } from '#ports/event-log.ts';
import { logError } from './errors.ts';
import { clientOptions, RETRY_PAUSE_MS, type KafkaConnection } from './settings.ts';

/** Who is silent for so long has ended for the others. */
const SESSION_MS = 20_000;
const HEARTBEAT_MS = 2_000;
/** How long the others wait for one that finishes what it is about to give up. */
const REBALANCE_MS = 60_000;
/** From this version on a member says itself what it has, and nothing stands beside it. */
const PROTOCOL = { name: 'cooperative-sticky', version: 3 };
const NOTHING_BESIDE = Buffer.alloc(0);

/** What marks a commit as that of a member, so that the brokers refuse it from one who is none any more. */
export interface MemberMark {
  readonly memberId: string;
  readonly generationId: number;
}

export class GroupMembership implements Membership {
  readonly #connection: KafkaConnection;
  readonly #group: string;
  readonly #topics: readonly string[];
  readonly #member: GroupMember;
  readonly #consumer: Consumer;
  readonly #owned = new Map<string, TopicPartition>();
  #left = false;
  #rejoining: NodeJS.Timeout | undefined;

  constructor(connection: KafkaConnection, group: string, topics: readonly string[], member: GroupMember) {
    this.#connection = connection;
    this.#group = group;
    this.#topics = topics;
    this.#member = member;
    this.#consumer = new Consumer({
      ...clientOptions(connection),
      groupId: group,
      autocommit: false,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_MS,
      protocols: [PROTOCOL],
      // Asked for before each attempt to join: the moment at which what was given up has to be let go.
      protocolsMetadata: async () => {
        await this.#release(this.#assigned());
        return NOTHING_BESIDE;
      },
    });
    this.#consumer.on('consumer:group:join', () => this.#take(this.#assigned()));
    // Nobody has heard us for a whole session: another one reads what was ours.
    this.#consumer.on('consumer:heartbeat:stalled', () => void this.#release(new Map()));
    this.#consumer.on('error', () => this.#joinAgain());
  }

  get mark(): MemberMark {
    return { memberId: this.#consumer.memberId ?? '', generationId: this.#consumer.generationId };
  }

  /** Throws `LogError`. */
  async join(): Promise<void> {
    this.#consumer.topics.trackAll(...this.#topics);
    try {
      await this.#consumer.joinGroup({});
    } catch (error) {
      throw logError(error, `join the group ${this.#group}`, this.#connection.bootstrapServers);
    }
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    clearTimeout(this.#rejoining);
    this.#owned.clear();
    // Brokers that are away notice the silence later.
    await new Promise<void>((resolve) => this.#consumer.leaveGroup(true, () => resolve()));
    await this.#consumer.close(true);
  }

  /** A join that failed is not tried again by the library. */
  #joinAgain(): void {
    if (this.#left || this.#rejoining !== undefined) return;
    this.#rejoining = setTimeout(() => {
      this.#rejoining = undefined;
      if (this.#consumer.isActive()) return;
      this.#consumer.joinGroup({}).catch(() => this.#joinAgain());
    }, RETRY_PAUSE_MS);
  }

  #assigned(): ReadonlyMap<string, TopicPartition> {
    const found = new Map<string, TopicPartition>();
    for (const { topic, partitions } of this.#consumer.assignments ?? []) {
      for (const partition of partitions) found.set(`${topic}:${partition}`, { topic, partition });
    }
    return found;
  }

  #take(assigned: ReadonlyMap<string, TopicPartition>): void {
    if (this.#left) return;
    const fresh = [...assigned].filter(([name]) => !this.#owned.has(name));
    for (const [name, place] of fresh) this.#owned.set(name, place);
    if (fresh.length > 0) this.#member.assigned(fresh.map(([, place]) => place));
  }

  async #release(kept: ReadonlyMap<string, TopicPartition>): Promise<void> {
    const gone = [...this.#owned].filter(([name]) => !kept.has(name));
    for (const [name] of gone) this.#owned.delete(name);
    if (gone.length > 0) await this.#member.revoked(gone.map(([, place]) => place));
  }
}
