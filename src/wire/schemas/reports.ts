// Types that services read and no stage applies: ticks and gaps as messages, and dead letters.
import * as field from './fields.ts';
import { wireType } from './wire-type.ts';

const level = field.record({ price: field.priceOrZero, quantity: field.count, orders: field.count });

export const marketTick = wireType(
  'market_tick',
  field.record({
    instrument_token: field.token,
    last_price: field.price,
    timestamp: field.instant,
    volume_traded: field.count.optional(),
    depth: field.record({ buy: field.list(level), sell: field.list(level) }).optional(),
    mode: field.choice(['ltp', 'quote', 'full']),
  }),
);

const candle = field.record({
  start: field.instant,
  open: field.price,
  high: field.price,
  low: field.price,
  close: field.price,
  volume: field.count,
});

/** `filled` says whether the candles of the broker's history are there; they are no ticks that were seen. */
export const feedGapData = field.record({
  instrument_token: field.token,
  from: field.instant,
  to: field.instant,
  filled: field.flag,
  candles: field.list(candle).optional(),
});
export const feedGap = wireType('feed_gap', feedGapData);

export const systemErrorData = field.record({
  dlq_metadata: field.record({
    original_topic: field.text,
    original_partition: field.count,
    original_offset: field.count.nullable(),
    dlq_timestamp: field.instant,
    service_name: field.text,
  }),
  failure_info: field.record({
    error_type: field.text,
    error_class: field.text,
    error_message: field.text,
    failure_reason: field.text,
    retry_count: field.count,
    attempts: field.count.optional(),
  }),
  original_message: field.record({
    key: field.text,
    value: field.text,
    value_encoding: field.choice(['text', 'base64_utf16le']),
  }),
  replay_metadata: field.record({
    can_replay: field.flag,
    consumer_group: field.text.nullable(),
    requires_manual_review: field.flag,
  }),
});
export const systemError = wireType('system_error', systemErrorData);

export const deadLetterSettledData = field.record({
  letter_id: field.id,
  settlement: field.choice(['replayed', 'discarded']),
  who: field.name,
  why: field.text,
});
export const deadLetterSettled = wireType('dead_letter_settled', deadLetterSettledData);
