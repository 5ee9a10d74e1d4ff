import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBlock, packBlock, splitMessages, unpackBlock, type BlockMessage } from './message-blocks.ts';

function own(topic: string, n: number): BlockMessage {
  return {
    topic,
    key: `k${n}`,
    id: `${topic}/${n}`,
    value: JSON.stringify({ n, text: 'a "quoted"\nline' }),
    own: true,
  };
}

function many(topic: string, from: number, count: number): BlockMessage[] {
  return Array.from({ length: count }, (_, k) => own(topic, from + k));
}

test('only signals may be kept in blocks; orders, control and ledger events stay rows', () => {
  assert.equal(mayBlock('paper.signals.raw'), true);
  assert.equal(mayBlock('paper.signals.raw.dlq'), false);
  assert.equal(mayBlock('paper.orders.filled'), false);
  assert.equal(mayBlock('paper.pnl.snapshots'), false);
  assert.equal(mayBlock('market.ticks'), false);
});

test('few messages, and topics with a message from outside, are not made blocks', () => {
  const few = many('paper.signals.raw', 0, 15);
  assert.deepEqual(splitMessages(few), { blocks: new Map(), rows: few });
  const { topic, key, id, value } = own('paper.signals.raw', 99);
  const mixed = [...many('paper.signals.raw', 0, 20), { topic, key, id, value }, ...many('zerodha.signals.raw', 0, 16)];
  const { blocks, rows } = splitMessages(mixed);
  assert.deepEqual([...blocks.keys()], ['zerodha.signals.raw']);
  assert.equal(rows.length, 21);
});

function packed(messages: readonly BlockMessage[]): Uint8Array {
  let copy = new Uint8Array(0);
  packBlock(messages, (block) => (copy = Uint8Array.from(block)));
  return copy;
}

test('a block gives back what was packed', () => {
  const messages = many('paper.signals.raw', 5, 40);
  const unpacked = unpackBlock('paper.signals.raw', 100, 40, packed(messages));
  assert.deepEqual(
    unpacked.map(({ offset, id, key, value }) => [offset, id, key, value]),
    messages.map(({ id, key, value }, k) => [100 + k, id, key, value]),
  );
  assert.throws(() => unpackBlock('paper.signals.raw', 100, 41, packed(messages)), /40|41/);
});
