import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { messagesOfCommit, startChild } from '../../../test/contracts/child-process.ts';
import { clockInput, commitOf, contentsOf, message, row, ticksInput } from '../../../test/contracts/commits.ts';
import { copyAsAfterCrash, temporaryDirectory } from '../../../test/contracts/directories.ts';
import { openStore } from './store.ts';
import { openStoreReader } from './store-reader.ts';

const options = { now: () => 0, checkpointer: 'none' } as const;
const FILE = 'alpha-panda.sqlite';
const AHEAD = 'ahead.bin';

it('has after kill -9 every commit that was acknowledged, and none half', async (t) => {
  const directory = temporaryDirectory(t);
  for (const commits of [5, 120, 400]) {
    const child = startChild(t, 'commit', directory);
    await child.said(commits);
    await child.kill();
    const acknowledged = Number(child.lines.at(-1));
    assert.ok(acknowledged >= commits);

    // Killed, nobody has tidied up. A reader that comes before the next writer may miss the newest commit if it was urgent.
    const early = openStoreReader(directory);
    assert.ok(early.lastSeq() >= acknowledged - 1);
    early.close();
    openStore(directory, options).close();
    const reader = openStoreReader(directory);
    const last = reader.lastSeq();
    assert.ok(last >= acknowledged, `${acknowledged} was acknowledged, ${last} is there`);
    const seqs = Array.from({ length: last }, (_, k) => k + 1);
    const messages = seqs.reduce((sum, k) => sum + messagesOfCommit(k), 0);
    assert.equal(reader.read('a.b', 0, Infinity).length, messages);
    assert.equal(reader.inputsAfter(0, Infinity).length, last);
    assert.equal(reader.read('market.ticks', 0, Infinity).length, Math.floor(last / 2) * 100);
    assert.deepEqual(reader.rows('order'), [{ broker: 'paper', id: 'newest', value: `${last}` }]);
    assert.equal(reader.committed('g', 'a.b'), last);
    const seen = contentsOf(reader);
    reader.close();
    const store = openStore(directory, options);
    assert.deepEqual(contentsOf(store), seen);
    store.close();
  }
});

it('refuses to go on when the disk is full, and keeps what was committed before', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, { ...options, pagesMax: 60 });
  const commit = commitOf({ inputs: [ticksInput(1, 20)], messages: [message('a.b', '1', 'x'.repeat(2000))] });
  let committed = 0;
  const fill = (): void => {
    for (; committed < 1000; committed++) store.commit(commit);
  };
  assert.throws(fill, {
    name: 'StoreError',
    code: 'DISK_FULL',
    message: /The disk that holds .* is full\. Free space/,
  });
  assert.ok(committed > 5);
  const before = contentsOf(store);
  assert.throws(() => store.commit(commitOf({ rows: [row('1', 'a')] })), {
    code: 'DISK_FULL',
    message: /no more commits/,
  });
  assert.throws(() => store.retain({ olderThan: 0, bytesMax: 0 }), { code: 'DISK_FULL' });
  assert.equal(store.lastSeq(), committed);
  store.close();
  const again = openStore(directory, options);
  assert.deepEqual(contentsOf(again), before);
  again.commit(commit);
  assert.equal(again.lastSeq(), committed + 1);
  again.close();
});

