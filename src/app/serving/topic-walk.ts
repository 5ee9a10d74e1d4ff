// Messages of several topics, one topic behind the other, found by what they say. A topic may be long and nothing may be
// found in it, so a walk reads in pieces, between which the pipeline has its turn, and ends after so many messages; where
// it ended says where to go on.
import { setImmediate } from 'node:timers/promises';
import type { MessageKey, Walk } from '#api/reading.ts';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';

const PIECE = 200;
const LOOKED_AT_MAX = 20_000;

export interface Found {
  readonly topic: string;
  readonly message: LogMessage;
}

export interface Walked {
  readonly found: readonly Found[];
  /** The message that was looked at last, when there are more. */
  readonly last: MessageKey | undefined;
}

/** @param looksRight asked of every message, so it only looks at the text */
export async function walk(
  store: StoreReader,
  topics: readonly string[],
  { after, limit, newestFirst }: Walk,
  looksRight: (message: LogMessage, topic: string) => boolean,
): Promise<Walked> {
  const found: Found[] = [];
  let lookedAt = 0;
  let last: MessageKey | undefined;
  const begin = after === undefined ? 0 : topics.indexOf(after.topic);
  for (const topic of begin < 0 ? [] : topics.slice(begin)) {
    const from = topic === after?.topic ? after.offset : undefined;
    // Often the first messages are what was wanted; one more says whether there are others.
    const first = Math.min(PIECE, limit + 1 - found.length);
    const pieces = newestFirst ? backwards(store, topic, first, from) : forwards(store, topic, first, from);
    for await (const piece of pieces) {
      for (const message of piece) {
        if (found.length === limit || lookedAt === LOOKED_AT_MAX) return { found, last };
        lookedAt++;
        last = { topic, offset: message.offset };
        if (looksRight(message, topic)) found.push({ topic, message });
      }
      await setImmediate();
    }
  }
  return { found, last: undefined };
}

/** Behind `after`, up to the end as it was at the beginning. */
async function* forwards(
  store: StoreReader,
  topic: string,
  first: number,
  after = -1,
): AsyncGenerator<readonly LogMessage[]> {
  const { start, end } = store.range(topic);
  let [next, size] = [Math.max(start, after + 1), first];
  while (next < end) {
    const piece = store.read(topic, next, Math.min(size, end - next));
    yield piece;
    [next, size] = [(piece.at(-1)?.offset ?? end) + 1, PIECE];
  }
}

/** Before `after`, down to the start. */
async function* backwards(
  store: StoreReader,
  topic: string,
  first: number,
  after?: number,
): AsyncGenerator<readonly LogMessage[]> {
  const { start, end } = store.range(topic);
  let [next, size] = [Math.min(end, after ?? end), first];
  while (next > start) {
    const from = Math.max(start, next - size);
    yield store.read(topic, from, next - from).toReversed();
    [next, size] = [from, PIECE];
  }
}
