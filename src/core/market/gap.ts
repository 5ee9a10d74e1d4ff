// A time in which a feed missed ticks of an instrument, and what the broker's history says of it afterwards.
import { type Price } from '../decimal.ts';
import { type EventId } from '../ids.ts';
import { type EpochMs } from '../time.ts';
import { type Calendar } from './calendar.ts';

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

/** Ticks of an instrument may have been missed after `from` and before `to`, while the market was open. */
export interface FeedGap {
  /** Names it: the opening of the feed, the token and the beginning. */
  readonly id: EventId;
  readonly token: number;
  readonly from: EpochMs;
  readonly to: EpochMs;
  /**
   * Every minute that the gap touches and in which something traded, oldest first; undefined as long as the history has not
   * been read. A gap is told at once, and told again with its candles.
   */
  readonly candles: readonly Candle[] | undefined;
}

/** Milliseconds between the two in which the segment trades. Throws `CalendarError` outside the calendar's data. */
export function openMsBetween(calendar: Calendar, segment: string, from: EpochMs, to: EpochMs): number {
  let sum = 0;
  for (let at = from; at < to;) {
    const { open, close } = calendar.nextSession(segment, at);
    sum += Math.max(0, Math.min(to, close) - Math.max(from, open));
    at = close;
  }
  return sum;
}
