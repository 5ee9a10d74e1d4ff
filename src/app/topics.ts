// Makes the topics that the active brokers need on the log of the distributed profile.
import { bootstrapAccess, type AccessReport } from '#adapters/kafka/access.ts';
import { deleteGroups, listGroups, type ConsumerGroup } from '#adapters/kafka/groups.ts';
import { bootstrapTopics, type TopicReport } from '#adapters/kafka/topics.ts';
import { groupId, PIPELINE } from '#engine/pipeline.ts';
import { type Settings } from './config/settings-schema.ts';
import { topicPlanOf } from './distributed.ts';
import { kafkaOf } from './kafka-connection.ts';
import { RequestError } from './reading/open-store.ts';

export interface TopicSizes {
  /** Times the partitions of the design; 1 when it is not said. */
  readonly multiplier: number | undefined;
  /** Copies of each partition; by default 3 in production, else 1. */
  readonly replication: number | undefined;
}

const COPIES = { development: 1, testing: 1, production: 3 } as const;

/** Allows the users of the namespaces what those need. Throws `LogError`. */
export async function allowUsers(settings: Settings): Promise<AccessReport> {
  const users = settings.brokers.map(({ id, access }) => ({ broker: id, username: access.kafkaUsername }));
  return bootstrapAccess(
    kafkaOf(settings),
    users.filter(({ username }) => username !== ''),
  );
}

export interface GroupLine extends ConsumerGroup {
  /** Of a stage of this deployment, or of a namespace of its own that an earlier deployment had (`….paper`). */
  readonly of: 'a stage' | 'one namespace' | 'something else';
}

/** The consumer groups of the log, and whose they are. Throws `LogError`. */
export async function readGroups(settings: Settings): Promise<readonly GroupLine[]> {
  const stages = stageGroups(settings);
  return (await listGroups(kafkaOf(settings))).map((line) => {
    const isOld = settings.activeBrokers.some((broker) => line.group.endsWith(`.${broker}`));
    return { ...line, of: stages.has(line.group) ? 'a stage' : isOld ? 'one namespace' : 'something else' };
  });
}

/** Deletes groups that no stage of this deployment reads under. Throws `RequestError` or `LogError`. */
export async function removeGroups(settings: Settings, names: readonly string[]): Promise<void> {
  const stages = stageGroups(settings);
  const own = names.find((name) => stages.has(name));
  if (own !== undefined)
    throw new RequestError(`${own} is the group of a stage of this deployment and stays; name old ones`);
  await deleteGroups(kafkaOf(settings), names);
}

function stageGroups({ redpanda }: Settings): ReadonlySet<string> {
  return new Set(
    PIPELINE.flatMap(({ name, groups }) => groups.map(({ purpose }) => groupId(redpanda.groupIdPrefix, name, purpose))),
  );
}

/** Creates what is missing and says what differs. Throws `LogError`. */
export async function makeTopics(settings: Settings, sizes: TopicSizes): Promise<TopicReport> {
  const { multiplier = 1, replication = COPIES[settings.environment] } = sizes;
  return bootstrapTopics(kafkaOf(settings), topicPlanOf(settings, { multiplier, replication }));
}
