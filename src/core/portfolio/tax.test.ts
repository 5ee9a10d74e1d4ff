import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DayNumber, formatDay, parseDay } from '../time.ts';
import { type Disposal } from './lots.ts';
import { closedOn, gainOf, taxYear, taxYearOf } from './tax.ts';

function day(text: string): DayNumber {
  return parseDay(text) as DayNumber;
}

function disposal(buy: string, sell: string, more: Partial<Disposal> = {}): Disposal {
  const days = { buyDay: day(buy), sellDay: day(sell) };
  return {
    token: 1,
    kind: 'equity',
    product: 'CNC',
    quantity: 1,
    buyValue: 1,
    sellValue: 2,
    fees: 0,
    ...days,
    ...more,
  };
}

test('a delivery is short term for twelve months, and long term from the day after', () => {
  assert.equal(gainOf(disposal('2025-06-11', '2026-06-11')), 'short_term');
  assert.equal(gainOf(disposal('2025-06-11', '2026-06-12')), 'long_term');
  assert.equal(gainOf(disposal('2024-02-29', '2025-02-28')), 'short_term');
  assert.equal(gainOf(disposal('2024-02-29', '2025-03-01')), 'long_term');
});

test('equity of one day is speculative, sold short too, and so is everything intraday', () => {
  assert.equal(gainOf(disposal('2025-06-11', '2025-06-11')), 'speculative');
  assert.equal(gainOf(disposal('2025-06-12', '2025-06-11')), 'speculative');
  assert.equal(gainOf(disposal('2025-06-11', '2025-06-12', { product: 'MIS' })), 'speculative');
});

test('futures, options, currency and commodities are business, however long they were held', () => {
  for (const kind of ['future', 'option', 'currency_future', 'commodity_option'] as const) {
    assert.equal(gainOf(disposal('2024-06-11', '2026-06-11', { kind })), 'business');
  }
});

test('a tax year begins on the first of April, and a disposal belongs to the day that ended it', () => {
  const year = taxYear('2026-27');
  assert.deepEqual(
    [year?.from, year?.to].map((at) => formatDay(at as DayNumber)),
    ['2026-04-01', '2027-03-31'],
  );
  assert.equal(formatDay(taxYear('1999-00')?.to as DayNumber), '2000-03-31');
  for (const text of ['2026', '2026-28', '2026-2027', '26-27', '']) assert.equal(taxYear(text), undefined, text);
  assert.deepEqual(
    ['2026-03-31', '2026-04-01', '2000-01-01'].map((text) => taxYearOf(day(text))),
    ['2025-26', '2026-27', '1999-00'],
  );
  assert.equal(closedOn(disposal('2025-06-12', '2025-06-11')), day('2025-06-12'));
  assert.equal(closedOn(disposal('2025-06-12', '2025-06-13')), day('2025-06-13'));
});
