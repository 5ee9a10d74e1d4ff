// Asks a model whether the price will rise, by how it moved over the last ticks.
import { RUPEE } from '#core/decimal.ts';
import { type Side } from '#core/events.ts';
import { pushRing, ringAgo, startRing, type Ring } from '#core/strategy/indicators/ring.ts';
import { type Model } from '#core/strategy/models/model.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { changeOf, changesIn, predict, type Features } from './ml-rule.ts';

/** Ticks of the short move beside the long one. */
const SHORT = 5;

interface MlMomentumState {
  readonly prices: Ring;
  /** The side that the model said at the tick before. */
  held: Side | null;
}

export const mlMomentum = defineStrategy({
  type: 'ml_momentum',
  version: 1,
  summary: 'Asks a model of 5 features of the last ticks: buys when a rise is probable, sells when a fall is.',
  parameters: {
    model: {
      kind: 'model',
      default: 'momentum_v1',
      doc: 'a model of total_return, short_return, deviation, price, ticks',
    },
    lookback_periods: { kind: 'integer', default: 20, min: 6, max: 5_000, doc: 'ticks in the window' },
    confidence_threshold: { kind: 'number', default: 0.6, min: 0.5, max: 1, doc: 'probability that must be passed' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in each signal' },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while the model says so; false gives one when it begins to',
    },
  },
  warmUpTicks: (parameters) => parameters.lookback_periods,
  start: (parameters): MlMomentumState => ({ prices: startRing(parameters.lookback_periods), held: null }),
  onTick(parameters, state, tick, _own, _instrument, models) {
    pushRing(state.prices, tick.price);
    const features = momentumFeatures(state.prices, parameters.lookback_periods);
    if (features === undefined) return undefined;
    const { confidence_threshold: threshold, position_size: size } = parameters;
    const opinion = predict(models['model'] as Model, features, threshold, size);
    const before = state.held;
    state.held = opinion?.side ?? null;
    return state.held === before && !parameters.every_tick ? undefined : opinion;
  },
});

/** Of the newest `window` prices, at least six; undefined before there are as many. */
export function momentumFeatures(prices: Ring, window: number): Features | undefined {
  const first = ringAgo(prices, window - 1);
  if (first === undefined) return undefined;
  const price = ringAgo(prices, 0) as number;
  return {
    total_return: changeOf(first, price),
    short_return: changeOf(ringAgo(prices, SHORT) as number, price),
    deviation: changesIn(prices, window).deviation,
    price: price / RUPEE,
    ticks: window,
  };
}
