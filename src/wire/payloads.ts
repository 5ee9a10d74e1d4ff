// The data of each event as it is written: the original's field names, decimals as text, instants in RFC 3339. Literals
// only, so that the order of fields is the order on the page.
import { formatDecimal, type Price } from '#core/decimal.ts';
import {
  type DomainEvent,
  type OrderCancelled,
  type OrderExpired,
  type OrderFailed,
  type OrderFilled,
  type OrderPlaced,
  type OrderSubmitted,
  type OrderUnknown,
  type PnlSnapshot,
  type SignalEvent,
} from '#core/events.ts';
import { instantWriter } from './instant-text.ts';
import { checksText, decimalText, originalText, reasonsText, signalText } from './signal-text.ts';

const expiryText = instantWriter();

/** The data of an event as JSON text; `timestamp` is its instant as text. */
export function payloadText(event: DomainEvent, timestamp: string): string {
  switch (event.type) {
    case 'trading_signal':
      return `{${signalText(event)}}`;
    case 'validated_signal': {
      const { signal } = event;
      const price = decimalText(signal.limitPrice ?? signal.price);
      const original = originalText(signal);
      return (
        `{"original_signal":${original},"validated_quantity":${signal.quantity},"validated_price":${price},` +
        `"risk_checks":${checksText(event.checks)},"timestamp":"${timestamp}"}`
      );
    }
    case 'rejected_signal':
      return (
        `{"original_signal":${originalText(event.signal)},${reasonsText(event.reasons)},` +
        `"risk_checks":${checksText(event.checks)},"timestamp":"${timestamp}"}`
      );
    case 'expired_signal':
      return `{"original_signal":${originalText(event.signal)},"code":"${event.code}","timestamp":"${timestamp}"}`;
    default:
      return JSON.stringify(payloadOf(event, timestamp));
  }
}

/** The data of an event that is no signal. */
function payloadOf(event: Exclude<DomainEvent, SignalEvent>, timestamp: string): object {
  switch (event.type) {
    case 'order_submitted':
      return orderSubmitted(event, timestamp);
    case 'order_filled':
      return orderFilled(event, timestamp);
    case 'order_placed':
    case 'order_unknown':
    case 'order_failed':
    case 'order_cancelled':
    case 'order_expired':
      return orderNews(event, timestamp);
    case 'pnl_snapshot':
      return pnlSnapshot(event, timestamp);
    case 'ledger_adjusted': {
      const { broker, strategyId, amount, kind, who, why } = event;
      return { broker, strategy_id: strategyId, amount: formatDecimal(amount), kind, who, why, timestamp };
    }
    case 'control_changed': {
      const { broker, action, subject, who, why } = event;
      return { broker, action, subject, who, why, timestamp };
    }
  }
}

function priceText(price: Price | undefined): string | null {
  return price === undefined ? null : formatDecimal(price);
}

function orderSubmitted(event: OrderSubmitted, timestamp: string): object {
  const { broker, order } = event;
  return {
    order_id: order.orderId,
    signal_id: event.signalId,
    strategy_id: event.strategyId,
    instrument_token: event.token,
    signal_type: order.side,
    side: order.side,
    quantity: order.quantity,
    price: formatDecimal(event.referencePrice),
    order_type: order.orderType,
    validity: order.validity,
    limit_price: priceText(order.limitPrice),
    status: 'sending',
    execution_mode: broker,
    broker,
    expires_at: expiryText(event.expiresAt),
    timestamp,
  };
}

function orderFilled(event: OrderFilled, timestamp: string): object {
  const { broker, order } = event;
  return {
    order_id: order.orderId,
    fill_id: event.fillId,
    strategy_id: event.strategyId,
    instrument_token: event.token,
    side: order.side,
    signal_type: order.side,
    quantity: event.quantity,
    fill_price: formatDecimal(event.fillPrice),
    fees: formatDecimal(event.fees),
    ordered_quantity: order.quantity,
    order_type: order.orderType,
    validity: order.validity,
    limit_price: priceText(order.limitPrice),
    timestamp,
    broker,
    execution_mode: broker,
  };
}

type OrderNews = OrderPlaced | OrderUnknown | OrderFailed | OrderCancelled | OrderExpired;

function orderNews(event: OrderNews, timestamp: string): object {
  const { broker, order } = event;
  const limitPrice = priceText(order.limitPrice);
  return {
    order_id: order.orderId,
    strategy_id: event.strategyId,
    instrument_token: event.token,
    signal_type: order.side,
    side: order.side,
    quantity: order.quantity,
    price: limitPrice,
    order_type: order.orderType,
    validity: order.validity,
    limit_price: limitPrice,
    ...outcome(event),
    execution_mode: broker,
    broker,
    timestamp,
  };
}

function outcome(event: OrderNews): object {
  switch (event.type) {
    case 'order_placed':
      return { broker_order_id: event.brokerOrderId, status: 'new' };
    case 'order_unknown':
      return { status: 'unknown', message: event.message };
    case 'order_failed': {
      const status = event.code === 'ABSENT' ? 'absent' : 'rejected';
      return { status, code: event.code, error_message: event.message };
    }
    case 'order_cancelled':
      return { status: 'cancelled', filled_quantity: event.filledQuantity, message: event.message };
    case 'order_expired':
      return { status: 'expired', filled_quantity: event.filledQuantity, message: event.message };
  }
}

function pnlSnapshot(event: PnlSnapshot, timestamp: string): object {
  return {
    broker: event.broker,
    strategy_id: event.strategyId,
    instrument_token: null,
    realized_pnl: formatDecimal(event.realised),
    unrealized_pnl: formatDecimal(event.unrealised),
    total_pnl: formatDecimal(event.realised + event.unrealised),
    cash: formatDecimal(event.cash),
    fees: formatDecimal(event.fees),
    equity: formatDecimal(event.equity),
    max_drawdown: formatDecimal(event.maxDrawdown),
    timestamp,
  };
}
