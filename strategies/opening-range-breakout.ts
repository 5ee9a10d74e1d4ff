// Trades the first move out of the range of the session's first minutes, once a day and never overnight (Toby Crabel, Day
// Trading with Short Term Price Patterns and Opening Range Breakout, 1990).
import { divideHalfUp, formatDecimal, type Price } from '#core/decimal.ts';
import { type Product, type Side } from '#core/events.ts';
import { type Bar } from '#core/market/bar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { formatClock, MINUTE_MS } from '#core/time.ts';

interface OpeningRangeState {
  /** The range of the session that runs; null before it is known, and when the session has no whole one. */
  high: Price | null;
  low: Price | null;
  /** The session's trade was made. */
  traded: boolean;
}

export const openingRangeBreakout = defineStrategy({
  type: 'opening_range_breakout',
  version: 1,
  summary: 'Buys when a bar closes above the range of the first minutes, sells short below it, with stop and target.',
  parameters: {
    range_minutes: { kind: 'integer', default: 15, min: 1, max: 180, doc: 'minutes from the open that make the range' },
    bar_minutes: { kind: 'integer', default: 5, min: 1, max: 60, doc: 'minutes of the bars that must close outside' },
    buffer: { kind: 'number', default: 0, min: 0, max: 0.05, doc: 'how far outside it must close; 0.001 is 0.1 %' },
    direction: { kind: 'choice', default: 'long', choices: ['long', 'short', 'both'], doc: 'short needs MIS or NRML' },
    product: { kind: 'choice', default: 'MIS', choices: ['CNC', 'MIS', 'NRML'], doc: 'product of the orders' },
    reward: { kind: 'number', default: 2, min: 0, max: 20, doc: 'target as a multiple of the risk; 0 is no target' },
    exit_at_minute: {
      kind: 'integer',
      default: 910,
      min: 1,
      max: 1_439,
      doc: 'exit; 910 minutes after midnight is 15:10',
    },
    incomplete_range: {
      kind: 'choice',
      default: 'skip',
      choices: ['skip', 'use'],
      doc: 'skip trades no session whose range lacks ticks, for instance because the feed began late',
    },
    quantity: { kind: 'integer', default: 1, min: 1, max: 1_000_000, doc: 'units to trade' },
  },
  validate: ({ range_minutes: range, bar_minutes: bar, direction, product }) => {
    if (range === bar || range % bar !== 0) {
      return `parameter range_minutes must be a multiple of bar_minutes and more, found ${range} and ${bar}`;
    }
    if (direction !== 'long' && product === 'CNC') return 'parameter direction must be long with product CNC';
    return undefined;
  },
  warmUpTicks: () => 3,
  start: (): OpeningRangeState => ({ high: null, low: null, traded: false }),
  bars: ({ range_minutes: range, bar_minutes: bar }) => [range * MINUTE_MS, bar * MINUTE_MS],
  onTick: () => undefined,
  onBar(parameters, state, bar, own, instrument) {
    // The range is declared first, so it is known before the short bar that ends with it.
    if (bar.intervalMs === parameters.range_minutes * MINUTE_MS) {
      takeRange(state, bar, parameters.incomplete_range === 'use');
      return undefined;
    }
    const { high, low } = state;
    if (bar.end <= rangeEnd(parameters.range_minutes, bar) || high === null || low === null) return undefined;
    if (state.traded || own.quantity !== 0 || own.working !== 0) return undefined;
    const side = sideOf(bar.close, high, low, parameters.buffer, parameters.direction);
    if (side === undefined) return undefined;
    state.traded = true;
    const stop = side === 'BUY' ? low : high;
    return {
      side,
      quantity: parameters.quantity,
      product: parameters.product as Product,
      bracket: {
        stop,
        ...targetOf(bar.close, stop, parameters.reward, instrument),
        exitAt: formatClock(parameters.exit_at_minute * MINUTE_MS),
      },
      metadata: { range_high: formatDecimal(high), range_low: formatDecimal(low), close: formatDecimal(bar.close) },
    };
  },
});

/** A new session begins with its first bar; a range that misses its ticks may be lower than the market's was. */
function takeRange(state: OpeningRangeState, bar: Bar, incomplete: boolean): void {
  if (bar.index !== 0) return;
  const usable = bar.complete || incomplete;
  state.high = usable ? bar.high : null;
  state.low = usable ? bar.low : null;
  state.traded = false;
}

/** When the range of the bar's session ended. */
function rangeEnd(rangeMinutes: number, { start, index, intervalMs }: Bar): number {
  return start - index * intervalMs + rangeMinutes * MINUTE_MS;
}

function sideOf(close: Price, high: Price, low: Price, buffer: number, direction: string): Side | undefined {
  if (direction !== 'short' && close > high * (1 + buffer)) return 'BUY';
  return direction !== 'long' && close < low * (1 - buffer) ? 'SELL' : undefined;
}

/** As far beyond the close as `reward` times the way back to the stop, on the tick; none when that is no way at all. */
function targetOf(close: Price, stop: Price, reward: number, { tickSize }: Instrument): { readonly target?: Price } {
  const target = divideHalfUp(Math.round(close + (close - stop) * reward), tickSize) * tickSize;
  const beyond = close > stop ? target > close : target < close && target > 0;
  return beyond ? { target: target as Price } : {};
}
