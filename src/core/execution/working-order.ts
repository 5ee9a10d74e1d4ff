// An order that the engine follows: its terms in force, what is filled of it, and the change that is on its way.
import { type OrderChange, type OrderSubmitted, type OrderTerms, type ValidatedChange } from '../events.ts';
import { plainTrace, type EventId } from '../ids.ts';
import { type ChangeableTerms } from './report.ts';
import { isTerminal, type OrderState } from './order.ts';
import { plainChange } from './plain.ts';

/** A change that was sent to the broker and is not answered. */
export interface PendingChange {
  readonly action: 'modify' | 'cancel';
  readonly changeId: EventId;
  readonly terms: ChangeableTerms;
}

/** A change on its way through the gate, with the total quantity that it would give the order; 0 for a cancel. */
export interface AskedChange {
  readonly changeId: EventId;
  readonly quantity: number;
}

export interface WorkingOrder {
  readonly submitted: OrderSubmitted;
  /** The terms in force; a change that the broker confirms replaces them. */
  terms: OrderTerms;
  state: OrderState;
  filled: number;
  /** Events told of the order so far; numbers the next one. */
  told: number;
  trades: readonly string[];
  /** Value executed and charges posted so far, where the charges are dated. */
  value: number;
  charged: number;
  changing: PendingChange | undefined;
  /** A change that passed the gate and waits: for the one before, for the broker to know the order, for the budget. */
  next: ValidatedChange | undefined;
  /** A change that the engine asked the gate for. */
  asked: AskedChange | undefined;
  /** Modifies that were sent. */
  modifies: number;
}

const NO_TRADES: readonly string[] = [];

export function newOrder(submitted: OrderSubmitted): WorkingOrder {
  return {
    submitted,
    terms: submitted.order,
    state: submitted.queued ? 'pending_new' : 'sending',
    filled: 0,
    told: 0,
    trades: NO_TRADES,
    value: 0,
    charged: 0,
    changing: undefined,
    next: undefined,
    asked: undefined,
    modifies: 0,
  };
}

/** What may still fill of the order; nothing once it has ended. */
export function openQuantity(order: WorkingOrder): number {
  return isTerminal(order.state) || order.state === 'absent' ? 0 : order.terms.quantity - order.filled;
}

/** What may fill of the order at most, whichever of the changes on their way takes effect. */
export function exposedQuantity(order: WorkingOrder): number {
  const { terms, filled, changing, next, asked } = order;
  if (isTerminal(order.state) || order.state === 'absent') return 0;
  const raised = changing?.action === 'modify' ? changing.terms.quantity : 0;
  const most = Math.max(terms.quantity, raised, next?.change.quantity ?? 0, asked?.quantity ?? 0);
  return most - filled;
}

/** Whether a change can be asked for now: the broker knows the order, and no other change is on its way. */
export function isChangeable(order: WorkingOrder): boolean {
  return !isChanging(order) && (order.state === 'pending_new' || isKnown(order));
}

/** Whether a change of the order is on its way. */
export function isChanging({ changing, next, asked }: WorkingOrder): boolean {
  return changing !== undefined || next !== undefined || asked !== undefined;
}

/** Whether the broker has the order for sure, so that it can be changed there. */
export function isKnown({ state }: WorkingOrder): boolean {
  return state === 'new' || state === 'partially_filled' || state === 'resurrected';
}

/** The terms that a change asks for, what it does not name as it is in force. */
export function changedTerms({ terms }: WorkingOrder, change: OrderChange): ChangeableTerms {
  const orderType = change.orderType ?? terms.orderType;
  const limited = orderType === 'limit' || orderType === 'stop_limit';
  const triggered = orderType === 'stop' || orderType === 'stop_limit';
  return {
    quantity: change.quantity ?? terms.quantity,
    orderType,
    limitPrice: limited ? (change.limitPrice ?? terms.limitPrice) : undefined,
    triggerPrice: triggered ? (change.triggerPrice ?? terms.triggerPrice) : undefined,
  };
}

export function plainOrder(order: WorkingOrder): WorkingOrder {
  const { submitted, next } = order;
  return {
    ...order,
    trades: [...order.trades],
    submitted: { ...submitted, trace: plainTrace(submitted.trace) },
    next: next === undefined ? undefined : plainChange(next),
  };
}

/** Whether an order has these terms already. */
export function isInForce({ terms }: WorkingOrder, told: ChangeableTerms): boolean {
  return (
    terms.quantity === told.quantity &&
    terms.orderType === told.orderType &&
    terms.limitPrice === told.limitPrice &&
    terms.triggerPrice === told.triggerPrice
  );
}
