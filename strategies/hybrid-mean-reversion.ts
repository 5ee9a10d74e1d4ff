// Rules and a model side by side: what mean_reversion and ml_mean_reversion say at each tick becomes one decision by a
// policy.
import { type Side } from '#core/events.ts';
import { startSma, type Sma } from '#core/strategy/indicators/moving-average.ts';
import { type Model } from '#core/strategy/models/model.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { decide, POLICIES } from './hybrid-policy.ts';
import { meanReversion } from './mean-reversion.ts';
import { pushReversion } from './ml-mean-reversion.ts';
import { predict, type Opinion } from './ml-rule.ts';

interface HybridMeanReversionState {
  readonly rules: ReturnType<typeof meanReversion.start>;
  readonly average: Sma;
  /** The side that was decided at the tick before. */
  held: Side | null;
}

export const hybridMeanReversion = defineStrategy({
  type: 'hybrid_mean_reversion',
  version: 1,
  summary: 'Decides by the return to the mean and by a model of it together: by majority, or only when both agree.',
  parameters: {
    policy: {
      kind: 'choice',
      default: 'majority_vote',
      choices: POLICIES,
      doc: 'conservative acts on agreement alone',
    },
    lookback_periods: { kind: 'integer', default: 20, min: 2, max: 5_000, doc: 'ticks in the bands of the rules' },
    rsi_period: { kind: 'integer', default: 14, min: 2, max: 2_500, doc: 'changes of price in the index' },
    rsi_oversold: { kind: 'number', default: 30, min: 0, max: 100, doc: 'the rules buy only below this index' },
    rsi_overbought: { kind: 'number', default: 70, min: 0, max: 100, doc: 'the rules sell only above this index' },
    bollinger_std: { kind: 'number', default: 2, min: 0, max: 10, doc: 'deviations between the average and a band' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in a signal of the rules' },
    model: { kind: 'model', default: 'mean_reversion_v1', doc: 'a model of z_score, price, deviation, ticks' },
    ml_lookback_periods: { kind: 'integer', default: 20, min: 3, max: 5_000, doc: 'ticks in the window of the model' },
    ml_position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in a signal of the model' },
    min_ml_confidence: {
      kind: 'number',
      default: 0.6,
      min: 0.5,
      max: 1,
      doc: 'from here on the model outvotes the rules',
    },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while it is decided so; false gives one when it begins to be',
    },
  },
  validate: (parameters) => meanReversion.validate?.({ ...parameters, every_tick: true }),
  warmUpTicks: (parameters) =>
    Math.min(meanReversion.warmUpTicks({ ...parameters, every_tick: true }), parameters.ml_lookback_periods),
  start: (parameters, instrument): HybridMeanReversionState => ({
    rules: meanReversion.start({ ...parameters, every_tick: true }, instrument),
    average: startSma(parameters.ml_lookback_periods),
    held: null,
  }),
  onTick(parameters, state, tick, own, instrument, models) {
    const always = { ...parameters, every_tick: true };
    const rules = meanReversion.onTick(always, state.rules, tick, own, instrument, models) as Opinion | undefined;
    const features = pushReversion(state.average, tick.price);
    const size = parameters.ml_position_size;
    const model = features && predict(models['model'] as Model, features, 0.5, size);
    const decided = decide(parameters.policy, rules, model, parameters.min_ml_confidence);
    const before = state.held;
    state.held = decided?.side ?? null;
    return state.held === before && !parameters.every_tick ? undefined : decided;
  },
});