it('keeps an urgent commit for which the disk had no room, and refuses to go on', async (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, { ...options, pagesMax: 60 });
  const commit = commitOf({
    inputs: [ticksInput(1, 20)],
    messages: [message('a.b', '1', 'x'.repeat(2000))],
    urgent: true,
  });
  let committed = 0;
  const fill = async (): Promise<void> => {
    for (; committed < 1000; committed++) {
      store.commit(commit);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await assert.rejects(fill, { name: 'StoreError', code: 'DISK_FULL' });
  assert.ok(committed > 5);
  assert.throws(() => store.lastSeq(), { code: 'DISK_FULL' });
  store.close();
  const again = openStore(directory, options);
  assert.equal(again.lastSeq(), committed);
  assert.equal(again.topics().find(({ topic }) => topic === 'a.b')?.end, committed);
  again.close();
});

it('says what is wrong when the database is older than what was written ahead of it', (t) => {
  const [directory, older] = [temporaryDirectory(t), temporaryDirectory(t)];
  const store = openStore(directory, options);
  store.commit(commitOf({ inputs: [clockInput(1)] }));
  copyAsAfterCrash(directory, older);
  store.commit(commitOf({ inputs: [clockInput(2)] }));
  store.commit(commitOf({ inputs: [clockInput(3)], urgent: true }));
  copyFileSync(join(directory, AHEAD), join(older, AHEAD));
  store.close();
  assert.throws(() => openStore(older, options), {
    code: 'DAMAGED',
    message: /ends with input 1, and .*ahead\.bin has what followed input 2/,
  });
  // A new database has nothing to do with what another one left.
  for (const name of readdirSync(older)) if (name.startsWith(FILE)) rmSync(join(older, name));
  const fresh = openStore(older, options);
  assert.equal(fresh.lastSeq(), 0);
  fresh.close();
});

it('keeps what was written ahead when it refuses to make a database beside the -wal file of a lost one', (t) => {
  const [directory, crashed] = [temporaryDirectory(t), temporaryDirectory(t)];
  const store = openStore(directory, options);
  store.commit(commitOf({ inputs: [clockInput(1)], urgent: true }));
  copyAsAfterCrash(directory, crashed);
  store.close();
  const database = readFileSync(join(crashed, FILE));
  rmSync(join(crashed, FILE));
  writeFileSync(join(crashed, `${FILE}-wal`), 'the newest commits');
  assert.throws(() => openStore(crashed, options), { code: 'DAMAGED' });
  rmSync(join(crashed, `${FILE}-wal`));
  writeFileSync(join(crashed, FILE), database);
  const again = openStore(crashed, options);
  assert.equal(again.lastSeq(), 1);
  again.close();
});

it('goes by the database when the record ahead of it was not written to its end', (t) => {
  const [directory, crashed] = [temporaryDirectory(t), temporaryDirectory(t)];
  const store = openStore(directory, options);
  store.commit(commitOf({ inputs: [clockInput(1)] }));
  store.commit(commitOf({ inputs: [clockInput(2)], messages: [message('a.b', '1')], urgent: true }));
  copyAsAfterCrash(directory, crashed);
  store.close();
  const bytes = readFileSync(join(crashed, AHEAD));
  bytes.fill(0, 60, 80);
  writeFileSync(join(crashed, AHEAD), bytes);
  const again = openStore(crashed, options);
  assert.equal(again.lastSeq(), 1);
  again.close();
  writeFileSync(join(crashed, AHEAD), bytes.subarray(0, 100));
  const whole = openStore(crashed, options);
  whole.commit(commitOf({ inputs: [clockInput(2)], urgent: true }));
  assert.equal(whole.lastSeq(), 2);
  whole.close();
});

it('has a thread that moves what is committed into the database file while the store is open', async (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, { now: () => 0 });
  t.after(() => store.close());
  const messages = Array.from({ length: 400 }, (_, n) => message('a.b', `${n}`, 'x'.repeat(2500)));
  const size = (): number => statSync(join(directory, FILE)).size;
  for (let k = 0; k < 12; k++) store.commit(commitOf({ messages }));
  for (let waited = 0; size() < 8_000_000; waited += 5) {
    assert.ok(waited < 10_000, `the database file has ${size()} bytes after 10 s`);
    await delay(5);
  }
  store.commit(commitOf({ inputs: [clockInput(1)] }));
  assert.equal(store.lastSeq(), 1);
});

it('leaves one clean file when it is closed, however soon', (t) => {
  const directory = temporaryDirectory(t);
  for (let k = 1; k <= 3; k++) {
    const store = openStore(directory, { now: () => 0 });
    store.commit(commitOf({ inputs: [clockInput(k)] }));
    store.close();
    assert.deepEqual(readdirSync(directory).sort(), [FILE, 'writer.lock']);
  }
  const reader = openStoreReader(directory);
  assert.equal(reader.lastSeq(), 3);
  reader.close();
});

it('writes nothing for an empty commit', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  store.commit(commitOf({}));
  assert.equal(statSync(join(directory, `${FILE}-wal`), { throwIfNoEntry: false })?.size ?? 0, 0);
  store.close();
});

it('forgets far more than one transaction takes, in as many calls as needed', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  const inputs = Array.from({ length: 10_500 }, (_, k) => clockInput(k));
  store.commit(commitOf({ inputs, snapshot: { at: 1, hash: 'h', body: '{}' } }));
  store.retain({ olderThan: 1, bytesMax: Infinity });
  assert.equal(store.firstSeq(), 10_001);
  store.retain({ olderThan: 1, bytesMax: Infinity });
  assert.equal(store.firstSeq(), 10_500);
  store.close();
});

it('is read without a writer, and shows a writer that comes later', (t) => {
  const directory = temporaryDirectory(t);
  openStore(directory, options).close();
  const reader = openStoreReader(directory);
  assert.equal(reader.lastSeq(), 0);
  const store = openStore(directory, options);
  store.commit(commitOf({ inputs: [clockInput(1)] }));
  assert.equal(reader.lastSeq(), 1);
  store.close();
  assert.equal(reader.lastSeq(), 1);
  reader.close();
});

it('is read without a writer when the last one died with its commits in the WAL', (t) => {
  const [directory, left] = [temporaryDirectory(t), temporaryDirectory(t)];
  const store = openStore(directory, options);
  store.commit(commitOf({ inputs: [clockInput(1), clockInput(2)], messages: [message('a.b', '1')] }));
  copyAsAfterCrash(directory, left);
  const reader = openStoreReader(left);
  assert.deepEqual(contentsOf(reader), contentsOf(store));
  reader.close();
  store.close();
});

it('shows its topics to a person with a SQLite shell', (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  store.commit(commitOf({ messages: [message('a.b', '1', '{"a":1}')] }));
  store.close();
  const reader = openStoreReader(directory);
  const rows = reader['database'].prepare('SELECT topic, offset, id, value FROM log').all();
  assert.deepEqual(
    rows.map((found) => ({ ...found })),
    [{ topic: 'a.b', offset: 0, id: '1', value: '{"a":1}' }],
  );
  reader.close();
});
