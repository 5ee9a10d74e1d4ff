import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { sampleDeviation } from './deviation.ts';
import { pushRing, startRing } from './ring.ts';

function deviationOf(values: readonly number[], window: number, mean: number): number | undefined {
  const ring = startRing(window);
  for (const value of values) pushRing(ring, value);
  return sampleDeviation(ring, window, mean);
}

describe('sample standard deviation', () => {
  test('it divides by one less than the number of values', () => {
    assert.equal(deviationOf([2, 4, 6], 3, 4), 2);
    assert.equal(deviationOf([99, 2, 4, 6], 3, 4), 2);
  });

  test('it needs a full window, and is 0 for one value', () => {
    assert.equal(deviationOf([2, 4], 3, 3), undefined);
    assert.equal(deviationOf([5], 1, 5), 0);
  });

  test('equal prices have none at all, at any price', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000_000_000 }), fc.integer({ min: 1, max: 30 }), (price, window) => {
        assert.equal(
          deviationOf(
            Array.from({ length: window }, () => price),
            window,
            (price * window) / window,
          ),
          0,
        );
      }),
    );
  });

  test('it agrees with the exact variance in wide integers', () => {
    const values = fc.array(fc.integer({ min: 1, max: 1_000_000_000 }), { minLength: 2, maxLength: 20, size: 'max' });
    fc.assert(
      fc.property(values, (all) => {
        const n = all.length;
        const found = deviationOf(all, n, all.reduce((sum, each) => sum + each, 0) / n) ?? NaN;
        const sum = all.reduce((total, each) => total + BigInt(each), 0n);
        const squares = all.reduce((total, each) => total + BigInt(each) * BigInt(each), 0n);
        const variance = Number(BigInt(n) * squares - sum * sum) / (n * (n - 1));
        assert.ok(Math.abs(found * found - variance) <= variance * 1e-9 + 1e-9, `${found} against ${variance}`);
      }),
    );
  });
});
