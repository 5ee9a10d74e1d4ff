import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it, type TestContext } from 'node:test';
import { commitOf, message, snapshotOf, ticksInput } from '../../../test/contracts/commits.ts';
import { temporaryDirectory } from '../../../test/contracts/directories.ts';
import { openInbox } from './inbox.ts';
import { openServiceLog } from './service-log.ts';
import { openStore } from './store.ts';
import { openStoreReader } from './store-reader.ts';

const options = { now: () => 0, checkpointer: 'none' } as const;
const FILE = 'alpha-panda.sqlite';

/** A directory with a closed store of some hundred kilobytes. */
function filledDirectory(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  for (let k = 0; k < 40; k++) {
    const messages = Array.from({ length: 20 }, (_, n) => message('paper.orders.filled', `${k}.${n}`, 'x'.repeat(500)));
    store.commit(commitOf({ inputs: [ticksInput(k * 50, 50)], messages, snapshot: snapshotOf(`${k}`) }));
  }
  store.close();
  return directory;
}

/** Both ways of opening, with the error that each gives. */
function assertRefused(directory: string, code: string, words: RegExp): void {
  for (const open of [() => openStore(directory, options), () => openStoreReader(directory)]) {
    assert.throws(open, (error) => {
      assert.ok(error instanceof Error && 'code' in error, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, words);
      assert.match(error.message, new RegExp(directory));
      return true;
    });
  }
}

it('makes a directory and files that only their owner may enter', (t) => {
  const directory = join(temporaryDirectory(t), 'new', 'data');
  const store = openStore(directory, options);
  openInbox(directory).close();
  store.commit(commitOf({ messages: [message('a.b', '1')] }));
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  for (const name of [FILE, `${FILE}-wal`, `${FILE}-shm`, 'ahead.bin', 'inbox.sqlite']) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
  store.close();
  assert.deepEqual(readdirSync(directory).sort(), [FILE, 'inbox.sqlite', 'writer.lock']);
});

it('refuses a file that is no SQLite database', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, FILE), 'These are notes about pandas. '.repeat(100));
  assertRefused(directory, 'NOT_A_STORE', /no SQLite database.*Move it away/);
  assert.match(readFileSync(join(directory, FILE), 'utf8'), /^These are notes/);
});

it("refuses another program's SQLite database and leaves it as it is", (t) => {
  const directory = temporaryDirectory(t);
  const foreign = new DatabaseSync(join(directory, FILE));
  foreign.exec('CREATE TABLE recipes (name TEXT)');
  foreign.close();
  assertRefused(directory, 'NOT_A_STORE', /expected the application id \d+, found 0/);
  const after = new DatabaseSync(join(directory, FILE));
  assert.equal(after.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'delete');
  after.close();
});

it('refuses its own inbox in the place of the store', (t) => {
  const directory = temporaryDirectory(t);
  openInbox(directory).close();
  writeFileSync(join(directory, FILE), readFileSync(join(directory, 'inbox.sqlite')));
  assertRefused(directory, 'NOT_A_STORE', /application id/);
});

it('refuses a store that a newer program wrote', (t) => {
  const directory = filledDirectory(t);
  const newer = new DatabaseSync(join(directory, FILE));
  newer.exec('PRAGMA user_version = 99');
  newer.close();
  assertRefused(directory, 'NEWER_STORE', /version 99, this program knows 1.*Update/);
});

it('refuses a store that was cut off at any place', (t) => {
  const directory = filledDirectory(t);
  const size = statSync(join(directory, FILE)).size;
  for (const left of [size - 4096, size / 2, 8192, 5000]) {
    truncateSync(join(directory, FILE), left);
    assertRefused(directory, 'DAMAGED', /Restore .* from a backup/);
  }
  truncateSync(join(directory, FILE), 60);
  assertRefused(directory, 'NOT_A_STORE', /from a backup/);
  truncateSync(join(directory, FILE), 0);
  assertRefused(directory, 'DAMAGED', /the file is empty/);
});

it('does not begin a new store beside what another one left in its WAL', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, `${FILE}-wal`), 'newest commits');
  assert.throws(() => openStore(directory, options), { code: 'DAMAGED', message: /-wal/ });
  assert.ok(!existsSync(join(directory, FILE)));
});

it('reports damage inside a file when it opens a small one, or where it reads', (t) => {
  const directory = filledDirectory(t);
  const path = join(directory, FILE);
  const bytes = readFileSync(path);
  const sound = Buffer.from(bytes);
  // Every page but the first, so that what is read is hit wherever it lies.
  for (let at = 4096; at < bytes.length; at += 4096) bytes.fill(0xff, at, at + 100);
  writeFileSync(path, bytes);
  assert.throws(() => openStore(directory, options), { code: 'DAMAGED' });
  assert.throws(
    () => {
      const reader = openStoreReader(directory);
      t.after(() => reader.close());
      reader.read('paper.orders.filled', 0, 1000);
    },
    { code: 'DAMAGED', message: /is damaged.*Restore/ },
  );

  const frame = ticksInput(0, 50).body as Uint8Array;
  // Free space of pages may hold older copies of it: each is hit.
  const start = Buffer.from(frame.subarray(0, 100));
  let copies = 0;
  for (let at = sound.indexOf(start); at !== -1; at = sound.indexOf(start, at + 1), copies++) {
    sound[at + 120] = (sound[at + 120] as number) ^ 1;
  }
  assert.ok(copies > 0);
  writeFileSync(path, sound);
  const store = openStore(directory, options);
  t.after(() => store.close());
  assert.throws(() => store.read('market.ticks', 0, 10), { code: 'DAMAGED', message: /check sum/ });
  assert.equal(store.read('market.ticks', 50, 1)[0]?.id, 'tape:50');
});

it('says that there is no store, names the directory, and makes nothing', (t) => {
  const parent = temporaryDirectory(t);
  for (const directory of [parent, join(parent, 'nowhere')]) {
    const expected = { name: 'StoreError', code: 'MISSING', message: new RegExp(`no store in ${directory}`) };
    assert.throws(() => openStoreReader(directory), expected);
    assert.throws(() => openServiceLog(directory), expected);
  }
  assert.throws(() => openInbox(join(parent, 'nowhere')), { code: 'MISSING', message: /no data directory/ });
  assert.deepEqual(readdirSync(parent), []);
});

it('says so when it may not write where it should', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => openStore(join(directory, 'file', 'data'), options), {
    code: 'WRITE_FAILED',
    message: /ENOTDIR/,
  });
});

it('reads a store in a place where it may not write', (t) => {
  const directory = filledDirectory(t);
  chmodSync(join(directory, FILE), 0o444);
  chmodSync(directory, 0o555);
  // Root may write everywhere, so for a moment the test is nobody.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    const reader = openStoreReader(directory);
    assert.equal(reader.lastSeq(), 40);
    reader.close();
    assert.throws(() => openStore(directory, options), { code: 'WRITE_FAILED' });
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(directory, 0o700);
  }
  assert.deepEqual(readdirSync(directory).sort(), [FILE, 'writer.lock']);
});
