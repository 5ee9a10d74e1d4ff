import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { RequestBudget } from './budget.ts';

const START = ist('2026-01-05T09:20:00');

function takeAll(budget: RequestBudget, of: 'order' | 'other' | 'quote'): number {
  let taken = 0;
  while (taken < 100_000 && budget.take(of)) taken++;
  return taken;
}

test('counts by calendar second, minute and day', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  assert.equal(takeAll(budget, 'order'), 10);
  assert.equal(takeAll(budget, 'other'), 10);
  assert.equal(takeAll(budget, 'quote'), 1);
  await clock.advance(999);
  assert.equal(takeAll(budget, 'order'), 0);
  await clock.advance(1);
  assert.equal(takeAll(budget, 'order'), 10);
  for (let second = 2; second < 40; second++) {
    await clock.advance(1_000);
    assert.equal(takeAll(budget, 'order'), 10);
  }
  await clock.advance(1_000);
  assert.equal(takeAll(budget, 'order'), 0, '400 a minute');
  let day = 400;
  for (let second = 0; second < 3_600; second++) {
    await clock.advance(1_000);
    day += takeAll(budget, 'order');
  }
  assert.equal(day, 5_000);
});

test('lets reads wait for their turn, in which a stop ends the wait', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  takeAll(budget, 'quote');
  const stop = new AbortController();
  const [waiting, stopped] = [budget.wait('quote'), budget.wait('quote', stop.signal)];
  stop.abort();
  assert.equal(await stopped, false);
  await clock.advance(1_000);
  assert.equal(await waiting, true);
});

test('rests after a 429, twice as long each time until it is answered, and a minute at most', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  for (const ms of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    budget.exceeded('other');
    await clock.advance(ms - 1);
    assert.equal(budget.take('other'), false);
    await clock.advance(1);
    assert.equal(budget.take('other'), true);
  }
  budget.answered('other');
  budget.exceeded('other');
  await clock.advance(1_000);
  assert.equal(budget.take('other'), true);
  assert.equal(budget.take('order'), true);
});

test('opens no second window when the clock is set back', () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  assert.equal(takeAll(budget, 'order'), 10);
  clock.jump(-5_000);
  assert.equal(takeAll(budget, 'order'), 0);
});
