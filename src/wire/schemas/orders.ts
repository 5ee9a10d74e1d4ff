// Orders: the intent, what the broker said of it, and each fill.
import { type z } from 'zod';
import { type Quantity } from '#core/decimal.ts';
import { type OrderTerms } from '#core/events.ts';
import * as field from './fields.ts';
import { priceProblem, sideProblem } from './terms.ts';
import { upcastFailed, upcastSubmitted, upcastTerms } from './upcasts.ts';
import { wireType, type About } from './wire-type.ts';

const orderShape = {
  order_id: field.id,
  strategy_id: field.strategyId,
  instrument_token: field.token,
  signal_type: field.signalType.optional(),
  side: field.side,
  quantity: field.quantity,
  order_type: field.orderType,
  validity: field.validity,
  limit_price: field.price.nullable(),
  trigger_price: field.price.nullable(),
  product: field.product,
  purpose: field.purpose,
  timestamp: field.instant,
};

const orderData = field.record(orderShape);
type OrderData = z.output<typeof orderData>;

export const orderSubmitted = wireType(
  'order_submitted',
  field.record({
    ...orderShape,
    signal_id: field.id,
    price: field.price,
    slice: field.record({ index: field.count, count: field.count }).nullable(),
    status: field.choice(['pending_new', 'sending']),
    expires_at: field.instant,
  }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    const { signal_id: signalId, price: referencePrice, expires_at: expiresAt, slice } = data;
    if (slice !== null && slice.index >= slice.count) {
      return `data.slice.index: expected less than the count ${slice.count}, found ${slice.index}`;
    }
    const queued = data.status === 'pending_new';
    const common = base(data, about);
    return {
      type: 'order_submitted',
      ...common,
      signalId,
      order,
      referencePrice,
      expiresAt,
      slice: slice ?? undefined,
      queued,
    };
  },
  upcastSubmitted,
);

export const orderClaimed = wireType('order_claimed', orderData, (data, about) => {
  const order = readOrder(data, data.quantity);
  return typeof order === 'string' ? order : { type: 'order_claimed', ...base(data, about), order };
});

const changeData = field.record({ ...orderShape, change_id: field.id });

export const modifySubmitted = wireType('modify_submitted', changeData, (data, about) => {
  const order = readOrder(data, data.quantity);
  if (typeof order === 'string') return order;
  return { type: 'modify_submitted', ...base(data, about), order, changeId: data.change_id };
});

export const cancelSubmitted = wireType('cancel_submitted', changeData, (data, about) => {
  const order = readOrder(data, data.quantity);
  if (typeof order === 'string') return order;
  return { type: 'cancel_submitted', ...base(data, about), order, changeId: data.change_id };
});

export const orderModified = wireType('order_modified', orderData, (data, about) => {
  const order = readOrder(data, data.quantity);
  return typeof order === 'string' ? order : { type: 'order_modified', ...base(data, about), order };
});

export const changeRefused = wireType(
  'change_refused',
  field.record({ ...orderShape, action: field.action, message: field.text }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    const { action, message } = data;
    return { type: 'change_refused', ...base(data, about), order, action, message };
  },
);

export const orderPlaced = wireType(
  'order_placed',
  field.record({ ...orderShape, broker_order_id: field.id }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    return { type: 'order_placed', ...base(data, about), order, brokerOrderId: data.broker_order_id };
  },
  upcastTerms,
);

export const orderUnknown = wireType(
  'order_unknown',
  field.record({ ...orderShape, message: field.text }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    return { type: 'order_unknown', ...base(data, about), order, message: data.message };
  },
  upcastTerms,
);

/** `quantity` is what this fill filled. */
export const orderFilled = wireType(
  'order_filled',
  field.record({
    ...orderShape,
    ordered_quantity: field.quantity,
    fill_id: field.id,
    fill_price: field.price,
    fees: field.fees,
  }),
  (data, about) => {
    const order = readOrder(data, data.ordered_quantity);
    if (typeof order === 'string') return order;
    const { fill_id: fillId, quantity, fill_price: fillPrice, fees } = data;
    if (quantity > order.quantity) {
      return `data.quantity: expected at most the ordered ${order.quantity}, found ${quantity}`;
    }
    return { type: 'order_filled', ...base(data, about), order, fillId, quantity, fillPrice, fees };
  },
  upcastTerms,
);

export const orderFailed = wireType(
  'order_failed',
  field.record({
    ...orderShape,
    code: field.choice(['REFUSED', 'NOT_SENT', 'ABSENT']),
    reject_code: field.rejectCode.nullable(),
    error_message: field.text,
  }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    const { code, reject_code: rejectCode, error_message: message } = data;
    return { type: 'order_failed', ...base(data, about), order, code, rejectCode: rejectCode ?? undefined, message };
  },
  upcastFailed,
);

const endedData = field.record({ ...orderShape, filled_quantity: field.quantityOrZero, message: field.text });

export const orderCancelled = wireType(
  'order_cancelled',
  endedData,
  (data, about) => {
    const end = readEnd(data, about);
    return typeof end === 'string' ? end : { type: 'order_cancelled', ...end };
  },
  upcastTerms,
);

export const orderExpired = wireType(
  'order_expired',
  endedData,
  (data, about) => {
    const end = readEnd(data, about);
    return typeof end === 'string' ? end : { type: 'order_expired', ...end };
  },
  upcastTerms,
);

function readEnd(data: z.output<typeof endedData>, about: About) {
  const order = readOrder(data, data.quantity);
  if (typeof order === 'string') return order;
  const { filled_quantity: filledQuantity, message } = data;
  if (filledQuantity > order.quantity) {
    return `data.filled_quantity: expected at most the ordered ${order.quantity}, found ${filledQuantity}`;
  }
  return { ...base(data, about), order, filledQuantity, message };
}

function base(data: OrderData, about: About) {
  const { strategy_id: strategyId, instrument_token: token, timestamp: at } = data;
  return { broker: about.broker, strategyId, token, trace: about.trace, at };
}

function readOrder(data: OrderData, quantity: Quantity): OrderTerms | string {
  const { order_id: orderId, side, order_type: orderType, validity, product, purpose } = data;
  const limitPrice = data.limit_price ?? undefined;
  const triggerPrice = data.trigger_price ?? undefined;
  const problem = sideProblem(data.signal_type, side) ?? priceProblem(orderType, limitPrice, triggerPrice);
  return problem ?? { orderId, side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose };
}
