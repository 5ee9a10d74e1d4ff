// `alpha-panda portfolio`: what each book came to, with a total for each broker.
import type { PortfolioBook } from '#app/reading/books.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

type Books = readonly PortfolioBook[];

export const portfolioCommand = defineCommand(
  {
    name: 'portfolio',
    summary: 'Prints cash, P&L and fees of every book, with totals for each broker.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { broker: BROKER_FLAG, json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: ['Equity and unrealised P&L are those of the last P&L snapshot; everything else is of this moment.'],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readPortfolio } = await import('#app/reading/books.ts');
    const { dataDir, activeBrokers: active } = settings;
    const books = readPortfolio({ dataDir, active, broker: flags.broker });
    await io.stdout.write(flags.json ? jsonText(books) : asText(books, io));
    return EXIT.good;
  },
);

const COLUMNS = [
  words('strategy'),
  numbers('starting cash'),
  numbers('adjustments'),
  numbers('realised P&L'),
  numbers('fees'),
  numbers('cash'),
  numbers('held at cost'),
  numbers('unrealised'),
  numbers('equity'),
];

function asText(books: Books, io: Io): string {
  const brokers = [...new Set(books.map(({ broker }) => broker))];
  if (brokers.length === 0) return 'no books yet\n';
  return brokers
    .map((broker) =>
      brokerText(
        books.filter((book) => book.broker === broker),
        broker,
        io,
      ),
    )
    .join('\n');
}

function brokerText(books: Books, broker: string, io: Io): string {
  const amounts = books.map(amountsOf);
  const rows = books.map((book, index) => [book.strategy_id, ...(amounts[index] ?? []).map(shown)]);
  const totals = COLUMNS.slice(1).map((_, column) => shown(total(amounts.map((row) => row[column]))));
  const footer = ['total', ...totals];
  const times = books.map(({ valuation }) => valuation?.ts ?? '').filter((ts) => ts !== '');
  const valued = times.length === 0 ? 'not valued yet' : `valued ${times.toSorted().at(-1)}`;
  const table = renderTable(COLUMNS, rows, { footer, heading: (text) => paint(io, 'bold', text) });
  return `${broker} (${valued})\n${table}`;
}

/** In the order of the columns, 1/10,000 rupee; undefined where there is no value. */
function amountsOf(book: PortfolioBook): readonly (number | undefined)[] {
  const texts = [
    book.starting_cash,
    book.adjustments,
    book.realised_pnl,
    book.fees,
    book.cash,
    book.held_at_cost,
    book.valuation?.unrealised_pnl,
    book.valuation?.equity,
  ];
  return texts.map((text) => (text === undefined ? undefined : parseDecimal(text)));
}

/** A total over books of which one has no value would mislead. */
function total(amounts: readonly (number | undefined)[]): number | undefined {
  return amounts.reduce((sum, amount) => (sum === undefined || amount === undefined ? undefined : sum + amount), 0);
}

function shown(amount: number | undefined): string {
  return amount === undefined ? '-' : formatDecimal(amount);
}
