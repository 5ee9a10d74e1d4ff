// A book of a data directory as a comparison sees it: what it decided, what came of it, and what it gained. Paper, a
// rehearsal, live and a replay all leave the same log.
import { RUPEE, parseDecimal } from '#core/decimal.ts';
import { type BrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type RunFacts } from '#core/research/divergence.ts';
import { type BookRow } from '#engine/views.ts';
import { type StoreReader } from '#ports/store.ts';
import { readTick } from '#wire/read-tick.ts';
import { MARKET_TICKS, topic } from '#wire/topics.ts';
import { eventsOf } from '../reading/log-events.ts';
import { stateOf } from '../reading/books.ts';
import { RequestError } from '../reading/open-store.ts';
import { outcomesOf, type OrderFact } from './run-recorder.ts';

const PAGE = 2_000;

/** Throws `RequestError` when there is no such book; a part of the name that is left out must not be needed. */
export function logFacts(reader: StoreReader, broker: string | undefined, strategyId: string | undefined): RunFacts {
  const { book, broker: id } = theBook(reader, broker, strategyId);
  const own = (event: { readonly strategyId: string }): boolean => event.strategyId === book.strategy_id;
  const signals = [...eventsOf(reader, topic(id, 'signals.raw'), 'trading_signal')]
    .filter(own)
    .map(({ trace, at, token, side, price }) => ({ id: trace.id, at, token, side, price }));
  const orders = ordersOf(reader, id, book.strategy_id);
  let settled = 0;
  for (const adjusted of eventsOf(reader, topic(id, 'pnl.snapshots'), 'ledger_adjusted')) {
    if (own(adjusted) && adjusted.kind === 'charges') settled += adjusted.amount;
  }
  const marks = lastPrices(reader, new Set(orders.map(({ token }) => token)));
  const held = book.positions.reduce((sum, { instrument_token: token, quantity }) => {
    const mark = marks.get(token);
    invariant(mark !== undefined, `the log has no price of the instrument ${token}, which ${book.strategy_id} holds`);
    return sum + quantity * mark;
  }, 0);
  const deposited = units(book.adjustments) - settled;
  const netPnl = units(book.cash) + held - units(book.starting_cash) - deposited;
  return { signals: outcomesOf(signals, orders), marks, settled, netPnl };
}

function ordersOf(reader: StoreReader, id: BrokerId, strategyId: string): readonly OrderFact[] {
  const orders = new Map<string, OrderFact>();
  for (const event of eventsOf(reader, topic(id, 'orders.submitted'), 'order_submitted')) {
    if (event.strategyId !== strategyId) continue;
    const { order, signalId, at, token, referencePrice: reference } = event;
    const { orderId, side, product, quantity } = order;
    orders.set(orderId, {
      id: orderId,
      signalId,
      at,
      token,
      side,
      product,
      quantity,
      reference,
      filled: 0,
      value: 0,
      fees: 0,
    });
  }
  for (const { order, quantity, fillPrice, fees } of eventsOf(reader, topic(id, 'orders.filled'), 'order_filled')) {
    const known = orders.get(order.orderId);
    if (known === undefined) continue;
    const signed = order.side === 'BUY' ? quantity : -quantity;
    known.filled += signed;
    known.value += signed * fillPrice;
    known.fees += fees;
  }
  return [...orders.values()];
}

function theBook(
  reader: StoreReader,
  broker: string | undefined,
  strategyId: string | undefined,
): { readonly broker: BrokerId; readonly book: BookRow } {
  const books = Object.entries(stateOf(reader).brokers).flatMap(([id, { books: rows }]) =>
    rows.map((book) => ({ broker: id as BrokerId, book })),
  );
  const found = books.filter(
    (each) =>
      (broker ?? each.broker) === each.broker && (strategyId ?? each.book.strategy_id) === each.book.strategy_id,
  );
  const [only, second] = found;
  if (only !== undefined && second === undefined) return only;
  const names = (only === undefined ? books : found).map((each) => `${each.broker}:${each.book.strategy_id}`);
  throw new RequestError(
    `expected DIR:BROKER:STRATEGY to name one book, found ${found.length}; there are ${names.join(', ') || 'none'}`,
  );
}

/** The last price of each instrument on the log, from its end. */
function lastPrices(reader: StoreReader, tokens: ReadonlySet<number>): ReadonlyMap<number, number> {
  const prices = new Map<number, number>();
  const range = reader.range(MARKET_TICKS);
  for (let { end } = range; end > range.start && prices.size < tokens.size;) {
    const from = Math.max(range.start, end - PAGE);
    for (const { value } of reader.read(MARKET_TICKS, from, end - from).toReversed()) {
      const tick = readTick(value);
      if (tick !== undefined && tokens.has(tick.token) && !prices.has(tick.token)) prices.set(tick.token, tick.price);
    }
    end = from;
  }
  return prices;
}

function units(text: string): number {
  const value = parseDecimal(text);
  invariant(value !== undefined, `the store holds the amount ${text}, which is none of 1/${RUPEE} rupee`);
  return value;
}
