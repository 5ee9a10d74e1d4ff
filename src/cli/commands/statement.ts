// `alpha-panda statement`: the trade book, or the gains of a tax year, for a tax adviser and for a spreadsheet.
import { placeOf } from '#app/place.ts';
import type { HoldingLine } from '#app/reading/holdings.ts';
import type { GainLine, TradeLine } from '#app/reading/statement.ts';
import { UsageError } from '../arguments.ts';
import { BROKER_FLAG, DATA_DIR_FLAG, defineCommand, JSON_FLAG } from '../command.ts';
import { csvText } from '../csv.ts';
import { EXIT, jsonText } from '../io.ts';
import { settingsFor } from '../settings.ts';

export const statementCommand = defineCommand(
  {
    name: 'statement',
    summary: 'Prints the trade book, the gains of a tax year with their charges, or the holdings, as CSV.',
    operands: 'trades|gains|holdings',
    operandsMin: 1,
    operandsMax: 1,
    flags: {
      broker: BROKER_FLAG,
      year: { kind: 'text', value: 'YEAR', help: 'Only this tax year, April to March, such as 2026-27.' },
      json: JSON_FLAG,
      'data-dir': DATA_DIR_FLAG,
    },
    notes: [
      'Gains are first in, first out over the whole account: short_term and long_term are deliveries held at most',
      'twelve months or longer, speculative is equity intraday, business is everything else. contract_note is what a',
      "day's contract note corrected in the charges. Holdings are those at the end of the log: t1_quantity was bought on the",
      'last trading day and is not delivered. --json has all lists, and totals.',
    ],
  },
  async ({ flags, operands }, io) => {
    const [list] = operands;
    if (list !== 'trades' && list !== 'gains' && list !== 'holdings') {
      throw new UsageError(`expected trades, gains or holdings, found ${JSON.stringify(list)}`);
    }
    const { settings } = await settingsFor(io, { DATA_DIR: flags['data-dir'] });
    const { readStatement } = await import('#app/reading/statement.ts');
    const { activeBrokers: active } = settings;
    const place = placeOf(settings);
    const statement = readStatement({ place, active, broker: flags.broker, year: flags.year });
    if (flags.json) await io.stdout.write(jsonText(statement));
    else if (list === 'trades') await io.stdout.write(asCsv(statement.trades, TRADE_FIELDS));
    else if (list === 'gains') await io.stdout.write(asCsv(statement.gains, GAIN_FIELDS));
    else await io.stdout.write(asCsv(statement.holdings, HOLDING_FIELDS));
    return EXIT.good;
  },
);

const TRADE_FIELDS = [
  'broker',
  'traded_at',
  'strategy_id',
  'exchange',
  'symbol',
  'instrument_token',
  'product',
  'side',
  'quantity',
  'price',
  'value',
  'charges',
  'order_id',
  'fill_id',
] as const satisfies readonly (keyof TradeLine)[];

const GAIN_FIELDS = [
  'broker',
  'tax_year',
  'gain',
  'symbol',
  'product',
  'quantity',
  'buy_date',
  'sell_date',
  'buy_value',
  'sell_value',
  'profit',
  'charges',
  'net',
] as const satisfies readonly (keyof GainLine)[];

const HOLDING_FIELDS = [
  'broker',
  'symbol',
  'product',
  'quantity',
  'overnight_quantity',
  'delivered_quantity',
  't1_quantity',
  'day_buy_quantity',
  'day_buy_value',
  'day_sell_quantity',
  'day_sell_value',
  'average_price',
  'value',
] as const satisfies readonly (keyof HoldingLine)[];

function asCsv<Field extends string>(
  lines: readonly Readonly<Record<Field, string | number | null>>[],
  fields: readonly Field[],
): string {
  return csvText(
    fields,
    lines.map((line) => fields.map((field) => line[field])),
  );
}
