// Trend following, long only: buys when the fast simple average rises through the slow one, and sells all it holds when
// it falls back through it. One signal for each crossing, in exact integers.
import { divideHalfUp } from '#core/decimal.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';

/**
 * What is kept for one instrument. Both averages share one ring of prices; it is spelled out here rather than taken
 * from the indicators, because this code runs for every tick of the throughput benchmark.
 */
interface SmaCrossoverState {
  /** The newest prices; a power of two of slots, zero until they are written. */
  readonly prices: number[];
  seen: number;
  fastSum: number;
  slowSum: number;
  /** Slow * fast sum less fast * slow sum: has the sign of the difference of the averages, without a division. */
  spread: number;
}

export const smaCrossover = defineStrategy({
  type: 'sma_crossover',
  version: 1,
  summary: 'Buys when the fast average of prices crosses above the slow one, sells all when it crosses below.',
  parameters: {
    fast: { kind: 'integer', default: 10, min: 1, max: 999, doc: 'ticks in the fast average; fewer than slow' },
    // Slow * fast * price stays a safe integer up to a price of 900,000 rupees.
    slow: { kind: 'integer', default: 30, min: 2, max: 1_000, doc: 'ticks in the slow average' },
    quantity: { kind: 'integer', default: 10, min: 1, max: 1_000_000, doc: 'units to buy at a crossing' },
  },
  validate: ({ fast, slow }) =>
    fast < slow ? undefined : `parameter fast must be less than slow, found fast ${fast} and slow ${slow}`,
  warmUpTicks: ({ slow }) => slow + 1,
  start({ slow }): SmaCrossoverState {
    let slots = 1;
    while (slots < slow) slots *= 2;
    return { prices: Array.from({ length: slots }, () => 0), seen: 0, fastSum: 0, slowSum: 0, spread: 0 };
  },
  onTick(parameters, state, tick, own) {
    const { fast, slow } = parameters;
    const { prices, seen } = state;
    const { price } = tick;
    const mask = prices.length - 1;
    // Before a window is full, what leaves it is a slot that was never written: zero.
    const fastSum = state.fastSum + price - (prices[(seen - fast) & mask] as number);
    const slowSum = state.slowSum + price - (prices[(seen - slow) & mask] as number);
    prices[seen & mask] = price;
    state.seen = seen + 1;
    state.fastSum = fastSum;
    state.slowSum = slowSum;
    if (seen + 1 < slow) return undefined;

    const before = state.spread;
    const spread = slow * fastSum - fast * slowSum;
    state.spread = spread;
    if (seen + 1 === slow) return undefined;
    if (spread > 0 && before <= 0 && own.quantity === 0) {
      return { side: 'BUY', quantity: parameters.quantity, metadata: averages(fastSum, fast, slowSum, slow) };
    }
    if (spread < 0 && before >= 0 && own.quantity > 0) {
      return { side: 'SELL', quantity: own.quantity, metadata: averages(fastSum, fast, slowSum, slow) };
    }
    return undefined;
  },
});

/** The averages in 1/10,000 rupee: integers rather than text, because text would cost as much as the rule itself. */
function averages(fastSum: number, fast: number, slowSum: number, slow: number): Readonly<Record<string, number>> {
  return { fast_average_e4: divideHalfUp(fastSum, fast), slow_average_e4: divideHalfUp(slowSum, slow) };
}
