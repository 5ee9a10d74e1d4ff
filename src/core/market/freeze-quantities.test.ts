import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instrument } from '../../../test/support/builders.ts';
import { type DayNumber, parseDay } from '../time.ts';
import { parseFreezeQuantities, withFreezeQuantity } from './freeze-quantities.ts';

const FILE = {
  about: 'quantities',
  covers: { from: '2026-01-01', to: '2026-12-31' },
  underlyings: {
    NIFTY: [
      { from: '2026-01-01', to: '2026-01-31', quantity: 1_200, source: 'a circular' },
      { from: '2026-02-01', quantity: 1_800, source: 'a circular' },
    ],
    NIFTYNXT50: [{ from: '2026-01-01', quantity: 600, source: 'a circular' }],
  },
};
const TABLE = parseFreezeQuantities(FILE, 'derivatives.json');

function freezeOf(symbol: string, day: string, kind: 'future' | 'option' | 'equity' = 'future'): number | undefined {
  return withFreezeQuantity(TABLE, instrument({ symbol, kind }), parseDay(day) as DayNumber).freezeQuantity;
}

test('a derivative has the quantity of its day, whatever the form of its symbol', () => {
  assert.equal(freezeOf('NIFTY26JANFUT', '2026-01-31'), 1_200);
  assert.equal(freezeOf('NIFTY26FEBFUT', '2026-02-01'), 1_800);
  assert.equal(freezeOf('NIFTY26N2624500CE', '2026-11-20', 'option'), 1_800, 'a weekly option');
  assert.equal(freezeOf('NIFTYNXT5026NOVFUT', '2026-11-20'), 600);
});

test('what the file does not know keeps what it has', () => {
  assert.equal(freezeOf('RELIANCE26NOVFUT', '2026-11-20'), undefined);
  assert.equal(freezeOf('NIFTYBEES', '2026-11-20', 'equity'), undefined);
  assert.equal(freezeOf('NIFTY', '2019-01-01', 'equity'), undefined);
});

test('a day outside the file is an error that names it, and a broken row is refused with its place', () => {
  assert.throws(
    () => freezeOf('NIFTY27JANFUT', '2027-01-04'),
    /no freeze quantity on 2027-01-04: derivatives\.json covers/,
  );
  const broken = { ...FILE, underlyings: { NIFTY: [{ from: '2026-01-01', quantity: 0, source: 'x' }] } };
  assert.throws(
    () => parseFreezeQuantities(broken, 'd.json'),
    /d\.json: underlyings\.NIFTY\[0\]\.quantity: expected a whole/,
  );
  const unknown = { ...FILE, underlying: {} };
  assert.throws(() => parseFreezeQuantities(unknown, 'd.json'), /d\.json: underlying: expected only the fields/);
});
