// Bets on a return to the mean: acts only when the relative strength index and the Bollinger bands agree that the price
// went too far. Bands as in John Bollinger, Bollinger on Bollinger Bands (2001), but with the sample deviation.
import { type Side } from '#core/events.ts';
import { RUPEE } from '#core/decimal.ts';
import { sampleDeviation } from '#core/strategy/indicators/deviation.ts';
import { fourDecimals } from '#core/strategy/indicators/four-decimals.ts';
import { pushSma, startSma, type Sma } from '#core/strategy/indicators/moving-average.ts';
import { pushRsi, startRsi, type RelativeStrength } from '#core/strategy/indicators/relative-strength.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

/** Points of the index beyond its level that alone give full confidence. */
const FULL_CONFIDENCE_POINTS = 20;

interface MeanReversionState {
  readonly average: Sma;
  readonly strength: RelativeStrength;
  /** The side whose condition held at the tick before. */
  held: Side | null;
}

export const meanReversion = defineStrategy({
  type: 'mean_reversion',
  version: 1,
  summary: 'Buys when oversold and below the lower Bollinger band, sells when overbought and above the upper band.',
  parameters: {
    lookback_periods: { kind: 'integer', default: 20, min: 2, max: 5_000, doc: 'ticks in the bands' },
    rsi_period: { kind: 'integer', default: 14, min: 2, max: 2_500, doc: 'changes of price in the index' },
    rsi_oversold: { kind: 'number', default: 30, min: 0, max: 100, doc: 'buys only below this index' },
    rsi_overbought: { kind: 'number', default: 70, min: 0, max: 100, doc: 'sells only above this index' },
    bollinger_std: { kind: 'number', default: 2, min: 0, max: 10, doc: 'deviations between the average and a band' },
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
  warmUpTicks: (parameters) => Math.max(parameters.lookback_periods, 2 * parameters.rsi_period),
  start: (parameters): MeanReversionState => ({
    average: startSma(parameters.lookback_periods),
    strength: startRsi(parameters.rsi_period),
    held: null,
  }),
  onTick(parameters, state, tick) {
    const { lookback_periods: lookback, rsi_oversold: oversold, rsi_overbought: overbought } = parameters;
    const average = pushSma(state.average, tick.price);
    const index = pushRsi(state.strength, tick.price);
    const seen = state.average.ring.pushed;
    if (average === undefined || index === undefined || seen < 2 * parameters.rsi_period) return undefined;

    const before = state.held;
    state.held = null;
    const side = index < oversold ? 'BUY' : index > overbought ? 'SELL' : null;
    if (side === null) return undefined;
    // The average is known, so its window is full and the deviation is known as well.
    const width = parameters.bollinger_std * (sampleDeviation(state.average.ring, lookback, average) as number);
    const band = side === 'BUY' ? average - width : average + width;
    const beyond = side === 'BUY' ? band - tick.price : tick.price - band;
    if (beyond <= 0) return undefined;
    state.held = side;
    if (side === before && !parameters.every_tick) return undefined;
    const points = side === 'BUY' ? oversold - index : index - overbought;
    return {
      side,
      quantity: parameters.position_size,
      confidence: Math.min(1, points / FULL_CONFIDENCE_POINTS + beyond / band),
      metadata: { rsi: fourDecimals(index), average: fourDecimals(average / RUPEE), band: fourDecimals(band / RUPEE) },
    };
  },
});
