// The broker's book of one account: orders with their whole history, trades, positions, holdings and cash. Changes gather
// until `commit`, which makes them durable and only then hands out what clients are told of them.
import { type Price } from '#core/decimal.ts';
import { invariant } from '#core/invariant.ts';
import { dayOf, type EpochMs } from '#core/time.ts';
import { type Catalogue } from '../catalogue.ts';
import { type BookStorage, type Entry } from './storage.ts';
import {
  isTerminal,
  remainingOf,
  type HistoryEntry,
  type KiteOrder,
  type KiteTrade,
  type OrderTerms,
} from './order.ts';
import { Positions, type Conversion, type Overnight } from './positions.ts';

export interface Holding {
  readonly token: number;
  /** Delivered; what was bought the day before is `t1`. */
  readonly quantity: number;
  readonly t1: number;
  readonly averagePrice: Price;
}

/** What carries over from one day to the next. */
export interface Account {
  readonly cash: { readonly equity: number; readonly commodity: number };
  readonly overnight: readonly Overnight[];
  readonly holdings: readonly Holding[];
  readonly conversions: readonly Conversion[];
}

/** What clients may be told of an order, in the words of a push: `UPDATE` is a modification or a part of a fill. */
export interface OrderUpdate {
  readonly order: HistoryEntry;
  readonly status: string;
}

interface Counters {
  order: number;
  exchangeOrder: number;
  trade: number;
  /** Orders of the day, refused ones too, as they count towards the day's limit. */
  asked: number;
}

const FIRST_TRADE = 10_000_000;

export class AccountBook {
  readonly #storage: BookStorage;
  readonly #catalogue: Catalogue;
  readonly #orders = new Map<string, KiteOrder>();
  readonly #working = new Map<string, KiteOrder>();
  readonly #history = new Map<string, HistoryEntry[]>();
  readonly #values = new Map<string, unknown>();
  #trades: KiteTrade[] = [];
  #positions: Positions;
  #account: Account;
  #counters: Counters = { order: 0, exchangeOrder: 0, trade: 0, asked: 0 };
  #pending: Entry[] = [];
  #dirty = new Set<KiteOrder>();
  #updates: OrderUpdate[] = [];
  /** Written with every commit, so that market time does not go back over a restart; 0 before the first tick. */
  marketTime: () => EpochMs = () => 0 as EpochMs;

  constructor(storage: BookStorage, catalogue: Catalogue, opening: Account) {
    this.#storage = storage;
    this.#catalogue = catalogue;
    this.#account = opening;
    this.#load();
    this.#account = (this.#values.get('account') as Account | undefined) ?? opening;
    this.#counters = (this.#values.get('counters') as Counters | undefined) ?? this.#counters;
    this.#positions = this.#foldPositions();
  }

  get account(): Account {
    return this.#account;
  }

  get positions(): Positions {
    return this.#positions;
  }

  get trades(): readonly KiteTrade[] {
    return this.#trades;
  }

  get ordersAsked(): number {
    return this.#counters.asked;
  }

