// A market that never closes: at midnight the day turns, and what rests goes on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alwaysOpen } from '#core/market/always-open.ts';
import { catalogueOf, instrument, plan, rs, signal, units } from '../../test/support/builders.ts';
import { CascadeRun, short } from '../../test/support/cascade-run.ts';
import { ist } from '../../test/support/tape-builder.ts';

const BEFORE = ist('2021-06-11T23:59:58');
const AFTER = ist('2021-06-12T00:00:01');

test('an order that rests over midnight fills on the next day', () => {
  const terms = { instruments: [instrument()], snapshotIntervalMs: 86_400_000 };
  const run = new CascadeRun(plan(terms), catalogueOf(), alwaysOpen());
  run.tick(0, 101, BEFORE);
  run.message(signal({ id: 'a', at: BEFORE, limitPrice: rs(100), quantity: units(10) }));
  run.take();
  assert.deepEqual(short(run.tick(0, 99, AFTER)), ['order_filled 10@99']);
});
