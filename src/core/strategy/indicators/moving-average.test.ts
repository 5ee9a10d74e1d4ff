import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { pushEma, pushSma, startEma, startSma } from './moving-average.ts';

describe('simple moving average', () => {
  test('it is the mean of the newest values, from the first full window on', () => {
    const sma = startSma(3);
    assert.deepEqual(
      [10, 11, 12, 20, 1].map((value) => pushSma(sma, value)),
      [undefined, undefined, 11, 43 / 3, 11],
    );
  });

  test('it equals the mean computed afresh to the last bit, however many values came', () => {
    const prices = fc.array(fc.integer({ min: 1, max: 2_000_000_000 }), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 20 }), (all, window) => {
        const sma = startSma(window);
        all.forEach((value, k) => {
          const newest = all.slice(Math.max(0, k + 1 - window), k + 1);
          const mean = newest.reduce((sum, each) => sum + each, 0) / window;
          assert.equal(pushSma(sma, value), newest.length < window ? undefined : mean);
        });
      }),
    );
  });
});

describe('exponential moving average', () => {
  test('it begins as the simple average and then moves by 2 / (window + 1) of the distance', () => {
    const ema = startEma(3);
    assert.deepEqual(
      [10, 11, 12, 13, 13].map((value) => pushEma(ema, value)),
      [undefined, undefined, 11, 12, 12.5],
    );
  });

  test('a window of one follows its values', () => {
    const ema = startEma(1);
    assert.deepEqual(
      [10, 12, 7].map((value) => pushEma(ema, value)),
      [10, 12, 7],
    );
  });

  test('it equals the weighted sum written out', () => {
    const prices = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(prices, fc.integer({ min: 1, max: 10 }), (all, window) => {
        const ema = startEma(window);
        const last = all.map((value) => pushEma(ema, value)).at(-1);
        if (all.length < window) return assert.equal(last, undefined);
        const share = 2 / (window + 1);
        const first = all.slice(0, window).reduce((sum, each) => sum + each, 0) / window;
        const later = all.slice(window);
        const weighted = later.reduce((sum, each, k) => sum + share * (1 - share) ** (later.length - 1 - k) * each, 0);
        const expected = first * (1 - share) ** later.length + weighted;
        assert.ok(Math.abs((last ?? NaN) - expected) < 1e-6, `found ${last}, expected ${expected}`);
      }),
    );
  });
});
