// What every shipped strategy must obey, whatever its rule.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { StrategyPlayer } from '#core/strategy/play.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { shippedModel } from '../test/support/models.ts';
import { findStrategy, shippedSet, shippedStrategies } from './registry.ts';

/** Short windows, so that short walks give signals. */
const SMALL: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  sma_crossover: { fast: 2, slow: 5 },
  momentum: { lookback_periods: 3, threshold: 0.002 },
  mean_reversion: { lookback_periods: 4, rsi_period: 2, bollinger_std: 0.8 },
  rsi: { rsi_period: 3 },
  low_frequency_demo: { min_interval_seconds: 7, max_daily_signals_per_instrument: 3 },
  opening_range_breakout: { range_minutes: 2, bar_minutes: 1, direction: 'both' },
  supertrend: { bar_minutes: 1, atr_period: 2, multiplier: 0.5 },
  ml_momentum: { lookback_periods: 6, confidence_threshold: 0.55 },
  ml_mean_reversion: { lookback_periods: 4, confidence_threshold: 0.55 },
  ml_breakout: { lookback_periods: 3 },
  hybrid_momentum: { lookback_periods: 3, threshold: 0.002, ml_lookback_periods: 6, min_ml_confidence: 0.55 },
  hybrid_mean_reversion: { lookback_periods: 4, rsi_period: 2, bollinger_std: 0.8, ml_lookback_periods: 4 },
};

/** Bars need time to pass. */
const BAR_STEP_MS = 15_000;

type AnyPlayer = StrategyPlayer<Strategy['parameters'], unknown>;

function playerOf(strategy: Strategy, parameters: Readonly<Record<string, unknown>> = {}, token = 1): AnyPlayer {
  const { default: name } = strategy.parameters['model'] ?? {};
  const models = typeof name === 'string' ? { model: shippedModel(name) } : {};
  return new StrategyPlayer(strategy, parameters, { token }, { models });
}

function smallPlayer(strategy: Strategy): AnyPlayer {
  return playerOf(strategy, SMALL[strategy.type] ?? {});
}

/** Plays one price after another, far enough apart for bars. */
function tickAt(player: AnyPlayer, strategy: Strategy, k: number, price: number) {
  return player.tick(price, k * (strategy.bars === undefined ? 1_000 : BAR_STEP_MS));
}

function playAll(strategy: Strategy, prices: readonly number[]) {
  const player = smallPlayer(strategy);
  for (const [k, price] of prices.entries()) tickAt(player, strategy, k, price);
  return player.orders;
}

const walk = fc
  .array(fc.integer({ min: -3, max: 3 }), { minLength: 20, maxLength: 80, size: 'max' })
  .map((changes) => changes.map((_, k) => changes.slice(0, k + 1).reduce((sum, each) => sum + each, 1_000)));

describe('shipped strategies', () => {
  test('five of them are the shipped set, and each has its own name', () => {
    const types = shippedSet.map(({ type }) => type);
    assert.deepEqual(types, ['sma_crossover', 'momentum', 'mean_reversion', 'rsi', 'low_frequency_demo']);
    for (const strategy of shippedStrategies) assert.equal(findStrategy(strategy.type), strategy);
    assert.deepEqual(new Set(Object.keys(SMALL)), new Set(shippedStrategies.map(({ type }) => type)));
    assert.equal(findStrategy('unheard_of'), undefined);
  });

  for (const strategy of shippedStrategies) {
    test(`${strategy.type} has a name, a version, a sentence and defaults that are accepted`, () => {
      assert.match(strategy.type, /^[a-z][a-z0-9_]*$/);
      assert.ok(Number.isInteger(strategy.version) && strategy.version >= 1);
      assert.match(strategy.summary, /^[A-Z].*\.$/);
      for (const parameter of Object.values(strategy.parameters)) assert.notEqual(parameter.doc, '');
      assert.doesNotThrow(() => playerOf(strategy));
    });

    test(`${strategy.type} gives the same signals when its state goes through JSON after each tick`, () => {
      let signals = 0;
      fc.assert(
        fc.property(walk, (prices) => {
          const whole = smallPlayer(strategy);
          const restored = smallPlayer(strategy);
          for (const [k, price] of prices.entries()) {
            const expected = tickAt(whole, strategy, k, price);
            assert.deepEqual(tickAt(restored, strategy, k, price), expected);
            restored.state = JSON.parse(JSON.stringify(restored.state));
            assert.deepEqual(restored.state, whole.state);
            if (expected !== undefined) signals += 1;
          }
        }),
        { numRuns: 50 },
      );
      assert.ok(signals > 20, `the walks gave only ${signals} signals`);
    });

    test(`${strategy.type} wants whole units, with a confidence between 0 and 1 and figures that JSON keeps`, () => {
      fc.assert(
        fc.property(walk, (prices) => {
          for (const { quantity, confidence = 0, metadata = {} } of playAll(strategy, prices)) {
            assert.ok(Number.isInteger(quantity) && quantity > 0, `quantity ${quantity}`);
            assert.ok(confidence >= 0 && confidence <= 1, `confidence ${confidence}`);
            for (const value of Object.values(metadata)) {
              assert.ok(typeof value === 'string' || Number.isSafeInteger(value), `metadata ${String(value)}`);
            }
          }
        }),
        { numRuns: 50 },
      );
    });

    if (strategy.bars !== undefined) continue;
    test(`${strategy.type} signals at the last tick of its warm-up at the earliest, and can signal then`, () => {
      const player = smallPlayer(strategy);
      const warmUp = strategy.warmUpTicks(player.parameters);
      let earliest = Infinity;
      fc.assert(
        fc.property(walk, (prices) => {
          earliest = Math.min(earliest, playAll(strategy, prices)[0]?.tick ?? Infinity);
        }),
      );
      assert.equal(earliest, warmUp - 1);
    });
  }

  test('two flat instruments at 100 and 2,000 in turn give no signal', () => {
    for (const strategy of shippedStrategies.filter(({ type }) => type !== 'low_frequency_demo')) {
      const low = playerOf(strategy, {}, 1);
      const high = playerOf(strategy, {}, 2);
      for (let k = 0; k < 80; k++) {
        assert.equal(tickAt(low, strategy, k, 1_000_000), undefined, `${strategy.type} on the one at 100`);
        assert.equal(tickAt(high, strategy, k, 20_000_000), undefined, `${strategy.type} on the one at 2,000`);
      }
    }
  });
});