  /** Every order of the day, in the order of their acceptance. */
  orders(): readonly KiteOrder[] {
    return [...this.#orders.values()];
  }

  /** Orders that are not at their end, by acceptance. */
  working(): readonly KiteOrder[] {
    return [...this.#working.values()];
  }

  order(orderId: string): KiteOrder | undefined {
    return this.#orders.get(orderId);
  }

  history(orderId: string): readonly HistoryEntry[] {
    return this.#history.get(orderId) ?? [];
  }

  value(key: string): unknown {
    return this.#values.get(key);
  }

  setValue(key: string, value: unknown): void {
    this.#values.set(key, value);
    this.#pending.push({ kind: 'value', key, value });
  }

  /** One more order was asked for today, whatever becomes of it. */
  countAsked(): void {
    this.#counters.asked++;
  }

  /** A new order in the book, as it was received. */
  open(terms: OrderTerms, at: EpochMs, visibleAt = 0): KiteOrder {
    const orderId = this.newOrderId(at);
    const order: KiteOrder = {
      ...terms,
      orderId,
      guid: `${this.#counters.order}X${orderId.slice(-6)}`,
      exchangeOrderId: null,
      status: terms.variety === 'amo' ? 'AMO REQ RECEIVED' : 'PUT ORDER REQ RECEIVED',
      statusMessage: null,
      statusMessageRaw: null,
      orderTime: at,
      exchangeTime: null,
      exchangeUpdateTime: null,
      modified: false,
      modifications: 0,
      filled: 0,
      filledValue: 0,
      cancelled: 0,
      triggered: false,
      visibleAt,
    };
    this.#orders.set(orderId, order);
    this.#working.set(orderId, order);
    this.record(order);
    return order;
  }

  /** Nineteen digits, more than a double holds exactly: whoever reads it as a number is found out. */
  newOrderId(at: EpochMs): string {
    const number = ++this.#counters.order;
    return `2${`${dayOf(at)}`.padStart(6, '0')}${`${number * 7919}`.padStart(12, '0')}`;
  }

  newExchangeOrderId(): string {
    return `13${`${++this.#counters.exchangeOrder}`.padStart(14, '0')}`;
  }

  /** Writes the order as it is now into its history. */
  record(order: KiteOrder): void {
    const entries = this.#history.get(order.orderId) ?? [];
    const entry: HistoryEntry = { ...order };
    entries.push(entry);
    this.#history.set(order.orderId, entries);
    this.#pending.push({
      kind: 'history',
      key: `${order.orderId}:${`${entries.length}`.padStart(5, '0')}`,
      value: entry,
    });
    this.#dirty.add(order);
    if (isTerminal(order)) this.#working.delete(order.orderId);
  }

  /** Clients will be told of the order as it is now. */
  tell(order: KiteOrder, status: string = order.status): void {
    this.#updates.push({ order: { ...order }, status });
  }

  /** Books one execution of the order. */
  fill(order: KiteOrder, quantity: number, price: Price, at: EpochMs): KiteTrade {
    invariant(quantity > 0 && quantity <= remainingOf(order), `a fill of ${quantity} exceeds order ${order.orderId}`);
    const trade: KiteTrade = {
      tradeId: `${FIRST_TRADE + ++this.#counters.trade}`,
      orderId: order.orderId,
      exchangeOrderId: order.exchangeOrderId ?? '',
      exchange: order.exchange,
      symbol: order.symbol,
      token: order.token,
      side: order.side,
      product: order.product,
      quantity,
      price,
      at,
    };
    order.filled += quantity;
    order.filledValue += quantity * price;
    order.exchangeTime = at;
    order.exchangeUpdateTime = at;
    this.#trades.push(trade);
    this.#positions.add(trade);
    this.#pending.push({ kind: 'trade', key: tradeKey(this.#trades.length), value: trade });
    this.#dirty.add(order);
    return trade;
  }

  setAccount(account: Account): void {
    this.#account = account;
    this.setValue('account', account);
    this.#positions = this.#foldPositions();
  }

  /** Begins a day: yesterday's orders and trades are gone, and what carries over is in `account`. */
  beginDay(account: Account): void {
    invariant(this.#working.size === 0, 'no order works over the end of a day');
    for (const key of this.#orders.keys()) this.#pending.push({ kind: 'order', key, value: undefined });
    for (const [orderId, entries] of this.#history) {
      entries.forEach((_, k) =>
        this.#pending.push({ kind: 'history', key: `${orderId}:${`${k + 1}`.padStart(5, '0')}`, value: undefined }),
      );
    }
    this.#trades.forEach((_, k) => this.#pending.push({ kind: 'trade', key: tradeKey(k + 1), value: undefined }));
    this.#dirty.clear();
    this.#orders.clear();
    this.#history.clear();
    this.#trades = [];
    this.#counters = { ...this.#counters, trade: 0, asked: 0 };
    this.setAccount(account);
  }

  /** Makes every change since the last commit durable, and gives what clients may now be told. */
  commit(): readonly OrderUpdate[] {
    const entries = this.#pending;
    for (const order of this.#dirty) entries.push({ kind: 'order', key: order.orderId, value: order });
    if (entries.length > 0) {
      entries.push({ kind: 'value', key: 'counters', value: { ...this.#counters } });
      const time = this.marketTime();
      if (time > 0) {
        this.#values.set('market_time', time);
        entries.push({ kind: 'value', key: 'market_time', value: time });
      }
      this.#storage.commit(entries);
    }
    this.#pending = [];
    this.#dirty.clear();
    const updates = this.#updates;
    this.#updates = [];
    return updates;
  }

  close(): void {
    this.#storage.close();
  }

  #foldPositions(): Positions {
    const positions = new Positions(this.#catalogue, this.#account.overnight);
    for (const trade of this.#trades) positions.add(trade);
    for (const conversion of this.#account.conversions) positions.convert(conversion);
    return positions;
  }

  #load(): void {
    for (const { kind, key, value } of this.#storage.load()) {
      if (kind === 'value') this.#values.set(key, value);
      else if (kind === 'trade') this.#trades.push(value as KiteTrade);
      else if (kind === 'order') this.#orders.set(key, value as KiteOrder);
      else {
        const [orderId = ''] = key.split(':');
        this.#history.set(orderId, [...(this.#history.get(orderId) ?? []), value as HistoryEntry]);
      }
    }
    for (const order of this.#orders.values()) if (!isTerminal(order)) this.#working.set(order.orderId, order);
  }
}

/** The number is padded, so that trades are read back in their order. */
function tradeKey(number: number): string {
  return `${number}`.padStart(9, '0');
}
