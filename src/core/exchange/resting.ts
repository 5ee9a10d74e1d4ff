// An order in the book of the simulated exchange: what it still asks for, when it matches a price, and its place among
// the others.
import { type Price, type Quantity, multiplyDivideFloor } from '../decimal.ts';
import { type OrderType } from '../events.ts';
import { type ChangeableTerms } from '../execution/report.ts';
import { type EventId } from '../ids.ts';

export interface RestingOrder {
  readonly orderId: EventId;
  readonly buy: boolean;
  readonly immediate: boolean;
  /** 0 for a market order without a band, and for a stop. */
  limitPrice: number;
  /** What the market has to reach first; 0 when there is nothing to wait for. */
  trigger: number;
  /** The order has reached the exchange from this instant on. */
  from: number;
  ordered: number;
  remaining: number;
  trades: number;
  /** Changes asked for so far; numbers their draws. */
  changes: number;
  /** Volume of others ahead of it at its price, `UNSEEN`, or `NOT_PLACED`. */
  queue: number;
  /** The exchange itself put other terms in force, and has not said so yet. */
  untold: boolean;
  /** Waits for the one price of an opening call. */
  collected: boolean;
}

/** Has not met the book yet: it takes what is there before it joins. */
export const NOT_PLACED = -2;
/** Joined at a price beyond the levels that are shown. */
export const UNSEEN = -1;

/** Whether a price is as good as the order's limit, or better; any is for a market order. */
export function crosses(order: RestingOrder, price: number): boolean {
  if (order.limitPrice === 0) return true;
  return order.buy ? price <= order.limitPrice : price >= order.limitPrice;
}

/** Whether a price sets the stop off. */
export function reachesTrigger(order: RestingOrder, price: number): boolean {
  return order.buy ? price >= order.trigger : price <= order.trigger;
}

/** What the order is now: a stop that was set off is a market or a limit order. */
export function typeOf(order: RestingOrder): OrderType {
  if (order.trigger !== 0) return order.limitPrice === 0 ? 'stop' : 'stop_limit';
  return order.limitPrice === 0 ? 'market' : 'limit';
}

export function termsOf(order: RestingOrder): ChangeableTerms {
  return {
    quantity: order.ordered as Quantity,
    orderType: typeOf(order),
    limitPrice: order.limitPrice === 0 ? undefined : (order.limitPrice as Price),
    triggerPrice: order.trigger === 0 ? undefined : (order.trigger as Price),
  };
}

/** The farthest price, on the tick, that lies within a share of another; never nothing. */
export function bandEdge(from: number, share: number, buy: boolean, tickSize: number): number {
  const step = tickSize > 0 ? tickSize : 1;
  const span = multiplyDivideFloor(from, share, 1_000_000);
  const edge = buy ? Math.floor((from + span) / step) : Math.ceil((from - span) / step);
  return Math.max(1, edge) * step;
}

/**
 * Puts an order where it belongs: behind all others, or by price and time behind those of its side that come before
 * it. Market orders come first; orders of the other side are no measure.
 */
export function place(orders: RestingOrder[], order: RestingOrder, byPrice: boolean): void {
  const behind = byPrice ? orders.findIndex((other) => other.buy === order.buy && comesBefore(order, other)) : -1;
  if (behind === -1) orders.push(order);
  else orders.splice(behind, 0, order);
}

function comesBefore(order: RestingOrder, other: RestingOrder): boolean {
  const better = order.limitPrice === other.limitPrice ? 0 : keenness(order, 0) - keenness(other, 0);
  return better === 0 ? order.from < other.from : better > 0;
}

/** How much more than a price the order would give; a market order would give anything. */
export function keenness(order: RestingOrder, than: number): number {
  if (order.limitPrice === 0) return Number.MAX_SAFE_INTEGER;
  return order.buy ? order.limitPrice - than : than - order.limitPrice;
}
