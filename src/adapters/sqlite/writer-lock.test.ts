import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { startChild } from '../../../test/contracts/child-process.ts';
import { temporaryDirectory } from '../../../test/contracts/directories.ts';
import { lockWriter } from './writer-lock.ts';
import { openStore } from './store.ts';
import { openStoreReader } from './store-reader.ts';

const options = { now: () => 0, checkpointer: 'none' } as const;

it('refuses a second writer by the process id of the first, until that process is killed', async (t) => {
  const directory = temporaryDirectory(t);
  const child = startChild(t, 'hold', directory);
  await child.said(1);
  assert.deepEqual(child.lines, ['open']);
  const words = new RegExp(`${directory} is in use by process ${child.pid}\\. Stop it first`);
  assert.throws(() => openStore(directory, options), { name: 'StoreError', code: 'LOCKED', message: words });
  openStoreReader(directory).close();
  await child.kill();
  openStore(directory, options).close();
});

it('keeps the lock against other processes after refusing a second writer in its own', async (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  assert.throws(() => openStore(directory, options), { code: 'LOCKED', message: /in use by this process/ });
  const child = startChild(t, 'hold', directory);
  await child.ended();
  assert.match(child.lines[0] ?? '', new RegExp(`in use by process ${process.pid}\\.`));
  store.close();
});

it('is free again after a release', (t) => {
  const directory = temporaryDirectory(t);
  lockWriter(directory).release();
  lockWriter(directory).release();
});

it('says which file is wrong when the lock is none', (t) => {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'writer.lock'), 'not a lock '.repeat(100));
  assert.throws(() => lockWriter(directory), { name: 'StoreError', message: /writer\.lock/ });
});
