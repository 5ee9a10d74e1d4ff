import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { STREAMS } from '#wire/topics.ts';
import { BROKERS } from '../../test/support/builders.ts';
import { defaultStart, firstOffset, type GroupPosition } from './consumer-position.ts';

function position(given: Partial<GroupPosition> & { topic?: string; start?: number; end?: number }): GroupPosition {
  const { topic = 'paper.orders.filled', start = 0, end = 10, ...rest } = given;
  return { group: 'g', committed: undefined, from: undefined, ...rest, range: { topic, start, end } };
}

for (const broker of BROKERS) {
  describe(`a new group on the topics of ${broker}`, () => {
    for (const stream of Object.keys(STREAMS)) {
      const expected = stream.startsWith('signals.') ? 'end' : 'start';
      test(`begins at the ${expected} of ${stream}`, () => {
        const topic = `${broker}.${stream}`;
        assert.equal(defaultStart(topic), expected);
        assert.deepEqual(firstOffset(position({ topic })), { offset: expected === 'end' ? 10 : 0, missed: 0 });
      });
    }

    test('begins at the start of dead letters', () => assert.equal(defaultStart(`${broker}.signals.raw.dlq`), 'start'));
  });
}

describe('where a group begins', () => {
  test('a new group begins at the end of ticks', () => assert.equal(defaultStart('market.ticks'), 'end'));

  test('a group that has read goes on there, signals too', () => {
    const asked = { topic: 'paper.signals.raw', committed: 4 };
    assert.deepEqual(firstOffset(position(asked)), { offset: 4, missed: 0 });
    assert.deepEqual(firstOffset(position({ ...asked, from: 'end' })), { offset: 4, missed: 0 });
    assert.deepEqual(firstOffset(position({ committed: 10 })), { offset: 10, missed: 0 });
  });

  test('a service may ask for the other end', () => {
    assert.equal(firstOffset(position({ from: 'end' })).offset, 10);
    assert.equal(firstOffset(position({ topic: 'paper.signals.raw', from: 'start' })).offset, 0);
  });

  test('signals that are gone are counted', () => {
    const gone = position({ topic: 'paper.signals.raw', start: 6, committed: 4 });
    assert.deepEqual(firstOffset(gone), { offset: 6, missed: 2 });
  });

  test('fills that are gone are an error, for a new group and for one that fell behind', () => {
    const code = { code: 'EVENTS_GONE' };
    assert.throws(() => firstOffset(position({ start: 3 })), code);
    assert.throws(() => firstOffset(position({ start: 3, committed: 2 })), code);
    assert.throws(() => firstOffset(position({ start: 3, committed: 2, from: 'end' })), code);
  });

  test('a service that asks for the start takes what is left', () => {
    assert.deepEqual(firstOffset(position({ start: 3, from: 'start' })), { offset: 3, missed: 0 });
    assert.deepEqual(firstOffset(position({ start: 3, committed: 2, from: 'start' })), { offset: 3, missed: 1 });
  });

  test('a group that has read more than there is reads another log', () => {
    assert.throws(() => firstOffset(position({ committed: 11 })), { code: 'OFFSET_AHEAD' });
  });
});
