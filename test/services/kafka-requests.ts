// Single requests of Kafka's protocol as one user, without a client in between that asks for leave in another way first: what
// is tried here is what the brokers themselves refuse.
import { type TestContext } from 'node:test';
import {
  Connection,
  createPartitionsV3,
  createTopicsV7,
  deleteGroupsV2,
  deleteRecordsV2,
  deleteTopicsV6,
  describeGroupsV5,
  fetchV12,
  incrementalAlterConfigsV1,
  metadataV12,
  offsetFetchV8,
  produceV11,
} from '@platformatic/kafka';
import { type KafkaSasl } from '#adapters/kafka/settings.ts';

export type Request = (connection: Connection, name: string) => Promise<unknown>;

/** Every verb on a topic. */
export const TOPIC_VERBS = {
  read: (connection, topic) => {
    const partitions = [
      { partition: 0, currentLeaderEpoch: -1, fetchOffset: 0n, lastFetchedEpoch: -1, partitionMaxBytes: 1024 },
    ];
    return fetchV12.api.async(connection, 0, 1, 1024, 0, 0, -1, [{ topicId: topic, partitions }], [], '');
  },
  write: (connection, topic) => {
    const message = { topic, key: Buffer.from('k'), value: Buffer.from('tried') };
    return produceV11.api.async(connection, -1, 1_000, [message], {});
  },
  describe: (connection, topic) => metadataV12.api.async(connection, [topic], false, false),
  create: (connection, topic) => {
    const wanted = { name: topic, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    return createTopicsV7.api.async(connection, [wanted], 1_000, false);
  },
  delete: (connection, topic) => deleteTopicsV6.api.async(connection, [{ name: topic }], 1_000),
  'delete records': (connection, topic) => {
    const partitions = [{ partitionIndex: 0, offset: 0n }];
    return deleteRecordsV2.api.async(connection, [{ name: topic, partitions }], 1_000);
  },
  alter: (connection, topic) => createPartitionsV3.api.async(connection, [{ name: topic, count: 50 }], 1_000, false),
  'alter configs': (connection, topic) => {
    const configs = [{ name: 'retention.ms', configOperation: 0 as const, value: '1000' }];
    const resource = { resourceType: 2 as const, resourceName: topic, configs };
    return incrementalAlterConfigsV1.api.async(connection, [resource], false);
  },
} as const satisfies Readonly<Record<string, Request>>;

/** Every verb on a consumer group. */
export const GROUP_VERBS = {
  read: (connection, group) =>
    offsetFetchV8.api.async(connection, [{ groupId: group, memberEpoch: -1, topics: [] }], false),
  describe: (connection, group) => describeGroupsV5.api.async(connection, [group], false),
  delete: (connection, group) => deleteGroupsV2.api.async(connection, [group]),
} as const satisfies Readonly<Record<string, Request>>;

/** A connection to a broker that is closed with the test. */
export async function connectAs(t: TestContext, server: string, sasl: KafkaSasl): Promise<Connection> {
  const [host = '', port] = server.split(':');
  const connection = new Connection('test', { sasl: { ...sasl } });
  await connection.connect(host, Number(port));
  t.after(() => connection.close());
  return connection;
}

const DENIALS = ['TOPIC_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'];

/** `allowed`, `denied`, or what else the broker said. */
export async function verdict(work: Promise<unknown>): Promise<string> {
  const [ended] = await Promise.allSettled([work]);
  if (ended.status === 'fulfilled') return 'allowed';
  const names = namesOf(ended.reason);
  return names.some((name) => DENIALS.includes(name)) ? 'denied' : names.join(' ') || String(ended.reason);
}

function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = 'apiId' in error && typeof error.apiId === 'string' ? [error.apiId] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(namesOf) : [];
  return [...own, ...inner];
}
