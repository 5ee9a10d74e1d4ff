import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PUT_COUNT, startChild } from '../../../test/contracts/child-process.ts';
import { commitOf, message } from '../../../test/contracts/commits.ts';
import { temporaryDirectory } from '../../../test/contracts/directories.ts';
import { openInbox } from './inbox.ts';
import { openServiceLog } from './service-log.ts';
import { openStore } from './store.ts';

const options = { now: () => 0, checkpointer: 'none' } as const;

it('takes messages from several processes at once, each in its own order', async (t) => {
  const directory = temporaryDirectory(t);
  const children = [1, 2, 3].map(() => startChild(t, 'put', directory));
  await Promise.all(children.map((child) => child.ended()));
  const inbox = openInbox(directory);
  const all = inbox.after(0, Infinity);
  inbox.close();
  assert.equal(all.length, 3 * 2 * PUT_COUNT);
  for (const { pid } of children) {
    const own = all.flatMap(({ id }) => (id?.startsWith(`${pid}.`) === true ? [id] : []));
    assert.deepEqual(
      own,
      Array.from({ length: PUT_COUNT }, (_, k) => `${pid}.${k}`),
    );
  }
});

it('keeps what was appended while the platform does not run', async (t) => {
  const directory = temporaryDirectory(t);
  openStore(directory, options).close();
  const log = openServiceLog(directory);
  await log.append([message('paper.signals.raw', '1')]);
  assert.deepEqual(await log.range('paper.signals.raw'), { topic: 'paper.signals.raw', start: 0, end: 0 });
  await log.close();
  const inbox = openInbox(directory);
  assert.equal(inbox.after(0, 10)[0]?.id, '1');
  inbox.close();
});

it('commits appends that wait together in the order in which they came, and those that wait when it is closed', async (t) => {
  const directory = temporaryDirectory(t);
  openStore(directory, options).close();
  const log = openServiceLog(directory);
  const appends = Array.from({ length: 20 }, (_, k) => log.append([message('a.b', `${k}`)]));
  await log.close();
  await Promise.all(appends);
  const inbox = openInbox(directory);
  assert.deepEqual(
    inbox.after(0, 100).map(({ id }) => Number(id)),
    Array.from({ length: 20 }, (_, k) => k),
  );
  inbox.close();
});

it('keeps the offsets of its groups apart from those of the platform', async (t) => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, options);
  store.commit(commitOf({ offsets: [{ group: 'g', topic: 'a.b', offset: 5 }] }));
  const log = openServiceLog(directory);
  await log.commit('g', 'a.b', 2);
  await log.close();
  const again = openServiceLog(directory);
  assert.deepEqual([await again.committed('g', 'a.b'), store.committed('g', 'a.b')], [2, 5]);
  await again.close();
  store.close();
});

it('does not keep a process alive by waiting for messages', async (t) => {
  const directory = temporaryDirectory(t);
  openStore(directory, options).close();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const log = openServiceLog(directory);
  log.subscribe(['a.b'], () => undefined);
  assert.equal(process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length, before);
  await log.close();
});
