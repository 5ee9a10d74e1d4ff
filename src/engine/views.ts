// Rows for what people and programs look at: a row a book and a row an order, written in the same commit as the events
// they follow from. Everything in them can be rebuilt from the log.
import { formatDecimal, divideHalfUp, type Price } from '#core/decimal.ts';
import { type DomainEvent, type OrderEvent } from '#core/events.ts';
import { type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { type InstrumentTable } from '#core/market/instrument.ts';
import { type Book } from '#core/portfolio/book.ts';
import { type RowChange, type StoredRow } from '#ports/store.ts';
import { quoted } from '#wire/envelope.ts';
import { instantWriter } from '#wire/instant-text.ts';

/** A book as `state`, `portfolio` and `positions` show it; decimals are text. */
export interface BookRow {
  readonly strategy_id: string;
  readonly starting_cash: string;
  readonly cash: string;
  readonly realised_pnl: string;
  readonly fees: string;
  readonly adjustments: string;
  readonly positions: readonly {
    readonly instrument_token: number;
    readonly quantity: number;
    readonly average_price: string;
  }[];
}

/** An order as `orders` shows it. */
export interface OrderRow {
  readonly order_id: string;
  readonly signal_id: string;
  readonly strategy_id: string;
  readonly instrument_token: number;
  readonly side: string;
  readonly product: string;
  readonly purpose: string;
  quantity: number;
  order_type: string;
  limit_price: string | null;
  trigger_price: string | null;
  status: string;
  filled_quantity: number;
  average_price: string | null;
  fees: string;
  message: string | null;
  readonly submitted_at: string;
  updated_at: string;
}

interface LiveOrder {
  readonly row: OrderRow;
  /** Sums in 1/10,000 rupee, from which the texts of the row are made. */
  value: number;
  fees: number;
}

/** Collects which books and orders an interval of events changed, and writes their rows when asked. */
export class Views {
  readonly #instruments: InstrumentTable;
  readonly #bookOf: (broker: BrokerId, strategyId: StrategyId) => Book | undefined;
  readonly #hasOrders: boolean;
  readonly #books = new Map<string, readonly [BrokerId, StrategyId]>();
  readonly #orders = new Map<EventId, LiveOrder>();
  readonly #changed = new Map<EventId, BrokerId>();

  /** @param hasOrders false where orders are decided elsewhere: their rows are there */
  constructor(
    instruments: InstrumentTable,
    bookOf: (broker: BrokerId, strategyId: StrategyId) => Book | undefined,
    hasOrders = true,
  ) {
    this.#hasOrders = hasOrders;
    this.#instruments = instruments;
    this.#bookOf = bookOf;
  }

  /** Takes up the orders that were open when the store was last written. */
  resume(rows: readonly StoredRow[]): void {
    for (const { value } of rows) {
      const { row, value: sum, fees } = JSON.parse(value) as LiveOrder;
      if (!ENDED.has(row.status)) this.#orders.set(row.order_id as EventId, { row, value: sum, fees });
    }
  }

  /** The book's row will be written, also when nothing happened in it yet. */
  touchBook(broker: BrokerId, strategyId: StrategyId): void {
    this.#books.set(`${broker}/${strategyId}`, [broker, strategyId]);
  }

  onEvent(event: DomainEvent): void {
    switch (event.type) {
      case 'order_filled':
        this.touchBook(event.broker, event.strategyId);
        return this.#onOrder(event);
      case 'ledger_adjusted':
        return this.touchBook(event.broker, event.strategyId);
      case 'order_submitted':
      case 'order_claimed':
      case 'order_placed':
      case 'order_unknown':
      case 'modify_submitted':
      case 'cancel_submitted':
      case 'order_modified':
      case 'change_refused':
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        return this.#onOrder(event);
      case 'trading_signal':
      case 'validated_signal':
      case 'rejected_signal':
      case 'expired_signal':
      case 'order_change':
      case 'validated_change':
      case 'rejected_change':
      case 'expired_change':
      case 'pnl_snapshot':
      case 'corporate_action':
      case 'control_changed':
      case 'alert_raised':
      case 'reconciliation_break':
      case 'reconciliation_settled':
      case 'external_position':
        return;
    }
  }

  /** The rows that changed since the last call. */
  take(): readonly RowChange[] {
    if (this.#books.size === 0 && this.#changed.size === 0) return NO_ROWS;
    const rows: RowChange[] = [];
    for (const [broker, strategyId] of this.#books.values()) {
      const book = this.#bookOf(broker, strategyId);
      if (book === undefined) continue;
      rows.push({ kind: 'book', broker, id: strategyId, value: JSON.stringify(bookRow(book, this.#instruments)) });
    }
    for (const [orderId, broker] of this.#changed) {
      const order = this.#orders.get(orderId);
      if (order === undefined) continue;
      rows.push({ kind: 'order', broker, id: orderId, value: orderText(order) });
      if (ENDED.has(order.row.status)) this.#orders.delete(orderId);
    }
    this.#books.clear();
    this.#changed.clear();
    return rows;
  }

  #onOrder(event: OrderEvent): void {
    if (!this.#hasOrders) return;
    const { orderId } = event.order;
    this.#changed.set(orderId, event.broker);
    if (event.type === 'order_submitted') {
      this.#orders.set(orderId, { row: newRow(event), value: 0, fees: 0 });
      return;
    }
    const order = this.#orders.get(orderId);
    if (order === undefined) return;
    order.row.updated_at = instantText(event.at);
    if (event.type === 'order_filled') {
      const { row } = order;
      row.filled_quantity += event.quantity;
      order.value += event.quantity * event.fillPrice;
      order.fees += event.fees;
      row.average_price = formatDecimal(divideHalfUp(order.value, row.filled_quantity));
      row.fees = formatDecimal(order.fees);
      row.status = row.filled_quantity === row.quantity ? 'filled' : 'partially_filled';
      return;
    }
    apply(event, order.row);
  }
}

const instantText = instantWriter();
const NO_ROWS: readonly RowChange[] = [];
export const ENDED: ReadonlySet<string> = new Set(['filled', 'rejected', 'cancelled', 'expired']);
const STATUS = {
  order_claimed: 'sending',
  order_placed: 'new',
  order_unknown: 'unknown',
  order_failed: 'rejected',
  order_cancelled: 'cancelled',
  order_expired: 'expired',
} as const;

/** What news other than a fill changes in an order's row. */
function apply(event: Exclude<OrderEvent, { type: 'order_submitted' | 'order_filled' }>, row: OrderRow): void {
  switch (event.type) {
    case 'modify_submitted':
    case 'cancel_submitted':
      return;
    case 'order_modified':
      row.quantity = event.order.quantity;
      row.order_type = event.order.orderType;
      row.limit_price = priceText(event.order.limitPrice);
      row.trigger_price = priceText(event.order.triggerPrice);
      return;
    case 'change_refused':
      row.message = event.message;
      return;
    case 'order_claimed':
    case 'order_placed':
      row.status = STATUS[event.type];
      return;
    default:
      row.status = STATUS[event.type];
      row.message = event.message;
  }
}

/** As `JSON.stringify` writes it, in a fifth of the time: an order waits for its row. */
function orderText({ row, value, fees }: LiveOrder): string {
  const limit = row.limit_price === null ? 'null' : `"${row.limit_price}"`;
  const trigger = row.trigger_price === null ? 'null' : `"${row.trigger_price}"`;
  const average = row.average_price === null ? 'null' : `"${row.average_price}"`;
  return (
    `{"row":{"order_id":${quoted(row.order_id)},"signal_id":${quoted(row.signal_id)},` +
    `"strategy_id":${quoted(row.strategy_id)},"instrument_token":${row.instrument_token},"side":"${row.side}",` +
    `"product":"${row.product}","purpose":"${row.purpose}","quantity":${row.quantity},"order_type":"${row.order_type}",` +
    `"limit_price":${limit},"trigger_price":${trigger},"status":"${row.status}","filled_quantity":${row.filled_quantity},` +
    `"average_price":${average},"fees":"${row.fees}","message":${row.message === null ? 'null' : quoted(row.message)},` +
    `"submitted_at":"${row.submitted_at}","updated_at":"${row.updated_at}"},"value":${value},"fees":${fees}}`
  );
}

function priceText(price: Price | undefined): string | null {
  return price === undefined ? null : formatDecimal(price);
}

/** A book as text, positions in the order of their tokens. */
export function bookRow(book: Book, instruments: InstrumentTable): BookRow {
  const positions = book.snapshot().positions.map(([index, quantity]) => ({
    instrument_token: instruments.at(index).token,
    quantity,
    average_price: formatDecimal(book.averagePrice(index)),
  }));
  return {
    strategy_id: book.strategyId,
    starting_cash: formatDecimal(book.startingCash),
    cash: formatDecimal(book.cash),
    realised_pnl: formatDecimal(book.realised),
    fees: formatDecimal(book.fees),
    adjustments: formatDecimal(book.adjustments),
    positions: positions.toSorted((a, b) => a.instrument_token - b.instrument_token),
  };
}

function newRow(event: Extract<OrderEvent, { type: 'order_submitted' }>): OrderRow {
  const { order } = event;
  return {
    order_id: order.orderId,
    signal_id: event.signalId,
    strategy_id: event.strategyId,
    instrument_token: event.token,
    side: order.side,
    product: order.product,
    purpose: order.purpose,
    quantity: order.quantity,
    order_type: order.orderType,
    limit_price: priceText(order.limitPrice),
    trigger_price: priceText(order.triggerPrice),
    status: event.queued ? 'pending_new' : 'sending',
    filled_quantity: 0,
    average_price: null,
    fees: formatDecimal(0),
    message: null,
    submitted_at: instantText(event.at),
    updated_at: instantText(event.at),
  };
}
