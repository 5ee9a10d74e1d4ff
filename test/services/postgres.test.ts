// The store in PostgreSQL under the suite of its port, on a real server.
import { type TestContext } from 'node:test';
import { openPostgresAccess } from '#adapters/postgres/access.ts';
import { openPostgresInbox } from '#adapters/postgres/inbox.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { openPostgresStore, type PostgresStore } from '#adapters/postgres/store.ts';
import { type StoreReader } from '#ports/store.ts';
import { accessContract } from '../contracts/access-contract.ts';
import { inboxContract } from '../contracts/inbox-contract.ts';
import { sharedInboxContract } from '../contracts/shared-inbox-contract.ts';
import { storeContract, type StorePlace } from '../contracts/store-contract.ts';
import { requirePostgres, testSchema } from '../support/postgres-place.ts';
import { endBackends } from './backends.ts';

const url = await requirePostgres('PostgreSQL as a store');
if (url !== undefined) {
  storeContract('PostgreSQL', (t) => placeInSchema(url, t));
  const inboxes = (t: TestContext) => {
    const schema = testSchema(url, t);
    migrate(url, { schema });
    return () => {
      const inbox = openPostgresInbox(url, { schema });
      t.after(() => inbox.close());
      return inbox;
    };
  };
  inboxContract('PostgreSQL', inboxes);
  sharedInboxContract('PostgreSQL', inboxes);
  accessContract('PostgreSQL', (t) => {
    const schema = testSchema(url, t);
    migrate(url, { schema });
    return () => {
      const access = openPostgresAccess(url, { schema });
      t.after(() => access.close());
      return access;
    };
  });
}

function placeInSchema(at: string, t: TestContext): StorePlace {
  const opened: StoreReader[] = [];
  t.after(() => opened.forEach((store) => store.close()));
  const schema = testSchema(at, t);
  let newest: PostgresStore | undefined;
  const place: StorePlace = {
    now: 0,
    open: () => {
      newest = openPostgresStore(at, { now: () => place.now, schema, schemaManagement: 'auto' });
      opened.push(newest);
      return newest;
    },
    openReader: () => {
      const reader = openPostgresReader(at, { schema });
      opened.push(reader);
      return reader;
    },
    openAfterCrash: () => {
      if (newest !== undefined) endBackends(at, [newest]);
      return place.open();
    },
  };
  return place;
}
