// The audit trail of a platform that is killed again and again: one chain, without a gap, that holds everything the log does;
// and data from before there was a trail gets one.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCopied } from '#app/audit/trail.ts';
import { openAuditReader } from '#adapters/sqlite/audit.ts';
import { AUDIT_START, breakAt, type AuditEntry } from '#wire/audit.ts';
import { Place, playing } from './support/place.ts';
import { syntheticTape, TRADED } from './support/synthetic-tape.ts';

const ROWS = 3_000;
const KILLS = 20;
const timeout = 300_000;
const busy = { RISK__MAX_TRADES_PER_DAY: '200', FEED__BATCH_TICKS: '10' };

test('a trail is whole after twenty kills, and again when it is made anew from the log', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const place = new Place(t, busy);
  for (let k = 0; k < KILLS; k++) {
    const program = place.program(playing(tape));
    const ticks = ((k + Math.random()) / KILLS) * ROWS * TRADED.length * 0.9;
    await program.until(`${ticks} ticks`, () => (place.ticks() >= ticks ? true : undefined));
    program.kill('SIGKILL');
    await program.ended;
    // Its entries are one chain, or this throws.
    entriesOf(place);
  }
  await place.play(tape);
  const entries = entriesOf(place);
  const starts = entries.filter(({ kind }) => kind === 'platform_started');
  assert.ok(starts.length > 1 && starts.length <= KILLS + 1, `${starts.length} starts`);
  assert.equal(entries.at(-1)?.kind !== undefined && entries.some(({ kind }) => kind === 'platform_stopped'), true);
  assert.deepEqual(copiedOf(entries), loggedIn(place));
  assert.ok(copiedOf(entries).length > 100);
  const settings = JSON.parse(starts[0]?.body ?? '{}') as { settings: Record<string, string> };
  assert.equal(settings.settings['FEED__BATCH_TICKS'], '10');

  for (const end of ['', '-wal', '-shm']) rmSync(join(place.dataDir, `audit.sqlite${end}`), { force: true });
  await place.play(tape);
  assert.equal((await place.run(['audit', 'verify'])).code, 0);
  assert.deepEqual(copiedOf(entriesOf(place)), loggedIn(place));
});

function entriesOf(place: Place): readonly AuditEntry[] {
  const reader = openAuditReader(place.dataDir);
  const entries = reader.after(0, 1_000_000);
  reader.close();
  let head = AUDIT_START;
  for (const entry of entries) {
    assert.equal(breakAt(head, entry), undefined);
    head = entry;
  }
  return entries;
}

function copiedOf(entries: readonly AuditEntry[]): readonly string[] {
  return entries.flatMap(({ source, body }) => (source ? [`${source.topic}:${source.offset} ${body}`] : [])).toSorted();
}

function loggedIn(place: Place): readonly string[] {
  return place.read((reader) =>
    reader
      .topics()
      .filter(({ topic }) => isCopied(topic))
      .flatMap(({ topic, start }) => reader.read(topic, start, 1_000_000))
      .map(({ topic, offset, value }) => `${topic}:${offset} ${value}`)
      .toSorted(),
  );
}
