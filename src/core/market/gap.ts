// What a broker's history says of a time in which a feed may have missed ticks.
import { type Price } from '../decimal.ts';
import { type EpochMs } from '../time.ts';

/** What traded of an instrument in one minute. Of the broker's history, and not made of ticks that were seen. */
export interface Candle {
  readonly start: EpochMs;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  /** Units traded. */
  readonly volume: number;
}
