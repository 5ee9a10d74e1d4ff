// `alpha-panda portfolio`: what each book came to, with a total for each broker.
import { placeOf } from '#app/place.ts';
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
    summary: 'Prints cash, P&L, fees and exposure of every book, with totals for each broker.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { broker: BROKER_FLAG, json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: [
      'Equity, unrealised P&L and the second table are of the last P&L snapshot; everything else is of this moment.',
      'Day P&L counts from the last snapshot of an earlier day. Total and day P&L have all charges taken off. Margin used',
      'is what buying back the shorts would take.',
    ],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readPortfolio } = await import('#app/reading/books.ts');
    const { activeBrokers: active } = settings;
    const place = placeOf(settings);
    const books = readPortfolio({ place, active, broker: flags.broker });
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

const EXPOSURE_COLUMNS = [
  words('strategy'),
  numbers('gross exposure'),
  numbers('net exposure'),
  numbers('day P&L'),
  numbers('total P&L'),
  numbers('margin used'),
  numbers('available'),
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
  const times = books.map(({ valuation }) => valuation?.ts ?? '').filter((ts) => ts !== '');
  const valued = times.length === 0 ? 'not valued yet' : `valued ${times.toSorted().at(-1)}`;
  const charges = books[0]?.charges ?? 'flat';
  const accounts = tableOf(COLUMNS, books, amountsOf, io);
  return `${broker} (${valued}; ${charges} charges)\n${accounts}\n${tableOf(EXPOSURE_COLUMNS, books, exposureOf, io)}`;
}

/** A row of amounts a book, and their totals. */
function tableOf(columns: typeof COLUMNS, books: Books, amountsOfBook: typeof amountsOf, io: Io): string {
  const amounts = books.map(amountsOfBook);
  const rows = books.map((book, index) => [book.strategy_id, ...(amounts[index] ?? []).map(shown)]);
  const totals = columns.slice(1).map((_, column) => shown(total(amounts.map((row) => row[column]))));
  return renderTable(columns, rows, { footer: ['total', ...totals], heading: (text) => paint(io, 'bold', text) });
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

/** As `amountsOf`, of the second table. */
function exposureOf({ valuation }: PortfolioBook): readonly (number | undefined)[] {
  return [
    valuation?.gross_exposure,
    valuation?.net_exposure,
    valuation?.day_pnl,
    valuation?.total_pnl,
    valuation?.margin_used,
    valuation?.available,
  ].map((text) => (text === undefined ? undefined : parseDecimal(text)));
}

/** A total over books of which one has no value would mislead. */
function total(amounts: readonly (number | undefined)[]): number | undefined {
  return amounts.reduce((sum, amount) => (sum === undefined || amount === undefined ? undefined : sum + amount), 0);
}

function shown(amount: number | undefined): string {
  return amount === undefined ? '-' : formatDecimal(amount);
}
