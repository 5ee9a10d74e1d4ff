// Asks a model whether the price will rise, by where it lies between the highest and the lowest of the ticks before it.
import { RUPEE } from '#core/decimal.ts';
import { type Side } from '#core/events.ts';
import { highest, lowest, pushRing, startRing, type Ring } from '#core/strategy/indicators/ring.ts';
import { type Model } from '#core/strategy/models/model.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { changeOf, changesIn, predict } from './ml-rule.ts';

interface MlBreakoutState {
  readonly prices: Ring;
  /** The side that the model said at the tick before. */
  held: Side | null;
}

export const mlBreakout = defineStrategy({
  type: 'ml_breakout',
  version: 1,
  summary:
    'Asks a model of 4 features of the range before the price: buys when a rise is probable, sells when a fall is.',
  parameters: {
    model: { kind: 'model', default: 'breakout_v1', doc: 'a model of above_high, above_low, mean_change, price' },
    lookback_periods: { kind: 'integer', default: 30, min: 3, max: 5_000, doc: 'ticks in the range before the price' },
    confidence_threshold: { kind: 'number', default: 0.6, min: 0.5, max: 1, doc: 'probability that must be passed' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in each signal' },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while the model says so; false gives one when it begins to',
    },
  },
  warmUpTicks: (parameters) => parameters.lookback_periods + 1,
  start: (parameters): MlBreakoutState => ({ prices: startRing(parameters.lookback_periods), held: null }),
  onTick(parameters, state, tick, _own, _instrument, models) {
    const { lookback_periods: lookback, confidence_threshold: threshold, position_size: size } = parameters;
    const { prices } = state;
    const { price } = tick;
    const high = highest(prices, lookback);
    const low = lowest(prices, lookback);
    pushRing(prices, price);
    if (high === undefined || low === undefined) return undefined;
    const features = {
      above_high: changeOf(high, price),
      above_low: changeOf(low, price),
      mean_change: changesIn(prices, lookback).meanSize,
      price: price / RUPEE,
    };
    const opinion = predict(models['model'] as Model, features, threshold, size);
    const before = state.held;
    state.held = opinion?.side ?? null;
    return state.held === before && !parameters.every_tick ? undefined : opinion;
  },
});
