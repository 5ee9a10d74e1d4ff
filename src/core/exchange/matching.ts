// How the simulated exchange matches: against the price and the volume of a tick, against the levels of the book that a
// tick shows, or at the one price of a call. It keeps nothing from one tick to the next.
import { multiplyDivide, type Price, type Quantity } from '../decimal.ts';
import { type BrokerReport } from '../execution/report.ts';
import { type Instrument } from '../market/instrument.ts';
import { DEPTH_LEVELS, NO_VOLUME, type Tick } from '../market/tick.ts';
import { type ExchangeTerms } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { Depth } from './depth.ts';
import {
  bandEdge,
  crosses,
  keenness,
  NOT_PLACED,
  place,
  reachesTrigger,
  termsOf,
  UNSEEN,
  type RestingOrder,
} from './resting.ts';

/** Where the exchange puts what it has to say. */
export interface Reports {
  push(report: BrokerReport): void;
}

export class Matching {
  #terms: ExchangeTerms;
  readonly #depth = new Depth();

  constructor(terms: ExchangeTerms) {
    this.#terms = terms;
  }

  replan(terms: ExchangeTerms): void {
    this.#terms = terms;
  }

  /** Matches orders against a tick, first come first; `last` is the price before it. Takes out those that end. */
  onTick(
    orders: RestingOrder[],
    tick: Tick,
    last: number,
    instrument: Instrument,
    at: EpochMs,
    reports: Reports,
  ): void {
    const { partialFills, marketProtection } = this.#terms;
    this.#setOff(orders, tick.price, at, instrument);
    let volume = partialFills && tick.traded !== NO_VOLUME ? tick.traded : Number.MAX_SAFE_INTEGER;
    volume = this.#openingPrice(orders, tick.price, volume, at, reports);
    const inDepth = this.#terms.book === 'depth' && this.#depth.open(tick);
    let kept = 0;
    for (const order of orders) {
      if (order.from <= at && order.trigger === 0) {
        if (marketProtection !== undefined && order.limitPrice === 0) this.protect(order, last, instrument);
        if (inDepth) volume -= this.#inDepth(order, tick, volume, reports);
        else if (volume > 0 && crosses(order, tick.price)) {
          const quantity = Math.min(volume, order.remaining);
          volume -= quantity;
          fill(order, quantity, this.#price(order, tick.price, instrument), reports);
        }
        if (order.remaining === 0) continue;
        if (order.immediate) {
          reports.push({ kind: 'cancelled', orderId: order.orderId, message: 'IOC: the rest found no match at once' });
          continue;
        }
        if (order.untold) tell(order, reports);
      }
      orders[kept++] = order;
    }
    // One by one: setting the length to zero would give back the room that the next order needs.
    while (orders.length > kept) orders.pop();
  }

  /** Fills an order in full at the last price. */
  atOnce(order: RestingOrder, last: number, instrument: Instrument, reports: Reports): void {
    fill(order, order.remaining, this.#price(order, last, instrument), reports);
  }

  /** A market order becomes a limit order at the edge of its band around a price, if the terms give it one. */
  protect(order: RestingOrder, around: number, { tickSize }: Instrument): void {
    const { marketProtection = 0 } = this.#terms;
    if (marketProtection === 0 || order.limitPrice !== 0 || order.trigger !== 0) return;
    order.limitPrice = bandEdge(around, marketProtection, order.buy, tickSize);
    order.untold = true;
  }

  /** The stops that a price reaches become market or limit orders, which came last. */
  #setOff(orders: RestingOrder[], price: number, at: EpochMs, instrument: Instrument): void {
    let reached: RestingOrder[] | undefined;
    for (const order of orders) {
      if (order.trigger === 0 || order.from > at || !reachesTrigger(order, price)) continue;
      (reached ??= []).push(order);
    }
    if (reached === undefined) return;
    for (const order of reached) {
      orders.splice(orders.indexOf(order), 1);
      this.setOff(order, at, instrument);
      this.place(orders, order);
    }
  }

  /** The stop was reached. Its band is counted from the trigger, as a broker does that sends a limit with it. */
  setOff(order: RestingOrder, at: EpochMs, instrument: Instrument): void {
    const { trigger } = order;
    order.trigger = 0;
    order.from = at;
    order.untold = true;
    this.protect(order, trigger, instrument);
  }

  place(orders: RestingOrder[], order: RestingOrder): void {
    place(orders, order, this.#terms.book === 'depth');
  }

  /** Matches what an opening call collected at the first price; returns the volume that is left for the others. */
  #openingPrice(orders: RestingOrder[], price: number, volume: number, at: EpochMs, reports: Reports): number {
    let collected: RestingOrder[] | undefined;
    for (const order of orders) {
      if (!order.collected) continue;
      order.collected = false;
      (collected ??= []).push(order);
    }
    if (collected === undefined) return volume;
    const left = this.atOnePrice(collected, price, volume, at, reports);
    takeOutFilled(orders);
    return left;
  }

  /**
   * Matches orders at one price, market orders first, then limits by how far they go beyond it. A market order that the
   * volume does not reach rests as a limit at that price. Returns the volume that is left.
   */
  atOnePrice(orders: readonly RestingOrder[], price: number, volume: number, at: EpochMs, reports: Reports): number {
    let left = volume;
    const taking = orders.filter((order) => order.trigger === 0 && order.from <= at && crosses(order, price));
    for (const order of taking.toSorted((a, b) => keenness(b, price) - keenness(a, price))) {
      const quantity = Math.min(left, order.remaining);
      left -= quantity;
      if (quantity > 0) fill(order, quantity, price, reports);
      if (order.remaining === 0 || order.limitPrice !== 0) continue;
      order.limitPrice = price;
      order.untold = true;
    }
    return left;
  }

  /**
   * Matches an order against the levels that are shown: on arrival it takes what it can at their prices, then it rests
   * behind the volume that waits at its own, which what is traded there uses up. Returns what it had of that volume.
   */
  #inDepth(order: RestingOrder, tick: Tick, volume: number, reports: Reports): number {
    this.#takeLevels(order, reports);
    if (order.remaining === 0 || order.limitPrice === 0) return 0;
    const depth = this.#depth;
    const waiting = depth.waitingAt(order.buy, order.limitPrice);
    if (order.queue === NOT_PLACED) {
      order.queue = waiting;
      return 0;
    }
    let quantity = 0;
    if (crosses(order, tick.price)) {
      const through = tick.price !== order.limitPrice;
      const free = through || !this.#terms.partialFills || tick.traded === NO_VOLUME;
      const ahead = order.queue === UNSEEN ? Number.MAX_SAFE_INTEGER : order.queue;
      quantity = Math.min(order.remaining, free ? volume : Math.max(0, volume - ahead));
      if (quantity > 0) fill(order, quantity, order.limitPrice, reports);
      if (free) order.queue = 0;
      else if (order.queue !== UNSEEN) order.queue = Math.max(0, order.queue - tick.traded);
    }
    // Those ahead may also have given up: nobody is behind more than waits there.
    if (waiting !== UNSEEN) order.queue = order.queue === UNSEEN ? waiting : Math.min(order.queue, waiting);
    return quantity;
  }

