// The memory adapters under the suites of their ports, and what only they can do: fail when told to.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore, openMemoryStoreReader } from '#adapters/memory/store.ts';
import { clockInput, commitOf, message } from './commits.ts';
import { eventLogContract } from './event-log-contract.ts';
import { inboxContract } from './inbox-contract.ts';
import { storeContract, type StorePlace } from './store-contract.ts';

storeContract('memory', () => {
  const disk = new MemoryDisk();
  const place: StorePlace = {
    now: 0,
    open: () => openMemoryStore(disk, () => place.now),
    openReader: () => openMemoryStoreReader(disk),
    openAfterCrash: () => {
      disk.crash();
      return place.open();
    },
  };
  return place;
});

inboxContract('memory', () => {
  const inbox = openMemoryInbox();
  return () => inbox;
});

eventLogContract('memory', () => ({ open: openMemoryLog, settle: () => undefined }));

const commit = commitOf({ inputs: [clockInput(1)], messages: [message('a.b', '1')] });

it('a memory disk that fails a commit before it is durable has nothing of it', () => {
  const disk = new MemoryDisk();
  const store = openMemoryStore(disk);
  disk.failNext('before');
  assert.throws(() => store.commit(commit), { code: 'WRITE_FAILED' });
  assert.throws(() => store.commit(commit), { code: 'WRITE_FAILED' });
  disk.crash();
  const again = openMemoryStore(disk);
  assert.deepEqual([again.lastSeq(), again.topics()], [0, []]);
  again.commit(commit);
  assert.equal(again.lastSeq(), 1);
});

it('a memory disk that fails a commit after it is durable has all of it', () => {
  const disk = new MemoryDisk();
  const store = openMemoryStore(disk);
  disk.failNext('after');
  assert.throws(() => store.commit(commit), { code: 'WRITE_FAILED' });
  disk.crash();
  const again = openMemoryStore(disk);
  assert.deepEqual([again.lastSeq(), again.has('a.b', '1')], [1, true]);
});

it('a memory store that has crashed writes nothing to the disk that another one holds', () => {
  const disk = new MemoryDisk();
  const store = openMemoryStore(disk);
  disk.crash();
  const again = openMemoryStore(disk);
  assert.throws(() => store.commit(commit), { code: 'WRITE_FAILED' });
  store.close();
  assert.throws(() => openMemoryStore(disk), { code: 'LOCKED' });
  assert.equal(again.lastSeq(), 0);
});
