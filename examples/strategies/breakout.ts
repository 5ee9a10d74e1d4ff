// A strategy to copy and change: buys when the price rises above the highest of the ticks before it, and sells all it
// holds when it falls below the lowest. docs/guides/write-a-strategy.md goes through it.
import { formatDecimal } from '#core/decimal.ts';
import { highest, lowest, pushRing, startRing, type Ring } from '#core/strategy/indicators/ring.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

interface BreakoutState {
  /** The prices before the current tick. */
  readonly prices: Ring;
}

export const breakout = defineStrategy({
  type: 'breakout',
  version: 1,
  summary: 'Buys above the highest price of the last ticks, sells all below the lowest.',
  parameters: {
    entry_ticks: { kind: 'integer', default: 50, min: 1, max: 5_000, doc: 'ticks whose highest price must be passed' },
    exit_ticks: { kind: 'integer', default: 20, min: 1, max: 5_000, doc: 'ticks whose lowest price ends the trade' },
    quantity: { kind: 'integer', default: 1, min: 1, max: 1_000_000, doc: 'units to buy' },
  },
  validate: ({ entry_ticks: entry, exit_ticks: exit }) =>
    exit <= entry
      ? undefined
      : `parameter exit_ticks must be at most entry_ticks, found exit_ticks ${exit} and entry_ticks ${entry}`,
  warmUpTicks: (parameters) => parameters.entry_ticks + 1,
  start: (parameters): BreakoutState => ({ prices: startRing(parameters.entry_ticks) }),
  onTick(parameters, state, tick, own) {
    const top = highest(state.prices, parameters.entry_ticks);
    const bottom = lowest(state.prices, parameters.exit_ticks);
    pushRing(state.prices, tick.price);
    if (top === undefined || bottom === undefined) return undefined;

    if (own.quantity === 0 && tick.price > top) {
      return { side: 'BUY', quantity: parameters.quantity, metadata: { above: formatDecimal(top) } };
    }
    if (own.quantity > 0 && tick.price < bottom) {
      return { side: 'SELL', quantity: own.quantity, metadata: { below: formatDecimal(bottom) } };
    }
    return undefined;
  },
});
