// `alpha-panda positions`: what every book holds.
import { placeOf } from '#app/place.ts';
import type { PortfolioBook, PositionLine } from '#app/reading/books.ts';
import { formatDecimal, parseDecimal } from '#core/decimal.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { EXIT, jsonText, paint, type Io } from '../io.ts';
import { settingsFor } from '../settings.ts';
import { numbers, renderTable, words } from '../table.ts';

export const positionsCommand = defineCommand(
  {
    name: 'positions',
    summary: 'Prints what every book holds.',
    operands: '',
    operandsMin: 0,
    operandsMax: 0,
    flags: { broker: BROKER_FLAG, json: JSON_FLAG, 'data-dir': DATA_DIR_FLAG },
    notes: ['A negative quantity is a short position. Flat instruments are left out.'],
  },
  async ({ flags }, io) => {
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readPositions } = await import('#app/reading/books.ts');
    const { activeBrokers: active } = settings;
    const place = placeOf(settings);
    const { positions, books } = readPositions({ place, active, broker: flags.broker });
    await io.stdout.write(flags.json ? jsonText(positions) : asText(positions, books, io));
    return EXIT.good;
  },
);

const COLUMNS = [words('strategy'), words('symbol'), numbers('token'), numbers('quantity'), numbers('average price')];

function asText(positions: readonly PositionLine[], books: readonly PortfolioBook[], io: Io): string {
  const brokers = [...new Set(positions.map(({ broker }) => broker))];
  if (brokers.length === 0) return 'no open positions\n';
  const texts = brokers.map((broker) => {
    const mine = positions.filter((position) => position.broker === broker);
    const rows = mine.map((line) => [
      line.strategy_id,
      line.symbol ?? '-',
      `${line.instrument_token}`,
      `${line.quantity}`,
      line.average_price,
    ]);
    const costs = books.filter((book) => book.broker === broker).map((book) => parseDecimal(book.held_at_cost) ?? 0);
    const cost = formatDecimal(costs.reduce((sum, each) => sum + each, 0));
    const table = renderTable(COLUMNS, rows, { heading: (text) => paint(io, 'bold', text) });
    return `${broker}: ${mine.length} positions, held at a cost of ${cost}\n${table}`;
  });
  return texts.join('\n');
}
