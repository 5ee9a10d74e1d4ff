// What a run's charges were for, by the lines of a contract note; the kinds sum to what was posted.
import { formatDecimal } from '#core/decimal.ts';
import { type Plan } from '#core/plan.ts';
import { COMPONENTS } from '#core/portfolio/charge-table.ts';
import { chargeClassOf, chargesOf } from '#core/portfolio/charges.ts';
import { dayOf, type EpochMs } from '#core/time.ts';
import { type OrderFact } from './run-recorder.ts';

/** `settled` is what a day's contract note and depository charge corrected, negative when it cost. */
export function chargesByKind(
  orders: readonly OrderFact[],
  plan: Plan,
  settled: number,
): Readonly<Record<string, string>> {
  const totals = new Map<string, number>();
  const add = (kind: string, amount: number): void => {
    totals.set(kind, (totals.get(kind) ?? 0) + amount);
  };
  const isDated = plan.namespaces[0]?.charges === 'dated';
  for (const order of orders) {
    if (order.filled === 0) continue;
    if (!isDated || plan.charges === undefined) {
      add('commission', order.fees);
      continue;
    }
    const { exchange = '', kind = 'equity' } = plan.instruments.find(({ token }) => token === order.token) ?? {};
    const terms = { exchange, on: chargeClassOf(kind, order.product), side: order.side };
    const charges = chargesOf(plan.charges, terms, dayOf(order.at as EpochMs), Math.abs(order.value));
    for (const component of COMPONENTS) add(component, charges[component]);
    // An order that filled on a later day was charged by that day's rates.
    if (charges.total !== order.fees) add('other', order.fees - charges.total);
  }
  if (settled !== 0) add('contract_note', 0 - settled);
  return Object.fromEntries(
    [...totals].filter(([, amount]) => amount !== 0).map(([k, amount]) => [k, formatDecimal(amount)]),
  );
}
