import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { supertrend } from './supertrend.ts';

interface Prices {
  readonly high: number;
  readonly low: number;
  readonly close: number;
}

/** Plays one bar a minute: its high, its low and its close; the last one ends with the tick after it. */
function play(bars: readonly Prices[], parameters: object = {}) {
  const player = new StrategyPlayer(supertrend, { bar_minutes: 1, atr_period: 2, multiplier: 1, ...parameters });
  for (const [k, { high, low, close }] of bars.entries()) {
    player.tick(high, k * 60_000);
    player.tick(low, k * 60_000 + 20_000);
    player.tick(close, k * 60_000 + 40_000);
  }
  player.tick(bars.at(-1)?.close ?? 1, bars.length * 60_000);
  return player;
}

/** Bars of prices in 1/10,000 rupee, two units high, that close at their middle. */
function around(...middles: readonly number[]): readonly Prices[] {
  return middles.map((close) => ({ high: close + 10_000, low: close - 10_000, close }));
}

describe('supertrend', () => {
  test('by hand: it turns up at the fourth bar and down at the sixth', () => {
    // Middles in rupees 100, 99, 98, 104, 105, 99, each bar 2 high. True ranges 2, 2, 2, 7, 2, 7; the average of two is
    // 2 at the second bar, then 2, 4.5, 3.25, 5.125. Bands at the second: 101 and 97, close 99, trend up by the middle;
    // at the third: 100 and 97, close 98. The fourth closes at 104: up it was. Its lower band is 99.5, the fifth's
    // 101.75, and the sixth closes at 99, below it.
    const rupees = [100, 99, 98, 104, 105, 99, 99].map((each) => each * 10_000);
    const player = play(around(...rupees));
    assert.deepEqual(player.orders, [], 'down means flat, and nothing was held');
    const more = play(around(...rupees, 120 * 10_000, 120 * 10_000));
    assert.deepEqual(
      more.orders.map(({ side, quantity, tick }) => [side, quantity, tick]),
      [['BUY', 1, 24]],
    );
    assert.equal(more.position, 1);
  });

  test('the turn is said at every bar, as the position to hold', () => {
    const rupees = [100, 99, 90, 90, 110, 110, 110, 80, 80].map((each) => each * 10_000);
    const long = play(around(...rupees), { quantity: 5 });
    assert.deepEqual(
      long.orders.map(({ side, quantity }) => [side, quantity]),
      [
        ['BUY', 5],
        ['SELL', 5],
      ],
    );
    const both = play(around(...rupees), { quantity: 5, direction: 'both', product: 'MIS' });
    assert.deepEqual(
      both.orders.map(({ side, quantity, product }) => [side, quantity, product]),
      [
        ['SELL', 5, 'MIS'],
        ['BUY', 10, 'MIS'],
        ['SELL', 10, 'MIS'],
      ],
    );
    assert.deepEqual(Object.keys(both.orders[0]?.metadata ?? {}), ['trend', 'band']);
  });

  test('a bar that lacks ticks is left out unless it may be used', () => {
    const player = (incomplete: string): StrategyPlayer<typeof supertrend.parameters, { readonly range: object }> => {
      const made = new StrategyPlayer(supertrend, { bar_minutes: 1, incomplete_bars: incomplete });
      made.tick(100, 30_000);
      made.tick(100, 60_000);
      return made;
    };
    assert.deepEqual(player('skip').state.range, { period: 10, pushed: 0, value: 0, last: null });
    assert.deepEqual(player('use').state.range, { period: 10, pushed: 1, value: 0, last: 100 });
  });

  test('it equals the rule over the whole history', () => {
    const bar = fc.record({
      middle: fc.integer({ min: 800, max: 1_200 }),
      half: fc.integer({ min: 1, max: 30 }),
      at: fc.nat(2),
    });
    let turns = 0;
    fc.assert(
      fc.property(fc.array(bar, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (shapes, period) => {
        const bars = shapes.map(({ middle, half, at }) => ({
          high: middle + half,
          low: middle - half,
          close: middle + (at - 1) * half,
        }));
        const held = plain(bars, period, 1.5);
        const player = play(bars, { atr_period: period, multiplier: 1.5 });
        assert.equal(player.own.quantity + player.own.working, held.at(-1));
        turns += held.filter((each, k) => k > 0 && each !== held[k - 1]).length;
      }),
      { numRuns: 300 },
    );
    assert.ok(turns > 100, `the walks turned only ${turns} times`);
  });

  test('selling short with delivery is refused', () => {
    assert.throws(
      () => new StrategyPlayer(supertrend, { direction: 'both' }),
      /direction must be long with product CNC/,
    );
  });
});

/** The position after each bar, from the formulas as they are published. */
function plain(bars: readonly Prices[], period: number, multiplier: number): readonly number[] {
  const ranges = bars.map(({ high, low }, k) => {
    const last = bars[k - 1]?.close;
    return last === undefined ? high - low : Math.max(high - low, Math.abs(high - last), Math.abs(low - last));
  });
  let average = 0;
  let [upper, lower] = [NaN, NaN];
  let trend = 0;
  let turned = false;
  return bars.map(({ high, low, close }, k) => {
    if (k + 1 < period) return 0;
    const first = k + 1 === period;
    average = first
      ? ranges.slice(0, period).reduce((sum, each) => sum + each, 0) / period
      : (average * (period - 1) + (ranges[k] as number)) / period;
    const middle = (high + low) / 2;
    const [up, down] = [middle + average * multiplier, middle - average * multiplier];
    const before = bars[k - 1]?.close as number;
    if (first || up < upper || before > upper) upper = up;
    if (first || down > lower || before < lower) lower = down;
    const now = first ? (close >= middle ? 1 : -1) : trend === 1 ? (close < lower ? -1 : 1) : close > upper ? 1 : -1;
    if (!first && now !== trend) turned = true;
    trend = now;
    return turned && trend === 1 ? 1 : 0;
  });
}
