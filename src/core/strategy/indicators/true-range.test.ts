import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushTrueRange, startTrueRange } from './true-range.ts';

test('the average begins as the mean of the first ranges and then forgets one part in the period', () => {
  const average = startTrueRange(2);
  assert.equal(pushTrueRange(average, 12, 10, 11), undefined);
  assert.equal(pushTrueRange(average, 14, 11, 13), 2.5, 'ranges 2 and 3');
  assert.equal(pushTrueRange(average, 14, 12, 12), 2.25, '(2.5 + 2) / 2');
});

test('a gap to the close before counts', () => {
  const average = startTrueRange(1);
  pushTrueRange(average, 12, 10, 11);
  assert.equal(pushTrueRange(average, 20, 19, 19), 9, 'from 11 up to 20');
  assert.equal(pushTrueRange(average, 16, 15, 15), 4, 'from 19 down to 15');
});
