import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { pushRsi, startRsi } from './relative-strength.ts';

function indexOf(values: readonly number[], period: number): number | undefined {
  const rsi = startRsi(period);
  return values.map((value) => pushRsi(rsi, value)).at(-1);
}

describe('relative strength index', () => {
  test('the newest value counts once: 10, 11, 10, 12, 11, 13 over 3 changes is +2, -1, +2', () => {
    assert.equal(indexOf([10, 11, 10, 12, 11, 13], 3), 80);
  });

  test('it needs one value more than changes', () => {
    assert.equal(indexOf([10, 11, 12], 3), undefined);
    assert.equal(indexOf([10, 11, 12, 11], 3), 200 / 3);
  });

  test('it is 100 without losses, 0 without gains and 50 without any change', () => {
    assert.equal(indexOf([10, 11, 11, 12], 3), 100);
    assert.equal(indexOf([12, 11, 11, 10], 3), 0);
    assert.equal(indexOf([10, 10, 10, 10], 3), 50);
    assert.equal(indexOf([9, 10, 10, 10, 10], 3), 50);
  });

  test('a ratio on a level is exactly the level', () => {
    assert.equal(indexOf([100, 103, 96], 2), 30);
    assert.equal(indexOf([100, 107, 104], 2), 70);
  });

  test('it agrees with means of gains and losses computed afresh', () => {
    const steps = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 50, size: 'max' });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 10 }), (changes, period) => {
        const rsi = startRsi(period);
        pushRsi(rsi, 1_000);
        let value = 1_000;
        changes.forEach((change, k) => {
          value += change;
          const found = pushRsi(rsi, value);
          const newest = changes.slice(Math.max(0, k + 1 - period), k + 1);
          if (newest.length < period) return assert.equal(found, undefined);
          const gain = newest.reduce((sum, each) => sum + Math.max(each, 0), 0) / period;
          const loss = newest.reduce((sum, each) => sum + Math.max(-each, 0), 0) / period;
          const moved = loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
          const expected = gain + loss === 0 ? 50 : moved;
          assert.ok(Math.abs((found ?? NaN) - expected) < 1e-9, `found ${found}, expected ${expected}`);
        });
      }),
    );
  });
});
