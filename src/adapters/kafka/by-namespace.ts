// One log out of several that differ in who signs in: what belongs to a namespace is read and written as the user of that
// namespace. A message that is sent to a wrong topic is then refused by the brokers, which know nothing of our mistake.
import { type BrokerId } from '#core/ids.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { parseTopic } from '#wire/topics.ts';

export interface NamespaceLogs {
  /** For what belongs to no namespace, and for namespaces without a log of their own. */
  readonly platform: EventLog;
  readonly own: ReadonlyMap<BrokerId, EventLog>;
}

/** Closes all of them when it is closed. */
export function logByNamespace({ platform, own }: NamespaceLogs): EventLog {
  if (own.size === 0) return platform;
  const all = [platform, ...own.values()];
  const logOf = (topic: string): EventLog => {
    const parsed = parseTopic(topic);
    return (parsed?.scope === 'broker' ? own.get(parsed.broker) : undefined) ?? platform;
  };
  /** What stands in the log of an append that failed: a namespace that is refused must not make the others repeat themselves. */
  let done = new Set<string>();
  return {
    async append(messages) {
      const parts = Map.groupBy(
        messages.filter((message) => !done.has(nameOf(message))),
        ({ topic }) => logOf(topic),
      );
      // All have to end before it fails: whoever appends again must not overtake a part that is under way.
      const ended = await Promise.allSettled(
        [...parts].map(async ([log, part]) => {
          await log.append(part);
          return part;
        }),
      );
      const failed = ended.find((each) => each.status === 'rejected');
      if (failed === undefined) done = new Set();
      else {
        const written = ended.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
        for (const message of written) if (message.id !== undefined) done.add(nameOf(message));
        throw failed.reason;
      }
    },
    read: (topic, offset, limit, partition) => logOf(topic).read(topic, offset, limit, partition),
    range: (topic, partition) => logOf(topic).range(topic, partition),
    partitions: async (topic) => (await logOf(topic).partitions?.(topic)) ?? 1,
    topics: () => platform.topics(),
    committed: (group, topic, partition) => platform.committed(group, topic, partition),
    commit: (group, topic, offset, partition) => platform.commit(group, topic, offset, partition),
    ...(platform.join !== undefined && { join: platform.join.bind(platform) }),
    subscribe(topics, wake) {
      const parts = Map.groupBy(topics, logOf);
      const endings = [...parts].map(([log, part]) => log.subscribe(part, wake));
      return () => endings.forEach((end) => end());
    },
    async close() {
      await Promise.all(all.map((log) => log.close()));
    },
  };
}

function nameOf({ topic, id }: NewMessage): string {
  return `${topic} ${id}`;
}
