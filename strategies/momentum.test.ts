import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { momentum } from './momentum.ts';

const THREE = { lookback_periods: 3, threshold: 0.01 };

describe('momentum', () => {
  test('it buys after a rise and sells after a fall of more than the threshold', () => {
    const player = new StrategyPlayer(momentum, THREE);
    // Over three prices: +2 %, 0, -2 %.
    assert.deepEqual(player.play([1_000_000, 1_000_000, 1_020_000, 1_000_000, 999_600]), [
      {
        tick: 2,
        side: 'BUY',
        quantity: 100,
        confidence: 0.1,
        metadata: { momentum: '0.02', start_price: '100.00' },
      },
      {
        tick: 4,
        side: 'SELL',
        quantity: 100,
        confidence: 0.1,
        metadata: { momentum: '-0.02', start_price: '102.00' },
      },
    ]);
  });

  test('the defaults are a window of 20, 1 %, 100 units and one signal', () => {
    assert.deepEqual(new StrategyPlayer(momentum).parameters, {
      lookback_periods: 20,
      threshold: 0.01,
      position_size: 100,
      every_tick: false,
    });
  });

  test('a change of exactly the threshold is no signal', () => {
    const player = new StrategyPlayer(momentum, { lookback_periods: 2, threshold: 0.5 });
    assert.deepEqual(player.play([100, 150, 75]), []);
    assert.equal(player.tick(113)?.side, 'BUY');
  });

  test('one signal is made when the condition begins to hold, and again when it begins anew', () => {
    const prices = [100, 102, 104, 106, 106, 106, 108, 110];
    const ticksOf = (every_tick: boolean): readonly number[] =>
      new StrategyPlayer(momentum, { ...THREE, every_tick }).play(prices).map(({ tick }) => tick);
    assert.deepEqual(ticksOf(false), [2, 6]);
    assert.deepEqual(ticksOf(true), [2, 3, 4, 6, 7]);
  });

  test('a turn from one side straight to the other is a new beginning', () => {
    const player = new StrategyPlayer(momentum, { lookback_periods: 2 });
    assert.deepEqual(
      player.play([100, 110, 90, 110]).map(({ side }) => side),
      ['BUY', 'SELL', 'BUY'],
    );
  });

  test('confidence is five times the change, and never more than 1', () => {
    const player = new StrategyPlayer(momentum, { lookback_periods: 2 });
    assert.deepEqual(
      player.play([100, 110, 200]).map(({ confidence }) => confidence),
      [0.5],
    );
    player.tick(200);
    assert.equal(player.tick(500)?.confidence, 1);
  });

  test('a start price of zero gives no signal', () => {
    const player = new StrategyPlayer(momentum, { lookback_periods: 2, every_tick: true });
    assert.deepEqual(player.play([0, 100, 100]), []);
  });

  test('it equals the rule over the whole history', () => {
    let signals = 0;
    const steps = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 9 }), fc.boolean(), (changes, lookback, everyTick) => {
        let at = 1_000;
        const prices = changes.map((change) => (at += change));
        const sides = prices.map((price, k) => {
          const start = prices[k + 1 - lookback];
          const change = start === undefined ? 0 : (price - start) / start;
          return change > 0.004 ? 'BUY' : change < -0.004 ? 'SELL' : undefined;
        });
        const expected = sides
          .map((side, tick) => ({ tick, side }))
          .filter(({ tick, side }) => side !== undefined && (everyTick || side !== sides[tick - 1]));
        const parameters = { lookback_periods: lookback, threshold: 0.004, every_tick: everyTick };
        const found = new StrategyPlayer(momentum, parameters).play(prices).map(({ tick, side }) => ({ tick, side }));
        assert.deepEqual(found, expected);
        signals += found.length;
      }),
    );
    assert.ok(signals > 100, `the walks gave only ${signals} signals`);
  });

  test('parameters outside their bounds are refused', () => {
    assert.throws(() => new StrategyPlayer(momentum, { lookback_periods: 1, every_tick: 'maybe' }), {
      message:
        'parameter lookback_periods must be a whole number from 2 to 5000, found 1; ' +
        'parameter every_tick must be true or false, found "maybe"',
    });
  });
});