  #takeLevels(order: RestingOrder, reports: Reports): void {
    const depth = this.#depth;
    for (let level = 0; level < DEPTH_LEVELS && order.remaining > 0; level++) {
      const price = depth.price(!order.buy, level);
      const left = depth.left(!order.buy, level);
      if (left <= 0) continue;
      if (!crosses(order, price)) return;
      const quantity = this.#terms.partialFills ? Math.min(left, order.remaining) : order.remaining;
      if (this.#terms.partialFills) depth.take(!order.buy, level, quantity);
      // An order that rested was there first: whoever comes to it trades at its price.
      fill(order, quantity, order.queue === NOT_PLACED ? price : order.limitPrice, reports);
    }
  }

  /** The market's price moved against the trader by the slippage, but never past the order's limit. */
  #price(order: RestingOrder, at: number, instrument: Instrument): number {
    const slippage = order.buy ? this.#terms.slippage : -this.#terms.slippage;
    let price = multiplyDivide(at, 1_000_000 + slippage, 1_000_000);
    const step = instrument.tickSize;
    if (this.#terms.roundToTick && step > 0) {
      price = (order.buy ? Math.ceil(price / step) : Math.max(1, Math.floor(price / step))) * step;
    }
    if (order.limitPrice !== 0)
      price = order.buy ? Math.min(price, order.limitPrice) : Math.max(price, order.limitPrice);
    return price;
  }
}

export function takeOutFilled(orders: RestingOrder[]): void {
  let kept = 0;
  for (const order of orders) if (order.remaining > 0) orders[kept++] = order;
  while (orders.length > kept) orders.pop();
}

/** Says which terms are in force now. */
export function tell(order: RestingOrder, reports: Reports): void {
  order.untold = false;
  reports.push({ kind: 'modified', orderId: order.orderId, terms: termsOf(order) });
}

function fill(order: RestingOrder, quantity: number, at: number, reports: Reports): void {
  order.remaining -= quantity;
  const tradeId = `${order.trades++}`;
  const price = at as Price;
  reports.push({ kind: 'fill', orderId: order.orderId, tradeId, quantity: quantity as Quantity, price });
}
