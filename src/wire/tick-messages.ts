// Ticks of a frame as the messages of `market.ticks` that they stand for: the journal keeps frames, and whoever reads the
// topic sees one envelope a tick.
import { formatDecimal } from '#core/decimal.ts';
import { DEPTH_LEVELS, DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { envelopeText, type EncodedMessage } from './envelope.ts';
import { openTickFrame, type TickColumns } from './tick-frame.ts';
import { MARKET_TICKS } from './topics.ts';

export interface TickMessage extends EncodedMessage {
  readonly offset: number;
}

/**
 * Messages of a frame whose first row has the offset `firstOffset` in the topic: from the offset `from` on, at most
 * `limit`. Throws `TickFrameError`.
 */
export function tickMessages(
  frame: Uint8Array,
  firstOffset: number,
  from: number,
  limit: number,
): readonly TickMessage[] {
  const columns = openTickFrame(frame);
  const start = Math.max(0, from - firstOffset);
  const end = Math.min(columns.rows, start + limit);
  const messages: TickMessage[] = [];
  for (let row = start; row < end; row++) messages.push(tickMessage(columns, row, firstOffset + row));
  return messages;
}

function tickMessage(columns: TickColumns, row: number, offset: number): TickMessage {
  const { token, source } = columns.instrumentAt(row);
  const ts = formatInstant(columns.timeAt(row) as EpochMs);
  const id = `${source}:${columns.sequenceAt(row)}`;
  const key = `${token}`;
  const header = { id, type: 'market_tick', broker: 'market', key, source: 'market_feed', ts } as const;
  const value = envelopeText(
    { ...header, correlationId: id, causationId: undefined },
    JSON.stringify(tickData(columns, row, token, ts)),
  );
  return { topic: MARKET_TICKS, key, id, value, offset };
}

function tickData(columns: TickColumns, row: number, token: number, timestamp: string): object {
  const volume = columns.volumeAt(row);
  const depth = depthOf(columns, row);
  const hasVolume = volume !== NO_VOLUME;
  return {
    instrument_token: token,
    last_price: formatDecimal(columns.priceAt(row)),
    timestamp,
    volume_traded: hasVolume ? volume : undefined,
    depth,
    mode: depth !== undefined ? 'full' : hasVolume ? 'quote' : 'ltp',
  };
}

/** The book around a tick; undefined when the row has none, so that a neighbour's depth never shows in it. */
function depthOf(columns: TickColumns, row: number): object | undefined {
  const at = row * DEPTH_WIDTH;
  const depth = columns.depth?.subarray(at, at + DEPTH_WIDTH);
  if (depth === undefined || depth.every((number) => number === 0)) return undefined;
  return { buy: sideOf(depth, 0), sell: sideOf(depth, DEPTH_LEVELS) };
}

function sideOf(depth: Int32Array, first: number): readonly object[] {
  return Array.from({ length: DEPTH_LEVELS }, (_, level) => {
    const at = (first + level) * 3;
    const [price = 0, quantity = 0, orders = 0] = depth.subarray(at, at + 3);
    return { price: formatDecimal(price), quantity, orders };
  });
}
