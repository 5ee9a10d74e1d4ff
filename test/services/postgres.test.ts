// The store in PostgreSQL under the suite of its port, on a real server.
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { openPostgresAudit } from '#adapters/postgres/audit.ts';
import { openPostgresAccess } from '#adapters/postgres/access.ts';
import { openPostgresInbox } from '#adapters/postgres/inbox.ts';
import { migrate } from '#adapters/postgres/migrate.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { openPostgresStore, type PostgresStore } from '#adapters/postgres/store.ts';
import { type StoreReader } from '#ports/store.ts';
import { auditContract } from '../contracts/audit-contract.ts';
import { accessContract } from '../contracts/access-contract.ts';
import { inboxContract } from '../contracts/inbox-contract.ts';
import { sharedInboxContract } from '../contracts/shared-inbox-contract.ts';
import { storeContract, type StorePlace } from '../contracts/store-contract.ts';
import { requirePostgres, runSql, testSchema } from '../support/postgres-place.ts';
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
  auditContract('PostgreSQL', (t) => {
    const schema = testSchema(url, t);
    migrate(url, { schema });
    return () => {
      const trail = openPostgresAudit(url, { schema });
      t.after(() => trail.close());
      return trail;
    };
  });
  it('the audit trail in PostgreSQL lets nobody change it, nor its owner', (t) => {
    const schema = testSchema(url, t);
    migrate(url, { schema });
    const trail = openPostgresAudit(url, { schema });
    t.after(() => trail.close());
    trail.append([{ at: 1, kind: 'signed_in', body: '{}' }]);
    for (const change of [
      `UPDATE ${schema}.audit SET at = 2`,
      `DELETE FROM ${schema}.audit`,
      `TRUNCATE ${schema}.audit`,
    ]) {
      assert.throws(() => runSql(url, change), /the audit trail is only added to/);
    }
  });
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
