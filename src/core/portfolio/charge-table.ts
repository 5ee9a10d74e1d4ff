// The dated tables of what trading costs, read from files and checked. They are data, because the rates change several
// times a year; everything that can be wrong with a file is found here, at the start, and named with its place.
import { DataFileError, DataRow, type Dated, datedRows } from '../data-row.ts';
import { type Rate, parseRate } from '../decimal.ts';

/** What is charged for, each with rates of its own. */
export const CHARGE_CLASSES = [
  'equity_delivery',
  'equity_intraday',
  'future',
  'option',
  'currency_future',
  'currency_option',
  'commodity_future',
  'commodity_option',
] as const;
export type ChargeClass = (typeof CHARGE_CLASSES)[number];

/** The lines of a contract note for an order; `stt` is CTT for commodities. */
export const COMPONENTS = ['brokerage', 'stt', 'transaction', 'ipft', 'sebi', 'stamp', 'gst'] as const;
export type Component = (typeof COMPONENTS)[number];

/** `depository` is charged for a day, not for an order. */
const ALL_COMPONENTS = [...COMPONENTS, 'depository'] as const;
export type AnyComponent = (typeof ALL_COMPONENTS)[number];

const EXCHANGES = ['NSE', 'NFO', 'CDS', 'BSE', 'BFO', 'BCD', 'MCX'] as const;
type Exchange = (typeof EXCHANGES)[number];

/** The lower of `rate` of the value and `cap`, and `flat` besides; amounts in 1/10,000 rupee. */
export interface ChargeRow extends Dated {
  readonly rate: Rate;
  readonly cap?: number;
  readonly flat?: number;
}

/** The rows of one component where it is charged alike. */
export interface ChargeSchedule {
  readonly component: AnyComponent;
  /** Undefined: wherever the trade was made. */
  readonly exchanges?: readonly string[];
  readonly classes: readonly ChargeClass[];
  readonly side: 'both' | 'buy' | 'sell';
  /** Name of the file, for messages. */
  readonly file: string;
  readonly rows: readonly ChargeRow[];
}

/** To what the sum of a component over a day is rounded on a contract note. */
export interface RoundingRow extends Dated {
  readonly nearest: number;
}

export interface RoundingSchedule {
  readonly components: readonly AnyComponent[];
  readonly file: string;
  readonly rows: readonly RoundingRow[];
}

/** One file, checked by itself. */
export interface ChargeFile {
  readonly covers: Dated;
  readonly schedules: readonly ChargeSchedule[];
  readonly rounding: readonly RoundingSchedule[];
}

/** All files together. It is plain data and a part of the plan, so that a replay charges what was charged. */
export type ChargeTable = Omit<ChargeFile, 'covers'>;

/** Checks the content of a file; `source` names it in messages. Throws `DataFileError`. */
export function parseChargeFile(json: unknown, source: string): ChargeFile {
  const top = new DataRow(json, source, '', ['about', 'name', 'covers', 'rates', 'rounding']);
  const dates = top.row('covers', ['from', 'to']);
  const covers = { from: dates.day('from'), to: dates.day('to') };
  if (covers.to < covers.from) dates.fail('to', 'a day not before "from"');
  const file = `${top.text('name')}.json`;
  const schedules = top
    .rows('rates', ['component', 'exchanges', 'classes', 'side', 'rows'])
    .map((row) => parseSchedule(row, covers, file));
  const rounding = top.has('rounding')
    ? top.rows('rounding', ['components', 'rows']).map((row) => parseRounding(row, covers, file))
    : [];
  return { covers, schedules, rounding };
}

function parseSchedule(row: DataRow, covers: Dated, file: string): ChargeSchedule {
  const component = row.word('component', ALL_COMPONENTS);
  const classes = row.words('classes', CHARGE_CLASSES);
  const side = row.word('side', ['both', 'buy', 'sell']);
  const rows = datedRows(row.rows('rows', ['from', 'to', 'percent', 'cap', 'flat', 'source']), covers, parseRates);
  const schedule = { component, classes, side, file, rows };
  return row.has('exchanges') ? { ...schedule, exchanges: row.words<Exchange>('exchanges', EXCHANGES) } : schedule;
}

function parseRates(row: DataRow, { from, to }: Dated): ChargeRow {
  const flat = row.has('flat') ? { flat: row.rupees('flat') } : {};
  if (row.has('flat') && !row.has('percent')) return { from, to, rate: 0 as Rate, ...flat };
  const rate =
    parseRate(row.text('percent')) ?? row.fail('percent', 'a percentage such as "0.00307", 7 decimals at most');
  const cap = row.has('cap') ? { cap: row.rupees('cap') } : {};
  return { from, to, rate, ...cap, ...flat };
}

function parseRounding(row: DataRow, covers: Dated, file: string): RoundingSchedule {
  const components = row.words('components', ALL_COMPONENTS);
  const rows = datedRows(row.rows('rows', ['from', 'to', 'nearest', 'source']), covers, (each, { from, to }) => {
    const nearest = each.rupees('nearest');
    return { from, to, nearest: nearest > 0 ? nearest : each.fail('nearest', 'more than 0 rupees') };
  });
  return { components, file, rows };
}

/**
 * All files as one table. Throws `DataFileError` when two of them charge the same thing, or one of the components is
 * missing where the others are charged.
 */
export function chargeTable(files: readonly ChargeFile[]): ChargeTable {
  const schedules = files.flatMap((file) => file.schedules);
  const rounding = files.flatMap((file) => file.rounding);
  for (const [index, one] of schedules.entries()) {
    const other = schedules.slice(index + 1).find((candidate) => overlaps(one, candidate));
    if (other !== undefined) refuseOverlap(one, other);
  }
  for (const { file, exchanges, classes } of schedules.filter(({ component }) => component === 'transaction')) {
    for (const exchange of exchanges ?? EXCHANGES) {
      for (const on of classes) {
        const due = on === 'equity_delivery' ? ALL_COMPONENTS : COMPONENTS;
        const missing = due.find(
          (each) => !schedules.some((row) => row.component === each && applies(row, exchange, on)),
        );
        if (missing !== undefined) refuseMissing(file, `${missing} of ${on} on ${exchange}`);
      }
    }
  }
  for (const component of ALL_COMPONENTS) {
    const found = rounding.filter(({ components }) => components.includes(component));
    if (found.length !== 1) {
      throw new DataFileError(
        `${files.length} files of charges: expected one rounding of ${component}, found ${found.length}. Correct "rounding".`,
      );
    }
  }
  return { schedules, rounding };
}

/** Whether a schedule says what is charged for a class on an exchange. */
export function applies(schedule: ChargeSchedule, exchange: string, on: ChargeClass): boolean {
  const { exchanges, classes } = schedule;
  return classes.includes(on) && (exchanges === undefined || exchanges.includes(exchange));
}

function overlaps(one: ChargeSchedule, other: ChargeSchedule): boolean {
  if (one.component !== other.component) return false;
  const places: readonly string[] = one.exchanges ?? EXCHANGES;
  return one.classes.some((on) =>
    places.some((exchange) => applies(one, exchange, on) && applies(other, exchange, on)),
  );
}

function refuseOverlap({ component, classes, file }: ChargeSchedule, other: ChargeSchedule): never {
  const both = classes.filter((on) => other.classes.includes(on)).join(', ');
  throw new DataFileError(
    `${file}: ${component} of ${both} is also in ${other.file}, which is an overlap: expected it once. Correct the files.`,
  );
}

function refuseMissing(file: string, what: string): never {
  throw new DataFileError(`${file}: expected a rate for ${what} beside its transaction charge, found none. Add it.`);
}
