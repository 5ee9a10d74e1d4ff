import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDay } from '../time.ts';
import { parseBrokerLimits } from './broker-limits.ts';

const ROW = { perSecond: 10, perMinute: 200, perDay: 3_000, modifiesPerOrder: 25, slices: 10, source: 'a forum' };

function file(...rows: readonly object[]): object {
  return { about: 'limits', covers: { from: '2024-01-01', to: '2026-12-31' }, rows };
}

test('rows are read in the order of their days', () => {
  const early = { ...ROW, from: '2024-01-01', to: '2025-12-31' };
  const rows = parseBrokerLimits(file(early, { ...ROW, from: '2026-01-01', perMinute: 400 }), 'limits.json');
  assert.deepEqual(
    rows.map(({ from, to, perMinute }) => [formatDay(from), formatDay(to), perMinute]),
    [
      ['2024-01-01', '2025-12-31', 200],
      ['2026-01-01', '2026-12-31', 400],
    ],
  );
});

test('a gap, a missing limit, a limit below zero and an unknown field are refused with their place', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ ...ROW, from: '2024-02-01' }, /limits\.json: rows\[0\]\.from: expected 2024-01-01: .* gap/],
    [{ ...ROW, from: '2024-01-01', perDay: undefined }, /rows\[0\]\.perDay: expected a whole number from 0 on/],
    [{ ...ROW, from: '2024-01-01', slices: -1 }, /rows\[0\]\.slices: .* found -1/],
    [{ ...ROW, from: '2024-01-01', perSecond: 2.5 }, /rows\[0\]\.perSecond: .* found 2\.5/],
    [{ ...ROW, from: '2024-01-01', perHour: 9 }, /rows\[0\]\.perHour: expected only the fields/],
    [{ ...ROW, from: '2024-01-01', source: '' }, /rows\[0\]\.source: expected a text/],
  ];
  for (const [row, message] of cases) assert.throws(() => parseBrokerLimits(file(row), 'limits.json'), message);
});
