// The audit trail over HTTP: looked through from both ends, and verified.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openMemoryAudit } from '#adapters/memory/audit.ts';
import { auditEntry, listOf } from '#api/contract.ts';
import { TrailCheck } from '#app/audit/trail-check.ts';
import type { AuditEntry } from '#wire/audit.ts';
import { accessWorld } from '../support/access-world.ts';

const COUNT = 12_000;

/** A trail in which every thousandth entry is a sign-in. */
function filled() {
  const trail = openMemoryAudit();
  const facts = Array.from({ length: COUNT }, (_, k) => {
    const isSignIn = (k + 1) % 1_000 === 0;
    return { at: k, kind: isSignIn ? 'signed_in' : 'order_filled', body: isSignIn ? '{"who":"Asha"}' : `{"n":${k}}` };
  });
  trail.append(facts);
  return trail;
}

test('the trail is read from either end, by kind and by text, in pages that may be short', async (t) => {
  const world = await accessWorld(t, { trail: filled() });
  const risk = await world.tokenOf('risk');
  const seqs = async (query: string): Promise<readonly number[]> => {
    const found: number[] = [];
    let cursor = '';
    for (let pages = 0; pages < 100; pages++) {
      const { status, text } = await world.askAs(risk, `/api/v1/audit?${query}${cursor}`);
      assert.equal(status, 200, text);
      const { items, next_cursor: next } = listOf(auditEntry).parse(JSON.parse(text));
      found.push(...items.map(({ seq }) => seq));
      if (next === null) return found;
      cursor = `&cursor=${next}`;
    }
    return assert.fail('the pages end');
  };
  const signIns = Array.from({ length: 12 }, (_, k) => (k + 1) * 1_000);
  assert.deepEqual(await seqs('kind=signed_in'), signIns);
  assert.deepEqual(await seqs('kind=signed_in&sort=newest&limit=5'), signIns.toReversed());
  assert.deepEqual(await seqs('search=asha&from=9500'), signIns.slice(9));
  assert.deepEqual(await seqs('search=asha&from=9500&sort=newest'), signIns.slice(9).toReversed());
  assert.deepEqual(await seqs('sort=newest&from=11998'), [12_000, 11_999, 11_998]);
  assert.equal((await seqs('limit=1000')).length, COUNT);
  assert.equal((await world.askAs(risk, '/api/v1/audit?cursor=abc')).status, 400);
});

test('a verification says how far it is, and then whether the trail is as it was written', async (t) => {
  for (const [damaged, expected] of [
    [undefined, 'sound'],
    [7_000, 'broken'],
  ] as const) {
    const trail = filled();
    const after = (seq: number, limit: number): readonly AuditEntry[] =>
      trail.after(seq, limit).map((entry) => (entry.seq === damaged ? { ...entry, body: '{"n":0}' } : entry));
    let now = 1_000;
    const check = new TrailCheck({
      trail: { after, head: () => trail.head() },
      log: undefined,
      now: () => now,
      failed: (error) => assert.fail(String(error)),
    });
    const world = await accessWorld(t, { trailState: () => check.look() });
    const risk = await world.tokenOf('risk');
    const state = async () =>
      JSON.parse((await world.askAs(risk, '/api/v1/audit-verification')).text) as Readonly<Record<string, unknown>>;
    assert.equal((await state())['state'], 'checking');
    while (check.look().state === 'checking') await setImmediate();
    const { state: found, checked, entries, broken, hash } = await state();
    assert.deepEqual([found, checked, entries], [expected, damaged === undefined ? COUNT : damaged - 1, COUNT]);
    assert.equal(broken === null, damaged === undefined);
    if (damaged !== undefined) assert.match(String(broken), /entry 7000 is not what was written/);
    else assert.equal(hash, trail.head().hash);
    trail.append([{ at: 0, kind: 'signed_in', body: '{}' }]);
    assert.equal((await state())['checked'], checked, 'what is fresh is told again');
    now += 61_000;
    await state();
    if (damaged === undefined) while (check.look().checked === COUNT) await setImmediate();
  }
});
