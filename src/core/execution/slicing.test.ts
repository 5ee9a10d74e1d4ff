import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { instrument, units } from '../../../test/support/builders.ts';
import { largestOrder, slicesOf } from './slicing.ts';

const nifty = instrument({ lotSize: units(75), freezeQuantity: units(1_800) });

test('an order is whole up to the freeze quantity, and goes in full parts and a rest above it', () => {
  const cases: readonly (readonly [number, readonly number[]])[] = [
    [75, [75]],
    [1_800, [1_800]],
    [1_875, [1_800, 75]],
    [3_600, [1_800, 1_800]],
    [5_475, [1_800, 1_800, 1_800, 75]],
  ];
  for (const [quantity, parts] of cases) assert.deepEqual(slicesOf(units(quantity), nifty), parts);
});

test('a part is of whole lots when the freeze quantity is not', () => {
  const odd = instrument({ lotSize: units(50), freezeQuantity: units(1_799) });
  assert.equal(largestOrder(odd), 1_750);
  assert.deepEqual(slicesOf(units(1_800), odd), [1_750, 50]);
});

test('without a freeze quantity an order of any size is whole', () => {
  assert.deepEqual(slicesOf(units(1_000_000), instrument()), [1_000_000]);
});

test('a freeze quantity of less than a lot stops the program', () => {
  const wrong = instrument({ symbol: 'ODD', lotSize: units(100), freezeQuantity: units(99) });
  assert.throws(() => largestOrder(wrong), /ODD has the freeze quantity 99, less than its lot of 100/);
});

test('the parts of any quantity sum to it, and none is too large', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40 }), (lots, most) => {
      const of = instrument({ lotSize: units(25), freezeQuantity: units(25 * most) });
      const parts = slicesOf(units(lots * 25), of);
      assert.equal(
        parts.reduce((sum, part) => sum + part, 0),
        lots * 25,
      );
      assert.ok(parts.every((part) => part > 0 && part <= 25 * most && part % 25 === 0));
    }),
    { numRuns: 1_000 },
  );
});
