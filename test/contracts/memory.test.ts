// The memory adapters under the suites of their ports, and what only they can do: fail when told to.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { array, assert as assertProperty, constantFrom, property } from 'fast-check';
import { openMemoryAccess } from '#adapters/memory/access.ts';
import { openMemoryAudit } from '#adapters/memory/audit.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { memoryKeyValue } from '#adapters/memory/memory-key-value.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore, openMemoryStoreReader } from '#adapters/memory/store.ts';
import { auditContract } from './audit-contract.ts';
import { accessContract } from './access-contract.ts';
import { clockInput, commitOf, contentsOf, message, row, snapshotOf, ticksInput } from './commits.ts';
import { eventLogContract } from './event-log-contract.ts';
import { inboxContract } from './inbox-contract.ts';
import { keyValueContract } from './key-value-contract.ts';
import { sharedInboxContract } from './shared-inbox-contract.ts';
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

sharedInboxContract('memory', () => {
  const inbox = openMemoryInbox();
  return () => inbox;
});

auditContract('memory', () => {
  const trail = openMemoryAudit();
  return () => trail;
});

accessContract('memory', () => {
  const access = openMemoryAccess();
  return () => access;
});

keyValueContract('memory', async () => memoryKeyValue());

eventLogContract('memory', () => ({ open: () => openMemoryLog(), settle: () => undefined }));

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

it('a memory store has after any crash what was durable, and nothing half', () => {
  const outcomes = array(constantFrom('done', 'before', 'after', 'crash'), { maxLength: 30 });
  const holds = property(outcomes, (steps) => {
    const [disk, expected] = [new MemoryDisk(), openMemoryStore(new MemoryDisk())];
    let store = openMemoryStore(disk);
    steps.forEach((outcome, k) => {
      const next = commitOf({
        inputs: [k % 2 === 0 ? ticksInput(k, 2) : clockInput(k)],
        messages: [message(`paper.t${k % 3}`, `${k}`), message('paper.t0', undefined)],
        rows: [row(`o${k % 4}`, k % 5 === 0 ? undefined : `${k}`)],
        offsets: [{ group: 'g', topic: 'paper.t0', offset: k }],
        snapshot: k % 6 === 0 ? snapshotOf(`${k}`) : undefined,
      });
      if (outcome === 'before' || outcome === 'after') disk.failNext(outcome);
      if (outcome !== 'before') expected.commit(next);
      if (outcome === 'done' || outcome === 'crash') store.commit(next);
      else assert.throws(() => store.commit(next), { code: 'WRITE_FAILED' });
      if (outcome === 'done') return;
      disk.crash();
      store = openMemoryStore(disk);
      assert.deepEqual(contentsOf(store), contentsOf(expected));
    });
    assert.deepEqual(contentsOf(store), contentsOf(expected));
  });
  assertProperty(holds, { numRuns: 100 });
});
