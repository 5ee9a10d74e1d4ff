import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { KITE_LIMITS, RequestBudget, type Rank } from './budget.ts';

const START = ist('2026-01-05T09:20:00');

function takeAll(budget: RequestBudget, of: 'order' | 'other' | 'quote'): number {
  let taken = 0;
  while (taken < 100_000 && budget.take(of)) taken++;
  return taken;
}

test('counts seconds wherever they begin, and minutes and days by the calendar', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  assert.equal(takeAll(budget, 'order'), 10);
  assert.equal(takeAll(budget, 'other'), 10);
  assert.equal(takeAll(budget, 'quote'), 1);
  await clock.advance(1_099);
  assert.equal(takeAll(budget, 'order'), 0, 'the way of another one may be shorter by 100 ms');
  await clock.advance(1);
  assert.equal(takeAll(budget, 'order'), 10);
  for (let second = 2; second < 39; second++) {
    await clock.advance(1_100);
    assert.equal(takeAll(budget, 'order'), 10);
  }
  await clock.advance(1_100);
  assert.equal(takeAll(budget, 'order'), 0, '390 a minute');
  let day = 390;
  for (let second = 0; second < 3_600; second++) {
    await clock.advance(1_100);
    day += takeAll(budget, 'order');
  }
  assert.equal(day, 4_990);
});

test('lets writes wait, exits before modifications before entries, and each no longer than it may', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock, { ...KITE_LIMITS, order: [{ ms: 1_000, most: 2 }] });
  takeAll(budget, 'order');
  const left: string[] = [];
  const write = async (name: string, rank: Rank, msMax = 10_000): Promise<void> => {
    left.push((await budget.takeWrite(rank, msMax)) ? name : `no ${name}`);
  };
  const writes = [
    write('entry 1', 'entry'),
    write('entry 2', 'entry'),
    write('short entry', 'entry', 1_050),
    write('modification', 'modify'),
    write('exit', 'exit'),
  ];
  await clock.advance(0);
  assert.deepEqual(left, ['no short entry'], 'there will be no room in time');
  await clock.advance(1_099);
  assert.equal(left.length, 1);
  await clock.advance(1);
  assert.deepEqual(left.slice(1), ['exit', 'modification']);
  await clock.advance(1_100);
  await Promise.all(writes);
  assert.deepEqual(left.slice(3), ['entry 1', 'entry 2']);
  assert.equal(budget.take('order'), false);
});

test('keeps some of every window for exits and cancels', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  const left = async (rank: Rank): Promise<boolean> => budget.takeWrite(rank, 0);
  let entries = 0;
  while (await left('entry')) entries++;
  assert.equal(entries, 7);
  assert.equal(await left('modify'), false);
  for (const room of [true, true, true, false]) assert.equal(await left('exit'), room);
  const waiting = budget.takeWrite('entry', 5_000);
  await clock.advance(1_099);
  assert.equal(await left('exit'), false);
  await clock.advance(1);
  assert.equal(await waiting, true);
  for (let second = 0; second < 120; second++) {
    await clock.advance(1_100);
    while (await left('entry')) entries++;
  }
  assert.equal(await left('entry'), false);
  assert.equal(await left('exit'), true, 'what is kept of the minute is still there');
});

test('an exit that has to wait does not wait for what entries wait for', async () => {
  const clock = new VirtualClock(START);
  // The minute has room for a single entry; the second for two requests, whatever they are.
  const limits = {
    ...KITE_LIMITS,
    order: [
      { ms: 1_000, most: 2 },
      { ms: 60_000, most: 40, kept: 39 },
    ],
  };
  const budget = new RequestBudget(clock, limits);
  await clock.advance(56_000);
  assert.equal(await budget.takeWrite('entry', 0), true);
  const left: string[] = [];
  const write = async (name: string, rank: Rank): Promise<void> => {
    left.push((await budget.takeWrite(rank, 10_000)) ? name : `no ${name}`);
  };
  const writes = [write('entry', 'entry'), write('first exit', 'exit'), write('second exit', 'exit')];
  await clock.advance(1_100);
  assert.deepEqual(left, ['first exit', 'second exit']);
  await clock.advance(10_000);
  await Promise.all(writes);
  assert.deepEqual(left.slice(2), ['entry']);
});

test('lets reads wait for their turn, in which a stop ends the wait', async () => {
  const clock = new VirtualClock(START);
  const budget = new RequestBudget(clock);
  takeAll(budget, 'quote');
  const stop = new AbortController();
  const [waiting, stopped] = [budget.wait('quote'), budget.wait('quote', stop.signal)];
  stop.abort();
  assert.equal(await stopped, false);
  await clock.advance(1_100);
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
