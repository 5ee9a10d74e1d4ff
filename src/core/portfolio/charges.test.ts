import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import { requireShared } from '../../../test/support/shared-data.ts';
import { type Money } from '../decimal.ts';
import { InvariantError } from '../invariant.ts';
import { type DayNumber, parseDay } from '../time.ts';
import { CHARGE_CLASSES, type ChargeClass, type ChargeTable } from './charge-table.ts';
import {
  chargeClassOf,
  chargesOf,
  requireRates,
  type ChargeTerms,
  type Estimate,
  EXACT,
  exactCharges,
} from './charges.ts';

const TABLE = loadCharges(fileURLToPath(new URL('../../../config/charges', import.meta.url)));
const PLACES = { equity: 'NSE', future: 'NFO', option: 'BFO', currency: 'CDS', commodity: 'MCX' } as const;

function day(text: string): DayNumber {
  const parsed = parseDay(text);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

function termsOf(on: ChargeClass, side: 'BUY' | 'SELL' = 'BUY'): ChargeTerms {
  return { exchange: PLACES[on.split('_')[0] as keyof typeof PLACES], on, side };
}

/** Rupees of each component. */
function rupees(terms: ChargeTerms, on: string, value: number): Record<string, number> {
  const charges = chargesOf(TABLE, terms, day(on), value * 10_000);
  return Object.fromEntries(Object.entries(charges).map(([name, units]) => [name, units / 10_000]));
}

describe('against the numbers of Kite Connect', () => {
  /** Both calculators round stamp duty; the one for margins knows no protection fund, and least brokerage is a paisa. */
  const NOTE: Estimate = { ipft: true, stampNearest: 10_000 as Money, brokerageMin: 0 as Money };
  const BASKET: Estimate = { ...NOTE, ipft: false };
  const MARGIN: Estimate = { ipft: false, stampNearest: 100 as Money, brokerageMin: 100 as Money };

  interface Line {
    readonly transaction_tax: number;
    readonly exchange_turnover_charge: number;
    readonly sebi_turnover_charge: number;
    readonly brokerage: number;
    readonly stamp_duty: number;
    readonly gst: { readonly total: number };
    readonly total: number;
  }

  function data(path: string): unknown {
    return (JSON.parse(readFileSync(path, 'utf8')) as { readonly data: unknown }).data;
  }

  /** Every line to the last digit that the broker prints. */
  function compare(found: Line, terms: ChargeTerms, on: string, value: number, estimate: Estimate): void {
    const exact = exactCharges(TABLE, terms, day(on), Math.round(value * 10_000), estimate);
    const amount = (units: bigint): string => (Number(units) / Number(EXACT) / 10_000).toFixed(9);
    const ours = {
      tax: amount(exact.stt),
      exchange: amount(exact.transaction + exact.ipft),
      sebi: amount(exact.sebi),
      brokerage: amount(exact.brokerage),
      stamp: amount(exact.stamp),
      gst: amount(exact.gst),
      total: amount(exact.total),
    };
    assert.deepEqual(ours, {
      tax: found.transaction_tax.toFixed(9),
      exchange: found.exchange_turnover_charge.toFixed(9),
      sebi: found.sebi_turnover_charge.toFixed(9),
      brokerage: found.brokerage.toFixed(9),
      stamp: found.stamp_duty.toFixed(9),
      gst: found.gst.total.toFixed(9),
      total: found.total.toFixed(9),
    });
  }

  test('virtual_contract_note.json of July 2023 comes out line by line', (t) => {
    const path = requireShared(t, 'kiteconnect-mocks', 'virtual_contract_note.json');
    if (path === undefined) return;
    const orders = data(path) as readonly {
      readonly transaction_type: 'BUY' | 'SELL';
      readonly exchange: string;
      readonly product: 'CNC' | 'NRML';
      readonly quantity: number;
      readonly price: number;
      readonly charges: Line;
    }[];
    const kinds = ['equity', 'commodity_future', 'option'] as const;
    assert.equal(orders.length, kinds.length);
    for (const [index, order] of orders.entries()) {
      const { exchange, transaction_type: side, quantity, price, product, charges } = order;
      const on = chargeClassOf(kinds[index] ?? 'equity', product);
      compare(charges, { exchange, on, side }, '2023-07-10', quantity * price, NOTE);
    }
  });

  test('order_margins.json, made before April 2023, comes out line by line', (t) => {
    const path = requireShared(t, 'kiteconnect-mocks', 'order_margins.json');
    if (path === undefined) return;
    const orders = data(path) as readonly { readonly exchange: string; readonly var: number; readonly charges: Line }[];
    assert.equal(orders.length, 1);
    for (const { exchange, var: value, charges } of orders) {
      compare(charges, { exchange, on: 'equity_delivery', side: 'BUY' }, '2022-12-15', value, MARGIN);
    }
  });

  test('basket_margins.json of July 2023 comes out line by line', (t) => {
    const path = requireShared(t, 'kiteconnect-mocks', 'basket_margins.json');
    if (path === undefined) return;
    const { orders } = data(path) as {
      readonly orders: readonly { readonly exchange: string; readonly charges: Line }[];
    };
    assert.equal(orders.length, 2);
    for (const [index, { exchange, charges }] of orders.entries()) {
      // The premium is not told; the charge of SEBI, ten rupees a crore, says it.
      const premium = charges.sebi_turnover_charge * 1_000_000;
      const side = index === 0 ? 'SELL' : 'BUY';
      compare(charges, { exchange, on: 'option', side }, '2023-07-10', premium, BASKET);
    }
  });
});

describe('what an order costs', () => {
  test('a delivery pays no brokerage, tax on both sides, and stamp duty when it is bought', () => {
    const expected = { brokerage: 0, stt: 100, transaction: 2.97, ipft: 0.1, sebi: 0.1, gst: 0.5526 };
    const bought = rupees(termsOf('equity_delivery'), '2026-11-20', 100_000);
    assert.deepEqual(bought, { total: 118.7226, ...expected, stamp: 15 });
    const sold = rupees(termsOf('equity_delivery', 'SELL'), '2026-11-20', 100_000);
    assert.deepEqual(sold, { total: 103.7226, ...expected, stamp: 0 });
  });

  test('intraday brokerage is a share of the value up to twenty rupees, an option pays twenty at once', () => {
    const brokerage = (on: ChargeClass, value: number) => rupees(termsOf(on), '2021-06-11', value)['brokerage'];
    assert.deepEqual(
      [10_000, 66_666, 66_667, 900_000].map((value) => brokerage('equity_intraday', value)),
      [3, 19.9998, 20, 20],
    );
    assert.deepEqual(
      [0, 1, 900_000].map((value) => brokerage('option', value)),
      [0, 20, 20],
    );
  });

  test('the tax of futures and options is the one of the day', () => {
    const days = ['2021-06-11', '2023-03-31', '2023-04-01', '2024-09-30', '2024-10-01', '2026-03-31', '2026-04-01'];
    const tax = (on: ChargeClass, text: string) => rupees(termsOf(on, 'SELL'), text, 1_000_000)['stt'];
    assert.deepEqual(
      days.map((text) => tax('future', text)),
      [100, 100, 125, 125, 200, 200, 500],
    );
    assert.deepEqual(
      days.map((text) => tax('option', text)),
      [500, 500, 625, 625, 1000, 1000, 1500],
    );
    assert.equal(rupees(termsOf('option'), '2026-04-01', 1_000_000)['stt'], 0);
  });

  test('every class can be charged on every day from June 2021 to November 2026', () => {
    for (const on of CHARGE_CLASSES) {
      for (let at = day('2021-06-01'); at <= day('2026-11-30'); at = (at + 1) as DayNumber) {
        const total = chargesOf(TABLE, termsOf(on, 'SELL'), at, 1_000_000_000).total;
        assert.ok(total > 0, `${on} on ${at}`);
      }
    }
  });

  test('a day before the first row and an exchange without rates are errors that say where', () => {
    assert.throws(
      () => rupees(termsOf('equity_delivery'), '2021-03-31', 1),
      /zerodha\.json: expected a row for brokerage on 2021-03-31, found 2021-04-01 to 2026-12-31\. Add the rates/,
    );
    assert.throws(
      () => chargesOf(TABLE, { ...termsOf('future'), exchange: 'MCX' }, day('2021-06-11'), 1),
      /config\/charges: expected a rate for transaction of future on MCX, found none/,
    );
    assert.doesNotThrow(() => requireRates(TABLE, day('2021-04-01')));
    assert.throws(
      () => requireRates(TABLE, day('2027-01-01')),
      /bse\.json: expected a row for transaction on 2027-01-01/,
    );
    const empty: ChargeTable = {
      ...TABLE,
      schedules: TABLE.schedules.map((each) => (each.component === 'gst' ? { ...each, rows: [] } : each)),
    };
    assert.throws(() => chargesOf(empty, termsOf('future'), day('2021-06-11'), 1), /gst on 2021-06-11, found nothing/);
  });

  test('an equity is delivered unless it is MIS, a derivative is its own class, and an index has none', () => {
    assert.equal(chargeClassOf('equity', 'CNC'), 'equity_delivery');
    assert.equal(chargeClassOf('equity', 'NRML'), 'equity_delivery');
    assert.equal(chargeClassOf('equity', 'MIS'), 'equity_intraday');
    assert.equal(chargeClassOf('commodity_option', 'NRML'), 'commodity_option');
    assert.throws(() => chargeClassOf('index', 'CNC'), InvariantError);
  });
});

test('however an order is split into fills, their charges sum to the same, and none of them is negative', () => {
  const fill = fc.record({
    quantity: fc.integer({ min: 1, max: 5_000 }),
    price: fc.integer({ min: 1, max: 50_000_000 }),
  });
  const days = ['2021-06-11', '2023-07-10', '2024-05-02', '2026-11-20'].map(day);
  fc.assert(
    fc.property(
      fc.constantFrom(...CHARGE_CLASSES),
      fc.constantFrom('BUY' as const, 'SELL' as const),
      fc.constantFrom(...days),
      fc.array(fill, { minLength: 1, maxLength: 8 }),
      (on, side, at, fills) => {
        const terms = termsOf(on, side);
        let value = 0;
        let before = 0;
        let posted = 0;
        for (const { quantity, price } of fills) {
          value += quantity * price;
          const after = chargesOf(TABLE, terms, at, value).total;
          assert.ok(after >= before);
          posted += after - before;
          before = after;
        }
        const whole = chargesOf(TABLE, terms, at, value);
        const { total, ...components } = whole;
        assert.equal(posted, total);
        assert.equal(
          Object.values(components).reduce((sum, each) => sum + each, 0),
          total,
        );
      },
    ),
    { numRuns: 1_000 },
  );
});
