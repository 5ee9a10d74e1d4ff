// The PostgreSQL that the tests of this folder's services use: the one that ALPHA_PANDA_TEST_POSTGRES names, or one of their
// own. Each test has a schema to itself.
import { after, it } from 'node:test';
import { Connection } from '#adapters/postgres/connection.ts';
import { placeOf } from '#adapters/postgres/place.ts';
import { startPostgres } from '../../tools/services/postgres.ts';

/** The URL of a role that may do everything; undefined when there is no server, which a skipped test says by name. */
export async function requirePostgres(what: string): Promise<string | undefined> {
  const given = process.env['ALPHA_PANDA_TEST_POSTGRES'];
  if (given !== undefined && given !== '') return given;
  const { server, missing } = await startPostgres();
  if (server !== undefined) {
    after(() => server.stop());
    return server.url;
  }
  if (process.env['CI'] === 'true') throw new Error(missing);
  it(what, { skip: missing }, () => undefined);
  return undefined;
}

let schemas = 0;

/** A name that no other test has; the schema goes away with the test. */
export function testSchema(url: string, t: { after(work: () => void): void }): string {
  const schema = `test_${process.pid}_${++schemas}`;
  t.after(() => runSql(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`));
  return schema;
}

/** Runs statements without values on a connection of their own. */
export function runSql(url: string, text: string): void {
  // Making and dropping a database waits for the disk, which other tests keep busy.
  const connection = new Connection(placeOf(url), 'test', { timeoutMs: 60_000 });
  try {
    connection.ask([{ text }]);
  } finally {
    connection.close();
  }
}

/** The rows of one question, on a connection of its own. */
export function askSql(url: string, text: string, values: readonly (string | number)[] = []): readonly unknown[][] {
  const connection = new Connection(placeOf(url), 'test');
  try {
    return connection.query(text, values).map((row) => [...row]);
  } finally {
    connection.close();
  }
}
