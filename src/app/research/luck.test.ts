import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type RoundTrip } from '#core/research/round-trips.ts';
import { luckLines, luckOf } from './luck.ts';

const tripsOf = (nets: readonly number[]): readonly RoundTrip[] => nets.map((net) => ({ net }) as RoundTrip);
const days = [{ at: 0, equity: 100, held: false }];

test('trades are shuffled a thousand times, and less often when there are many of them', () => {
  const few = luckOf({ returns: [], trips: tripsOf([10, -30, 20]), days });
  assert.equal(few.probability_above_zero, null);
  assert.equal(few.other_orders?.runs, 1_000);
  // The loss comes first, after ten or after twenty or thirty: 30 of 100, of 110, of 120 or of 130.
  assert.ok(few.other_orders.drawdown.p95 <= 0.3 && few.other_orders.drawdown.p5 >= 30 / 130);
  const many = luckOf({ returns: [], trips: tripsOf(Array.from({ length: 10_000 }, (_, k) => (k % 2) - 0.5)), days });
  assert.equal(many.other_orders?.runs, 200);
});

test('what is told of luck is what can be', () => {
  const nothing = luckOf({ returns: [0, 0], trips: tripsOf([5]), days });
  assert.deepEqual(nothing, { probability_above_zero: null, other_orders: null });
  assert.deepEqual(luckLines(nothing), []);
  const lines = luckLines(luckOf({ returns: [0.01, 0.02, 0.015], trips: tripsOf([10, -80]), days }));
  assert.deepEqual(
    lines.map(([name]) => name),
    [
      'Sharpe above 0, chance',
      'drawdown, trades shuffled',
      '  in 5 to 95 % of 1000',
      'shuffles as deep or deeper',
      'shuffles that halve it',
    ],
  );
  assert.match(lines[4]?.[1] ?? '', /^\d+\.\d\d %$/);
});
