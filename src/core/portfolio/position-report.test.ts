import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { requireShared } from '../../../test/support/shared-data.ts';
import { type DayNumber } from '../time.ts';
import { Lots } from './lots.ts';
import { exposureOf, type PositionFacts, positionReport } from './position-report.ts';

type Row = Readonly<Record<string, number>>;

/** 1/10,000 rupee of a number of the fixture. */
function money(row: Row, field: string): number {
  return Math.round((row[field] ?? Number.NaN) * 10_000);
}

function factsOf(row: Row): PositionFacts {
  const count = (field: string): number => row[field] ?? Number.NaN;
  return {
    overnightQuantity: count('overnight_quantity'),
    // The fixture does not tell it; it is what the day does not explain.
    overnightValue:
      money(row, 'buy_value') - money(row, 'day_buy_value') - money(row, 'sell_value') + money(row, 'day_sell_value'),
    dayBuyQuantity: count('day_buy_quantity'),
    dayBuyValue: money(row, 'day_buy_value'),
    daySellQuantity: count('day_sell_quantity'),
    daySellValue: money(row, 'day_sell_value'),
    lastPrice: money(row, 'last_price'),
    closePrice: money(row, 'close_price'),
    multiplier: count('multiplier'),
  };
}

test('every row of positions.json comes out of what was carried and what was traded', (t) => {
  const path = requireShared(t, 'kiteconnect-mocks', 'positions.json');
  if (path === undefined) return;
  const { data } = JSON.parse(readFileSync(path, 'utf8')) as { data: Record<'net' | 'day', readonly Row[]> };
  const rows = [...data.net, ...data.day];
  assert.equal(rows.length, 6);
  for (const row of rows) {
    const report = positionReport(factsOf(row));
    assert.deepEqual(
      [report.quantity, report.buyQuantity, report.sellQuantity],
      [row['quantity'], row['buy_quantity'], row['sell_quantity']],
    );
    for (const [ours, theirs] of [
      ['value', 'value'],
      ['pnl', 'pnl'],
      ['m2m', 'm2m'],
      ['buyValue', 'buy_value'],
      ['sellValue', 'sell_value'],
      ['buyM2m', 'buy_m2m'],
      ['sellM2m', 'sell_m2m'],
      ['averagePrice', 'average_price'],
    ] as const) {
      assert.equal(report[ours], money(row, theirs), `${row['tradingsymbol']} ${theirs}`);
    }
  }
});

test('a short that is carried stands on the side of sales', () => {
  const report = positionReport({
    overnightQuantity: -10,
    overnightValue: -1_000,
    dayBuyQuantity: 4,
    dayBuyValue: 360,
    daySellQuantity: 0,
    daySellValue: 0,
    lastPrice: 95,
    closePrice: 98,
    multiplier: 1,
  });
  assert.deepEqual(report, {
    quantity: -6,
    buyQuantity: 4,
    buyValue: 360,
    sellQuantity: 10,
    sellValue: 1_000,
    buyM2m: 360,
    sellM2m: 980,
    averagePrice: 100,
    value: 640,
    pnl: 70,
    m2m: 50,
    exposure: -570,
  });
  assert.deepEqual(exposureOf([report.exposure, 1_000]), { gross: 1_570, net: 430 });
});

test('on any day the report of the lots keeps the identities, and the P&L of the days sums to that of the fills', () => {
  const traded = fc.record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    quantity: fc.integer({ min: 1, max: 50 }),
    price: fc.integer({ min: 1, max: 5_000_000 }),
  });
  const days = fc.array(
    fc.record({ fills: fc.array(traded, { maxLength: 6 }), close: fc.integer({ min: 1, max: 5_000_000 }) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(days, fc.constantFrom('CNC' as const, 'NRML' as const), (list, product) => {
      let [held, cash, earned, closePrice, realised] = [0, 0, 0, 0, 0];
      const lots = new Lots((it) => (realised += it.sellValue - it.buyValue));
      for (const [index, { fills, close }] of list.entries()) {
        const day = (index + 1) as DayNumber;
        lots.startDay(day);
        const before = realised;
        for (const { side, quantity, price } of fills) {
          lots.onFill({ token: 1, kind: 'equity', product, day, side, quantity, price, fees: 0 });
          held += side === 'BUY' ? quantity : -quantity;
          cash += (side === 'BUY' ? -quantity : quantity) * price;
        }
        const position = lots.positions().find(() => true);
        const report = positionReport({
          overnightQuantity: position?.overnightQuantity ?? 0,
          overnightValue: position?.overnightValue ?? 0,
          dayBuyQuantity: position?.buyQuantity ?? 0,
          dayBuyValue: position?.buyValue ?? 0,
          daySellQuantity: position?.sellQuantity ?? 0,
          daySellValue: position?.sellValue ?? 0,
          lastPrice: close,
          closePrice,
          multiplier: 1,
        });
        assert.equal(report.quantity, held);
        assert.equal(report.value, report.sellValue - report.buyValue);
        assert.equal(report.pnl, report.value + report.quantity * close);
        earned += report.m2m;
        assert.equal(earned, cash + held * close, 'the days together');
        assert.equal(before + report.pnl, cash + held * close, 'what older lots brought, and this position');
        closePrice = close;
      }
    }),
    { numRuns: 1_000 },
  );
});
