// Messages as the log holds them, for the views that walk along them.
import { call, type Item } from '../api/client.ts';

export interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly broker: string;
  readonly ts: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Message {
  readonly topic: string;
  readonly offset: number;
  readonly envelope: Envelope;
}

type Correlated = Item<'GET /api/v1/messages/correlation/{correlation_id}'>;

/** What is no envelope of ours, such as a stranger's text, is left out. */
export function messagesOf(items: readonly Correlated[]): readonly Message[] {
  return items.flatMap((item) => {
    if (!('envelope' in item) || typeof item.envelope !== 'object' || item.envelope === null) return [];
    return [{ topic: item.topic, offset: item.offset, envelope: item.envelope as Envelope }];
  });
}

/** Messages of a topic from an offset on. */
export async function messagesFrom(topic: string, from: number, limit: number): Promise<readonly Message[]> {
  const { items } = await call('GET /api/v1/topics/{topic}/messages', { path: { topic }, query: { from, limit } });
  return messagesOf(items.map((item) => ({ topic, ...item })));
}

/** The first offset of a topic whose message is not before a time, by halving, because a topic is in the order of time. */
export async function offsetAt(topic: string, ts: string): Promise<number> {
  const { items } = await call('GET /api/v1/topics', { query: { limit: 1_000 } });
  const range = items.find((each) => each.topic === topic);
  let [low, high] = [range?.start ?? 0, range?.end ?? 0];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [message] = await messagesFrom(topic, middle, 1);
    if (message !== undefined && message.envelope.ts < ts) low = middle + 1;
    else high = middle;
  }
  return low;
}
