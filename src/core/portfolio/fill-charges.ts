// What a fill costs in a namespace: the flat commission of its plan, or what the order's charges by the dated tables grow
// by. Apart from the engine, so that it never asks which of them is in force.
import { type Money, multiplyDivide, type Price, type Quantity } from '../decimal.ts';
import { type OrderSubmitted } from '../events.ts';
import { invariant } from '../invariant.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type NamespacePlan } from '../plan.ts';
import { type EpochMs, dayOf } from '../time.ts';
import { type ChargeTable } from './charge-table.ts';
import { chargeClassOf, chargesOf } from './charges.ts';

/** An order as far as its charges go: what was executed of it, and what was posted for that. */
export interface ChargedOrder {
  readonly submitted: OrderSubmitted;
  value: number;
  charged: number;
}

interface Context {
  readonly charges?: ChargeTable | undefined;
  readonly instruments: InstrumentTable;
}

interface Execution {
  readonly price: Price;
  readonly quantity: Quantity;
}

/** The charges of a fill, which `order` remembers. */
export function chargeFill(
  plan: NamespacePlan,
  context: Context,
  order: ChargedOrder,
  { price, quantity }: Execution,
  at: EpochMs,
): Money {
  const value = price * quantity;
  if (plan.charges !== 'dated') return multiplyDivide(value, plan.exchange.commission, 1_000_000) as Money;
  const { charges, instruments } = context;
  invariant(charges !== undefined, `${plan.broker} takes dated charges, and its plan has no table of them`);
  const { token, order: terms } = order.submitted;
  const { exchange, kind = 'equity' } = instruments.at(instruments.indexOf(token));
  const on = chargeClassOf(kind, terms.product);
  order.value += value;
  const { total } = chargesOf(charges, { exchange, on, side: terms.side }, dayOf(at), order.value);
  const fees = total - order.charged;
  order.charged = total;
  return fees as Money;
}
