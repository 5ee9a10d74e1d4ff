// The exchange and the broker's order system in one: what happens to an order from its acceptance to its end. Every public
// method leaves the book committed before anybody is told.
import { type Price } from '#core/decimal.ts';
import { draw } from '#core/random.ts';
import { MINUTE_MS, type EpochMs } from '#core/time.ts';
import { type AccountBook, type OrderUpdate } from '../account/book.ts';
import { isTerminal, remainingOf, type KiteOrder, type OrderTerms } from '../account/order.ts';
import { type FaultBox } from '../faults/faults.ts';
import { isTriggered, match, protectedLimit, protectionPpm } from './matching.ts';
import { type Market, type MarketTick, type Quote } from './market.ts';

export interface ExchangeOptions {
  readonly book: AccountBook;
  readonly market: Market;
  readonly faults: FaultBox;
  readonly seed: number;
  /** The time of orders, trades and candles. */
  readonly now: () => EpochMs;
  /** The time of the server, by which orders hide and get stuck. */
  readonly serverNow: () => number;
  /** Whether continuous trading is on. */
  readonly isOpen: (segment: string) => boolean;
  /** Runs `work` once after so many milliseconds of the server's clock. */
  readonly later: (ms: number, work: () => void) => void;
  /** Told after the commit. */
  readonly onUpdates: (updates: readonly OrderUpdate[]) => void;
}

