// Migrations of a schema in PostgreSQL: what is missing is applied in order, and nothing strange is touched.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkMigrations, migrate } from '#adapters/postgres/migrate.ts';
import { type Migration } from '#adapters/postgres/migrations.ts';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { askSql, requirePostgres, runSql, testSchema } from '../support/postgres-place.ts';

const server = await requirePostgres('migrations of PostgreSQL');
if (server !== undefined) describe('migrations of PostgreSQL', () => migrations(server));

function migrations(url: string): void {
  const one: Migration = {
    number: 1,
    name: 'one',
    statements: ['CREATE TABLE one (a int)', 'INSERT INTO one VALUES (1)'],
  };
  const two: Migration = { number: 2, name: 'two', statements: ['ALTER TABLE one ADD b int'] };
  const broken: Migration = { number: 2, name: 'broken', statements: ['CREATE TABLE half (a int)', 'SELECT 1 / 0'] };
  const three: Migration = { number: 3, name: 'three', statements: ['CREATE TABLE three (a int)'] };

  it('says what is missing, applies it once, and says that nothing is missing then', (t) => {
    const schema = testSchema(url, t);
    assert.deepEqual(checkMigrations(url, { schema }), ['0001-store', '0002-access', '0003-audit']);
    assert.deepEqual(migrate(url, { schema }), ['0001-store', '0002-access', '0003-audit']);
    assert.deepEqual(checkMigrations(url, { schema }), []);
    assert.deepEqual(migrate(url, { schema }), []);
    openPostgresStore(url, { now: () => 0, schema }).close();
  });

  it('applies what a later version adds', (t) => {
    const schema = testSchema(url, t);
    assert.deepEqual(migrate(url, { schema, migrations: [one] }), ['0001-one']);
    assert.deepEqual(checkMigrations(url, { schema, migrations: [one, two] }), ['0002-two']);
    assert.deepEqual(migrate(url, { schema, migrations: [one, two] }), ['0002-two']);
    assert.deepEqual(askSql(url, `SELECT a, b FROM ${schema}.one`), [[1, null]]);
  });

  it('stops at the first that fails, names it, and leaves nothing of it', (t) => {
    const schema = testSchema(url, t);
    assert.throws(() => migrate(url, { schema, migrations: [one, broken, three] }), {
      name: 'StoreError',
      code: 'WRITE_FAILED',
      message: /Migration 0002-broken of .* failed: division by zero\. Nothing of it was done/,
    });
    assert.deepEqual(checkMigrations(url, { schema, migrations: [one, two, three] }), ['0002-two', '0003-three']);
    assert.deepEqual(
      askSql(url, 'SELECT table_name::text FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1', [
        schema,
      ]),
      [['one'], ['schema_migrations']],
    );
  });

  it('refuses a schema that a newer version has migrated', (t) => {
    const schema = testSchema(url, t);
    migrate(url, { schema });
    runSql(url, `INSERT INTO ${schema}.schema_migrations VALUES (7, 'later', 'x', now())`);
    const refusal = { name: 'StoreError', code: 'NEWER_STORE', message: /newer version made migration 7 \(later\)/ };
    assert.throws(() => migrate(url, { schema }), refusal);
    assert.throws(() => checkMigrations(url, { schema }), refusal);
    assert.throws(() => openPostgresStore(url, { now: () => 0, schema }), refusal);
  });

  it('refuses a schema whose migration of the same number is another one', (t) => {
    const schema = testSchema(url, t);
    migrate(url, { schema, migrations: [one] });
    const refusal = { name: 'StoreError', code: 'DAMAGED', message: /migration 1 \(one\) is not the one/ };
    const changed = [{ ...one, statements: [...one.statements, 'SELECT 1'] }];
    assert.throws(() => migrate(url, { schema, migrations: changed }), refusal);
    assert.throws(() => openPostgresStore(url, { now: () => 0, schema }), refusal);
  });

  it('opens no store with missing migrations, and names the command, unless it may migrate itself', (t) => {
    const schema = testSchema(url, t);
    assert.throws(() => openPostgresStore(url, { now: () => 0, schema, schemaManagement: 'migrations_only' }), {
      name: 'StoreError',
      code: 'MISSING',
      message: /lacks the migrations 0001-store, 0002-access, 0003-audit\. Run alpha-panda migrate\./,
    });
    openPostgresStore(url, { now: () => 0, schema, schemaManagement: 'auto' }).close();
    openPostgresStore(url, { now: () => 0, schema }).close();
  });

  it('refuses a database that does not keep every character', (t) => {
    const name = `test_latin_${process.pid}`;
    runSql(url, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`);
    t.after(() => runSql(url, `DROP DATABASE ${name}`));
    const latin = new URL(url);
    latin.pathname = `/${name}`;
    assert.throws(() => migrate(latin.href), {
      name: 'StoreError',
      code: 'NOT_A_STORE',
      message: /the encoding UTF8, found \d+ and LATIN1/,
    });
  });
}
