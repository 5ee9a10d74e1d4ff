// What a day's contract note corrects in the charges that were posted fill by fill: a delivery that was bought and sold on
// one day is charged as intraday, sums are rounded, and shares that leave the account pay the depository.
import { type Money, multiplyDivide, roundHalfUpTo } from '../decimal.ts';
import { type Product, type Side } from '../events.ts';
import { type EventId } from '../ids.ts';
import { type InstrumentKind } from '../market/instrument.ts';
import { type DayNumber } from '../time.ts';
import { COMPONENTS, type ChargeClass, type ChargeTable, type Component } from './charge-table.ts';
import { chargeClassOf, type Charges, chargesOf, rowOf, roundingOf } from './charges.ts';

/** A fill as a contract note sees it. */
export interface NotedFill {
  readonly orderId: EventId;
  readonly token: number;
  readonly exchange: string;
  readonly kind: InstrumentKind;
  readonly product: Product;
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
}

/** More to pay when positive, in 1/10,000 rupee. */
export interface NoteCorrection {
  readonly why: 'intraday' | 'depository' | 'rounding';
  readonly amount: Money;
}

/** What the fills of one day and one account still have to be charged; a correction of nothing is left out. */
export function noteCorrections(
  table: ChargeTable,
  day: DayNumber,
  fills: readonly NotedFill[],
): readonly NoteCorrection[] {
  const orders = ordersOf(fills);
  const sums = new Map<Component, number>(COMPONENTS.map((component) => [component, 0]));
  let intraday = 0;
  for (const order of orders) {
    const { exchange, on, side, value, sameDay } = order;
    const posted = chargesOf(table, { exchange, on, side }, day, value);
    const due = [chargesOf(table, { exchange, on, side }, day, value - sameDay)];
    if (sameDay > 0) due.push(chargesOf(table, { exchange, on: 'equity_intraday', side }, day, sameDay));
    intraday += due.reduce((sum, { total }) => sum + total, 0) - posted.total;
    for (const charges of due) add(sums, charges);
  }
  let rounding = 0;
  for (const [component, sum] of sums) rounding += roundHalfUpTo(sum, roundingOf(table, component, day)) - sum;
  const corrections = [
    { why: 'intraday', amount: intraday as Money },
    { why: 'depository', amount: depository(table, day, orders) as Money },
    { why: 'rounding', amount: rounding as Money },
  ] as const;
  return corrections.filter(({ amount }) => amount !== 0);
}

function add(sums: Map<Component, number>, charges: Charges): void {
  for (const component of COMPONENTS) sums.set(component, (sums.get(component) ?? 0) + charges[component]);
}

/** What was executed of one order on the day. */
interface NotedOrder {
  readonly token: number;
  readonly exchange: string;
  readonly on: ChargeClass;
  readonly side: Side;
  value: number;
  /** Units, and value of those that were bought and sold on the day. */
  quantity: number;
  sameDay: number;
  sameDayQuantity: number;
}

function ordersOf(fills: readonly NotedFill[]): readonly NotedOrder[] {
  const orders = new Map<EventId, NotedOrder>();
  const left = sameDayUnits(fills);
  for (const { orderId, token, exchange, kind, product, side, quantity, price } of fills) {
    let order = orders.get(orderId);
    if (order === undefined) {
      const on = chargeClassOf(kind, product);
      order = { token, exchange, on, side, value: 0, quantity: 0, sameDay: 0, sameDayQuantity: 0 };
      orders.set(orderId, order);
    }
    order.value += quantity * price;
    order.quantity += quantity;
    if (order.on !== 'equity_delivery') continue;
    // First bought, first sold: the first units of either side are those of the day.
    const key = `${side} ${token}`;
    const units = Math.min(quantity, left.get(key) ?? 0);
    left.set(key, (left.get(key) ?? 0) - units);
    order.sameDay += units * price;
    order.sameDayQuantity += units;
  }
  return [...orders.values()];
}

/** Units that were both bought and sold for delivery on the day, by side and instrument. */
function sameDayUnits(fills: readonly NotedFill[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { token, kind, product, side, quantity } of fills) {
    if (chargeClassOf(kind, product) !== 'equity_delivery') continue;
    units.set(`${side} ${token}`, (units.get(`${side} ${token}`) ?? 0) + quantity);
  }
  for (const { token } of fills) {
    const both = Math.min(units.get(`BUY ${token}`) ?? 0, units.get(`SELL ${token}`) ?? 0);
    for (const side of ['BUY', 'SELL']) units.set(`${side} ${token}`, both);
  }
  return units;
}

/** For each instrument of which shares left the account, with GST. */
function depository(table: ChargeTable, day: DayNumber, orders: readonly NotedOrder[]): number {
  const leaving = new Map<number, NotedOrder>();
  for (const order of orders) {
    const delivered = order.on === 'equity_delivery' && order.side === 'SELL' && order.quantity > order.sameDayQuantity;
    if (delivered) leaving.set(order.token, order);
  }
  let sum = 0;
  for (const order of leaving.values()) {
    const { flat = 0 } = rowOf(table, 'depository', order, day);
    const { rate } = rowOf(table, 'gst', order, day);
    sum += flat + multiplyDivide(flat, rate, 1_000_000_000);
  }
  return roundHalfUpTo(sum, roundingOf(table, 'depository', day));
}
