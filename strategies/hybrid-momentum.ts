// Rules and a model side by side: what momentum and ml_momentum say at each tick becomes one decision by a policy.
import { type Side } from '#core/events.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { pushRing, startRing, type Ring } from '#core/strategy/indicators/ring.ts';
import { type Model } from '#core/strategy/models/model.ts';
import { decide, POLICIES } from './hybrid-policy.ts';
import { momentumFeatures } from './ml-momentum.ts';
import { predict, type Opinion } from './ml-rule.ts';
import { momentum } from './momentum.ts';

interface HybridMomentumState {
  readonly rules: ReturnType<typeof momentum.start>;
  readonly prices: Ring;
  /** The side that was decided at the tick before. */
  held: Side | null;
}

export const hybridMomentum = defineStrategy({
  type: 'hybrid_momentum',
  version: 1,
  summary: 'Decides by momentum and by a model of it together: by majority, or only when both agree.',
  parameters: {
    policy: {
      kind: 'choice',
      default: 'majority_vote',
      choices: POLICIES,
      doc: 'conservative acts on agreement alone',
    },
    lookback_periods: { kind: 'integer', default: 20, min: 2, max: 5_000, doc: 'ticks in the window of the rules' },
    threshold: { kind: 'number', default: 0.01, min: 0, max: 1, doc: 'change that the rules must see; 0.01 is 1 %' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in a signal of the rules' },
    model: {
      kind: 'model',
      default: 'momentum_v1',
      doc: 'a model of total_return, short_return, deviation, price, ticks',
    },
    ml_lookback_periods: { kind: 'integer', default: 20, min: 6, max: 5_000, doc: 'ticks in the window of the model' },
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
  warmUpTicks: (parameters) => Math.min(parameters.lookback_periods, parameters.ml_lookback_periods),
  start: (parameters, instrument): HybridMomentumState => ({
    rules: momentum.start({ ...parameters, every_tick: true }, instrument),
    prices: startRing(parameters.ml_lookback_periods),
    held: null,
  }),
  onTick(parameters, state, tick, own, instrument, models) {
    const always = { ...parameters, every_tick: true };
    const rules = momentum.onTick(always, state.rules, tick, own, instrument, models) as Opinion | undefined;
    pushRing(state.prices, tick.price);
    const features = momentumFeatures(state.prices, parameters.ml_lookback_periods);
    const size = parameters.ml_position_size;
    const model = features && predict(models['model'] as Model, features, 0.5, size);
    const decided = decide(parameters.policy, rules, model, parameters.min_ml_confidence);
    const before = state.held;
    state.held = decided?.side ?? null;
    return state.held === before && !parameters.every_tick ? undefined : decided;
  },
});
