// What a deployment knows of itself in one instrument: its position at average cost, the P&L of its own fills and its
// own orders at work. It is folded from the events of its orders, whether the deployment runs or not.
import { divideHalfUp, multiplyDivide, type Money, type Price, type Quantity } from '../decimal.ts';
import {
  type OrderEvent,
  type OrderFilled,
  type OrderSubmitted,
  type OrderTerms,
  type OrderType,
  type Purpose,
  type Side,
  type TradingSignal,
} from '../events.ts';
import { knownTrace, type EventId, type Trace } from '../ids.ts';
import { type EpochMs } from '../time.ts';

/** An order of the deployment that has not ended. */
export interface OwnOrder {
  readonly orderId: EventId;
  readonly side: Side;
  readonly quantity: number;
  /** Units that are not filled. */
  readonly remaining: number;
  readonly orderType: OrderType;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
  /** `trade` for what the strategy wanted; the engine's own exits bear another purpose. */
  readonly purpose: Purpose;
  /** `queued` and `sent`: on its way; `working`: at the broker; `unknown`: only the broker's order book will tell. */
  readonly state: 'queued' | 'sent' | 'working' | 'unknown';
  /** What was asked of the broker and is not answered. */
  readonly asked: 'modify' | 'cancel' | undefined;
}

/** What a strategy may know of its own book in the instrument at hand. */
export interface OwnPosition {
  /** Units held by this deployment in this namespace, from its own fills alone; negative when short. */
  readonly quantity: Quantity;
  /** Average cost of what is held, before fees; 0 when flat. */
  readonly averagePrice: Price;
  /** P&L of closed quantity, before fees. */
  readonly realised: Money;
  /** When the position left zero, or changed its side; undefined when flat. */
  readonly enteredAt: EpochMs | undefined;
  /** Own orders that have not ended, oldest first. */
  readonly orders: readonly OwnOrder[];
  /** Units that what the strategy wanted, and is not done yet, would still add (or take away, negative). */
  readonly working: number;
}

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

/** A signal that was said and is neither an order yet nor refused. */
interface Pending {
  readonly trace: Trace;
  readonly signed: number;
}

export interface OwnBookState {
  readonly quantity: number;
  readonly cost: number;
  readonly realised: number;
  readonly enteredAt: number | null;
  readonly orders: readonly OwnOrder[];
  /** [signal id, signed quantity] */
  readonly pending: readonly (readonly [EventId, number])[];
}

export class OwnBook implements OwnPosition {
  quantity = 0 as Quantity;
  averagePrice = 0 as Price;
  realised = 0 as Money;
  enteredAt: EpochMs | undefined = undefined;
  readonly orders: Mutable<OwnOrder>[] = [];
  working = 0;
  #cost = 0;
  readonly #pending: Pending[] = [];

  /** A signal was said; it is at work until it is an order, refused or too old. */
  onSignal({ trace, side, quantity }: TradingSignal): void {
    const signed = signedUnits(side, quantity);
    this.#pending.push({ trace, signed });
    this.working += signed;
  }

  /** A signal ended without an order. */
  onSignalEnded(signalId: EventId): void {
    const pending = this.#pending;
    for (let k = 0; k < pending.length; k++) {
      const { trace, signed } = pending[k] as Pending;
      if (trace.id !== signalId) continue;
      this.working -= signed;
      removeAt(pending, k);
      return;
    }
  }

  /** Takes what became of an order. */
  onOrder(event: OrderEvent): void {
    if (event.type === 'order_submitted') return this.#onSubmitted(event);
    if (event.type === 'order_filled') this.#take(event);
    const at = this.#indexOf(event.order.orderId);
    const order = this.orders[at];
    if (order === undefined) return;
    this.working -= workingOf(order);
    apply(event, order);
    if (order.remaining === 0) removeAt(this.orders, at);
    else this.working += workingOf(order);
  }

