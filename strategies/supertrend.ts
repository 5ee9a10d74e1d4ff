// Follows the trend between two bands around the middle of the bars, a multiple of the average true range away from it
// (Olivier Seban's Supertrend on Wilder's average). The band on the trend's side only moves with the trend; a close beyond
// it turns the trend.
import { type Product } from '#core/events.ts';
import { RUPEE } from '#core/decimal.ts';
import { type Bar } from '#core/market/bar.ts';
import { fourDecimals } from '#core/strategy/indicators/four-decimals.ts';
import { pushTrueRange, startTrueRange, type TrueRange } from '#core/strategy/indicators/true-range.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { MINUTE_MS } from '#core/time.ts';

interface SupertrendState {
  readonly range: TrueRange;
  /** The bands of the bar before; null before there are any. */
  bands: { readonly upper: number; readonly lower: number; readonly close: number } | null;
  trend: 'up' | 'down' | null;
  /** The trend has turned since the start: before that, nobody knows how old it is. */
  turned: boolean;
}

export const supertrend = defineStrategy({
  type: 'supertrend',
  version: 1,
  summary: 'Holds while the Supertrend of its bars is up, and nothing, or a short position, while it is down.',
  parameters: {
    bar_minutes: { kind: 'integer', default: 15, min: 1, max: 375, doc: 'minutes of a bar' },
    atr_period: { kind: 'integer', default: 10, min: 1, max: 1_000, doc: 'bars in the average true range' },
    multiplier: { kind: 'number', default: 3, min: 0.1, max: 20, doc: 'average true ranges from the middle to a band' },
    direction: { kind: 'choice', default: 'long', choices: ['long', 'both'], doc: 'both sells short: MIS or NRML' },
    product: { kind: 'choice', default: 'CNC', choices: ['CNC', 'MIS', 'NRML'], doc: 'product of the orders' },
    incomplete_bars: {
      kind: 'choice',
      default: 'skip',
      choices: ['skip', 'use'],
      doc: 'skip leaves out bars that lack ticks, or that the close cut short',
    },
    quantity: { kind: 'integer', default: 1, min: 1, max: 1_000_000, doc: 'units to hold' },
  },
  validate: ({ direction, product }) =>
    direction === 'both' && product === 'CNC' ? 'parameter direction must be long with product CNC' : undefined,
  warmUpTicks: ({ atr_period: period }) => period + 1,
  start: ({ atr_period: period }): SupertrendState => ({
    range: startTrueRange(period),
    bands: null,
    trend: null,
    turned: false,
  }),
  bars: ({ bar_minutes: minutes }) => [minutes * MINUTE_MS],
  onTick: () => undefined,
  onBar(parameters, state, bar) {
    if (!bar.complete && parameters.incomplete_bars === 'skip') return undefined;
    const average = pushTrueRange(state.range, bar.high, bar.low, bar.close);
    if (average === undefined) return undefined;
    follow(state, bar, average * parameters.multiplier);
    if (!state.turned) return undefined;
    const down = parameters.direction === 'both' ? -parameters.quantity : 0;
    const { upper, lower } = state.bands as { readonly upper: number; readonly lower: number };
    // Said at every bar: what was refused or expired is made up for at the next.
    return {
      target: state.trend === 'up' ? parameters.quantity : down,
      product: parameters.product as Product,
      metadata: { trend: String(state.trend), band: fourDecimals((state.trend === 'up' ? lower : upper) / RUPEE) },
    };
  },
});

/** Moves the bands, `width` from the middle of the bar, and turns the trend when the bar closed beyond its band. */
function follow(state: SupertrendState, { high, low, close }: Bar, width: number): void {
  const middle = (high + low) / 2;
  const before = state.bands;
  const [up, down] = [middle + width, middle - width];
  const upper = before !== null && up >= before.upper && before.close <= before.upper ? before.upper : up;
  const lower = before !== null && down <= before.lower && before.close >= before.lower ? before.lower : down;
  state.bands = { upper, lower, close };
  if (state.trend === null) {
    state.trend = close >= middle ? 'up' : 'down';
    return;
  }
  const trend = state.trend === 'up' ? (close < lower ? 'down' : 'up') : close > upper ? 'up' : 'down';
  state.turned ||= trend !== state.trend;
  state.trend = trend;
}
