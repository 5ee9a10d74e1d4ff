import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { price } from '#core/decimal.ts';
import { StrategyPlayer, tradingDay } from '#core/strategy/play.ts';
import { startOfDay } from '#core/time.ts';
import { openingRangeBreakout } from './opening-range-breakout.ts';

const FRIDAY = tradingDay('2021-06-11');
const MONDAY = tradingDay('2021-06-14');

function rs(rupees: number) {
  return price(Math.round(rupees * 10_000));
}

/** Plays [minute after the open, price in rupees] of one session after another, a range of 10 minutes and bars of 5. */
function played(parameters: object, ...days: readonly (readonly (readonly [number, number])[])[]) {
  const given = { range_minutes: 10, bar_minutes: 5, quantity: 7, ...parameters };
  const player = new StrategyPlayer(openingRangeBreakout, given, {}, { session: FRIDAY });
  for (const [k, day] of days.entries()) {
    if (k > 0) player.close(MONDAY);
    for (const [minute, rupees] of day) player.tick(rs(rupees), player.session.open + minute * 60_000);
  }
  return player.orders.map(({ tick: _tick, metadata: _metadata, ...order }) => order);
}

/** From 100 to 104 within ten minutes. */
const RANGE = [
  [0, 102],
  [3, 100],
  [8, 104],
  [9, 103],
] as const;

const exitAt = '15:10:00';
const BUY = { side: 'BUY', quantity: 7, product: 'MIS' } as const;

describe('opening_range_breakout', () => {
  test('a bar that closes above the range buys, with the stop at its low and the target at twice the risk', () => {
    const bracket = { stop: rs(100), target: rs(115), exitAt };
    assert.deepEqual(played({}, [...RANGE, [11, 104], [14, 105], [15, 105]]), [{ ...BUY, bracket }]);
  });

  test('a bar that closes below it sells short, where that is wanted', () => {
    const day = [...RANGE, [11, 99], [15, 99]] as const;
    const bracket = { stop: rs(104), target: rs(89), exitAt };
    assert.deepEqual(played({}, day), []);
    assert.deepEqual(played({ direction: 'both' }, day), [{ ...BUY, side: 'SELL', bracket }]);
    assert.deepEqual(played({ direction: 'short' }, day).length, 1);
    assert.deepEqual(played({ direction: 'short' }, [...RANGE, [11, 105], [15, 105]]), []);
  });

  test('a touch is no breakout: the close must lie outside, by the buffer', () => {
    assert.deepEqual(played({}, [...RANGE, [11, 106], [14, 104], [15, 104]]), []);
    const day = [...RANGE, [11, 105], [15, 105]] as const;
    assert.equal(played({ buffer: 0.009 }, day).length, 1, '104.936 is passed');
    assert.deepEqual(played({ buffer: 0.01 }, day), [], '105.04 is not');
    const fall = [...RANGE, [11, 99], [15, 99]] as const;
    assert.equal(played({ buffer: 0.009, direction: 'short' }, fall).length, 1, '99.1 is passed');
    assert.deepEqual(played({ buffer: 0.01, direction: 'short' }, fall), [], '99 is touched');
  });

  test('the bar that ends with the range does not trade', () => {
    const bars = [
      [0, 100],
      [6, 110],
      [10, 110],
      [14, 110],
      [15, 110],
    ] as const;
    assert.deepEqual(played({}, bars), []);
  });

  test('there is one trade a session, and a new range each day', () => {
    const twice = [...RANGE, [11, 105], [16, 99], [21, 106], [26, 107]] as const;
    assert.equal(played({}, twice).length, 1, 'not again after the stop');
    const next = [
      [0, 50],
      [11, 51],
      [15, 51],
    ] as const;
    assert.equal(played({}, twice, next).length, 2);
  });

  test('a session without a whole range is left out, or traded on what there is', () => {
    const late = [
      [4, 100],
      [11, 101],
      [15, 101],
    ] as const;
    assert.deepEqual(played({}, late), []);
    assert.equal(played({ incomplete_range: 'use' }, late).length, 1);
    const silent = [
      [11, 101],
      [15, 150],
      [20, 150],
    ] as const;
    assert.deepEqual(played({ incomplete_range: 'use' }, silent), [], 'nothing was seen of the first ten minutes');
  });

  test('the target lies on the tick; there is none for a reward of zero, nor below nothing', () => {
    const day = [...RANGE, [11, 104.35], [15, 104.35]] as const;
    const bracketOf = (parameters: object) => played(parameters, day)[0]?.bracket;
    assert.deepEqual(bracketOf({ reward: 0.5 }), { stop: rs(100), target: rs(106.55), exitAt }, '106.525 to the tick');
    assert.deepEqual(bracketOf({ reward: 0, exit_at_minute: 870 }), { stop: rs(100), exitAt: '14:30:00' });
    const fall = [...RANGE, [11, 99], [15, 99]] as const;
    assert.deepEqual(played({ direction: 'short', reward: 20 }, fall)[0]?.bracket, { stop: rs(104), exitAt });
  });

  test('it does not enter while it holds something, or has an order at work', () => {
    const player = new StrategyPlayer(openingRangeBreakout, { range_minutes: 10 }, {}, { session: FRIDAY });
    player.position = 5;
    for (const [minute, rupees] of [...RANGE, [11, 105], [15, 105]]) {
      player.tick(rs(rupees), startOfDay(FRIDAY.day) + (9 * 60 + 15 + minute) * 60_000);
    }
    assert.deepEqual(player.orders, []);
  });

  test('parameters that contradict each other are refused', () => {
    const made = (parameters: object) => () => new StrategyPlayer(openingRangeBreakout, { ...parameters });
    const multiple = /range_minutes must be a multiple of bar_minutes and more, found/;
    assert.throws(made({ range_minutes: 5 }), multiple);
    assert.throws(made({ range_minutes: 12 }), multiple);
    assert.throws(made({ direction: 'both', product: 'CNC' }), /direction must be long with product CNC/);
    assert.doesNotThrow(made({ product: 'CNC' }));
  });
});
