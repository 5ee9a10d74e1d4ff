import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { maintainLogs } from './maintenance.ts';
import type { MaintenanceOptions, MaintenanceReport } from './maintenance.ts';
import { DAY_MS, OPEN, temporaryFolder } from './telemetry-under-test.ts';

const trading = { name: 'trading', maxBytes: 1_000, backups: 3, retentionDays: 30 };

function maintain(logsDir: string, changes: Partial<MaintenanceOptions> = {}): Promise<MaintenanceReport> {
  return maintainLogs({
    logsDir,
    policies: [trading],
    compressionEnabled: true,
    compressionAgeDays: 7,
    now: OPEN,
    signal: new AbortController().signal,
    ...changes,
  });
}

function place(folder: string, name: string, ageDays: number, text = `${name}\n`): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  const seconds = (OPEN - ageDays * DAY_MS) / 1_000;
  utimesSync(path, seconds, seconds);
}

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).toSorted() : []);

test('a backup past its age is packed into archived/ with its text and its time', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'trading.1.log', 6.9, 'young\n');
  place(folder, 'trading.2.log', 7.1, 'old\n');
  const report = await maintain(folder);
  assert.deepEqual(listed(folder), ['archived', 'trading.1.log']);
  const archived = 'trading.20210604T012100123Z.log.gz';
  assert.deepEqual(listed(join(folder, 'archived')), [archived]);
  const path = join(folder, 'archived', archived);
  assert.equal(gunzipSync(readFileSync(path)).toString(), 'old\n');
  assert.equal(Math.round(statSync(path).mtimeMs), OPEN - 7.1 * DAY_MS);
  assert.deepEqual(report.archived, [`archived/${archived}`]);
});

test('backups of the same instant are all kept, whenever they come', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'trading.1.log', 8, 'one\n');
  place(folder, 'trading.2.log', 8, 'two\n');
  await maintain(folder);
  place(folder, 'trading.1.log', 8, 'three\n');
  await maintain(folder);
  const packed = listed(join(folder, 'archived'));
  const texts = packed.map((name) => gunzipSync(readFileSync(join(folder, 'archived', name))).toString());
  assert.deepEqual(texts.toSorted(), ['one\n', 'three\n', 'two\n']);
});

test('without compression backups stay where they are until their retention ends', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'trading.1.log', 29.9);
  place(folder, 'trading.2.log', 30.1);
  const report = await maintain(folder, { compressionEnabled: false });
  assert.deepEqual(listed(folder), ['trading.1.log']);
  assert.deepEqual(report.deleted, ['trading.2.log']);
});

test('an archived file past its retention is deleted, a younger one stays', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'archived/trading.20210101T000000000Z.log.gz', 30.1);
  place(folder, 'archived/trading.20210601T000000000Z.log.gz', 29.9);
  const report = await maintain(folder);
  assert.deepEqual(listed(join(folder, 'archived')), ['trading.20210601T000000000Z.log.gz']);
  assert.deepEqual(report.deleted, ['archived/trading.20210101T000000000Z.log.gz']);
});

test('backups past the number that is kept are deleted', async (t) => {
  const folder = temporaryFolder(t);
  for (const number of [1, 3, 4, 12]) place(folder, `trading.${number}.log`, 1);
  const report = await maintain(folder);
  assert.deepEqual(listed(folder), ['trading.1.log', 'trading.3.log']);
  assert.deepEqual(report.deleted.toSorted(), ['trading.12.log', 'trading.4.log']);
});

test('a quiet file is rotated when its first record is old, in each format, so that it ages at all', async (t) => {
  const old = new Date(OPEN - 7 * DAY_MS).toISOString();
  const young = new Date(OPEN - 7 * DAY_MS + 1).toISOString();
  for (const format of ['{"timestamp":"TIME","level":"INFO"}\n', 'timestamp=TIME level=INFO\n', 'TIME INFO main\n']) {
    const folder = temporaryFolder(t);
    place(folder, 'trading.log', 0, format.replace('TIME', old));
    const report = await maintain(folder);
    assert.deepEqual(listed(folder), ['trading.1.log']);
    assert.deepEqual(report.rotated, ['trading.log']);
    place(folder, 'trading.log', 0, format.replace('TIME', young));
    assert.deepEqual((await maintain(folder)).rotated, []);
  }
});

test('a round that was cut short is finished by the next one', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'archived/trading.20210601T000000000Z.log', 10, 'moved, not packed\n');
  place(folder, 'archived/trading.20210601T000000000Z.log.gz.part', 10, 'half of it');
  await maintain(folder);
  const name = 'trading.20210601T000000000Z.log.gz';
  assert.deepEqual(listed(join(folder, 'archived')), [name]);
  assert.equal(gunzipSync(readFileSync(join(folder, 'archived', name))).toString(), 'moved, not packed\n');
});

test('files of other names are left alone', async (t) => {
  const folder = temporaryFolder(t);
  const others = ['trading.log.bak', 'trading.x.log', 'mytrading.9.log', 'trading.1.log.txt', 'archived/notes.txt'];
  for (const name of others) place(folder, name, 5_000);
  await maintain(folder);
  for (const name of others) assert.ok(existsSync(join(folder, name)), name);
});

test('one file that cannot be packed is reported and the others go on', async (t) => {
  const folder = temporaryFolder(t);
  place(folder, 'trading.1.log', 8, 'fine\n');
  mkdirSync(join(folder, 'archived/trading.20210601T000000000Z.log'), { recursive: true });
  utimesSync(join(folder, 'archived/trading.20210601T000000000Z.log'), OPEN / 1_000, OPEN / 1_000);
  const report = await maintain(folder);
  assert.equal(report.failures.length, 1);
  assert.match(report.failures[0] ?? '', /trading\.20210601T000000000Z\.log: .*EISDIR/);
  assert.equal(report.archived.length, 1);
});

test('a folder that does not exist is nothing to do, and an ended process does nothing', async (t) => {
  const nothing = { rotated: [], archived: [], deleted: [], failures: [] };
  assert.deepEqual(await maintain(join(temporaryFolder(t), 'missing')), nothing);
  const folder = temporaryFolder(t);
  place(folder, 'trading.1.log', 5_000);
  assert.deepEqual(await maintain(folder, { signal: AbortSignal.abort() }), nothing);
  assert.deepEqual(listed(folder), ['trading.1.log']);
});
