// The data of each event as it is written: the original's field names, decimals as text, instants in RFC 3339. Literals
// only, so that the order of fields is the order on the page.
import { formatDecimal, type Price } from '#core/decimal.ts';
import {
  type CorporateAction,
  type CancelSubmitted,
  type ChangeRefused,
  type DomainEvent,
  type ModifySubmitted,
  type OrderCancelled,
  type OrderChange,
  type OrderClaimed,
  type OrderExpired,
  type OrderFailed,
  type OrderFilled,
  type OrderModified,
  type OrderPlaced,
  type OrderSubmitted,
  type OrderUnknown,
  type PnlSnapshot,
  type Reason,
  type LimitChange,
  type SignalEvent,
} from '#core/events.ts';
import { formatDay } from '#core/time.ts';
import { invariant } from '#core/invariant.ts';
import { formatLimit, LIMIT_ROWS } from '#core/risk/limits.ts';
import { instantWriter } from './instant-text.ts';
import { orderFilledText, orderPlacedText, orderSubmittedText } from './order-text.ts';
import { checksText, decimalText, originalText, reasonsText, signalText } from './signal-text.ts';

const expiryText = instantWriter();
const changeTimeText = instantWriter();

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
    case 'order_submitted':
      return orderSubmittedText(event, timestamp);
    case 'order_placed':
      return orderPlacedText(event, timestamp);
    case 'order_filled':
      return orderFilledText(event, timestamp);
    default:
      return JSON.stringify(payloadOf(event, timestamp));
  }
}

/** The data of an event that is written seldom enough. */
function payloadOf(
  event: Exclude<DomainEvent, SignalEvent | OrderSubmitted | OrderPlaced | OrderFilled>,
  timestamp: string,
): object {
  switch (event.type) {
    case 'order_change':
      return orderChange(event, timestamp);
    case 'validated_change':
      return { original_change: originalChange(event.change), timestamp };
    case 'rejected_change':
      return {
        original_change: originalChange(event.change),
        rejection_reason: event.reasons.map(reasonText).join('; '),
        reasons: event.reasons.map(({ code, limit, found }) => ({ code, limit, found })),
        timestamp,
      };
    case 'expired_change':
      return { original_change: originalChange(event.change), code: event.code, timestamp };
    case 'order_claimed':
    case 'order_unknown':
    case 'modify_submitted':
    case 'cancel_submitted':
    case 'order_modified':
    case 'change_refused':
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
    case 'corporate_action':
      return corporateAction(event, timestamp);
    case 'control_changed': {
      const { broker, action, subject, who, why, limit } = event;
      const written = limit === undefined ? undefined : limitText(limit);
      return { broker, action, subject, who, why, ...written, timestamp };
    }
    case 'alert_raised': {
      const { broker, code, subject, message } = event;
      return { broker, code, subject, message, timestamp };
    }
    case 'reconciliation_break': {
      const { broker, token, ours, theirs } = event;
      return { broker, instrument_token: token, our_quantity: ours, broker_quantity: theirs, timestamp };
    }
    case 'external_position': {
      const { broker, token, quantity, who, why } = event;
      return { broker, instrument_token: token, quantity, who, why, timestamp };
    }
    case 'reconciliation_settled': {
      const { broker, token, held } = event;
      return { broker, instrument_token: token, quantity: held, timestamp };
    }
  }
}

function limitText({ name, value }: LimitChange): Readonly<Record<'limit_name' | 'limit_value', string>> {
  const row = LIMIT_ROWS.find(({ field }) => field === name);
  invariant(row !== undefined, `no limit is called ${name}`);
  return { limit_name: row.name, limit_value: formatLimit(row, value) };
}

function priceText(price: Price | undefined): string | null {
  return price === undefined ? null : formatDecimal(price);
}

function orderChange(change: OrderChange, timestamp: string): object {
  return {
    strategy_id: change.strategyId,
    instrument_token: change.token,
    action: change.action,
    order_id: change.orderId,
    purpose: change.purpose,
    quantity: change.quantity ?? null,
    order_type: change.orderType ?? null,
    limit_price: priceText(change.limitPrice),
    trigger_price: priceText(change.triggerPrice),
    expires_at: expiryText(change.expiresAt),
    timestamp,
  };
}

function originalChange(change: OrderChange): object {
  const { trace } = change;
  return {
    ...orderChange(change, changeTimeText(change.at)),
    id: trace.id,
    correlation_id: trace.correlationId,
    causation_id: trace.causationId ?? null,
  };
}

function reasonText({ code, limit, found }: Reason): string {
  return `${code}: limit ${limit}, found ${found}`;
}

type OrderNews =
  | OrderClaimed
  | OrderUnknown
  | ModifySubmitted
  | CancelSubmitted
  | OrderModified
  | ChangeRefused
  | OrderFailed
  | OrderCancelled
  | OrderExpired;

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
    trigger_price: priceText(order.triggerPrice),
    product: order.product,
    purpose: order.purpose,
    ...outcome(event),
    execution_mode: broker,
    broker,
    timestamp,
  };
}

function outcome(event: OrderNews): object {
  switch (event.type) {
    case 'order_claimed':
      return { status: 'sending' };
    case 'modify_submitted':
    case 'cancel_submitted':
      return { change_id: event.changeId };
    case 'order_modified':
      return {};
    case 'change_refused':
      return { action: event.action, message: event.message };
    case 'order_unknown':
      return { status: 'unknown', message: event.message };
    case 'order_failed': {
      const status = event.code === 'ABSENT' ? 'absent' : 'rejected';
      return { status, code: event.code, reject_code: event.rejectCode ?? null, error_message: event.message };
    }
    case 'order_cancelled':
      return { status: 'cancelled', filled_quantity: event.filledQuantity, message: event.message };
    case 'order_expired':
      return { status: 'expired', filled_quantity: event.filledQuantity, message: event.message };
  }
}

function corporateAction(event: CorporateAction, timestamp: string): object {
  const { broker, token, action, ratio, amount, exDay, who, why } = event;
  return {
    broker,
    instrument_token: token,
    action,
    ratio: ratio === undefined ? null : { from: ratio.from, to: ratio.to },
    amount_per_share: amount === undefined ? null : formatDecimal(amount),
    ex_date: formatDay(exDay),
    who,
    why,
    timestamp,
  };
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
    gross_exposure: formatDecimal(event.grossExposure),
    net_exposure: formatDecimal(event.netExposure),
    net_pnl: formatDecimal(event.netPnl),
    max_drawdown: formatDecimal(event.maxDrawdown),
    timestamp,
  };
}
