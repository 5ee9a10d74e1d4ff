// The SQLite adapters under the suites of their ports.
import { type TestContext } from 'node:test';
import { openAudit } from '#adapters/sqlite/audit.ts';
import { openAccess } from '#adapters/sqlite/access.ts';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openServiceLog } from '#adapters/sqlite/service-log.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { type StoreReader } from '#ports/store.ts';
import { auditContract } from './audit-contract.ts';
import { accessContract } from './access-contract.ts';
import { commitOf } from './commits.ts';
import { copyAsAfterCrash, temporaryDirectory } from './directories.ts';
import { eventLogContract, type LogPlace } from './event-log-contract.ts';
import { inboxContract } from './inbox-contract.ts';
import { storeContract, type StorePlace } from './store-contract.ts';

function placeOnDisk(t: TestContext, checkpointer: 'worker' | 'none'): StorePlace {
  let directory = temporaryDirectory(t);
  const opened: StoreReader[] = [];
  t.after(() => opened.forEach((store) => store.close()));
  const keep = <T extends StoreReader>(store: T): T => {
    opened.push(store);
    return store;
  };
  const place: StorePlace = {
    now: 0,
    open: () => keep(openStore(directory, { now: () => place.now, checkpointer })),
    openReader: () => keep(openStoreReader(directory)),
    openAfterCrash: () => {
      const before = directory;
      directory = temporaryDirectory(t);
      copyAsAfterCrash(before, directory);
      return place.open();
    },
  };
  return place;
}

storeContract('SQLite', (t) => placeOnDisk(t, 'none'));
storeContract('SQLite with its checkpoint thread', (t) => placeOnDisk(t, 'worker'));

inboxContract('SQLite', (t) => {
  const directory = temporaryDirectory(t);
  return () => openInbox(directory);
});

auditContract('SQLite', (t) => {
  const directory = temporaryDirectory(t);
  return () => openAudit(directory);
});

accessContract('SQLite', (t) => {
  const directory = temporaryDirectory(t);
  return () => openAccess(directory);
});

eventLogContract('SQLite beside a running platform', (t): LogPlace => {
  const directory = temporaryDirectory(t);
  const store = openStore(directory, { now: () => 0, checkpointer: 'none' });
  const inbox = openInbox(directory);
  t.after(() => {
    inbox.close();
    store.close();
  });
  return {
    open: () => openServiceLog(directory, { pollMs: 2 }),
    settle: () => {
      const taken = inbox.after(0, 100);
      store.commit(commitOf({ messages: taken }));
      inbox.forget(taken.at(-1)?.number ?? 0);
    },
  };
});