  #onSubmitted({ signalId, order, queued }: OrderSubmitted): void {
    this.onSignalEnded(signalId);
    const { quantity } = order;
    const made: Mutable<OwnOrder> = {
      orderId: order.orderId,
      side: order.side,
      quantity,
      remaining: quantity,
      orderType: order.orderType,
      limitPrice: order.limitPrice,
      triggerPrice: order.triggerPrice,
      purpose: order.purpose,
      state: queued ? 'queued' : 'sent',
      asked: undefined,
    };
    this.orders.push(made);
    this.working += workingOf(made);
  }

  /** The position's arithmetic is the ledger's: what is closed realises P&L against its average cost. */
  #take({ order, quantity, fillPrice: price, at }: OrderFilled): void {
    const signed = signedUnits(order.side, quantity);
    const held = this.quantity;
    const cost = this.#cost;
    const size = Math.abs(held);
    const closing = held * signed < 0 ? Math.min(size, Math.abs(signed)) : 0;
    const closedCost = closing === size ? (closing === 0 ? 0 : cost) : multiplyDivide(cost, closing, size);
    const signedClosing = signed < 0 ? -closing : closing;
    this.quantity = (held + signed) as Quantity;
    this.#cost = cost + (signed - signedClosing) * price - closedCost;
    if (closing > 0) this.realised = (this.realised - closedCost - signedClosing * price) as Money;
    if (closing === size) this.enteredAt = this.quantity === 0 ? undefined : at;
    this.averagePrice = averageOf(this.#cost, this.quantity);
  }

  /** Every `from` shares become `to` at the same cost; the gate has seen to it that it comes out whole. */
  split(from: number, to: number): void {
    this.quantity = multiplyDivide(this.quantity, to, from) as Quantity;
    this.averagePrice = averageOf(this.#cost, this.quantity);
  }

  #indexOf(orderId: EventId): number {
    const { orders } = this;
    for (let k = 0; k < orders.length; k++) if (orders[k]?.orderId === orderId) return k;
    return -1;
  }

  /** Whether there is nothing that a snapshot would have to keep. */
  get blank(): boolean {
    return this.quantity === 0 && this.realised === 0 && this.orders.length === 0 && this.#pending.length === 0;
  }

  snapshot(): OwnBookState {
    const pending = this.#pending.map(({ trace, signed }) => [trace.id, signed] as const);
    const { quantity, realised, enteredAt = null } = this;
    return {
      quantity,
      cost: this.#cost,
      realised,
      enteredAt,
      orders: this.orders.map((each) => ({ ...each })),
      pending,
    };
  }

  /** Takes over what a snapshot holds; the book must be new. */
  restore(state: OwnBookState): void {
    this.quantity = state.quantity as Quantity;
    this.#cost = state.cost;
    this.realised = state.realised as Money;
    this.enteredAt = (state.enteredAt ?? undefined) as EpochMs | undefined;
    this.averagePrice = averageOf(state.cost, state.quantity);
    for (const order of state.orders) {
      // What is undefined is not written, and every order has the same fields.
      const { limitPrice, triggerPrice, asked } = order;
      this.orders.push({ ...order, limitPrice, triggerPrice, asked });
      this.working += workingOf(order);
    }
    for (const [id, signed] of state.pending) {
      this.#pending.push({ trace: knownTrace(id), signed });
      this.working += signed;
    }
  }
}

function signedUnits(side: Side, quantity: number): number {
  return side === 'BUY' ? quantity : -quantity;
}

/** What the engine sends to end a position is not the strategy's wish, and brings no position beyond it. */
function workingOf({ purpose, side, remaining }: OwnOrder): number {
  return purpose === 'trade' ? signedUnits(side, remaining) : 0;
}

/** Writes the news into the order; one that has ended has nothing remaining. */
function apply(event: Exclude<OrderEvent, OrderSubmitted>, order: Mutable<OwnOrder>): void {
  switch (event.type) {
    case 'order_claimed':
      order.state = 'sent';
      return;
    case 'order_placed':
      order.state = 'working';
      return;
    case 'order_unknown':
      order.state = 'unknown';
      return;
    case 'modify_submitted':
      order.asked = 'modify';
      return;
    case 'cancel_submitted':
      order.asked = 'cancel';
      return;
    case 'order_modified':
      order.asked = undefined;
      return take(event.order, order);
    case 'change_refused':
      order.asked = undefined;
      return;
    case 'order_filled':
      order.state = 'working';
      order.remaining -= event.quantity;
      return;
    case 'order_failed':
    case 'order_cancelled':
    case 'order_expired':
      order.remaining = 0;
  }
}

function take(terms: OrderTerms, order: Mutable<OwnOrder>): void {
  order.remaining += terms.quantity - order.quantity;
  order.quantity = terms.quantity;
  order.orderType = terms.orderType;
  order.limitPrice = terms.limitPrice;
  order.triggerPrice = terms.triggerPrice;
}

function averageOf(cost: number, quantity: number): Price {
  if (quantity === 0) return 0 as Price;
  return divideHalfUp(quantity < 0 ? -cost : cost, Math.abs(quantity)) as Price;
}

/** Takes one out in place and keeps the order; lists of own orders are short. */
function removeAt(list: unknown[], at: number): void {
  for (let k = at + 1; k < list.length; k++) list[k - 1] = list[k];
  list.pop();
}
