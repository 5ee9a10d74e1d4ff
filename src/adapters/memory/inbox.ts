// An inbox in memory: for tests and simulations.
import { type NewMessage } from '#ports/event-log.ts';
import { type PartitionOffset, type SharedInbox } from '#ports/store.ts';

type NumberedMessage = NewMessage & { readonly number: number };

/** One inbox; like a disk it outlives the platform that takes from it. */
export function openMemoryInbox(): SharedInbox {
  let messages: NumberedMessage[] = [];
  let newest = 0;
  let positions: readonly PartitionOffset[] = [];
  const put = (given: readonly NewMessage[]): void => {
    for (const { topic, key, id, value, shared } of given) {
      messages.push({ topic, key, id, value, ...(shared === true && { shared }), number: ++newest });
    }
  };
  return {
    put,
    putFrom: (given, read) => {
      put(given);
      const others = positions.filter((each) => !read.some((moved) => isSame(each, moved)));
      positions = [...others, ...read];
    },
    positions: () => positions,
    after: (number, limit) => messages.filter((message) => message.number > number).slice(0, limit),
    forget: (upTo) => {
      messages = messages.filter(({ number }) => number > upTo);
    },
    close: () => undefined,
  };
}

function isSame(a: PartitionOffset, b: PartitionOffset): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
