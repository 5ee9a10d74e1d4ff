// What must not matter does not: which other namespaces are active, and where the ticks were cut into batches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const timeout = 60_000;

test('paper alone writes the same bytes as paper beside zerodha', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 1_000 });
  const [alone, beside] = [
    new Place(t, { ACTIVE_BROKERS: 'paper' }),
    new Place(t, { ACTIVE_BROKERS: 'paper,zerodha' }),
  ];
  await Promise.all([alone.play(tape), beside.play(tape)]);
  const digests = alone.digests('paper.');
  assert.ok('paper.orders.filled' in digests && 'paper.pnl.snapshots' in digests);
  assert.deepEqual(beside.digests('paper.'), digests);
  assert.deepEqual(alone.digests('zerodha.'), {});
  const [one, both] = [await alone.state(), await beside.state()];
  assert.deepEqual(both.brokers['paper'], one.brokers['paper']);
});

test('batches of 1, 7 and 10000 ticks write the same bytes on every topic', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 300, symbols: TRADED, dirty: true });
  const places = ['1', '7', '10000'].map((size) => new Place(t, { FEED__BATCH_TICKS: size }));
  for (const place of places) await place.play(tape);
  const [first, ...others] = places.map((place) => place.digests());
  assert.ok(first !== undefined && 'zerodha.orders.filled' in first);
  for (const digests of others) assert.deepEqual(digests, first);
  const commits = places.map((place) => place.read((reader) => reader.lastSeq()));
  assert.ok(
    (commits[0] ?? 0) > 4 * (commits[1] ?? 0) && (commits[1] ?? 0) > (commits[2] ?? 0),
    `inputs: ${commits.join(', ')}`,
  );
});
