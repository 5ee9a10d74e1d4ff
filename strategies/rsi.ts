// Bets on a turn by one figure alone: buys when the relative strength index says oversold, sells when it says overbought.
import { type Side } from '#core/events.ts';
import { fourDecimals } from '#core/strategy/indicators/four-decimals.ts';
import { pushRsi, startRsi, type RelativeStrength } from '#core/strategy/indicators/relative-strength.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

interface RsiState {
  readonly strength: RelativeStrength;
  seen: number;
  /** The side whose condition held at the tick before. */
  held: Side | null;
}

export const rsi = defineStrategy({
  type: 'rsi',
  version: 1,
  summary: 'Buys when the relative strength index is below the oversold level, sells when it is above the overbought.',
  parameters: {
    rsi_period: { kind: 'integer', default: 14, min: 2, max: 2_500, doc: 'changes of price in the index' },
    rsi_oversold: { kind: 'number', default: 30, min: 0, max: 100, doc: 'buys below this index' },
    rsi_overbought: { kind: 'number', default: 70, min: 0, max: 100, doc: 'sells above this index' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in each signal' },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while the condition holds; false gives one when it begins to hold',
    },
  },
  validate: ({ rsi_oversold: oversold, rsi_overbought: overbought }) =>
    oversold < overbought
      ? undefined
      : `parameter rsi_oversold must be less than rsi_overbought, found ${oversold} and ${overbought}`,
  warmUpTicks: (parameters) => 2 * parameters.rsi_period,
  start: (parameters): RsiState => ({ strength: startRsi(parameters.rsi_period), seen: 0, held: null }),
  onTick(parameters, state, tick) {
    const { rsi_oversold: oversold, rsi_overbought: overbought } = parameters;
    const index = pushRsi(state.strength, tick.price);
    state.seen += 1;
    if (index === undefined || state.seen < 2 * parameters.rsi_period) return undefined;

    const before = state.held;
    const side = index < oversold ? 'BUY' : index > overbought ? 'SELL' : null;
    state.held = side;
    if (side === null || (side === before && !parameters.every_tick)) return undefined;
    const distance = side === 'BUY' ? (oversold - index) / oversold : (index - overbought) / (100 - overbought);
    return {
      side,
      quantity: parameters.position_size,
      confidence: Math.min(1, distance),
      metadata: { rsi: fourDecimals(index) },
    };
  },
});
