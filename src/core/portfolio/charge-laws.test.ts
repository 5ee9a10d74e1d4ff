// What must hold of a namespace with dated charges, whatever it trades: seen in its events and books alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import {
  after,
  ALPHA,
  BETA,
  catalogueOf,
  exchangeTerms,
  inr,
  instrument,
  namespacePlan,
  ofType,
  plan,
  signal,
  units,
} from '../../../test/support/builders.ts';
import { CascadeRun } from '../../../test/support/cascade-run.ts';
import { ist } from '../../../test/support/tape-builder.ts';
import { type OrderFilled } from '../events.ts';
import { dayOf } from '../time.ts';
import { chargeClassOf, chargesOf } from './charges.ts';

const CHARGES = loadCharges(fileURLToPath(new URL('../../../config/charges', import.meta.url)));
const INSTRUMENTS = [
  instrument({ token: 1, symbol: 'INFY' }),
  instrument({ token: 2, symbol: 'NIFTY21JUNFUT', exchange: 'NFO', kind: 'future' }),
] as const;

const asked = fc.record({
  strategyId: fc.constantFrom(ALPHA, BETA),
  on: fc.nat({ max: 1 }),
  side: fc.constantFrom('BUY' as const, 'BUY' as const, 'SELL' as const),
  quantity: fc.integer({ min: 1, max: 400 }),
  price: fc.integer({ min: 20, max: 3_000 }),
  /** Units that trade until the next row: orders are filled in parts. */
  volume: fc.integer({ min: 1, max: 300 }),
});

/** A day on which every signal is followed by a tick that fills a part of what is open. */
function day(list: readonly (typeof asked extends fc.Arbitrary<infer T> ? T : never)[]): CascadeRun {
  const namespaces = [namespacePlan({ charges: 'dated', exchange: exchangeTerms({ partialFills: true }) })];
  const run = new CascadeRun(plan({ instruments: INSTRUMENTS, namespaces, charges: CHARGES }), catalogueOf());
  const volumes = [0, 0];
  const tick = (on: number, price: number, second: number, volume: number): void => {
    volumes[on] = (volumes[on] ?? 0) + volume;
    run.tick(on, price, after(second), volumes[on] ?? 0);
  };
  for (const on of [0, 1]) tick(on, 100, 0, 1);
  for (const [index, { strategyId, on, side, quantity, price, volume }] of list.entries()) {
    const second = 2 * index + 1;
    const token = on + 1;
    run.message(signal({ id: `s${index}`, strategyId, token, side, quantity: units(quantity), at: after(second) }));
    tick(on, price, second + 1, volume);
  }
  run.clock(ist('2021-06-11T15:30:00'));
  return run;
}

/** What an order's fills are worth together. */
function byOrder(
  fills: readonly OrderFilled[],
): ReadonlyMap<string, { first: OrderFilled; value: number; fees: number }> {
  const orders = new Map<string, { first: OrderFilled; value: number; fees: number }>();
  for (const fill of fills) {
    const order = orders.get(fill.order.orderId) ?? { first: fill, value: 0, fees: 0 };
    order.value += fill.quantity * fill.fillPrice;
    order.fees += fill.fees;
    orders.set(fill.order.orderId, order);
  }
  return orders;
}

test('fees are those of the tables for every order, cash is what was paid and received, and the day ends in paise', () => {
  let parts = 0;
  fc.assert(
    fc.property(fc.array(asked, { minLength: 1, maxLength: 8 }), (list) => {
      const run = day(list);
      const fills = ofType(run.events, 'order_filled');
      const orders = byOrder(fills);
      for (const { first, value, fees } of orders.values()) {
        const { exchange, kind = 'equity' } = INSTRUMENTS[first.token - 1] ?? INSTRUMENTS[0];
        const on = chargeClassOf(kind, first.order.product);
        const { total } = chargesOf(CHARGES, { exchange, on, side: first.order.side }, dayOf(first.at), value);
        assert.equal(fees, total);
      }
      parts += fills.length - orders.size;
      const notes = ofType(run.events, 'ledger_adjusted');
      for (const book of run.namespace().portfolio.ledger.books) {
        const own = fills.filter(({ strategyId }) => strategyId === book.strategyId);
        const sum = (of: (fill: OrderFilled) => number): number => own.reduce((total, fill) => total + of(fill), 0);
        const signed = ({ order, quantity }: OrderFilled): number => (order.side === 'BUY' ? quantity : -quantity);
        const adjusted = notes
          .filter((it) => it.strategyId === book.strategyId)
          .reduce((all, it) => all + it.amount, 0);
        assert.equal(
          book.fees,
          sum((fill) => fill.fees),
        );
        assert.equal(book.adjustments, adjusted);
        assert.equal(book.cash, inr(1_000_000) - sum((fill) => signed(fill) * fill.fillPrice) - book.fees + adjusted);
        assert.equal((book.fees - adjusted) % 100, 0, 'what a day costs is a whole number of paise');
        for (const [index, each] of INSTRUMENTS.entries()) {
          const held = own.filter(({ token }) => token === each.token).reduce((all, fill) => all + signed(fill), 0);
          assert.equal(book.quantity[index], held);
        }
        assert.equal(book.netPnl, book.equity - inr(1_000_000));
      }
    }),
    { numRuns: 1_000 },
  );
  assert.ok(parts > 200, `only ${parts} orders were filled in parts`);
});
