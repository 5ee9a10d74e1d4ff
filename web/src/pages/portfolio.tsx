// Where each rupee is: every book with its cash, what it holds at cost and what that is worth, and every position.
import type { Item } from '../api/client.ts';
import { useApi } from '../api/queries.ts';
import { count, sumOf } from '../format.ts';
import { BrokerChoice, useParam } from '../parts/filters.tsx';
import { Panel, Shown } from '../parts/states.tsx';
import { Table, type Column } from '../parts/table.tsx';
import { Gain, Instrument, Money } from '../parts/values.tsx';

type Book = Item<'GET /api/v1/portfolios'>;
type Position = Item<'GET /api/v1/positions'>;

const BOOKS: readonly Column<Book>[] = [
  { head: 'Namespace', cell: ({ broker }) => broker },
  { head: 'Strategy', cell: ({ strategy_id: id }) => id },
  { head: 'Equity', cell: ({ valuation }) => <Money value={valuation?.equity} />, numeric: true },
  { head: 'P&L of the day', cell: ({ valuation }) => <Gain value={valuation?.day_pnl} />, numeric: true },
  { head: 'Cash', cell: ({ cash }) => <Money value={cash} />, numeric: true },
  { head: 'Held at cost', cell: ({ held_at_cost: held }) => <Money value={held} />, numeric: true },
  { head: 'Realised', cell: ({ realised_pnl: pnl }) => <Gain value={pnl} />, numeric: true },
  { head: 'Unrealised', cell: ({ valuation }) => <Gain value={valuation?.unrealised_pnl} />, numeric: true },
  { head: 'Fees', cell: ({ fees }) => <Money value={fees} />, numeric: true },
  { head: 'Started with', cell: ({ starting_cash: cash }) => <Money value={cash} />, numeric: true },
  { head: 'Paid in or out', cell: ({ adjustments }) => <Money value={adjustments} />, numeric: true },
  { head: 'Largest drawdown', cell: ({ valuation }) => <Money value={valuation?.max_drawdown} />, numeric: true },
  { head: 'Exposure', cell: ({ valuation }) => <Money value={valuation?.gross_exposure} />, numeric: true },
];

const POSITIONS: readonly Column<Position>[] = [
  { head: 'Instrument', cell: ({ symbol, instrument_token: token }) => <Instrument symbol={symbol} token={token} /> },
  { head: 'Quantity', cell: ({ quantity }) => count(quantity), numeric: true },
  { head: 'Average price', cell: ({ average_price: price }) => <Money value={price} />, numeric: true },
  { head: 'Namespace', cell: ({ broker }) => broker },
  { head: 'Strategy', cell: ({ strategy_id: id }) => id },
];

export function Portfolio() {
  const query = { broker: useParam('broker'), limit: 1_000 };
  const books = useApi('GET /api/v1/portfolios', { query }, 5_000);
  const positions = useApi('GET /api/v1/positions', { query }, 5_000);
  return (
    <>
      <div className="page-head">
        <h1>Portfolio</h1>
        <div className="filters">
          <BrokerChoice />
        </div>
      </div>
      <Panel title="Books" aside={<Totals books={books.data?.items ?? []} />}>
        <Shown
          of={{ ...books, data: books.data?.items }}
          empty="No book yet: a strategy has one from its first fill or deposit."
        >
          {(items) => (
            <Table label="Books" columns={BOOKS} rows={items} keyOf={(book) => `${book.broker} ${book.strategy_id}`} />
          )}
        </Shown>
      </Panel>
      <Panel title="Positions">
        <Shown of={{ ...positions, data: positions.data?.items }} empty="Nothing is held.">
          {(items) => (
            <Table
              label="Positions"
              columns={POSITIONS}
              rows={items}
              keyOf={(line) => `${line.broker} ${line.strategy_id} ${line.instrument_token}`}
            />
          )}
        </Shown>
      </Panel>
    </>
  );
}

function Totals({ books }: { readonly books: readonly Book[] }) {
  if (books.length === 0) return null;
  return (
    <span className="quiet">
      Cash <Money value={sumOf(books.map(({ cash }) => cash))} /> · realised{' '}
      <Gain value={sumOf(books.map(({ realised_pnl: pnl }) => pnl))} /> · fees{' '}
      <Money value={sumOf(books.map(({ fees }) => fees))} />
    </span>
  );
}
