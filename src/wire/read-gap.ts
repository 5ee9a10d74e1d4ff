// Reads a gap of the feed back from its message. Apart from its writing, which loads no schemas.
import { type EventId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { type EpochMs } from '#core/time.ts';
import { decodeEnvelope } from './decode.ts';
import { feedGapData } from './schemas/reports.ts';
import { MARKET_TICKS } from './topics.ts';

/** The gap of a message that was written by `gapMessage`; throws `InvariantError` for any other text. */
export function readGap(value: string): FeedGap {
  const read = decodeEnvelope(MARKET_TICKS, value, { at: 0 as EpochMs, ttlMs: 0, offsetId: '' });
  invariant(read.ok, read.ok ? '' : read.error.message);
  const { instrument_token: token, from, to, candles } = feedGapData.parse(read.value.data);
  return { id: read.value.id as EventId, token, from, to, candles };
}
