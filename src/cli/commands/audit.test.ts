import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { runCli, temporaryFolder } from '../../../test/support/cli.ts';

/** A data directory with six entries in its trail. */
async function six(t: TestContext): Promise<{ readonly at: readonly string[]; readonly file: string }> {
  const directory = join(temporaryFolder(t), 'data');
  const at = ['--data-dir', directory];
  for (const label of ['asha', 'bala', 'chitra']) {
    const { stdout } = await runCli(['keys', 'create', label, '--role', 'viewer', ...at]);
    await runCli(['keys', 'revoke', stdout.slice(3, 19), ...at]);
  }
  return { at, file: join(directory, 'audit.sqlite') };
}

/** Changes the file as one does who goes past the platform, triggers and all. */
function tamper(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(`DROP TRIGGER entries_never_change; DROP TRIGGER entries_never_go; ${sql}`);
  database.close();
}

test('who changed which key is listed, shown, and proved', async (t) => {
  const { at } = await six(t);
  const listed = await runCli(['audit', 'list', ...at]);
  assert.equal(listed.stdout.split('\n').length, 7);
  assert.match(
    listed.stdout,
    / 1 {2}\S+ {2}key_created {2}\{"days":90,"from":"command_line","label":"asha","role":"viewer","who":"asha"\}/,
  );
  const shown = JSON.parse((await runCli(['audit', 'show', '2', ...at])).stdout) as Record<string, unknown>;
  assert.deepEqual([shown['seq'], shown['kind'], shown['source']], [2, 'key_revoked', null]);
  const from = await runCli(['audit', 'list', '--from', '6', '--json', ...at]);
  assert.equal((JSON.parse(from.stdout) as { seq: number }).seq, 6);
  const [, hash = ''] = /^6 ([0-9a-f]{64})\n$/.exec((await runCli(['audit', 'head', ...at])).stdout) ?? [];
  const verified = await runCli(['audit', 'verify', '--head', hash, '--json', ...at]);
  assert.deepEqual(JSON.parse(verified.stdout), { sound: true, entries: 6, hash, broken: null });
  assert.equal(verified.code, 0);
});

for (const [what, sql, expected] of [
  [
    'altered',
    `UPDATE entries SET body = replace(body, 'bala', 'baka') WHERE seq = 3`,
    /entry 3 is not what was written/,
  ],
  ['given another time', 'UPDATE entries SET at = at + 1 WHERE seq = 4', /entry 4 is not what was written/],
  ['deleted', 'DELETE FROM entries WHERE seq = 3', /entry 3 is missing: the next one is 4/],
  ['deleted with others at the start', 'DELETE FROM entries WHERE seq < 3', /entries 1 to 2 are missing/],
  [
    'moved',
    'UPDATE entries SET seq = 99 WHERE seq = 3; UPDATE entries SET seq = 3 WHERE seq = 4; UPDATE entries SET seq = 4 WHERE seq = 99',
    /entry 3 is not what was written/,
  ],
  [
    'taken out and the rest moved up',
    'DELETE FROM entries WHERE seq = 3; UPDATE entries SET seq = seq - 1 WHERE seq = 4; UPDATE entries SET seq = 4 WHERE seq = 5',
    /entry 3 is not what was written/,
  ],
] as const) {
  test(`an entry that was ${what} is named, and the answer is 1`, async (t) => {
    const { at, file } = await six(t);
    tamper(file, sql);
    const { code, stdout } = await runCli(['audit', 'verify', ...at]);
    assert.equal(code, 1);
    assert.match(stdout, expected);
  });
}

test('entries that were cut off at the end are missed by whoever kept a hash', async (t) => {
  const { at, file } = await six(t);
  const [, hash = ''] = (await runCli(['audit', 'head', ...at])).stdout.trim().split(' ');
  tamper(file, 'DELETE FROM entries WHERE seq > 4');
  assert.equal((await runCli(['audit', 'verify', ...at])).code, 0);
  const { code, stdout } = await runCli(['audit', 'verify', '--head', hash, ...at]);
  assert.equal(code, 1);
  assert.match(stdout, /4 entries are sound.*\nno entry has the hash/);
});

test('SQLite itself refuses to change or delete an entry', async (t) => {
  const { file } = await six(t);
  const database = new DatabaseSync(file);
  t.after(() => database.close());
  for (const sql of [
    'UPDATE entries SET kind = 1',
    'DELETE FROM entries',
    'INSERT OR REPLACE INTO entries SELECT * FROM entries',
  ]) {
    assert.throws(() => database.exec(sql), /only added to|UNIQUE/, sql);
  }
});

test('what cannot be meant is named, and a trail that was never written is empty', async (t) => {
  const at = ['--data-dir', join(temporaryFolder(t), 'data')];
  for (const [args, expected] of [
    [['audit', 'show'], /expected SEQ behind show/],
    [['audit', 'verify', '3'], /one argument too many/],
    [['audit', 'show', 'x'], /whole number from 1/],
    [['audit', 'verify', '--head', 'abc'], /64 hexadecimal digits/],
    [['audit', 'show', '1'], /there is no entry 1/],
  ] as const) {
    const { code, stderr } = await runCli([...args, ...at]);
    assert.equal(code, 2);
    assert.match(stderr, expected);
  }
  assert.equal((await runCli(['audit', 'head', ...at])).stdout, `0 ${'0'.repeat(64)}\n`);
  assert.equal((await runCli(['audit', 'verify', ...at])).code, 0);
});
