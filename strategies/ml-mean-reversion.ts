// Asks a model whether the price will rise, by how far it lies from its mean.
import { RUPEE } from '#core/decimal.ts';
import { type Side } from '#core/events.ts';
import { sampleDeviation } from '#core/strategy/indicators/deviation.ts';
import { pushSma, startSma, type Sma } from '#core/strategy/indicators/moving-average.ts';
import { type Model } from '#core/strategy/models/model.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { changesIn, predict, type Features } from './ml-rule.ts';

interface MlMeanReversionState {
  readonly average: Sma;
  /** The side that the model said at the tick before. */
  held: Side | null;
}

export const mlMeanReversion = defineStrategy({
  type: 'ml_mean_reversion',
  version: 1,
  summary:
    'Asks a model of 4 features of the distance to the mean: buys when a rise is probable, sells when a fall is.',
  parameters: {
    model: { kind: 'model', default: 'mean_reversion_v1', doc: 'a model of z_score, price, deviation, ticks' },
    lookback_periods: { kind: 'integer', default: 20, min: 3, max: 5_000, doc: 'ticks in the window' },
    confidence_threshold: { kind: 'number', default: 0.6, min: 0.5, max: 1, doc: 'probability that must be passed' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in each signal' },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while the model says so; false gives one when it begins to',
    },
  },
  warmUpTicks: (parameters) => parameters.lookback_periods,
  start: (parameters): MlMeanReversionState => ({ average: startSma(parameters.lookback_periods), held: null }),
  onTick(parameters, state, tick, _own, _instrument, models) {
    const features = pushReversion(state.average, tick.price);
    if (features === undefined) return undefined;
    const { confidence_threshold: threshold, position_size: size } = parameters;
    const opinion = predict(models['model'] as Model, features, threshold, size);
    const before = state.held;
    state.held = opinion?.side ?? null;
    return state.held === before && !parameters.every_tick ? undefined : opinion;
  },
});

/** Takes a price into the window, of at least three, and returns its features; undefined before it is full. */
export function pushReversion(average: Sma, price: number): Features | undefined {
  const mean = pushSma(average, price);
  if (mean === undefined) return undefined;
  const { ring, window } = average;
  // The window is full, so its deviation is known; without one the price lies on its mean.
  const deviation = sampleDeviation(ring, window, mean) as number;
  return {
    z_score: deviation === 0 ? 0 : (price - mean) / deviation,
    price: price / RUPEE,
    deviation: changesIn(ring, window).deviation,
    ticks: window,
  };
}
