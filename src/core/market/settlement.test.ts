import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type DayNumber, parseDay } from '../time.ts';
import { deliveredBy } from './settlement.ts';

function day(text: string): DayNumber {
  return parseDay(text) as DayNumber;
}

test('a purchase is on its way on the next trading day, and held from the one after, over a weekend too', () => {
  const on = (today: string): readonly boolean[] =>
    ['2021-06-09', '2021-06-10', '2021-06-11'].map((bought) => deliveredBy(JUNE_2021, 'NSE', day(today))(day(bought)));
  assert.deepEqual(on('2021-06-10'), [false, false, false]);
  assert.deepEqual(on('2021-06-11'), [true, false, false]);
  assert.deepEqual(on('2021-06-12'), [true, true, false]);
  assert.deepEqual(on('2021-06-14'), [true, true, false]);
  assert.deepEqual(on('2021-06-15'), [true, true, true]);
});
