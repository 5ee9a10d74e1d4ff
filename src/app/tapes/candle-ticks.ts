// A minute of a broker's history as ticks, because a tape has nothing else. What happened inside a minute is not known: the ticks
// are its four prices, in an order that is as good as another and always the same.
import { type Price } from '#core/decimal.ts';
import { type Candle } from '#core/market/gap.ts';
import { SECOND_MS } from '#core/time.ts';

export interface CandleTick {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly price: Price;
  /** Units traded since the day began. */
  readonly volume: number;
}

/** Within the minute, so that folding the ticks by the minute gives the candle again. */
const AT_MS = [0, 20 * SECOND_MS, 40 * SECOND_MS, 59 * SECOND_MS] as const;

/**
 * Four ticks: a minute that rose went from its open down to its low, up to its high and to its close, one that fell the other
 * way around. A quarter of its volume each, the rest with the last.
 * @param before units traded on the day before this minute
 */
export function candleTicks({ start, open, high, low, close, volume }: Candle, before: number): readonly CandleTick[] {
  const prices = close >= open ? [open, low, high, close] : [open, high, low, close];
  const quarter = Math.floor(volume / prices.length);
  return prices.map((price, k) => {
    const traded = k === prices.length - 1 ? volume : quarter * (k + 1);
    return { time: start + (AT_MS[k] as number), price, volume: before + traded };
  });
}
