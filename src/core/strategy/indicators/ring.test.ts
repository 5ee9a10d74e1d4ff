import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { highest, lowest, pushRing, ringAgo, startRing } from './ring.ts';

const values = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 40, size: 'max' });
const window = fc.integer({ min: 1, max: 12 });

describe('ring of recent values', () => {
  test('slots are a power of two that holds the window', () => {
    assert.deepEqual(
      [1, 2, 3, 30, 32, 33].map((size) => startRing(size).slots.length),
      [1, 2, 4, 32, 32, 64],
    );
  });

  test('looking back finds the newest values, and nothing before the first or beyond the slots', () => {
    const ring = startRing(2);
    assert.equal(ringAgo(ring, 0), undefined);
    pushRing(ring, 7);
    assert.equal(ringAgo(ring, 0), 7);
    assert.equal(ringAgo(ring, 1), undefined);
    pushRing(ring, 8);
    pushRing(ring, 9);
    assert.deepEqual([ringAgo(ring, 0), ringAgo(ring, 1), ringAgo(ring, 2)], [9, 8, undefined]);
  });

  test('it agrees with a list that keeps everything', () => {
    fc.assert(
      fc.property(values, window, (all, size) => {
        const ring = startRing(size);
        all.forEach((value, k) => {
          pushRing(ring, value);
          const newest = all.slice(Math.max(0, k + 1 - size), k + 1);
          for (let back = 0; back < size; back++) assert.equal(ringAgo(ring, back), newest.at(-1 - back));
          const full = newest.length === size;
          assert.equal(highest(ring, size), full ? Math.max(...newest) : undefined);
          assert.equal(lowest(ring, size), full ? Math.min(...newest) : undefined);
        });
      }),
    );
  });
});
