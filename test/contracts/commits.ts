// Commits for the suites of this folder: small to write, and of every kind.
import { type EventId } from '#core/ids.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Commit, type NewInput, type RowChange, type StoreReader } from '#ports/store.ts';
import { gapMessage } from '#wire/gap-message.ts';
import { encodeTickFrame } from '#wire/tick-frame.ts';

export const RELIANCE = 738_561;

export function commitOf(parts: Partial<Commit>): Commit {
  return { inputs: [], messages: [], rows: [], offsets: [], snapshot: undefined, ...parts };
}

/** Ticks numbered from `first` on; their ids are `tape:first`, `tape:first+1` and so on. */
export function ticksInput(first: number, count: number): NewInput {
  const batch = new TickBatch(count, false);
  for (let k = 0; k < count; k++) batch.push(0, 1_623_383_100_000 + first + k, 22_000_000 + k, 100 + k, first + k);
  const body = encodeTickFrame(batch, 0, count, () => ({ token: RELIANCE, source: 'tape' }));
  return { kind: 'ticks', at: 1_623_383_100_000 + first + count, body, ticks: count };
}

/** A gap of the feed that is called `id`. */
export function gapInput(id: string, at: number): NewInput {
  const gap = { id: id as EventId, token: RELIANCE, from: (at - 9) as EpochMs, to: at as EpochMs, candles: undefined };
  return { kind: 'gap', at, body: gapMessage(gap).value, ticks: 1 };
}

export function clockInput(at: number): NewInput {
  return { kind: 'clock', at, body: `{"at":${at}}`, ticks: 0 };
}

export function message(topic: string, id: string | undefined, value = `{"id":${JSON.stringify(id)}}`): NewMessage {
  return { topic, key: 'sma_crossover:738561', id, value };
}

export function row(
  id: string,
  value: string | undefined,
  broker = 'paper',
  kind: RowChange['kind'] = 'order',
): RowChange {
  return { kind, broker, id, value };
}

export function snapshotOf(text: string): NonNullable<Commit['snapshot']> {
  return { at: text.length, hash: `hash of ${text}`, body: `{"state":"${text}"}` };
}

/** All that a store answers, as one value to compare. Bodies of ticks are given as lists of bytes. */
export function contentsOf(store: StoreReader, groups: readonly string[] = ['g']): object {
  const topics = store.topics();
  return {
    first: store.firstSeq(),
    last: store.lastSeq(),
    inputs: store.inputsAfter(0, Infinity).map(({ body, ...input }) => {
      return { ...input, body: typeof body === 'string' ? body : [...body] };
    }),
    topics,
    messages: topics.map(({ topic, start }) => store.read(topic, start, Infinity)),
    rows: (['book', 'order', 'mark', 'feed', 'shelf'] as const).map((kind) => store.rows(kind)),
    offsets: groups.flatMap((group) => topics.map(({ topic }) => store.committed(group, topic) ?? -1)),
    snapshots: store.snapshots(),
  };
}
