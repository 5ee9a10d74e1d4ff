// A run that ends before its tape does, in ways other than kill -9: it goes on later and ends where a whole run ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Place, playing } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const ROWS = 4_000;
const timeout = 60_000;

test('a run that is stopped in the middle goes on at the next row, without a replay', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const [whole, stopped] = [new Place(t), new Place(t, { FEED__BATCH_TICKS: '20' })];
  await whole.play(tape);

  const program = stopped.program(playing(tape));
  await program.said('Application is now running.');
  await program.until('some ticks', () => (ticksOf(stopped) > 1_000 ? true : undefined));
  const { code } = await program.stop('SIGTERM');
  assert.equal(code, 0);
  const ticks = ticksOf(stopped);
  assert.ok(ticks < ROWS * TRADED.length, `the tape was over before the stop: ${ticks} ticks`);

  const again = stopped.program(playing(tape));
  const { replayed_inputs: replayed } = await again.said('Database initialized');
  assert.equal((await again.ended).code, 0);
  assert.deepEqual(stopped.digests(), whole.digests());
  assert.equal(replayed, 0, 'a clean stop leaves a snapshot of all there is');
});

test('a full disk ends the run with a sentence, and nothing that was committed is lost', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const [whole, filled] = [new Place(t), new Place(t, { FEED__BATCH_TICKS: '100' })];
  await whole.play(tape);

  const { code, stderr } = await filled.program(playing(tape), {}, { fileBytesMax: 1_000_000 }).ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /alpha-panda\.sqlite cannot be written: .*What was committed before is intact/);
  const before = filled.digests('paper.');
  assert.ok('paper.orders.filled' in before && ticksOf(filled) < ROWS * TRADED.length, JSON.stringify(before));

  await filled.play(tape);
  assert.deepEqual(filled.digests(), whole.digests());
});

function ticksOf(place: Place): number {
  return place.read((reader) => reader.topics().find(({ topic }) => topic === 'market.ticks')?.end ?? 0);
}
