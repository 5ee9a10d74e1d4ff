// The store as the stages of its own process see it: a log to read. They write in the cascade's commit, and nowhere else.
import { type EventLog } from '#ports/event-log.ts';
import { type StoreReader } from '#ports/store.ts';

export function storeLog(store: StoreReader): EventLog {
  const refuse = async (): Promise<never> => {
    throw new Error("a stage of the embedded profile writes in the cascade's commit; hand its events to the cascade");
  };
  return {
    append: refuse,
    commit: refuse,
    read: async (topic, offset, limit) => store.read(topic, offset, limit),
    range: async (topic) => store.range(topic),
    partitions: async () => 1,
    topics: async () => store.topics(),
    committed: async (group, topic) => store.committed(group, topic),
    subscribe: () => () => undefined,
    close: async () => undefined,
  };
}
