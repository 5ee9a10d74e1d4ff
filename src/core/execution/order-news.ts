// The events that tell each step of an order, under ids that count up. Apart from the engine, which decides the steps.
import { type Root } from '../decider.ts';
import { type Money, type Quantity } from '../decimal.ts';
import { type OrderFilled, type Out } from '../events.ts';
import { DerivedTrace, type Trace } from '../ids.ts';
import { type BrokerReport } from './report.ts';
import { type PendingChange, type WorkingOrder } from './working-order.ts';

/** News of an order as a whole; fills and changes are told apart. */
export type StateReport = Exclude<BrokerReport, { kind: 'fill' | 'modified' | 'change_refused' }>;

export function tellState(order: WorkingOrder, report: StateReport, root: Root, out: Out): void {
  const { broker, strategyId, token } = order.submitted;
  const trace = nextTrace(order);
  const { at } = root;
  const { terms } = order;
  // Written out, because it happens to every order and spreading a record costs more than all the rest.
  if (report.kind === 'accepted') {
    const { brokerOrderId } = report;
    out.push({ type: 'order_placed', broker, strategyId, token, trace, at, order: terms, brokerOrderId });
    return;
  }
  const base = { broker, strategyId, token, trace, at, order: terms };
  const filledQuantity = order.filled as Quantity;
  const { message } = report;
  switch (report.kind) {
    case 'unanswered':
      return out.push({ type: 'order_unknown', ...base, message });
    case 'refused':
      return out.push({ type: 'order_failed', ...base, code: 'REFUSED', rejectCode: report.code, message });
    case 'not_sent':
      return out.push({ type: 'order_failed', ...base, code: 'NOT_SENT', rejectCode: undefined, message });
    case 'proved_absent':
      return out.push({ type: 'order_failed', ...base, code: 'ABSENT', rejectCode: undefined, message });
    case 'cancelled':
      return out.push({ type: 'order_cancelled', ...base, filledQuantity, message });
    case 'expired':
      return out.push({ type: 'order_expired', ...base, filledQuantity, message });
  }
}

/** A queued order is claimed: it leaves with this commit. */
export function tellClaimed(order: WorkingOrder, root: Root, out: Out): void {
  const { broker, strategyId, token } = order.submitted;
  const trace = nextTrace(order);
  out.push({ type: 'order_claimed', broker, strategyId, token, trace, at: root.at, order: order.terms });
}

/** A change leaves for the broker; its own event carries the terms that are asked for. */
export function tellChange(order: WorkingOrder, change: PendingChange, root: Root, out: Out): void {
  const { broker, strategyId, token } = order.submitted;
  const { action, changeId, terms } = change;
  const base = { broker, strategyId, token, trace: nextTrace(order), at: root.at, changeId };
  if (action === 'cancel') return out.push({ type: 'cancel_submitted', ...base, order: order.terms });
  out.push({ type: 'modify_submitted', ...base, order: { ...order.terms, ...terms } });
}

export function tellModified(order: WorkingOrder, root: Root, out: Out): void {
  const { broker, strategyId, token } = order.submitted;
  const trace = nextTrace(order);
  out.push({ type: 'order_modified', broker, strategyId, token, trace, at: root.at, order: order.terms });
}

export function tellChangeRefused(
  order: WorkingOrder,
  action: 'modify' | 'cancel',
  message: string,
  root: Root,
  out: Out,
): void {
  const { broker, strategyId, token } = order.submitted;
  const trace = nextTrace(order);
  const { terms } = order;
  out.push({ type: 'change_refused', broker, strategyId, token, trace, at: root.at, order: terms, action, message });
}

/** The event of a fill; its id is made of the trade's, so that the same trade told twice is one fill. */
export function fillOf(
  order: WorkingOrder,
  report: Extract<BrokerReport, { kind: 'fill' }>,
  fees: Money,
  root: Root,
): OrderFilled {
  const { submitted, terms } = order;
  const { broker, strategyId, token } = submitted;
  const trace = new DerivedTrace(submitted.trace, 'x', broker, report.tradeId);
  const fillId = trace.id;
  const { quantity, price: fillPrice } = report;
  return {
    type: 'order_filled',
    broker,
    strategyId,
    token,
    trace,
    at: root.at,
    order: terms,
    fillId,
    quantity,
    fillPrice,
    fees,
  };
}

function nextTrace(order: WorkingOrder): Trace {
  return new DerivedTrace(order.submitted.trace, 'e', order.submitted.broker, order.told++);
}
