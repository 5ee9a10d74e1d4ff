// A place of one's own on the broker that the tests of services share: topics and groups with a prefix that no other
// test has, so that nothing has to be removed before or after.
import { randomUUID } from 'node:crypto';
import { type TestContext } from 'node:test';
import { Admin } from '@platformatic/kafka';
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { type KafkaLogSettings } from '#adapters/kafka/settings.ts';
import { type EventLog } from '#ports/event-log.ts';

const servers = process.env['ALPHA_PANDA_TEST_KAFKA'];

/** Why the tests cannot run; false when they can. */
export const skipped: string | false =
  servers === undefined
    ? 'ALPHA_PANDA_TEST_KAFKA is not set; npm run test:services starts a broker and sets it'
    : false;

export function settingsFor(bootstrapServers: readonly string[] = [servers ?? '']): KafkaLogSettings {
  return { bootstrapServers, clientId: 'test' };
}

export interface KafkaPlace {
  readonly admin: Admin;
  /** A topic's name with the prefix of this place. */
  readonly name: (topic: string) => string;
  readonly create: (topic: string, partitions: number) => Promise<string>;
  readonly open: (more?: Partial<KafkaLogSettings>) => EventLog;
}

/** A place on a broker; what was opened on it is closed when the test ends. */
export function kafkaPlace(t: TestContext, settings: KafkaLogSettings = settingsFor()): KafkaPlace {
  const prefix = `t${randomUUID().slice(0, 8)}.`;
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [...settings.bootstrapServers], retryDelay: 100 });
  const opened: EventLog[] = [];
  t.after(async () => {
    for (const log of opened) await log.close();
    await admin.close();
  });
  const place: KafkaPlace = {
    admin,
    name: (topic) => prefix + topic,
    async create(topic, partitions) {
      await admin.createTopics({ topics: [prefix + topic], partitions, replicas: 1 });
      return prefix + topic;
    },
    open(more = {}) {
      const log = openKafkaLog({ ...settings, ...more });
      opened.push(log);
      return log;
    },
  };
  return place;
}

/** The log of a place as if nothing else were on the broker. */
export function withoutPrefix(log: EventLog, { name }: KafkaPlace): EventLog {
  const prefix = name('');
  const bare = <T extends { readonly topic: string }>(of: T): T => ({ ...of, topic: of.topic.slice(prefix.length) });
  return {
    append: (messages) => log.append(messages.map((message) => ({ ...message, topic: name(message.topic) }))),
    read: async (topic, ...from) => (await log.read(name(topic), ...from)).map(bare),
    range: async (topic, ...of) => bare(await log.range(name(topic), ...of)),
    partitions: async (topic) => (await log.partitions?.(name(topic))) ?? 1,
    topics: async () => (await log.topics()).filter(({ topic }) => topic.startsWith(prefix)).map(bare),
    committed: (group, topic, ...of) => log.committed(name(group), name(topic), ...of),
    commit: (group, topic, ...position) => log.commit(name(group), name(topic), ...position),
    subscribe: (topics, wake) => log.subscribe(topics.map(name), wake),
    close: () => log.close(),
  };
}
