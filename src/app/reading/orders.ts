// The orders as commands show them, from the rows that were committed with their events.
import { ENDED, type OrderRow } from '#engine/views.ts';
import type { StoreReader } from '#ports/store.ts';
import type { BooksRequest } from './books.ts';
import { checkBroker, withStore } from './open-store.ts';
import { symbolsOf } from './symbols.ts';

export interface OrderLine extends Readonly<OrderRow> {
  readonly broker: string;
  readonly symbol: string | null;
}

export function readOrders(request: BooksRequest): readonly OrderLine[] {
  return withStore(
    request.place,
    (reader) => {
      checkBroker(request.broker, reader, request.active);
      return ordersOf(reader, request.broker);
    },
    'trading_engine',
  );
}

/** Those that the broker may still fill. */
export function atWork(orders: readonly OrderLine[]): readonly OrderLine[] {
  return orders.filter(({ status }) => !ENDED.has(status));
}

/** In the order in which they were submitted. */
export function ordersOf(reader: StoreReader, only: string | undefined): readonly OrderLine[] {
  const symbols = symbolsOf(reader);
  const lines = reader.rows('order', only).map(({ broker, value }) => orderLine(broker, value, symbols));
  return lines.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** The order that a row holds. */
export function orderLine(broker: string, value: string, symbols: ReadonlyMap<number, string>): OrderLine {
  const { row } = JSON.parse(value) as { readonly row: OrderRow };
  return { broker, symbol: symbols.get(row.instrument_token) ?? null, ...row };
}

function keyOf({ submitted_at, broker, order_id }: OrderLine): string {
  return `${submitted_at} ${broker} ${order_id}`;
}
