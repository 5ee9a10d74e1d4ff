// A run that ends before its tape does, in ways other than kill -9: it goes on later and ends where a whole run ends.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadStrategies } from '#app/strategies.ts';
import { pumped } from '../settings/platform-run.ts';
import { Place, playing } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const ROWS = 3_000;
const timeout = 60_000;
const smallCommits = { FEED__BATCH_TICKS: '50' };

test('a tape that is interrupted', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const whole = new Place(t);
  await whole.play(tape);

  await t.test('by a stop goes on at the next row, without a replay', async (step) => {
    const stopped = new Place(step, smallCommits);
    const program = stopped.program(playing(tape));
    await program.until('some ticks', () => (stopped.ticks() > 1_000 ? true : undefined));
    assert.equal((await program.stop('SIGTERM')).code, 0);
    const ticks = stopped.ticks();
    assert.ok(ticks < ROWS * TRADED.length, `the tape was over before the stop: ${ticks} ticks`);

    const again = stopped.program(playing(tape));
    const { replayed_inputs: replayed } = await again.said('Database initialized');
    assert.equal((await again.ended).code, 0);
    assert.deepEqual(stopped.digests(), whole.digests());
    assert.equal(replayed, 0, 'a clean stop leaves a snapshot of all there is');
  });

  await t.test('between its last tick and the close has the close at the next start', async (step) => {
    const last = new Place(step, smallCommits);
    const strategies = await loadStrategies(undefined);
    const env = { ...last.env, FEED__SOURCE: `tape:${tape}`, ACTIVE_BROKERS: 'paper,zerodha' };
    await pumped(step, env, () => undefined, { strategies, clock: systemClock(), ticksMax: ROWS * TRADED.length });
    assert.equal(last.ticks(), ROWS * TRADED.length);
    assert.notDeepEqual(last.digests(), whole.digests(), 'the close came before the stop, so this tests nothing');

    await last.play(tape);
    assert.deepEqual(last.digests(), whole.digests());
    const { stderr } = await last.play(tape);
    assert.match(stderr, /Feed finished/);
    assert.deepEqual(last.digests(), whole.digests(), 'a start after the end changes nothing');
  });

  await t.test('by a full disk says so, and nothing that was committed is lost', async (step) => {
    const filled = new Place(step, smallCommits);
    const { code, stderr } = await filled.program(playing(tape), {}, { fileBytesMax: 700_000 }).ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /alpha-panda\.sqlite cannot be written: .*What was committed before is intact/);
    const before = filled.ticks();
    assert.ok(before > 0 && before < ROWS * TRADED.length, `full after ${before} ticks`);

    await filled.play(tape);
    assert.deepEqual(filled.digests(), whole.digests());
  });
});
