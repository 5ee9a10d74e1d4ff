import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fourDecimals } from './four-decimals.ts';

test('a figure is written with two to four decimals, rounded to the nearest', () => {
  assert.deepEqual([80, 0.0123, 33.333333, 66.66666, -0.01006, -0.00001, 2e6].map(fourDecimals), [
    '80.00',
    '0.0123',
    '33.3333',
    '66.6667',
    '-0.0101',
    '0.00',
    '2000000.00',
  ]);
});
