// A backup beside a running platform: put back it is sound, and goes on to the same end.
import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Place, playing } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const ROWS = 8_000;
const options = { timeout: 90_000 };
const trading = { RISK__MAX_TRADES_PER_DAY: '200' };
const busy = { ...trading, FEED__BATCH_TICKS: '200', STORE__SNAPSHOT_EVERY_TICKS: '3000' };

test('a backup that was made in the middle of a run ends where the run ends', options, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const [running, restored] = [new Place(t, busy), new Place(t, busy)];
  const program = running.program(playing(tape));
  await program.until('ticks', () => (running.ticks() > 2_000 ? true : undefined));
  const folder = join(running.folder, 'backup');
  const made = await running.output('backup', folder);
  assert.match(made, /files with \d+ bytes are in /);
  assert.equal((await program.ended).code, 0);

  await restored.output('restore', folder);
  assert.ok(restored.ticks() > 2_000 && restored.ticks() < running.ticks(), `${restored.ticks()} ticks`);
  assert.match(await restored.output('verify'), /equal/);
  await restored.play(tape);
  assert.deepEqual(restored.digests(), running.digests());
  assert.equal(restored.sha256(), running.sha256());
});

test('a backup or a restore that cannot be right is refused, and changes nothing', options, async (t) => {
  const tape = syntheticTape(t, { rows: 200, symbols: TRADED });
  const [place, empty] = [new Place(t, trading), new Place(t, trading)];
  const nothing = await empty.run(['backup', join(empty.folder, 'b')]);
  assert.deepEqual([nothing.code, /there is no store in/.test(nothing.stderr)], [1, true]);
  await place.play(tape);
  const folder = join(place.folder, 'backup');
  // What a running platform has written ahead is newer than the copy of its store.
  writeFileSync(join(place.dataDir, 'ahead.bin'), 'x');
  await place.output('backup', folder);
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'alpha-panda.sqlite',
    'audit.sqlite',
    'backup.json',
    'inbox.sqlite',
  ]);
  const twice = await place.run(['backup', folder]);
  assert.deepEqual([twice.code, /is not empty/.test(twice.stderr)], [1, true]);
  const over = await place.run(['restore', folder]);
  assert.deepEqual([over.code, /never replaces anything/.test(over.stderr)], [1, true]);

  appendFileSync(join(folder, 'inbox.sqlite'), 'x');
  const changed = await empty.run(['restore', folder]);
  assert.deepEqual([changed.code, /is not what it was when the backup was made/.test(changed.stderr)], [1, true]);
  rmSync(join(folder, 'backup.json'));
  const without = await empty.run(['restore', folder]);
  assert.deepEqual([without.code, /is no backup: expected backup\.json/.test(without.stderr)], [1, true]);
  assert.deepEqual(
    readdirSync(empty.folder).filter((name) => name !== 'data'),
    [],
  );
  const nowhere = { PROFILE: 'distributed', DATABASE__POSTGRES_URL: 'postgresql://a:hush@127.0.0.1:1/c' };
  const distributed = await empty.run(['backup', join(empty.folder, 'c')], nowhere);
  assert.deepEqual([distributed.code, /pg_dump/.test(distributed.stderr)], [1, true]);
  assert.doesNotMatch(distributed.stderr, /hush/);
});
