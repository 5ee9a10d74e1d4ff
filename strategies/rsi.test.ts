import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { rsi } from './rsi.ts';

describe('rsi', () => {
  test('the current price counts once: 10, 11, 10, 12, 11, 13 over 3 changes is an index of 80', () => {
    assert.deepEqual(new StrategyPlayer(rsi, { rsi_period: 3 }).play([10, 11, 10, 12, 11, 13]), [
      { tick: 5, side: 'SELL', quantity: 100, confidence: (80 - 70) / 30, metadata: { rsi: '80.00' } },
    ]);
  });

  test('it buys when oversold, with confidence by the distance to the level', () => {
    // The last three changes are -2, +1, -2: an index of 20.
    assert.deepEqual(new StrategyPlayer(rsi, { rsi_period: 3 }).play([13, 12, 13, 11, 12, 10]), [
      { tick: 5, side: 'BUY', quantity: 100, confidence: (30 - 20) / 30, metadata: { rsi: '20.00' } },
    ]);
  });

  test('confidence reaches 1 at the end of the scale, wherever the level lies', () => {
    const player = new StrategyPlayer(rsi, { rsi_period: 3, rsi_overbought: 60 });
    assert.equal(player.play([10, 11, 10, 12, 11, 13])[0]?.confidence, (80 - 60) / 40);
  });

  test('the defaults are 14 changes, 30, 70, 100 units and one signal', () => {
    assert.deepEqual(new StrategyPlayer(rsi).parameters, {
      rsi_period: 14,
      rsi_oversold: 30,
      rsi_overbought: 70,
      position_size: 100,
      every_tick: false,
    });
  });

  test('without losses the index is 100, and confidence 1; without gains 0, and 1 as well', () => {
    const rising = Array.from({ length: 28 }, (_, k) => 100 + k);
    assert.deepEqual(new StrategyPlayer(rsi).play(rising), [
      { tick: 27, side: 'SELL', quantity: 100, confidence: 1, metadata: { rsi: '100.00' } },
    ]);
    assert.deepEqual(new StrategyPlayer(rsi).play(rising.toReversed()), [
      { tick: 27, side: 'BUY', quantity: 100, confidence: 1, metadata: { rsi: '0.00' } },
    ]);
  });

  test('an index exactly on a level is no signal', () => {
    const player = new StrategyPlayer(rsi, { rsi_period: 2 });
    assert.deepEqual(player.play([100, 100, 107, 104, 107, 100, 103, 96]), []);
  });

  test('a window without any change is neither oversold nor overbought', () => {
    const flat = Array.from({ length: 40 }, () => 100);
    assert.deepEqual(new StrategyPlayer(rsi, { every_tick: true }).play(flat), []);
  });

  test('it equals the rule over the whole history', () => {
    let signals = 0;
    const steps = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 9 }), fc.boolean(), (changes, period, everyTick) => {
        let at = 1_000;
        const prices = changes.map((change) => (at += change));
        const sides = prices.map((_, k) => {
          if (k + 1 < 2 * period) return undefined;
          const newest = changes.slice(k + 1 - period, k + 1);
          const gain = newest.reduce((sum, each) => sum + Math.max(each, 0), 0);
          const loss = newest.reduce((sum, each) => sum + Math.max(-each, 0), 0);
          // Below 35 and above 65 in whole numbers: 100 * gain / (gain + loss) against the level.
          if (100 * gain < 35 * (gain + loss)) return 'BUY';
          return 100 * gain > 65 * (gain + loss) ? 'SELL' : undefined;
        });
        const expected = sides
          .map((side, tick) => ({ tick, side }))
          .filter(({ tick, side }) => side !== undefined && (everyTick || side !== sides[tick - 1]));
        const levels = { rsi_oversold: 35, rsi_overbought: 65 };
        const found = new StrategyPlayer(rsi, { ...levels, rsi_period: period, every_tick: everyTick }).play(prices);
        assert.deepEqual(
          found.map(({ tick, side }) => ({ tick, side })),
          expected,
        );
        signals += found.length;
      }),
    );
    assert.ok(signals > 100, `the walks gave only ${signals} signals`);
  });

  test('levels that do not leave room between them are refused', () => {
    assert.throws(() => new StrategyPlayer(rsi, { rsi_oversold: 70, rsi_overbought: 70 }), {
      message: 'parameter rsi_oversold must be less than rsi_overbought, found 70 and 70',
    });
    assert.throws(() => new StrategyPlayer(rsi, { rsi_overbought: 101 }), {
      message: 'parameter rsi_overbought must be a number from 0 to 100, found 101',
    });
  });
});
