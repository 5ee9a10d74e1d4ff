// Orders and trades in Kite's fields. The four shapes differ in what they leave out, as Kite's do.
import { averagePrice, remainingOf, type HistoryEntry, type KiteOrder, type KiteTrade } from '../account/order.ts';
import { APP_ID, type Credentials } from '../options.ts';
import { istClock, istTime } from '../ist.ts';
import { sha256 } from './sessions.ts';

export type Json = Readonly<Record<string, unknown>>;

export function rupees(units: number): number {
  return units / 10_000;
}

/** A row of the order book. */
export function orderJson(order: KiteOrder, userId: string): Json {
  return {
    account_id: userId,
    placed_by: userId,
    ...identityOf(order),
    exchange_update_timestamp: timeOrNull(order.exchangeUpdateTime),
    exchange_timestamp: timeOrNull(order.exchangeTime),
    variety: order.variety,
    modified: order.modified,
    ...instrumentOf(order),
    validity: order.validity,
    validity_ttl: order.validityTtl,
    ...amountsOf(order),
    market_protection: 0,
    meta: metaOf(order),
    tag: order.tag,
    ...(order.tags.length > 0 ? { tags: order.tags } : {}),
    ...(order.auctionNumber === null ? {} : { auction_number: order.auctionNumber }),
    guid: order.guid,
  };
}

/** A row of an order's history. */
export function historyJson(order: HistoryEntry, userId: string): Json {
  const { status_message_raw: _raw, ...identity } = identityOf(order);
  return {
    ...identity,
    placed_by: userId,
    exchange_timestamp: timeOrNull(order.exchangeTime),
    variety: order.variety,
    modified: order.modified,
    ...instrumentOf(order),
    validity: order.validity,
    ...amountsOf(order),
    tag: order.tag,
  };
}

/** What a postback and an update on the socket carry; the checksum covers two fields only, as Kite's does. */
export function updateJson(order: HistoryEntry, status: string, { userId, apiSecret }: Credentials): Json {
  const identity = identityOf(order);
  const stamp = istTime(order.orderTime);
  return {
    user_id: userId,
    unfilled_quantity: status === 'CANCELLED' || status === 'REJECTED' ? 0 : remainingOf(order),
    app_id: APP_ID,
    checksum: sha256(order.orderId + stamp + apiSecret),
    placed_by: userId,
    ...identity,
    status,
    exchange_update_timestamp: timeOrNull(order.exchangeUpdateTime),
    exchange_timestamp: timeOrNull(order.exchangeTime),
    variety: order.variety,
    ...instrumentOf(order),
    validity: order.validity,
    ...amountsOf(order),
    market_protection: 0,
    meta: metaOf(order),
    tag: order.tag,
    guid: order.guid,
  };
}

export function tradeJson(trade: KiteTrade): Json {
  return {
    trade_id: trade.tradeId,
    order_id: trade.orderId,
    exchange: trade.exchange,
    tradingsymbol: trade.symbol,
    instrument_token: trade.token,
    product: trade.product,
    average_price: rupees(trade.price),
    quantity: trade.quantity,
    exchange_order_id: trade.exchangeOrderId,
    transaction_type: trade.side,
    fill_timestamp: istTime(trade.at),
    order_timestamp: istClock(trade.at),
    exchange_timestamp: istTime(trade.at),
  };
}

function identityOf(order: HistoryEntry) {
  return {
    order_id: order.orderId,
    exchange_order_id: order.exchangeOrderId,
    parent_order_id: order.parentOrderId,
    status: order.status as string,
    status_message: order.statusMessage,
    status_message_raw: order.statusMessageRaw,
    order_timestamp: istTime(order.orderTime),
  };
}

function instrumentOf(order: HistoryEntry) {
  return {
    exchange: order.exchange,
    tradingsymbol: order.symbol,
    instrument_token: order.token,
    order_type: order.orderType,
    transaction_type: order.side,
    product: order.product,
  };
}

function amountsOf(order: HistoryEntry) {
  const isAuction = order.variety === 'auction';
  return {
    quantity: order.quantity,
    disclosed_quantity: order.disclosedQuantity,
    price: rupees(order.price),
    trigger_price: rupees(order.triggerPrice),
    average_price: rupees(averagePrice(order)),
    filled_quantity: order.filled,
    // Kite leaves it standing on a cancelled order.
    pending_quantity: order.status === 'REJECTED' ? 0 : remainingOf(order),
    cancelled_quantity: isAuction ? 0 : order.cancelled,
  };
}

function metaOf({ iceberg }: HistoryEntry): Json {
  if (iceberg === null) return {};
  return {
    iceberg: {
      leg: iceberg.leg,
      legs: iceberg.legs,
      leg_quantity: iceberg.legQuantity,
      total_quantity: iceberg.totalQuantity,
      remaining_quantity: iceberg.remainingQuantity,
    },
  };
}

function timeOrNull(at: HistoryEntry['exchangeTime']): string | null {
  return at === null ? null : istTime(at);
}
