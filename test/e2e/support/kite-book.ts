// The Kite simulator's own truth, as it lies in the data directory of a rehearsal, against what the log says.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { type Place } from './place.ts';

export interface BookTrade {
  readonly orderId: string;
  readonly tradeId: string;
  readonly token: number;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: number;
}

export interface BookOrder {
  readonly orderId: string;
  readonly tag: string | null;
  readonly status: string;
  readonly filled: number;
}

export interface KiteBook {
  /** Shares that were carried over from earlier days, by token. */
  readonly carried: readonly { readonly token: number; readonly quantity: number; readonly t1: number }[];
  /** The market's day, counted as core counts days. */
  readonly day: number;
  readonly orders: readonly BookOrder[];
  readonly trades: readonly BookTrade[];
}

/** The simulator's book of one namespace; nobody may be writing it. */
export function kiteBook({ dataDir }: Pick<Place, 'dataDir'>, broker = 'zerodha'): KiteBook {
  const database = new DatabaseSync(join(dataDir, `kite-simulator-${broker}.sqlite`), { readOnly: true });
  try {
    const value = (key: string): unknown =>
      JSON.parse(
        String(
          database.prepare("SELECT json FROM entries WHERE kind = 'value' AND key = ?").get(key)?.['json'] ?? 'null',
        ),
      );
    const rows = (kind: string): unknown[] =>
      database
        .prepare('SELECT json FROM entries WHERE kind = ? ORDER BY key')
        .all(kind)
        .map(({ json }) => JSON.parse(String(json)) as unknown);
    const { holdings = [] } = (value('account') ?? {}) as { holdings?: KiteBook['carried'] };
    const [orders, trades] = [rows('order') as BookOrder[], rows('trade') as BookTrade[]];
    return { carried: holdings, day: Number(value('day')), orders, trades };
  } finally {
    database.close();
  }
}

/** Units of each instrument by token, bought less sold; instruments that are at nothing are left out. */
export function netOf(
  trades: readonly Pick<BookTrade, 'token' | 'side' | 'quantity'>[],
): Readonly<Record<string, number>> {
  const net: Record<string, number> = {};
  for (const { token, side, quantity } of trades) {
    net[token] = (net[token] ?? 0) + (side === 'BUY' ? quantity : -quantity);
  }
  return Object.fromEntries(Object.entries(net).filter(([, quantity]) => quantity !== 0));
}

export interface Fill extends BookTrade {
  readonly fillId: string;
}

/** The fills of a namespace as the log has them, each with the id of its trade at the broker. */
export function fillsOf(place: Place, broker = 'zerodha'): readonly Fill[] {
  return place.events(`${broker}.orders.filled`).map(({ data }) => ({
    fillId: String(data['fill_id']),
    orderId: String(data['order_id']),
    tradeId: String(data['fill_id']).split('.').at(-1) ?? '',
    token: Number(data['instrument_token']),
    side: data['side'] === 'BUY' ? 'BUY' : 'SELL',
    quantity: Number(data['quantity']),
  }));
}
