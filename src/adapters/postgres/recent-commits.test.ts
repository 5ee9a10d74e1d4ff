import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ticksInput } from '../../../test/contracts/commits.ts';
import { RecentCommits, type Frame } from './recent-commits.ts';

function messages(from: number, count: number, topic = 'paper.signals.raw') {
  return Array.from({ length: count }, (_, k) => {
    return { number: from + k, topic, key: 'k', id: `${from + k}`, value: '{}' };
  });
}

/** A frame of so many ticks at an offset. */
function frame(first: number, ticks: number): Frame {
  return { first, ticks, body: ticksInput(1, ticks).body };
}

describe('what the latest commits appended', () => {
  test('is there from the first of it on, and what is older is left to others', () => {
    const recent = new RecentCommits(10, 100);
    assert.deepEqual([recent.outbox(10, 9), recent.outbox(9, 9)], [[], undefined]);
    assert.deepEqual([recent.market(100, 9), recent.market(99, 9)], [[], undefined]);
    recent.add({ messages: messages(11, 3), frames: [frame(100, 4), frame(104, 2)], lastNumber: 13, marketEnd: 106 });
    const numbers = (after: number, limit = 9): unknown => recent.outbox(after, limit)?.map(({ number }) => number);
    assert.deepEqual([numbers(9), numbers(10), numbers(11, 1), numbers(13)], [undefined, [11, 12, 13], [12], []]);
    const offsets = (from: number, limit = 9): unknown => recent.market(from, limit)?.map(({ offset }) => offset);
    assert.deepEqual(offsets(99), undefined);
    assert.deepEqual(offsets(100), [100, 101, 102, 103, 104, 105]);
    assert.deepEqual([offsets(102, 3), offsets(105), offsets(106)], [[102, 103, 104], [105], []]);
  });

  test('begins anew after a message that stands among the ticks', () => {
    const recent = new RecentCommits(0, 0);
    recent.add({ messages: [], frames: [frame(0, 4)], lastNumber: 0, marketEnd: 4 });
    recent.add({ messages: messages(1, 1, 'market.ticks'), frames: [], lastNumber: 1, marketEnd: 5 });
    assert.equal(recent.market(3, 9), undefined);
    recent.add({ messages: [], frames: [frame(5, 1)], lastNumber: 1, marketEnd: 6 });
    assert.deepEqual(
      recent.market(5, 9)?.map(({ offset }) => offset),
      [5],
    );
    assert.equal(recent.market(4, 9), undefined);
  });

  test('is bounded, and gives the memory of old frames back', () => {
    const recent = new RecentCommits(0, 0);
    const first = frame(0, 20_000);
    recent.add({ messages: messages(1, 30_000), frames: [first], lastNumber: 30_000, marketEnd: 20_000 });
    recent.add({
      messages: messages(30_001, 5_000),
      frames: [frame(20_000, 20_000)],
      lastNumber: 35_000,
      marketEnd: 40_000,
    });
    assert.equal(recent.market(19_999, 1), undefined);
    assert.equal(recent.market(39_999, 9)?.length, 1);
    assert.equal((first.body as Uint8Array).byteLength, 0);
    assert.equal(recent.outbox(0, 1), undefined);
    assert.equal(recent.outbox(34_999, 9)?.length, 1);
  });
});
