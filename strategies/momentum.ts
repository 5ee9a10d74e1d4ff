// Follows strength: buys what has risen by more than a threshold over the last ticks, and sells what has fallen by more.
import { formatDecimal, type Price } from '#core/decimal.ts';
import { type Side } from '#core/events.ts';
import { fourDecimals } from '#core/strategy/indicators/four-decimals.ts';
import { pushRing, ringAgo, startRing, type Ring } from '#core/strategy/indicators/ring.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

interface MomentumState {
  readonly prices: Ring;
  /** The side whose condition held at the tick before. */
  held: Side | null;
}

export const momentum = defineStrategy({
  type: 'momentum',
  version: 1,
  summary: 'Buys after a rise of more than the threshold over the last ticks, sells after such a fall.',
  parameters: {
    lookback_periods: {
      kind: 'integer',
      default: 20,
      min: 2,
      max: 5_000,
      doc: 'ticks in the window, the current one included; the change is counted from the first of them',
    },
    threshold: { kind: 'number', default: 0.01, min: 0, max: 1, doc: 'change that must be passed; 0.01 is 1 %' },
    position_size: { kind: 'integer', default: 100, min: 1, max: 1_000_000, doc: 'units in each signal' },
    every_tick: {
      kind: 'boolean',
      default: false,
      doc: 'true repeats the signal at every tick while the condition holds; false gives one when it begins to hold',
    },
  },
  warmUpTicks: (parameters) => parameters.lookback_periods,
  start: (parameters): MomentumState => ({ prices: startRing(parameters.lookback_periods), held: null }),
  onTick(parameters, state, tick) {
    pushRing(state.prices, tick.price);
    const start = ringAgo(state.prices, parameters.lookback_periods - 1);
    if (start === undefined) return undefined;

    // A change from nothing has no size.
    const change = start === 0 ? 0 : (tick.price - start) / start;
    const before = state.held;
    const side = change > parameters.threshold ? 'BUY' : change < -parameters.threshold ? 'SELL' : null;
    state.held = side;
    if (side === null || (side === before && !parameters.every_tick)) return undefined;
    return {
      side,
      quantity: parameters.position_size,
      confidence: Math.min(1, Math.abs(change) * 5),
      metadata: { momentum: fourDecimals(change), start_price: formatDecimal(start as Price) },
    };
  },
});
