import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryAudit } from '#adapters/memory/audit.ts';
import { type AuditEntry } from '#wire/audit.ts';
import { trailWatch } from './trail-watch.ts';

const ENTRIES = 450;

function trailOf(count: number): AuditEntry[] {
  const store = openMemoryAudit();
  store.append(Array.from({ length: count }, (_, k) => ({ at: k, kind: 'ordered', body: `{"k":${k}}` })));
  return [...store.after(0, count)];
}

/** What the check finds in as many looks. */
async function looks(entries: readonly AuditEntry[], count: number, check = checkOf(entries)): Promise<string[]> {
  const found: string[] = [];
  for (let k = 0; k < count; k++) found.push((await check.run()).message);
  return found;
}

function checkOf(entries: readonly AuditEntry[]) {
  return trailWatch(() => ({ after: (seq, limit) => entries.filter((entry) => entry.seq > seq).slice(0, limit) }));
}

test('a sound trail is read a little at a time, and then anew', async () => {
  assert.deepEqual(await looks(trailOf(ENTRIES), 4), [
    'sound as far as entry 200',
    'sound as far as entry 400',
    'sound as far as entry 450',
    'sound as far as entry 200',
  ]);
  assert.deepEqual(await looks([], 1), ['sound as far as entry 0']);
  assert.equal((await trailWatch(() => undefined).run()).passed, true);
});

test('an entry that was changed, taken out or taken away at the end is found, and stays found', async () => {
  const entries = trailOf(ENTRIES);
  const changed = entries.map((entry) => (entry.seq === 300 ? { ...entry, body: '{}' } : entry));
  const expected = 'entry 300 is not what was written: its hash does not fit it';
  assert.deepEqual((await looks(changed, 4)).slice(1), [expected, expected, expected]);
  const without = entries.filter(({ seq }) => seq !== 10);
  assert.match((await looks(without, 1))[0] ?? '', /^entry 10 is missing/);

  const shrinking = [...entries];
  const check = checkOf(shrinking);
  await looks(shrinking, 3, check);
  shrinking.length = 440;
  assert.equal((await looks(shrinking, 3, check)).at(-1), 'entries 441 to 450 were taken away');
});
