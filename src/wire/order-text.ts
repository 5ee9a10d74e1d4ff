// The data of orders that are sent, of their acknowledgements and of fills as JSON text, put together by hand: an order waits
// for the first, and a recorded day has a hundred thousand of each.
import { formatDecimal } from '#core/decimal.ts';
import { type OrderFilled, type OrderPlaced, type OrderSubmitted, type OrderTerms } from '#core/events.ts';
import { quoted } from './envelope.ts';
import { instantWriter } from './instant-text.ts';
import { decimalText } from './signal-text.ts';

const expiryText = instantWriter();

export function orderSubmittedText(event: OrderSubmitted, timestamp: string): string {
  const { order, slice } = event;
  const { side } = order;
  const broker = quoted(event.broker);
  return (
    `{"order_id":${quoted(order.orderId)},"signal_id":${quoted(event.signalId)},"strategy_id":${quoted(event.strategyId)},` +
    `"instrument_token":${event.token},"signal_type":"${side}","side":"${side}","quantity":${order.quantity},` +
    `"price":"${formatDecimal(event.referencePrice)}",${termsText(order)},` +
    `"slice":${slice === undefined ? 'null' : JSON.stringify(slice)},"status":"${event.queued ? 'pending_new' : 'sending'}",` +
    `"execution_mode":${broker},"broker":${broker},"expires_at":"${expiryText(event.expiresAt)}","timestamp":"${timestamp}"}`
  );
}

export function orderPlacedText(event: OrderPlaced, timestamp: string): string {
  const { order } = event;
  const { side } = order;
  const broker = quoted(event.broker);
  return (
    `{"order_id":${quoted(order.orderId)},"strategy_id":${quoted(event.strategyId)},"instrument_token":${event.token},` +
    `"signal_type":"${side}","side":"${side}","quantity":${order.quantity},"price":${decimalText(order.limitPrice)},` +
    `${termsText(order)},"broker_order_id":${quoted(event.brokerOrderId)},"status":"new","execution_mode":${broker},` +
    `"broker":${broker},"timestamp":"${timestamp}"}`
  );
}

export function orderFilledText(event: OrderFilled, timestamp: string): string {
  const { order } = event;
  const { side } = order;
  const broker = quoted(event.broker);
  return (
    `{"order_id":${quoted(order.orderId)},"fill_id":${quoted(event.fillId)},"strategy_id":${quoted(event.strategyId)},` +
    `"instrument_token":${event.token},"side":"${side}","signal_type":"${side}","quantity":${event.quantity},` +
    `"fill_price":"${formatDecimal(event.fillPrice)}","fees":"${formatDecimal(event.fees)}",` +
    `"ordered_quantity":${order.quantity},${termsText(order)},"timestamp":"${timestamp}","broker":${broker},` +
    `"execution_mode":${broker}}`
  );
}

function termsText(order: OrderTerms): string {
  return (
    `"order_type":"${order.orderType}","validity":"${order.validity}","limit_price":${decimalText(order.limitPrice)},` +
    `"trigger_price":${decimalText(order.triggerPrice)},"product":"${order.product}","purpose":"${order.purpose}"`
  );
}
