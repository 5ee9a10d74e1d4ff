// Row-level security: what a role of one namespace can do to the rows of another, in every table and with every verb, even when
// it was granted more than it should have been.
import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { Connection } from '#adapters/postgres/connection.ts';
import { TABLES_BY_BROKER } from '#adapters/postgres/migrations.ts';
import { grantNamespace } from '#adapters/postgres/namespace-role.ts';
import { placeOf } from '#adapters/postgres/place.ts';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { clockInput, commitOf, message, row, snapshotOf, ticksInput } from '../contracts/commits.ts';
import { askSql, requirePostgres, runSql, testSchema } from '../support/postgres-place.ts';

/** Roles belong to the whole server, not to a schema. */
const OWNER = `test_owner_${process.pid}`;
const PAPER = `test_paper_${process.pid}`;
const ZERODHA = `test_zerodha_${process.pid}`;
const PASSWORD = 'only-for-tests';

const server = await requirePostgres('namespaces in PostgreSQL');
if (server !== undefined) describe('namespaces in PostgreSQL', () => namespaces(server));

function namespaces(url: string): void {
  const as = (role: string): string => {
    const to = new URL(url);
    to.username = role;
    to.password = PASSWORD;
    return to.href;
  };
  for (const role of [OWNER, PAPER, ZERODHA]) runSql(url, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
  after(() => runSql(url, `DROP OWNED BY ${OWNER}, ${PAPER}, ${ZERODHA}; DROP ROLE ${OWNER}, ${PAPER}, ${ZERODHA}`));

  /** A store of an owner that is no superuser, with rows of two namespaces, of the market and of nobody. */
  const filled = (t: TestContext): string => {
    const schema = testSchema(url, t);
    runSql(url, `CREATE SCHEMA ${schema} AUTHORIZATION ${OWNER}`);
    const store = openPostgresStore(as(OWNER), { now: () => 0, schema, schemaManagement: 'auto' });
    for (const broker of ['paper', 'zerodha']) {
      const signals = `${broker}.signals.raw`;
      store.commit(
        commitOf({
          inputs: [ticksInput(1, 2), clockInput(3)],
          messages: [
            message(`${broker}.orders.filled`, 'o'),
            ...Array.from({ length: 16 }, (_, k) => ({ ...message(signals, `${k}`), own: true as const })),
          ],
          rows: [row('1', broker, broker), row('m', 'mark', 'market', 'mark')],
          offsets: [{ group: 'g', topic: signals, offset: 4 }],
          snapshot: snapshotOf(broker),
        }),
      );
      const orders = `${broker}.orders.filled`;
      store.inbox().putFrom([message(orders, 'i')], [{ topic: orders, partition: 0, offset: 1 }]);
    }
    store.close();
    grantNamespace(as(OWNER), 'paper', PAPER, { schema });
    grantNamespace(as(OWNER), 'zerodha', ZERODHA, { schema });
    return schema;
  };
  const connected = (role: string, schema: string, t: TestContext): Connection => {
    const connection = new Connection(placeOf(as(role), schema), 'test');
    t.after(() => connection.close());
    return connection;
  };
  const brokersIn = (connection: Connection, table: string): unknown[] =>
    connection.query(`SELECT DISTINCT broker FROM ${table} ORDER BY 1`).map(([broker]) => broker);

  it('are kept apart by policies that are forced on every table that says whose a row is', (t) => {
    const schema = filled(t);
    const found = askSql(
      url,
      `SELECT relname::text, relrowsecurity AND relforcerowsecurity FROM pg_class
       WHERE relnamespace = to_regnamespace($1) AND relkind = 'r' AND oid IN (
         SELECT attrelid FROM pg_attribute WHERE attname = 'broker') ORDER BY 1`,
      [schema],
    );
    const expected = [...TABLES_BY_BROKER, 'namespace_roles'].toSorted();
    assert.deepEqual(
      found,
      expected.map((table) => [table, true]),
    );
  });

  it('show a role its own rows and those of the market, and let it write none', (t) => {
    const schema = filled(t);
    for (const [role, broker] of [
      [PAPER, 'paper'],
      [ZERODHA, 'zerodha'],
    ] as const) {
      const connection = connected(role, schema, t);
      const seen = TABLES_BY_BROKER.map((table) => [table, brokersIn(connection, table)]);
      assert.deepEqual(Object.fromEntries(seen), {
        inputs: ['market'],
        topics: ['market', broker],
        messages: [broker],
        blocks: [broker],
        group_offsets: [broker],
        views: ['market', broker],
        snapshots: [],
        inbox: [broker],
        positions: [broker],
      });
      assert.deepEqual(connection.query('SELECT DISTINCT topic FROM log'), [[`${broker}.orders.filled`]]);
      assert.deepEqual(connection.query('SELECT role FROM namespace_roles'), [[role]]);
      for (const table of TABLES_BY_BROKER) {
        for (const sql of [`DELETE FROM ${table}`, `UPDATE ${table} SET broker = broker`, `TRUNCATE ${table}`]) {
          assert.throws(() => connection.query(sql), { code: '42501' }, sql);
        }
      }
    }
  });

  it('keep a role from reading and writing rows of another, even when it was granted every verb', (t) => {
    const schema = filled(t);
    runSql(url, `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${PAPER}`);
    const paper = connected(PAPER, schema, t);
    const strangers = ['zerodha', 'market', 'system'];
    const before = contents(url, schema, strangers);
    for (const table of [...TABLES_BY_BROKER, 'namespace_roles']) {
      const where = `WHERE broker IN ('zerodha', 'system')`;
      assert.deepEqual(paper.query(`SELECT 1 FROM ${table} ${where}`), [], table);
      assert.deepEqual(paper.query(`SELECT 1 FROM ${table} ${where} FOR UPDATE`), [], table);
      assert.deepEqual(paper.query(`UPDATE ${table} SET broker = 'paper' ${where} RETURNING 1`), [], table);
      assert.deepEqual(
        paper.query(`UPDATE ${table} SET broker = 'paper' WHERE broker <> 'paper' RETURNING 1`),
        [],
        table,
      );
      assert.deepEqual(paper.query(`DELETE FROM ${table} WHERE broker <> 'paper' RETURNING 1`), [], table);
    }
    const violation = { code: '42501', message: /row-level security/ };
    for (const broker of strangers) {
      for (const [table, insert] of Object.entries(inserts(broker))) {
        assert.throws(() => paper.query(insert), violation, `${broker} into ${table}`);
      }
      for (const table of ['topics', 'messages', 'blocks', 'group_offsets', 'views', 'inbox', 'positions']) {
        const moved = `UPDATE ${table} SET broker = '${broker}' WHERE broker = 'paper'`;
        assert.throws(() => paper.query(moved), violation, `${table} to ${broker}`);
      }
    }
    assert.throws(() => paper.query('SELECT hold_writer(2, 0)'), { code: 'AP001' });
    assert.deepEqual(paper.query('UPDATE writer SET epoch = 9 RETURNING 1'), []);
    const upsert = `${inserts('zerodha')['views']} ON CONFLICT (kind, broker, indexed) DO UPDATE SET value = 'x'`;
    assert.throws(() => paper.query(upsert), violation);
    assert.deepEqual(contents(url, schema, strangers), before);
  });

  it('give a role to one namespace only', (t) => {
    const schema = filled(t);
    assert.throws(() => grantNamespace(as(OWNER), 'zerodha', PAPER, { schema }), { name: 'StoreError' });
    assert.throws(() => grantNamespace(as(OWNER), 'market', PAPER, { schema }), { name: 'InvariantError' });
    assert.throws(() => grantNamespace(as(PAPER), 'zerodha', PAPER, { schema }), { name: 'StoreError' });
  });

  it('show nothing to a role that was given to none, even when it may read', (t) => {
    const schema = filled(t);
    runSql(url, `DELETE FROM ${schema}.namespace_roles WHERE role = '${PAPER}'`);
    const nobody = connected(PAPER, schema, t);
    for (const table of TABLES_BY_BROKER) {
      assert.deepEqual(
        brokersIn(nobody, table).filter((broker) => broker !== 'market'),
        [],
        table,
      );
    }
  });
}

/** A row of a namespace for each table, with keys that no row has. */
function inserts(broker: string): Readonly<Record<string, string>> {
  return {
    inputs: `INSERT INTO inputs VALUES (99, '${broker}', 'clock', 1, 0, 0, 0, 0, true, '{}')`,
    topics: `INSERT INTO topics VALUES (99, '${broker}', 'x')`,
    messages: `INSERT INTO messages VALUES (999, '${broker}', 99, 0, 'i', 'k', 0, true, false, 'v')`,
    blocks: `INSERT INTO blocks VALUES (999, '${broker}', 99, 0, 1, 0, '')`,
    group_offsets: `INSERT INTO group_offsets VALUES ('g', 'x', '${broker}', 1)`,
    views: `INSERT INTO views VALUES ('order', '${broker}', '1', '1', 'v')`,
    snapshots: `INSERT INTO snapshots VALUES (99, '${broker}', 1, 'h', '{}')`,
    inbox: `INSERT INTO inbox (broker, topic, key, shared, value) VALUES ('${broker}', 'x', 'k', false, 'v')`,
    positions: `INSERT INTO positions VALUES ('x', 9, '${broker}', 1)`,
    namespace_roles: `INSERT INTO namespace_roles VALUES ('x', '${broker === 'zerodha' ? 'zerodha' : 'paper'}')`,
  };
}

function contents(url: string, schema: string, brokers: readonly string[]): unknown {
  const list = brokers.map((broker) => `'${broker}'`).join(', ');
  return [...TABLES_BY_BROKER, 'namespace_roles'].map((table) =>
    askSql(url, `SELECT t::text FROM ${schema}.${table} t WHERE broker IN (${list}) ORDER BY 1`),
  );
}
