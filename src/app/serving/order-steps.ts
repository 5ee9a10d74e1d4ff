// The steps of one order from the topics of a running platform. Topics may be long, so they are read in pieces, and the
// pipeline has its turn between any two.
import { setImmediate } from 'node:timers/promises';
import type { OrderEvent } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import { refusedIn } from '#engine/refused.ts';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';
import { deadLetterTopic, topic } from '#wire/topics.ts';
import { eventIn } from '../reading/log-events.ts';
import { STEPS, stepsFrom, type OrderStep } from '../reading/order-history.ts';

const PIECE = 200;

export async function orderSteps(store: StoreReader, broker: BrokerId, orderId: string): Promise<readonly OrderStep[]> {
  const events: OrderEvent[] = [];
  for (const [stream, types] of STEPS) {
    const name = topic(broker, stream);
    const mine: OrderEvent[] = [];
    const offsets: number[] = [];
    for await (const { offset, value } of messagesOf(store, name)) {
      // Most messages are of other orders, and their text alone says so.
      const event = value.includes(JSON.stringify(orderId)) ? eventIn(name, offset, value) : undefined;
      if (event === undefined || !('order' in event) || event.order.orderId !== orderId) continue;
      if (!types.includes(event.type)) continue;
      mine.push(event);
      offsets.push(offset);
    }
    const refused = mine.length === 0 ? new Set<number>() : await refusedOffsets(store, name);
    events.push(...mine.filter((_, k) => !refused.has(offsets[k] as number)));
  }
  return stepsFrom(events);
}

/** Where on a topic those messages lie that were refused when they came. */
export async function refusedOffsets(store: StoreReader, name: string): Promise<ReadonlySet<number>> {
  const offsets = new Set<number>();
  for await (const { value } of messagesOf(store, deadLetterTopic(name))) {
    const refused = refusedIn(value, name);
    if (refused !== undefined) offsets.add(refused);
  }
  return offsets;
}

/** Up to the end as it was at the beginning. */
async function* messagesOf(store: StoreReader, name: string): AsyncGenerator<LogMessage> {
  const range = store.range(name);
  for (let next = range.start; next < range.end;) {
    const piece = store.read(name, next, Math.min(PIECE, range.end - next));
    yield* piece;
    next = (piece.at(-1)?.offset ?? range.end) + 1;
    await setImmediate();
  }
}
