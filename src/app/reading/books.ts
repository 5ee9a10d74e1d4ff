// The books as commands show them: the state with its hash, the portfolio with totals, the positions. Made from the rows
// that were committed with the events, so that every screen shows the same numbers.
import { type Place } from '../place.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { invariant } from '#core/invariant.ts';
import type { Plan } from '#core/plan.ts';
import type { BookRow } from '#engine/views.ts';
import type { StoreReader } from '#ports/store.ts';
import { canonicalJson, sha256 } from '#wire/canonical.ts';
import { checkBroker, withStore } from './open-store.ts';
import { planInForce, symbolsOf } from './symbols.ts';
import { lastValuations, type Valuation } from './valuations.ts';

/** What `state --json` prints, field by field. */
export interface StateReport {
  readonly brokers: Readonly<Record<string, { readonly books: readonly BookRow[] }>>;
  /** Over the canonical JSON of `brokers`. */
  readonly sha256: string;
}

export interface PortfolioBook {
  readonly broker: string;
  readonly strategy_id: string;
  /** What fills cost here: the flat commission, or the dated tables. */
  readonly charges: 'flat' | 'dated';
  readonly starting_cash: string;
  readonly adjustments: string;
  readonly realised_pnl: string;
  readonly fees: string;
  readonly cash: string;
  /** What the held positions cost; negative for shorts. */
  readonly held_at_cost: string;
  readonly valuation: Valuation | null;
}

export interface PositionLine {
  readonly broker: string;
  readonly strategy_id: string;
  readonly instrument_token: number;
  readonly symbol: string | null;
  readonly quantity: number;
  readonly average_price: string;
}

export interface BooksRequest {
  readonly place: Place;
  readonly active: readonly string[];
  readonly broker: string | undefined;
}

export function readState(place: Place): StateReport {
  return withStore(place, stateOf);
}

export function readPortfolio(request: BooksRequest): readonly PortfolioBook[] {
  return withStore(request.place, (reader) => {
    checkBroker(request.broker, reader, request.active);
    return portfolioOf(reader, request.broker);
  });
}

/** The positions, and the books that say to the last unit what they cost together. */
export interface PositionsReport {
  readonly positions: readonly PositionLine[];
  readonly books: readonly PortfolioBook[];
}

export function readPositions(request: BooksRequest): PositionsReport {
  return withStore(request.place, (reader) => {
    checkBroker(request.broker, reader, request.active);
    return { positions: positionsOf(reader, request.broker), books: portfolioOf(reader, request.broker) };
  });
}

/** Nothing in it depends on the machine, the clock or where the data lies. */
export function stateOf(reader: StoreReader): StateReport {
  const byBroker = new Map<string, BookRow[]>();
  for (const { broker, row } of bookRows(reader)) byBroker.set(broker, [...(byBroker.get(broker) ?? []), row]);
  const brokers = Object.fromEntries([...byBroker].map(([broker, books]) => [broker, { books }]));
  return { brokers, sha256: sha256(canonicalJson(brokers)) };
}

export function portfolioOf(reader: StoreReader, only: string | undefined): readonly PortfolioBook[] {
  const rows = bookRows(reader, only);
  const valuations = new Map<string, ReadonlyMap<string, Valuation>>();
  for (const { broker } of rows) {
    if (!valuations.has(broker)) valuations.set(broker, lastValuations(reader, broker, booksOf(rows, broker)));
  }
  const namespaces = planInForce(reader)?.namespaces ?? [];
  return portfolioBooks(rows, namespaces, (broker, strategyId) => valuations.get(broker)?.get(strategyId));
}

/** The books of these rows, for whoever knows the plan and the valuations already. */
export function portfolioBooks(
  rows: readonly BookOf[],
  namespaces: Plan['namespaces'],
  valuationIn: (broker: string, strategyId: string) => Valuation | undefined,
): readonly PortfolioBook[] {
  return rows.map(({ broker, row }) => ({
    broker,
    strategy_id: row.strategy_id,
    charges: namespaces.find((each) => each.broker === broker)?.charges ?? 'flat',
    starting_cash: row.starting_cash,
    adjustments: row.adjustments,
    realised_pnl: row.realised_pnl,
    fees: row.fees,
    cash: row.cash,
    held_at_cost: formatDecimal(costOf(row)),
    valuation: valuationIn(broker, row.strategy_id) ?? null,
  }));
}

export function positionsOf(
  reader: StoreReader,
  only: string | undefined,
  symbols: ReadonlyMap<number, string> = symbolsOf(reader),
): readonly PositionLine[] {
  return bookRows(reader, only).flatMap(({ broker, row }) =>
    row.positions.map(({ instrument_token: token, quantity, average_price: average }) => ({
      broker,
      strategy_id: row.strategy_id,
      instrument_token: token,
      symbol: symbols.get(token) ?? null,
      quantity,
      average_price: average,
    })),
  );
}

/** 1/10,000 rupee of an amount that the platform itself wrote. */
export function units(text: string): number {
  const read = parseDecimal(text);
  invariant(read !== undefined, `expected an amount of the store to be decimal text, found ${text}`);
  return read;
}

/** A book's row with the namespace that it is of. */
export interface BookOf {
  readonly broker: string;
  readonly row: BookRow;
}

/** The books by broker and strategy, fields in the order in which DESIGN names them. */
export function bookRows(reader: StoreReader, only?: string): readonly BookOf[] {
  const rows = reader.rows('book', only).map(({ broker, value }) => {
    const book = JSON.parse(value) as BookRow;
    const row: BookRow = {
      strategy_id: book.strategy_id,
      starting_cash: book.starting_cash,
      cash: book.cash,
      realised_pnl: book.realised_pnl,
      fees: book.fees,
      adjustments: book.adjustments,
      positions: book.positions.map(({ instrument_token, quantity, average_price }) => ({
        instrument_token,
        quantity,
        average_price,
      })),
    };
    return { broker, row };
  });
  return rows.toSorted((a, b) => order(a.broker, b.broker) || order(a.row.strategy_id, b.row.strategy_id));
}

function booksOf(rows: readonly BookOf[], broker: string): readonly string[] {
  return rows.filter((each) => each.broker === broker).map(({ row }) => row.strategy_id);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The postings of a book balance, so what is not cash, fees or P&L is what the positions cost. */
function costOf(row: BookRow): number {
  return (
    units(row.starting_cash) + units(row.adjustments) + units(row.realised_pnl) - units(row.fees) - units(row.cash)
  );
}
