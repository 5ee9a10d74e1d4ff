import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { loadCharges } from '#adapters/charge-files/charge-files.ts';
import { type EventId } from '../ids.ts';
import { parseDay, type DayNumber } from '../time.ts';
import { COMPONENTS } from './charge-table.ts';
import { chargeClassOf, chargesOf } from './charges.ts';
import { type NotedFill, noteCorrections } from './contract-note.ts';

const TABLE = loadCharges(fileURLToPath(new URL('../../../config/charges', import.meta.url)));
const DAY = parseDay('2021-06-11') as DayNumber;

function fill(
  orderId: string,
  side: 'BUY' | 'SELL',
  quantity: number,
  rupees: number,
  more: Partial<NotedFill> = {},
): NotedFill {
  return {
    orderId: orderId as EventId,
    token: 1,
    exchange: 'NSE',
    kind: 'equity',
    product: 'CNC',
    side,
    quantity,
    price: Math.round(rupees * 10_000),
    ...more,
  };
}

/** Rupees by reason. */
function corrected(...fills: readonly NotedFill[]): Record<string, number> {
  return Object.fromEntries(noteCorrections(TABLE, DAY, fills).map(({ why, amount }) => [why, amount / 10_000]));
}

/** What the fills were charged one by one, in rupees. */
function posted(fills: readonly NotedFill[]): number {
  const values = new Map<string, { first: NotedFill; value: number }>();
  for (const each of fills) {
    const before = values.get(each.orderId);
    values.set(each.orderId, {
      first: before?.first ?? each,
      value: (before?.value ?? 0) + each.quantity * each.price,
    });
  }
  let sum = 0;
  for (const { first, value } of values.values()) {
    const on = chargeClassOf(first.kind, first.product);
    sum += chargesOf(TABLE, { exchange: first.exchange, on, side: first.side }, DAY, value).total;
  }
  return sum / 10_000;
}

describe('what a contract note corrects', () => {
  test('tax goes to the rupee and the rest to the paisa', () => {
    // Tax 1.056, exchange 0.036432, SEBI 0.001056, stamp 0.1584, GST 0.0067: they become 1, 0.04, 0, 0.16 and 0.01.
    assert.deepEqual(corrected(fill('a', 'BUY', 1, 1_056)), { rounding: -0.0486 });
    assert.deepEqual(corrected(), {});
  });

  test('a delivery that is sold on the day of its purchase is charged as intraday', () => {
    const bought = fill('a', 'BUY', 100, 1_000);
    const sold = fill('b', 'SELL', 100, 1_010);
    const { intraday = 0, rounding = 0, depository } = corrected(bought, sold);
    const mis = (each: NotedFill): NotedFill => ({ ...each, product: 'MIS' });
    const asIntraday = [mis(bought), mis(sold)];
    assert.equal(round(posted([bought, sold]) + intraday), round(posted(asIntraday)));
    assert.deepEqual({ rounding }, corrected(...asIntraday));
    assert.equal(depository, undefined, 'nothing left the account');
  });

  test('only the units that were bought and sold are; the first of either side', () => {
    const fills = [fill('a', 'BUY', 6, 100), fill('a', 'BUY', 4, 110), fill('b', 'SELL', 8, 120)];
    const split = [
      fill('a', 'BUY', 6, 100, { product: 'MIS' }),
      fill('a', 'BUY', 2, 110, { product: 'MIS' }),
      fill('rest', 'BUY', 2, 110),
      fill('b', 'SELL', 8, 120, { product: 'MIS' }),
    ];
    assert.equal(round(posted(fills) + (corrected(...fills)['intraday'] ?? 0)), round(posted(split)));
  });

  test('shares that leave the account pay the depository once for each instrument, with GST', () => {
    const fills = [fill('a', 'SELL', 5, 100), fill('b', 'SELL', 5, 100), fill('c', 'SELL', 5, 100, { token: 2 })];
    assert.equal(corrected(...fills)['depository'], 2 * 15.93);
    assert.equal(corrected(...fills, fill('d', 'BUY', 10, 100))['depository'], 15.93);
    const covered = fill('a', 'SELL', 5, 100, { product: 'MIS' });
    assert.equal(corrected(covered)['depository'], undefined);
  });
});

function round(rupees: number): number {
  return Math.round(rupees * 10_000);
}

test('after the corrections every component of a day is a whole number of its unit, whatever was traded', () => {
  const traded = fc.record({
    orderId: fc.constantFrom('a', 'b', 'c', 'd'),
    quantity: fc.integer({ min: 1, max: 500 }),
    price: fc.integer({ min: 1_000, max: 40_000_000 }),
  });
  const SIDES: Readonly<Record<string, Partial<NotedFill>>> = {
    a: { side: 'BUY' },
    b: { side: 'SELL' },
    c: { side: 'SELL', product: 'MIS' },
    d: { side: 'BUY', kind: 'option', exchange: 'NFO', product: 'NRML', token: 9 },
  };
  fc.assert(
    fc.property(fc.array(traded, { maxLength: 12 }), (list) => {
      const fills = list.map(({ orderId, quantity, price }) =>
        fill(orderId, 'BUY', quantity, price / 10_000, SIDES[orderId] ?? {}),
      );
      const corrections = noteCorrections(TABLE, DAY, fills);
      const due = round(posted(fills)) + corrections.reduce((sum, { amount }) => sum + amount, 0);
      assert.equal(due % 100, 0, 'the note is in whole paise');
      const taxes = COMPONENTS.length;
      assert.ok(Math.abs(corrections.find(({ why }) => why === 'rounding')?.amount ?? 0) <= 5_000 + taxes * 50);
    }),
    { numRuns: 1_000 },
  );
});
