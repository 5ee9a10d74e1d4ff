// The topics that the platform needs on its brokers: which ones, how spread and how long kept, and how those that are
// missing come to be. What exists is never changed: taking partitions away or shortening retention loses messages.
import { Admin, ConfigResourceTypes, findErrorBy, type ConfigDescription } from '@platformatic/kafka';
import { type BrokerId } from '#core/ids.ts';
import { deadLetterTopic, MARKET_TICKS, STREAMS, topic, type Stream } from '#wire/topics.ts';
import { logError } from './errors.ts';
import { clientOptions, type KafkaConnection } from './settings.ts';

export interface PlannedBroker {
  readonly id: BrokerId;
  /** What real money did is kept longer. */
  readonly live: boolean;
}

export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  readonly retentionMs: number;
}

/** An existing topic that is not as planned. */
export interface TopicDifference {
  readonly topic: string;
  readonly what: 'partitions' | 'replication' | 'retention.ms';
  readonly planned: number;
  readonly found: number;
}

export interface TopicReport {
  readonly created: readonly string[];
  readonly differences: readonly TopicDifference[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MARKET = { partitions: 12, retentionMs: HOUR_MS };
const RETENTION_MS = {
  signal: { simulated: DAY_MS, live: DAY_MS },
  order: { simulated: 7 * DAY_MS, live: 30 * DAY_MS },
  control: { simulated: 30 * DAY_MS, live: 30 * DAY_MS },
} as const;
const MULTIPLIER_MIN = 0.1;
/** With three copies, one may be away and nothing that was acknowledged is lost. */
const COPIES_FOR_QUORUM = 3;
const NO_LIMIT = -1;
/** The brokers take each request by itself, and answer several sooner than one after the other. */
const CREATED_AT_ONCE = 16;

/** Every topic of the platform for these brokers, dead letters included, in a fixed order. */
export function planTopics(
  brokers: readonly PlannedBroker[],
  { multiplier = 1, replication = 1 }: { readonly multiplier?: number; readonly replication?: number } = {},
): readonly TopicPlan[] {
  const plans = [{ topic: MARKET_TICKS, ...MARKET }];
  for (const { id, live } of brokers) {
    for (const stream of Object.keys(STREAMS) as Stream[]) {
      const { partitions, retention } = STREAMS[stream];
      const retentionMs = RETENTION_MS[retention][live ? 'live' : 'simulated'];
      plans.push({ topic: topic(id, stream), partitions, retentionMs });
    }
  }
  return plans.flatMap(({ topic: name, partitions: base, retentionMs }) => {
    const partitions = Math.ceil(base * Math.max(MULTIPLIER_MIN, multiplier));
    const letters = Math.max(1, Math.floor(partitions / 2));
    return [
      { topic: name, partitions, replication, retentionMs },
      { topic: deadLetterTopic(name), partitions: letters, replication, retentionMs },
    ];
  });
}

/** Creates the topics of the plan that are missing, and tells in what the others differ from it. */
export async function bootstrapTopics(connection: KafkaConnection, plan: readonly TopicPlan[]): Promise<TopicReport> {
  return withAdmin(connection, 'create the topics', async (admin) => {
    const existing = new Set(await admin.listTopics());
    const created: string[] = [];
    const missing = plan.filter((planned) => !existing.has(planned.topic));
    for (let from = 0; from < missing.length; from += CREATED_AT_ONCE) {
      const some = missing.slice(from, from + CREATED_AT_ONCE);
      const made = await Promise.all(some.map((planned) => create(admin, planned)));
      created.push(...some.filter((_, index) => made[index]).map(({ topic: name }) => name));
    }
    const before = plan.filter((planned) => existing.has(planned.topic));
    return { created, differences: await differencesOf(admin, before) };
  });
}

/** The names of the plan that no topic has. */
export async function missingTopics(
  connection: KafkaConnection,
  plan: readonly TopicPlan[],
): Promise<readonly string[]> {
  return withAdmin(connection, 'list the topics', async (admin) => {
    const existing = new Set(await admin.listTopics());
    return plan.map(({ topic: name }) => name).filter((name) => !existing.has(name));
  });
}

/** False when another process created it meanwhile. */
async function create(
  admin: Admin,
  { topic: name, partitions, replication, retentionMs }: TopicPlan,
): Promise<boolean> {
  const configs = [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: `${retentionMs}` },
    // Retention counts from when a message arrived: the events of a tape are years old.
    { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ...(replication >= COPIES_FOR_QUORUM ? [{ name: 'min.insync.replicas', value: `${replication - 1}` }] : []),
  ];
  try {
    await admin.createTopics({ topics: [name], partitions, replicas: replication, configs });
    return true;
  } catch (error) {
    if (findErrorBy(error instanceof Error ? error : null, 'apiId', 'TOPIC_ALREADY_EXISTS') !== null) return false;
    throw error;
  }
}

async function differencesOf(admin: Admin, plan: readonly TopicPlan[]): Promise<readonly TopicDifference[]> {
  if (plan.length === 0) return [];
  const { topics } = await admin.metadata({ topics: plan.map(({ topic: name }) => name), forceUpdate: true });
  const described = await admin.describeConfigs({
    resources: plan.map((planned) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName: planned.topic,
      configurationKeys: ['retention.ms'],
    })),
  });
  const kept = new Map(described.map((config) => [config.resourceName, retentionOf(config)]));
  return plan.flatMap(({ topic: name, partitions, replication, retentionMs }) => {
    const found = topics.get(name);
    const compared = [
      { what: 'partitions', planned: partitions, found: found?.partitionsCount ?? 0 },
      { what: 'replication', planned: replication, found: found?.partitions[0]?.replicas.length ?? 0 },
      { what: 'retention.ms', planned: retentionMs, found: kept.get(name) ?? NO_LIMIT },
    ] as const;
    return compared.filter((each) => each.planned !== each.found).map((each) => ({ topic: name, ...each }));
  });
}

function retentionOf({ configs }: ConfigDescription): number {
  return Number(configs.find(({ name }) => name === 'retention.ms')?.value ?? NO_LIMIT);
}

/** Asks the brokers as an administrator does; errors are told as those of the log. */
export async function withAdmin<T>(
  connection: KafkaConnection,
  wanted: string,
  act: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Admin(clientOptions(connection));
  try {
    return await act(admin);
  } catch (error) {
    throw logError(error, wanted, connection.bootstrapServers);
  } finally {
    await admin.close();
  }
}
