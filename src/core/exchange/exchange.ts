// The simulated exchange of one namespace: a pure stage inside the cascade that answers orders like any broker. Its book
// is state, and its dice are functions of (seed, order id, draw).
import { type Price, type Quantity, multiplyDivide } from '../decimal.ts';
import { type OrderSubmitted } from '../events.ts';
import { type BrokerReport } from '../execution/report.ts';
import { type EventId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type Instrument } from '../market/instrument.ts';
import { NO_VOLUME, type Tick } from '../market/tick.ts';
import { type ExchangeTerms } from '../plan.ts';
import { drawNormal } from '../random.ts';
import { type EpochMs } from '../time.ts';

/** An order that rests in the book. */
export interface RestingOrder {
  readonly orderId: EventId;
  readonly buy: boolean;
  /** 0 for a market order. */
  readonly limitPrice: number;
  readonly immediate: boolean;
  /** The order has reached the exchange from this instant on. */
  readonly from: number;
  remaining: number;
  trades: number;
}

/** Where the exchange puts what it has to say. */
export interface Reports {
  push(report: BrokerReport): void;
}

export interface ExchangeState {
  readonly accepted: number;
  readonly book: readonly (readonly [number, readonly RestingOrder[]])[];
}

export class SimulatedExchange {
  #terms: ExchangeTerms;
  /** Resting orders by instrument index, in order of arrival: price-time priority of takers at one price. */
  readonly #book: RestingOrder[][] = [];
  #accepted = 0;

  constructor(terms: ExchangeTerms) {
    this.#terms = terms;
  }

  replan(terms: ExchangeTerms): void {
    this.#terms = terms;
  }

  /** Takes an order. It can fill at the next tick of its instrument at the earliest, unless the terms say `last`. */
  submit(submitted: OrderSubmitted, index: number, instrument: Instrument, at: EpochMs, reports: Reports): void {
    const { orderId, side, orderType, limitPrice, validity, quantity } = submitted.order;
    const priced = orderType === 'market' || limitPrice !== undefined;
    invariant(priced, `the limit order ${orderId} has no limit price, and must not become a market order`);
    this.#accepted++;
    reports.push({ kind: 'accepted', orderId, brokerOrderId: `SIM${this.#accepted}` });
    const { latencyMsMean, latencyMsStd, seed } = this.#terms;
    const latency =
      latencyMsMean === 0 && latencyMsStd === 0
        ? 0
        : Math.max(0, drawNormal(seed, orderId, 0, latencyMsMean, latencyMsStd));
    const order: RestingOrder = {
      orderId,
      buy: side === 'BUY',
      limitPrice: orderType === 'limit' ? (limitPrice as number) : 0,
      immediate: validity === 'IOC',
      from: at + latency,
      remaining: quantity,
      trades: 0,
    };
    if (this.#terms.fillAt === 'last' && this.#crosses(order, submitted.referencePrice)) {
      this.#trade(order, quantity, submitted.referencePrice, instrument, reports);
      return;
    }
    (this.#book[index] ??= []).push(order);
  }

  /** Matches the resting orders of the tick's instrument against it, oldest first, up to the volume that traded. */
  onTick(tick: Tick, instrument: Instrument, at: EpochMs, reports: Reports): void {
    const orders = this.#book[tick.instrument];
    if (orders === undefined || orders.length === 0) return;
    let available = this.#terms.partialFills && tick.traded !== NO_VOLUME ? tick.traded : Number.MAX_SAFE_INTEGER;
    let kept = 0;
    for (const order of orders) {
      if (order.from <= at) {
        if (available > 0 && this.#crosses(order, tick.price)) {
          const quantity = Math.min(available, order.remaining);
          available -= quantity;
          this.#trade(order, quantity, tick.price, instrument, reports);
        }
        if (order.remaining === 0) continue;
        if (order.immediate) {
          reports.push({ kind: 'cancelled', orderId: order.orderId, message: 'IOC: the rest found no match at once' });
          continue;
        }
      }
      orders[kept++] = order;
    }
    // One by one: setting the length to zero would give back the room that the next order needs.
    while (orders.length > kept) orders.pop();
  }

  /** The session of a segment has closed: what rests ends, as every order is valid for the day. */
  onClose(ofSegment: (index: number) => boolean, reports: Reports): void {
    for (const [index, orders] of this.#book.entries()) {
      if (orders === undefined || !ofSegment(index)) continue;
      for (const { orderId } of orders) {
        reports.push({ kind: 'expired', orderId, message: 'the session closed' });
      }
      orders.length = 0;
    }
  }

  /** Whether any order of the instrument rests here. */
  rests(index: number): boolean {
    const orders = this.#book[index];
    return orders !== undefined && orders.length > 0;
  }

  #crosses(order: RestingOrder, price: number): boolean {
    if (order.limitPrice === 0) return true;
    return order.buy ? price <= order.limitPrice : price >= order.limitPrice;
  }

  #trade(order: RestingOrder, quantity: number, at: number, instrument: Instrument, reports: Reports): void {
    order.remaining -= quantity;
    const price = this.#fillPrice(order, at, instrument);
    const tradeId = `${order.trades++}`;
    reports.push({ kind: 'fill', orderId: order.orderId, tradeId, quantity: quantity as Quantity, price });
  }

  /** The market's price moved against the trader by the slippage, but never past the order's limit. */
  #fillPrice(order: RestingOrder, at: number, instrument: Instrument): Price {
    const slippage = order.buy ? this.#terms.slippage : -this.#terms.slippage;
    let price = multiplyDivide(at, 1_000_000 + slippage, 1_000_000);
    const step = instrument.tickSize;
    if (this.#terms.roundToTick && step > 0) {
      price = (order.buy ? Math.ceil(price / step) : Math.max(1, Math.floor(price / step))) * step;
    }
    if (order.limitPrice !== 0)
      price = order.buy ? Math.min(price, order.limitPrice) : Math.max(price, order.limitPrice);
    return price as Price;
  }

  snapshot(): ExchangeState {
    const book: [number, readonly RestingOrder[]][] = [];
    for (const [index, orders] of this.#book.entries()) {
      if (orders !== undefined && orders.length > 0) book.push([index, orders.map((order) => ({ ...order }))]);
    }
    return { accepted: this.#accepted, book };
  }

  restore(state: ExchangeState): void {
    this.#accepted = state.accepted;
    for (const [index, orders] of state.book) this.#book[index] = orders.map((order) => ({ ...order }));
  }
}
