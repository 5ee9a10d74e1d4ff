// Changes of orders at work: what is wanted, and what the gate made of it.
import { type z } from 'zod';
import { type OrderChange } from '#core/events.ts';
import { knownTrace } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import * as field from './fields.ts';
import { wireType, type About } from './wire-type.ts';

const changeShape = {
  strategy_id: field.strategyId,
  instrument_token: field.token,
  action: field.action,
  order_id: field.id,
  quantity: field.quantity.nullish(),
  order_type: field.orderType.nullish(),
  limit_price: field.price.nullish(),
  trigger_price: field.price.nullish(),
  timestamp: field.instant.nullish(),
  expires_at: field.instant.nullish(),
};

const changeData = field.record(changeShape);
const originalChange = field.record({
  ...changeShape,
  purpose: field.purpose,
  timestamp: field.instant,
  expires_at: field.instant,
  id: field.id,
  correlation_id: field.id,
  causation_id: field.id.nullish(),
});

export const orderChange = wireType('order_change', changeData, (data, about) => {
  const at = data.timestamp != null && data.timestamp < about.at ? data.timestamp : about.at;
  const expiresAt = data.expires_at ?? ((at + about.ttlMs) as EpochMs);
  // Whoever writes a change trades: the other purposes are the engine's own.
  return toChange(data, at, expiresAt, 'trade', about);
});

export const validatedChange = wireType(
  'validated_change',
  field.record({ original_change: originalChange, timestamp: field.instant }),
  (data, about) => {
    const change = readOriginal(data.original_change, about);
    if (typeof change === 'string') return change;
    return { type: 'validated_change', ...base(change, about, data.timestamp), change };
  },
);

export const rejectedChange = wireType(
  'rejected_change',
  field.record({
    original_change: originalChange,
    rejection_reason: field.text,
    reasons: field.list(field.record({ code: field.text, limit: field.text, found: field.text })),
    timestamp: field.instant,
  }),
  (data, about) => {
    const change = readOriginal(data.original_change, about);
    if (typeof change === 'string') return change;
    return { type: 'rejected_change', ...base(change, about, data.timestamp), change, reasons: data.reasons };
  },
);

export const expiredChange = wireType(
  'expired_change',
  field.record({ original_change: originalChange, code: field.expiryCode, timestamp: field.instant }),
  (data, about) => {
    const change = readOriginal(data.original_change, about);
    if (typeof change === 'string') return change;
    return { type: 'expired_change', ...base(change, about, data.timestamp), change, code: data.code };
  },
);

function base(change: OrderChange, about: About, at: EpochMs) {
  return { broker: about.broker, strategyId: change.strategyId, token: change.token, trace: about.trace, at };
}

function readOriginal(data: z.output<typeof originalChange>, about: About): OrderChange | string {
  const trace = knownTrace(data.id, data.correlation_id, data.causation_id ?? undefined);
  return toChange(data, data.timestamp, data.expires_at, data.purpose, { ...about, trace });
}

type ChangeData = z.output<typeof changeData>;

function toChange(
  data: ChangeData,
  at: EpochMs,
  expiresAt: EpochMs,
  purpose: OrderChange['purpose'],
  about: About,
): OrderChange | string {
  const { action } = data;
  const quantity = data.quantity ?? undefined;
  const orderType = data.order_type ?? undefined;
  const limitPrice = data.limit_price ?? undefined;
  const triggerPrice = data.trigger_price ?? undefined;
  const changes = [quantity, orderType, limitPrice, triggerPrice].some((term) => term !== undefined);
  if (action === 'cancel' && changes) return 'data.action: expected modify because new terms are given, found cancel';
  if (action === 'modify' && !changes) {
    return 'data.action: expected cancel because no new term is given, found modify without quantity, order_type or price';
  }
  return {
    type: 'order_change',
    broker: about.broker,
    strategyId: data.strategy_id,
    token: data.instrument_token,
    trace: about.trace,
    at,
    action,
    orderId: data.order_id,
    purpose,
    quantity,
    orderType,
    limitPrice,
    triggerPrice,
    expiresAt,
  };
}
