// What the simulated market knows about each instrument before the first tick: how lively it is, and how much of an
// index it makes up.
import { type Price, type Quantity } from '#core/decimal.ts';
import { invariant } from '#core/invariant.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { TickDraws } from './tick-draws.ts';

export interface SimulatedInstrument {
  readonly instrument: Instrument;
  readonly previousClose: Price;
  /** Units a day; an index, which is not tradable, has none. */
  readonly averageDailyVolume: Quantity;
}

export interface Share {
  readonly tickSize: number;
  readonly lotSize: number;
  readonly isIndex: boolean;
  /** Units a day. */
  readonly volume: number;
  /** Where the price is drawn to overnight, so that it stays plausible over years. */
  readonly anchor: number;
  /** Of a whole day's return, in 1/100,000,000. */
  readonly deviation: number;
  /** What each instrument counts in this index; empty unless it is one. */
  readonly weights: readonly number[];
}

/** Depth columns hold 32-bit prices, and the deepest level lies some ticks above the last price. */
export const PRICE_MAX = 2_000_000_000;
const VOLUME_MAX = 2_000_000_000;
const WEIGHT_MAX = 10_000_000;
/** A day's deviation lies between 1.2 and 2 in a hundred. */
const DEVIATION_MIN = 1_200_000;
const DEVIATION_RANGE = 800_000;
/** The sequence number of draws that are made before the first tick. */
const BEFORE_TICKS = 0;

export function sharesOf(instruments: readonly SimulatedInstrument[], seed: number): readonly Share[] {
  const draws = new TickDraws(seed);
  invariant(
    instruments.some(({ instrument }) => instrument.tradable),
    'a simulated market needs a tradable instrument, found none',
  );
  return instruments.map((each, k) => {
    const { symbol, tickSize, lotSize, tradable } = each.instrument;
    const { previousClose: anchor, averageDailyVolume: volume } = each;
    const isRight = anchor >= tickSize && anchor <= PRICE_MAX / 1.3 && volume >= 0 && volume <= VOLUME_MAX;
    invariant(
      isRight && tickSize > 0 && lotSize > 0,
      `${symbol} cannot be simulated: expected a previous close from one tick to 150,000 rupees and a daily volume ` +
        `up to ${VOLUME_MAX}, found ${anchor} (in 1/10,000 rupee) and ${volume}`,
    );
    draws.begin(k, BEFORE_TICKS);
    const deviation = DEVIATION_MIN + draws.below(DEVIATION_RANGE);
    const weights = tradable ? [] : instruments.map((other) => weightOf(other, draws));
    return { tickSize, lotSize, isIndex: !tradable, volume, anchor, deviation, weights };
  });
}

/** The segment whose sessions the market keeps; it is one market. */
export function segmentOf(instruments: readonly SimulatedInstrument[]): string {
  const segments = [...new Set(instruments.map(({ instrument }) => instrument.segment))];
  const [segment] = segments;
  invariant(
    segment !== undefined && segments.length === 1,
    `a simulated market has instruments of one segment, found ${segments.join(', ') || 'none'}`,
  );
  return segment;
}

/** By what is turned over in a day, varied so that two indices are not the same. */
function weightOf({ instrument, previousClose, averageDailyVolume }: SimulatedInstrument, draws: TickDraws): number {
  const variation = 1 + draws.below(8);
  if (!instrument.tradable) return 0;
  const turnover = Math.floor((previousClose * averageDailyVolume) / 10_000_000_000);
  return Math.min(WEIGHT_MAX, 1 + turnover * variation);
}
