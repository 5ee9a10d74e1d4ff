// What an order costs, to the last unit and by component. It is a function of what was executed of the order so far, so
// that caps and rounding come out the same however the order is split into fills.
import { DataFileError } from '../data-row.ts';
import { type Money, roundHalfUpTo, wideDivideHalfUp } from '../decimal.ts';
import { type Product, type Side } from '../events.ts';
import { invariant } from '../invariant.ts';
import { type InstrumentKind } from '../market/instrument.ts';
import { type DayNumber, formatDay } from '../time.ts';
import {
  applies,
  COMPONENTS,
  type AnyComponent,
  type ChargeClass,
  type ChargeRow,
  type ChargeTable,
  type Component,
} from './charge-table.ts';

/** What decides the rates of an order. */
export interface ChargeTerms {
  readonly exchange: string;
  readonly on: ChargeClass;
  readonly side: Side;
}

/** Amounts by component in 1/10,000 rupee; `total` is their sum. */
export type Charges = Readonly<Record<Component | 'total', Money>>;

/** The same, exactly: in 1/`EXACT` of 1/10,000 rupee. */
export type ExactCharges = Readonly<Record<Component | 'total', bigint>>;

/** Parts of 1/10,000 rupee in which charges are exact: a rate of a value, and GST as a rate of that. */
export const EXACT = 10n ** 18n;
const BILLION = 10n ** 9n;

/** How a broker's estimate departs from the table. */
export interface Estimate {
  /** Whether the investor protection fund is a part of the exchange's charge. */
  readonly ipft: boolean;
  /** Stamp duty is rounded to a multiple of this, half up. */
  readonly stampNearest: Money;
  /** The least brokerage of an order. */
  readonly brokerageMin: Money;
}

/** The class of an instrument's orders. An equity bought to keep is a delivery; an index is not traded. */
export function chargeClassOf(kind: InstrumentKind, product: Product): ChargeClass {
  if (kind === 'equity') return product === 'MIS' ? 'equity_intraday' : 'equity_delivery';
  invariant(kind !== 'index', 'an index is not traded, so nothing can be charged for it');
  return kind;
}

/**
 * The charges of an order of which `value` (1/10,000 rupee) was executed so far, each component rounded half up. The
 * charges of a fill are the difference of this after and before it.
 */
export function chargesOf(table: ChargeTable, terms: ChargeTerms, day: DayNumber, value: number): Charges {
  const exact = exactCharges(table, terms, day, value);
  const charges = { total: 0 } as Record<Component | 'total', Money>;
  for (const component of COMPONENTS) {
    charges[component] = wideDivideHalfUp(exact[component], EXACT) as Money;
    charges.total = (charges.total + charges[component]) as Money;
  }
  return charges;
}

/** The charges before any rounding; with an `estimate`, as the broker's own calculator says them beforehand. */
export function exactCharges(
  table: ChargeTable,
  terms: ChargeTerms,
  day: DayNumber,
  value: number,
  estimate?: Estimate,
): ExactCharges {
  const rates = ratesOf(table, terms, day);
  const charged = (component: Component): bigint => ofRow(rates[component], value) * BILLION;
  let brokerage = charged('brokerage');
  let stamp = charged('stamp');
  let ipft = charged('ipft');
  if (estimate !== undefined) {
    const least = BigInt(estimate.brokerageMin) * EXACT;
    if (brokerage < least) brokerage = least;
    stamp = BigInt(roundHalfUpTo(wideDivideHalfUp(stamp, EXACT), estimate.stampNearest)) * EXACT;
    if (!estimate.ipft) ipft = 0n;
  }
  const transaction = charged('transaction');
  const sebi = charged('sebi');
  const stt = charged('stt');
  const gst = gstOn(rates.gst, brokerage + transaction + sebi);
  return {
    brokerage,
    stt,
    transaction,
    ipft,
    sebi,
    stamp,
    gst,
    total: brokerage + stt + transaction + ipft + sebi + stamp + gst,
  };
}

/** GST on an exact amount; the protection fund is no part of what it is taken of. */
function gstOn({ rate }: ChargeRow, exact: bigint): bigint {
  // The amount is a multiple of 1/1,000,000,000 of a unit, so nothing is lost.
  return (exact / BILLION) * BigInt(rate);
}

/** In 1/1,000,000,000 of 1/10,000 rupee. */
function ofRow({ rate, cap, flat }: ChargeRow, value: number): bigint {
  if (value === 0) return 0n;
  const share = BigInt(value) * BigInt(rate);
  const most = cap === undefined ? share : BigInt(cap) * BILLION;
  return (share < most ? share : most) + BigInt(flat ?? 0) * BILLION;
}

type Rates = Readonly<Record<Component, ChargeRow>>;

/** The rows in force by place, class, side and day: looked up for every fill, and the same for thousands of them. */
const KNOWN_RATES = new WeakMap<ChargeTable, Map<string, Rates>>();

function ratesOf(table: ChargeTable, terms: ChargeTerms, day: DayNumber): Rates {
  let known = KNOWN_RATES.get(table);
  if (known === undefined) KNOWN_RATES.set(table, (known = new Map<string, Rates>()));
  const key = `${terms.exchange} ${terms.on} ${terms.side} ${day}`;
  let rates = known.get(key);
  if (rates === undefined) {
    rates = Object.fromEntries(COMPONENTS.map((each) => [each, rowOf(table, each, terms, day)])) as Rates;
    known.set(key, rates);
  }
  return rates;
}

const FREE = { from: 0, to: 0, rate: 0 } as ChargeRow;

/** The row of a component in force on a day; one that charges nothing where only the other side pays. */
export function rowOf(table: ChargeTable, component: AnyComponent, terms: ChargeTerms, day: DayNumber): ChargeRow {
  const { exchange, on, side } = terms;
  const schedule = table.schedules.find((each) => each.component === component && applies(each, exchange, on));
  if (schedule === undefined) {
    throw new DataFileError(
      `config/charges: expected a rate for ${component} of ${on} on ${exchange}, found none. Add it to a file there.`,
    );
  }
  const row = inForce(schedule, component, day);
  return schedule.side === 'both' || (schedule.side === 'buy') === (side === 'BUY') ? row : FREE;
}

/** To what the day's sum of a component is rounded. */
export function roundingOf(table: ChargeTable, component: AnyComponent, day: DayNumber): number {
  const schedule = table.rounding.find(({ components }) => components.includes(component));
  invariant(schedule !== undefined, `the checked table of charges does not round ${component}`);
  return inForce(schedule, component, day).nearest;
}

/** Whether every thing that is charged has a rate on a day. Throws `DataFileError`, which names the file. */
export function requireRates(table: ChargeTable, day: DayNumber): void {
  for (const schedule of table.schedules) inForce(schedule, schedule.component, day);
}

function inForce<Row extends { from: DayNumber; to: DayNumber }>(
  { rows, file }: { readonly rows: readonly Row[]; readonly file: string },
  component: AnyComponent,
  day: DayNumber,
): Row {
  const row = rows.find(({ from, to }) => from <= day && day <= to);
  if (row !== undefined) return row;
  const [first, last] = [rows[0], rows.at(-1)];
  const covered =
    first === undefined || last === undefined ? 'nothing' : `${formatDay(first.from)} to ${formatDay(last.to)}`;
  throw new DataFileError(
    `${file}: expected a row for ${component} on ${formatDay(day)}, found ${covered}. Add the rates of that day to it.`,
  );
}
