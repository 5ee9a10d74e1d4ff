import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { meanReversion } from './mean-reversion.ts';

const SMALL = { lookback_periods: 4, rsi_period: 2, bollinger_std: 1 };

describe('mean_reversion', () => {
  test('it buys when oversold and below the lower band', () => {
    // Of 100, 100, 100, 92: average 98, sample deviation 4, lower band 94; changes 0 and -8, so an index of 0.
    assert.deepEqual(new StrategyPlayer(meanReversion, SMALL).play([1_000_000, 1_000_000, 1_000_000, 920_000]), [
      {
        tick: 3,
        side: 'BUY',
        quantity: 100,
        confidence: 1,
        metadata: { rsi: '0.00', average: '98.00', band: '94.00' },
      },
    ]);
  });

  test('it sells when overbought and above the upper band', () => {
    assert.deepEqual(new StrategyPlayer(meanReversion, SMALL).play([1_000_000, 1_000_000, 1_000_000, 1_080_000]), [
      {
        tick: 3,
        side: 'SELL',
        quantity: 100,
        confidence: 1,
        metadata: { rsi: '100.00', average: '102.00', band: '106.00' },
      },
    ]);
  });

  test('confidence is the distance of the index over 20 and the relative distance to the band together', () => {
    // Changes of the last three are +1, 0, -4: an index of 20. Of 100, 101, 101, 97: average 99.75.
    const [signal] = new StrategyPlayer(meanReversion, { ...SMALL, rsi_period: 3 }).play([100, 100, 100, 101, 101, 97]);
    const band = 99.75 - Math.sqrt((0.25 ** 2 + 2 * 1.25 ** 2 + 2.75 ** 2) / 3);
    assert.equal(signal?.confidence, (30 - 20) / 20 + (band - 97) / band);
  });

  test('the defaults are 20 ticks, 14 changes, 30, 70, 2 deviations, 100 units and one signal', () => {
    assert.deepEqual(new StrategyPlayer(meanReversion).parameters, {
      lookback_periods: 20,
      rsi_period: 14,
      rsi_oversold: 30,
      rsi_overbought: 70,
      bollinger_std: 2,
      position_size: 100,
      every_tick: false,
    });
  });

  test('the index alone is not enough: inside or on the band there is no signal', () => {
    // Falling by one each tick: an index of 0, and a price 1.5 below the average with a deviation of 1.29.
    const falling = [100, 99, 98, 97, 96, 95];
    const held = (deviations: number): readonly number[] =>
      new StrategyPlayer(meanReversion, { ...SMALL, bollinger_std: deviations }).play(falling).map(({ tick }) => tick);
    assert.deepEqual(held(2), []);
    assert.deepEqual(held(1), [3]);
    // Of 4, 4, 4, 4 the band is the price itself; the index is 50 and must not matter.
    assert.deepEqual(new StrategyPlayer(meanReversion, { ...SMALL, bollinger_std: 0 }).play([4, 4, 4, 4, 4]), []);
  });

  test('the band alone is not enough', () => {
    // Of 100, 90, 100, 89: below the lower band, but the index is 100 * 10 / 21.
    const player = new StrategyPlayer(meanReversion, { ...SMALL, bollinger_std: 0.5 });
    assert.deepEqual(player.play([100, 90, 100, 89]), []);
  });

  test('it waits for the longer of the bands and twice the index', () => {
    const falling = Array.from({ length: 12 }, (_, k) => 1_000 - k);
    const first = (parameters: Readonly<Record<string, number>>): number | undefined =>
      new StrategyPlayer(meanReversion, { ...SMALL, ...parameters }).play(falling)[0]?.tick;
    assert.equal(first({ lookback_periods: 9, rsi_period: 2 }), 8);
    assert.equal(first({ lookback_periods: 4, rsi_period: 5 }), 9);
  });

  test('one signal is made when the condition begins to hold', () => {
    const falling = Array.from({ length: 8 }, (_, k) => 1_000 - k);
    const ticksOf = (every_tick: boolean): readonly number[] =>
      new StrategyPlayer(meanReversion, { ...SMALL, every_tick }).play(falling).map(({ tick }) => tick);
    assert.deepEqual(ticksOf(false), [3]);
    assert.deepEqual(ticksOf(true), [3, 4, 5, 6, 7]);
  });

  test('it equals the rule over the whole history', () => {
    let signals = 0;
    const steps = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 80, size: 'max' });
    const windows = fc.tuple(fc.integer({ min: 2, max: 9 }), fc.integer({ min: 2, max: 5 }));
    fc.assert(
      fc.property(steps, windows, fc.boolean(), (changes, [lookback, period], everyTick) => {
        let at = 1_000;
        const prices = changes.map((change) => (at += change));
        const sides = prices.map((_, tick) => naiveSide(prices.slice(0, tick + 1), lookback, period));
        const expected = sides
          .map((side, tick) => ({ tick, side }))
          .filter(({ tick, side }) => side !== undefined && (everyTick || side !== sides[tick - 1]));
        const parameters = { ...SMALL, lookback_periods: lookback, rsi_period: period, every_tick: everyTick };
        const found = new StrategyPlayer(meanReversion, parameters).play(prices);
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
    assert.throws(() => new StrategyPlayer(meanReversion, { rsi_oversold: 80 }), {
      message: 'parameter rsi_oversold must be less than rsi_overbought, found 80 and 70',
    });
  });
});

/** The side wanted after `history`, with bands of one deviation and levels of 30 and 70. */
function naiveSide(history: readonly number[], lookback: number, period: number): 'BUY' | 'SELL' | undefined {
  if (history.length < Math.max(lookback, 2 * period)) return undefined;
  const newest = history.slice(-lookback);
  const mean = newest.reduce((sum, each) => sum + each, 0) / lookback;
  const squares = newest.reduce((sum, each) => sum + (each - mean) * (each - mean), 0);
  const width = Math.sqrt(squares / (lookback - 1));
  const changes = history.slice(-period).map((price, k) => price - (history[history.length - period - 1 + k] ?? 0));
  const gain = changes.reduce((sum, each) => sum + Math.max(each, 0), 0);
  const loss = changes.reduce((sum, each) => sum + Math.max(-each, 0), 0);
  const price = history.at(-1) ?? 0;
  if (100 * gain < 30 * (gain + loss) && price < mean - width) return 'BUY';
  return 100 * gain > 70 * (gain + loss) && price > mean + width ? 'SELL' : undefined;
}