const HIDDEN_MS = 8_000;
const STUCK_MS = 90_000;
const SLOW_CANCEL_MS = 60_000;

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #book: AccountBook;
  /** Orders that rest or wait for a trigger, by token. */
  readonly #resting = new Map<number, Set<KiteOrder>>();
  /** Orders that came before the first price of their instrument: they still arrive when it comes. */
  readonly #early = new Set<KiteOrder>();

  constructor(options: ExchangeOptions) {
    this.#options = options;
    this.#book = options.book;
    for (const order of this.#book.working()) {
      // What a crash of this process has interrupted goes on at once.
      if (order.status === 'OPEN' || order.status === 'TRIGGER PENDING') this.#rest(order);
      else if (order.status === 'CANCEL PENDING') this.#end(order, 'CANCELLED', null);
      else if (order.variety !== 'amo') this.#enter(order);
    }
    this.settle();
  }

  /** Takes an order into the book and to the exchange; it is durable when this returns. */
  accept(terms: OrderTerms): KiteOrder {
    const order = this.#open(terms);
    this.settle();
    return order;
  }

  /** An order that risk management refuses after its acceptance. */
  acceptRejected(terms: OrderTerms, message: string, raw: string): KiteOrder {
    const order = this.#book.open(terms, this.#options.now());
    this.#step(order, 'VALIDATION PENDING');
    this.#end(order, 'REJECTED', message, raw);
    this.settle();
    return order;
  }

  /** The new terms are accepted; whether they come into force shows in the history. */
  modify(order: KiteOrder, wanted: Partial<OrderTerms>): void {
    order.modifications++;
    order.orderTime = this.#options.now();
    const before = order.status;
    this.#step(order, 'MODIFY VALIDATION PENDING');
    this.#step(order, 'MODIFY PENDING');
    if (this.#options.faults.strikes('modify-refused', order) !== undefined) {
      order.statusMessage = 'Order could not be modified at the exchange.';
      this.#step(order, 'NOT MODIFIED');
      order.statusMessage = null;
      this.#step(order, before);
      this.settle();
      return;
    }
    Object.assign(order, wanted);
    order.modified = true;
    order.exchangeUpdateTime = order.exchangeTime = this.#options.now();
    this.#step(order, 'MODIFIED');
    this.#book.tell(order, 'UPDATE');
    if (order.quantity === order.filled) this.#end(order, 'COMPLETE', null);
    else if (order.exchangeOrderId === null) this.#step(order, before);
    else {
      this.#protect(order);
      this.#toMarket(order, this.#options.market.quote(order.token));
    }
    this.settle();
  }

  cancel(order: KiteOrder): void {
    const { faults, later } = this.#options;
    const slow = faults.strikes('slow-cancel', order);
    this.#step(order, 'CANCEL PENDING');
    const isAtExchange = order.exchangeOrderId !== null;
    if (isAtExchange && faults.strikes('fill-wins-cancel', order) !== undefined) {
      this.#forceFill(order, remainingOf(order));
    } else if (
      isAtExchange &&
      remainingOf(order) > 1 &&
      faults.strikes('partial-fill-then-cancel', order) !== undefined
    ) {
      this.#forceFill(order, Math.floor(remainingOf(order) / 2));
    }
    if (isTerminal(order)) this.settle();
    else if (slow === undefined) {
      this.#end(order, 'CANCELLED', null);
      this.settle();
    } else {
      this.settle();
      later(slow.ms ?? SLOW_CANCEL_MS, () => {
        if (isTerminal(order)) return;
        this.#end(order, 'CANCELLED', null);
        this.settle();
      });
    }
  }

  /** Matches what rests against the tick. The market has taken it already. */
  onTick(tick: MarketTick, quote: Quote): void {
    const resting = this.#resting.get(tick.token);
    if (resting === undefined || !this.#options.isOpen(quote.contract.instrument.segment)) return;
    for (const order of resting) this.#meet(order, quote, false);
  }

  /** Ends what has outlived its minutes. */
  expire(): void {
    for (const order of this.#book.working()) {
      if (order.validity !== 'TTL' || this.#options.now() < order.orderTime + order.validityTtl * MINUTE_MS) continue;
      this.#end(order, 'CANCELLED', 'Order cancelled as its validity expired.');
    }
  }

  /** Sends the orders that were placed after hours to the exchange. */
  releaseAfterMarket(): void {
    for (const order of this.#book.working()) {
      const contract = this.#options.market.catalogue.byToken(order.token);
      if (order.status !== 'AMO REQ RECEIVED' || contract === undefined) continue;
      if (this.#options.isOpen(contract.instrument.segment)) this.#enter(order);
    }
  }

  /** Ends every working order at the close of the day. */
  endDay(): void {
    for (const order of this.#book.working()) this.#end(order, 'CANCELLED', 'Order expired at the end of the day.');
  }

  /** Makes everything durable, then tells. */
  settle(): void {
    const updates = this.#book.commit();
    if (updates.length > 0) this.#options.onUpdates(updates);
  }

  #open(terms: OrderTerms): KiteOrder {
    const { faults, now, serverNow, later } = this.#options;
    const hidden = faults.strikes('hidden-order', terms);
    const visibleAt = hidden === undefined ? 0 : serverNow() + (hidden.ms ?? HIDDEN_MS);
    const order = this.#book.open(terms, now(), visibleAt);
    const stuck = faults.strikes('stuck-order', terms);
    if (stuck !== undefined) {
      later(stuck.ms ?? STUCK_MS, () => {
        if (order.status !== 'PUT ORDER REQ RECEIVED') return;
        this.#enter(order);
        this.settle();
      });
    } else if (terms.variety !== 'amo') this.#enter(order);
    return order;
  }

  #enter(order: KiteOrder): void {
    const { faults } = this.#options;
    this.#step(order, 'VALIDATION PENDING');
    if (faults.strikes('rms-reject', order) !== undefined) {
      const raw = 'RMS:Rule: Check circuit limit including square off order exceeds for entity account';
      this.#end(order, 'REJECTED', 'Your order was rejected by the risk management system.', raw);
      return;
    }
    this.#step(order, 'OPEN PENDING');
    order.exchangeOrderId = this.#book.newExchangeOrderId();
    order.exchangeTime = order.exchangeUpdateTime = this.#options.now();
    this.#protect(order);
    this.#toMarket(order, this.#options.market.quote(order.token));
    if (!isTerminal(order) && faults.strikes('late-reject', order) !== undefined) {
      this.#end(order, 'REJECTED', 'Rejected by the exchange.', '17070 : The Price is out of the LPP range');
    }
  }

  /** The order works at the exchange from here on, and meets the market as it is. */
  #toMarket(order: KiteOrder, quote: Quote | undefined): void {
    this.#step(order, isStop(order) ? 'TRIGGER PENDING' : 'OPEN');
    this.#rest(order);
    if (quote?.traded !== true) this.#early.add(order);
    const open = quote !== undefined && this.#options.isOpen(quote.contract.instrument.segment);
    if (open && order.variety !== 'auction') this.#meet(order, quote, true);
    if (order.validity === 'IOC' && !isTerminal(order)) this.#end(order, 'CANCELLED', null);
  }

  /** A market order becomes a limit order at its protection price; that is how the book shows it. */
  #protect(order: KiteOrder): void {
    if (order.orderType !== 'MARKET') return;
    const last = this.#options.market.lastPrice(order.token);
    this.#protectAt(order, last);
  }

  #protectAt(order: KiteOrder, from: number): void {
    const tick = this.#options.market.catalogue.byToken(order.token)?.instrument.tickSize ?? 1;
    const ppm = protectionPpm(order.protection);
    order.price = protectedLimit(order.side, from, ppm, tick) as Price;
    order.orderType = 'LIMIT';
    const marks = ['mktp', `mktp:${(ppm / 10_000).toFixed(2)}`];
    order.tags = [...order.tags.filter((tag) => !tag.startsWith('mktp')), ...marks];
  }

  #meet(order: KiteOrder, quote: Quote, isArriving: boolean): void {
    if (order.variety === 'auction' || !quote.traded) return;
    let arriving = this.#early.delete(order) || isArriving;
    if (isStop(order)) {
      // One whose cancellation is on its way does not trigger any more.
      if (order.status !== 'TRIGGER PENDING' || !isTriggered(order, quote.last)) return;
      order.triggered = true;
      if (order.orderType === 'SL-M') this.#protectAt(order, order.triggerPrice);
      order.exchangeUpdateTime = this.#options.now();
      this.#step(order, 'OPEN');
      this.#book.tell(order, 'UPDATE');
      arriving = true;
    }
    for (const { quantity, price } of match(order, quote, arriving)) this.#execute(order, quantity, price as Price);
  }

  #execute(order: KiteOrder, wanted: number, price: Price): void {
    const { faults, now, seed } = this.#options;
    let quantity = wanted;
    const lot = this.#options.market.catalogue.byToken(order.token)?.instrument.lotSize ?? 1;
    if (quantity > lot && faults.strikes('partial-fill', order) !== undefined) {
      const share = 1 + (draw(seed, order.orderId, order.filled) % 3);
      quantity = Math.max(lot, Math.floor((quantity * share) / 4 / lot) * lot);
    }
    this.#book.fill(order, quantity, price, now());
    if (remainingOf(order) === 0) this.#end(order, 'COMPLETE', null);
    else {
      this.#book.record(order);
      this.#book.tell(order, 'UPDATE');
    }
  }

  #forceFill(order: KiteOrder, quantity: number): void {
    const last = this.#options.market.lastPrice(order.token);
    const price = order.price > 0 ? order.price : (last as Price);
    this.#book.fill(order, quantity, price, this.#options.now());
    if (remainingOf(order) === 0) this.#end(order, 'COMPLETE', null);
    else {
      this.#book.record(order);
      this.#book.tell(order, 'UPDATE');
    }
  }

  #step(order: KiteOrder, status: KiteOrder['status']): void {
    order.status = status;
    this.#book.record(order);
  }

  #end(order: KiteOrder, status: 'COMPLETE' | 'CANCELLED' | 'REJECTED', message: string | null, raw = message): void {
    this.#resting.get(order.token)?.delete(order);
    this.#early.delete(order);
    order.statusMessage = message;
    order.statusMessageRaw = raw;
    if (status === 'CANCELLED') {
      order.cancelled = remainingOf(order);
      order.exchangeUpdateTime = this.#options.now();
    }
    this.#step(order, status);
    this.#book.tell(order);
    if (status === 'COMPLETE') this.#follow(order);
  }

  /** What an order brings with it when it is done: an iceberg's next leg, a cover order's stop. */
  #follow(order: KiteOrder): void {
    if (order.iceberg !== null && order.iceberg.remainingQuantity > 0) {
      const { leg, legs, legQuantity, totalQuantity, remainingQuantity } = order.iceberg;
      const quantity = Math.min(legQuantity, remainingQuantity);
      const iceberg = {
        leg: leg + 1,
        legs,
        legQuantity,
        totalQuantity,
        remainingQuantity: remainingQuantity - quantity,
      };
      this.#book.countAsked();
      this.#open({ ...termsOf(order), quantity, iceberg });
    } else if (order.variety === 'co' && order.parentOrderId === null) {
      this.#open({
        ...termsOf(order),
        side: order.side === 'BUY' ? 'SELL' : 'BUY',
        orderType: 'SL-M',
        price: 0 as Price,
        protection: order.protection === 0 ? -1 : order.protection,
        parentOrderId: order.orderId,
      });
    }
  }

  #rest(order: KiteOrder): void {
    const resting = this.#resting.get(order.token) ?? new Set();
    resting.add(order);
    this.#resting.set(order.token, resting);
  }
}

/** Whether it still waits for its trigger. */
function isStop({ orderType, triggered }: KiteOrder): boolean {
  return (orderType === 'SL' || orderType === 'SL-M') && !triggered;
}

/** The terms of an order as they were asked for. */
function termsOf(order: KiteOrder): OrderTerms {
  const {
    variety,
    exchange,
    symbol,
    token,
    side,
    product,
    orderType,
    quantity,
    disclosedQuantity,
    price,
    triggerPrice,
    validity,
    validityTtl,
    protection,
    tag,
    tags,
    parentOrderId,
    auctionNumber,
    iceberg,
    foreign,
  } = order;
  return {
    variety,
    exchange,
    symbol,
    token,
    side,
    product,
    orderType,
    quantity,
    disclosedQuantity,
    price,
    triggerPrice,
    validity,
    validityTtl,
    protection,
    tag,
    tags,
    parentOrderId,
    auctionNumber,
    iceberg,
    foreign,
  };
}
