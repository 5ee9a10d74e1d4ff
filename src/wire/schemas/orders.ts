// Orders: the intent, what the broker said of it, and each fill.
import { type z } from 'zod';
import { type Quantity } from '#core/decimal.ts';
import { type OrderTerms } from '#core/events.ts';
import * as field from './fields.ts';
import { limitProblem, sideProblem } from './terms.ts';
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
  timestamp: field.instant,
};

const orderData = field.record(orderShape);
type OrderData = z.output<typeof orderData>;

export const orderSubmitted = wireType(
  'order_submitted',
  field.record({ ...orderShape, signal_id: field.id, price: field.price, expires_at: field.instant }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    const { signal_id: signalId, price: referencePrice, expires_at: expiresAt } = data;
    return { type: 'order_submitted', ...base(data, about), signalId, order, referencePrice, expiresAt };
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
);

export const orderUnknown = wireType(
  'order_unknown',
  field.record({ ...orderShape, message: field.text }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    return { type: 'order_unknown', ...base(data, about), order, message: data.message };
  },
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
);

export const orderFailed = wireType(
  'order_failed',
  field.record({ ...orderShape, code: field.choice(['REFUSED', 'NOT_SENT', 'ABSENT']), error_message: field.text }),
  (data, about) => {
    const order = readOrder(data, data.quantity);
    if (typeof order === 'string') return order;
    return { type: 'order_failed', ...base(data, about), order, code: data.code, message: data.error_message };
  },
);

const endedData = field.record({ ...orderShape, filled_quantity: field.quantityOrZero, message: field.text });

export const orderCancelled = wireType('order_cancelled', endedData, (data, about) => {
  const end = readEnd(data, about);
  return typeof end === 'string' ? end : { type: 'order_cancelled', ...end };
});

export const orderExpired = wireType('order_expired', endedData, (data, about) => {
  const end = readEnd(data, about);
  return typeof end === 'string' ? end : { type: 'order_expired', ...end };
});

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
  const { order_id: orderId, side, order_type: orderType, validity } = data;
  const limitPrice = data.limit_price ?? undefined;
  const problem = sideProblem(data.signal_type, side) ?? limitProblem(orderType, limitPrice);
  return problem ?? { orderId, side, quantity, orderType, validity, limitPrice };
}
