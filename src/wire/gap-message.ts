// Gaps of the feed as messages of `market.ticks`, which is also how the journal keeps them.
import { formatDecimal } from '#core/decimal.ts';
import { type Candle, type FeedGap } from '#core/market/gap.ts';
import { formatInstant } from '#core/time.ts';
import { envelopeText, type EncodedMessage } from './envelope.ts';
import { MARKET_TICKS } from './topics.ts';

/** A message stays below the limit of what is read when it has no more candles; a longer gap is told in parts. */
export const CANDLES_MAX = 375;

export function gapMessage({ id, token, from, to, candles }: FeedGap): EncodedMessage {
  const key = `${token}`;
  const header = { id, type: 'feed_gap', broker: 'market', key, source: 'market_feed', ts: formatInstant(to) } as const;
  const data = {
    instrument_token: token,
    from: formatInstant(from),
    to: formatInstant(to),
    filled: candles !== undefined,
    candles: candles?.map(candleData),
  };
  const value = envelopeText({ ...header, correlationId: id, causationId: undefined }, JSON.stringify(data));
  return { topic: MARKET_TICKS, key, id, value };
}

function candleData({ start, open, high, low, close, volume }: Candle): object {
  const [o, h, l, c] = [open, high, low, close].map(formatDecimal);
  return { start: formatInstant(start), open: o, high: h, low: l, close: c, volume };
}
