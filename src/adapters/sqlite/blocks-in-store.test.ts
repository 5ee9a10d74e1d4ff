import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type NewMessage } from '#ports/event-log.ts';
import { type Commit } from '#ports/store.ts';
import { openStoreReader } from './store-reader.ts';
import { openStore } from './store.ts';

function own(topic: string, n: number): NewMessage {
  return {
    topic,
    key: `k${n}`,
    id: `${topic}/${n}`,
    value: JSON.stringify({ n, text: 'a "quoted"\nline' }),
    own: true,
  };
}

function many(topic: string, from: number, count: number): NewMessage[] {
  return Array.from({ length: count }, (_, k) => own(topic, from + k));
}

function commitOf(messages: readonly NewMessage[]): Commit {
  return { inputs: [], messages, rows: [], offsets: [], snapshot: undefined };
}

test('blocks and rows of one topic are read as one sequence, from any offset, after a reopening too', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'alpha-panda-blocks-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const topic = 'paper.signals.raw';
  const counts = [3, 20, 1, 300, 16, 2];
  const total = counts.reduce((sum, count) => sum + count, 0);
  let store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  let from = 0;
  for (const count of counts) {
    if (from === 23) {
      store.close();
      store = openStore(directory, { now: () => 0, checkpointer: 'none' });
    }
    store.commit(commitOf(many(topic, from, count)));
    from += count;
  }
  const reader = openStoreReader(directory);
  t.after(() => {
    reader.close();
    store.close();
  });
  assert.deepEqual(reader.topics(), [{ topic, start: 0, end: total }]);
  for (const offset of [0, 2, 3, 10, 22, 23, 24, 323, 324, 339, 340, total - 1, total]) {
    for (const limit of [1, 7, 1_000]) {
      const found = reader.read(topic, offset, limit);
      const expected = many(topic, offset, Math.max(0, Math.min(limit, total - offset)));
      assert.deepEqual(
        found.map((message) => [message.offset, message.id, message.value]),
        expected.map((message, k) => [offset + k, message.id, message.value]),
        `from ${offset}, at most ${limit}`,
      );
    }
  }
});
