// The messages of `market.ticks` that an input stands for: the ticks of a frame, or one gap.
import { tickMessages, type TickMessage } from './tick-messages.ts';
import { MARKET_TICKS } from './topics.ts';

/**
 * Messages of an input whose first one has the offset `firstOffset` in the topic: from the offset `from` on, at most
 * `limit`. A body that is text is that of a gap. Throws `TickFrameError`.
 */
export function marketMessages(
  body: Uint8Array | string,
  firstOffset: number,
  from: number,
  limit: number,
): readonly TickMessage[] {
  if (typeof body !== 'string') return tickMessages(body, firstOffset, from, limit);
  if (limit <= 0 || from > firstOffset) return [];
  const { id, key } = JSON.parse(body) as { readonly id: string; readonly key: string };
  return [{ topic: MARKET_TICKS, key, id, value: body, offset: firstOffset }];
}
