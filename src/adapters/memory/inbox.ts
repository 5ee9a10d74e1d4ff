// An inbox in memory: for tests and simulations.
import { type NewMessage } from '#ports/event-log.ts';
import { type Inbox } from '#ports/store.ts';

type NumberedMessage = NewMessage & { readonly number: number };

/** One inbox; like a disk it outlives the platform that takes from it. */
export function openMemoryInbox(): Inbox {
  let messages: NumberedMessage[] = [];
  let newest = 0;
  return {
    put: (given) => {
      for (const { topic, key, id, value } of given) messages.push({ topic, key, id, value, number: ++newest });
    },
    after: (number, limit) => messages.filter((message) => message.number > number).slice(0, limit),
    forget: (upTo) => {
      messages = messages.filter(({ number }) => number > upTo);
    },
    close: () => undefined,
  };
}
