// Makes the topics that the active brokers need on the log of the distributed profile.
import { bootstrapAccess, type AccessReport } from '#adapters/kafka/access.ts';
import { bootstrapTopics, type TopicReport } from '#adapters/kafka/topics.ts';
import { type Settings } from './config/settings-schema.ts';
import { topicPlanOf } from './distributed.ts';
import { kafkaOf } from './kafka-connection.ts';

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

/** Creates what is missing and says what differs. Throws `LogError`. */
export async function makeTopics(settings: Settings, sizes: TopicSizes): Promise<TopicReport> {
  const { multiplier = 1, replication = COPIES[settings.environment] } = sizes;
  return bootstrapTopics(kafkaOf(settings), topicPlanOf(settings, { multiplier, replication }));
}
