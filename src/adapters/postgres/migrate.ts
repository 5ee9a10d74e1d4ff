// Brings the tables of a schema up to date, one transaction a step, and says what is missing. Two that migrate at once wait
// for each other.
import { StoreError } from '#ports/store.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { checkSumOf, MIGRATIONS, type Migration } from './migrations.ts';
import { placeOf, type Place } from './place.ts';
import { damaged, MIGRATE, readError, ServerFailure } from './postgres-error.ts';

/** A step may have to rewrite a table. */
const MIGRATION_TIMEOUT_MS = 600_000;
/** Views that obey the policies of who asks. */
const VERSION_MIN = 150_000;

export interface MigrateOptions extends ConnectionOptions {
  readonly schema?: string;
  /** Other steps than those of this version: for tests. */
  readonly migrations?: readonly Migration[];
}

/**
 * Applies what is missing and returns the names of those steps. Stops at the first that fails and throws `StoreError` with
 * its name; the ones before it stay. Refuses a schema that a newer version has migrated, or that has another step under
 * one of our numbers. The role that migrates owns the tables and is the one that may write them.
 */
export function migrate(url: string, options: MigrateOptions = {}): readonly string[] {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'migration', { timeoutMs: MIGRATION_TIMEOUT_MS, ...options });
  try {
    prepare(connection, place);
    const missing = missingOf(connection, place, options.migrations ?? MIGRATIONS);
    for (const migration of missing) apply(connection, place, migration);
    return missing.map(nameOf);
  } catch (error) {
    throw readError(error, place);
  } finally {
    connection.close();
  }
}

/** The names of the steps that `migrate` would apply. Refuses what `migrate` refuses. */
export function checkMigrations(url: string, options: MigrateOptions = {}): readonly string[] {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'migration check', options);
  try {
    return missingOf(connection, place, options.migrations ?? MIGRATIONS).map(nameOf);
  } catch (error) {
    throw readError(error, place);
  } finally {
    connection.close();
  }
}

/** Throws `StoreError` unless the schema is as this version wants it. */
export function demandMigrated(connection: Connection, place: Place, migrations = MIGRATIONS): void {
  const missing = missingOf(connection, place, migrations).map(nameOf);
  if (missing.length === 0) return;
  throw new StoreError('MISSING', `${place.name} lacks the migrations ${missing.join(', ')}. ${MIGRATE}`);
}

function prepare(connection: Connection, place: Place): void {
  demandUsable(connection, place);
  const { schema } = place;
  // Held until the connection ends. Asking for it first, because even IF NOT EXISTS fails when two do it at once.
  connection.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [`alpha-panda migrations of ${schema}`]);
  const [exists] = connection.query('SELECT to_regnamespace($1) IS NOT NULL', [schema])[0] ?? [];
  // A role that may not create schemas can still migrate one that was made for it.
  if (exists !== true) connection.ask([{ text: `CREATE SCHEMA ${schema}` }]);
  const columns =
    'number integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL, applied_at timestamptz NOT NULL';
  connection.ask([{ text: `CREATE TABLE IF NOT EXISTS schema_migrations (${columns})` }]);
}

function demandUsable(connection: Connection, place: Place): void {
  const settings = "SELECT current_setting('server_version_num')::integer, current_setting('server_encoding')";
  const [version = 0, encoding = ''] = connection.query<readonly [number, string]>(settings)[0] ?? [];
  if (version >= VERSION_MIN && encoding === 'UTF8') return;
  const expected = `expected PostgreSQL ${VERSION_MIN / 10_000} or later and the encoding UTF8`;
  const found = `found ${Math.floor(version / 10_000)} and ${encoding}`;
  throw new StoreError(
    'NOT_A_STORE',
    `${place.name} cannot hold a store: ${expected}, ${found}. Use another database.`,
  );
}

type AppliedRow = readonly [number: number, name: string, sha256: string];

function missingOf(connection: Connection, place: Place, known: readonly Migration[]): readonly Migration[] {
  const [isThere] = connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")[0] ?? [];
  if (isThere !== true) return known;
  const applied = connection.query<AppliedRow>('SELECT number, name, sha256 FROM schema_migrations ORDER BY number');
  for (const [number, name, sha256] of applied) {
    const ours = known.find((migration) => migration.number === number);
    if (ours === undefined) {
      const remedy = 'Use that version; this one would not understand what it wrote.';
      throw new StoreError(
        'NEWER_STORE',
        `A newer version made migration ${number} (${name}) in ${place.name}. ${remedy}`,
      );
    }
    if (checkSumOf(ours) !== sha256) {
      throw damaged(place, `its migration ${number} (${name}) is not the one that this version knows by that number`);
    }
  }
  return known.filter(({ number }) => applied.every(([there]) => there !== number));
}

function apply(connection: Connection, place: Place, migration: Migration): void {
  const { number, name, statements } = migration;
  const record = 'INSERT INTO schema_migrations VALUES ($1, $2, $3, now())';
  try {
    connection.transact([
      ...statements.map((text) => ({ text })),
      { text: record, values: [number, name, checkSumOf(migration)] },
    ]);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const remedy = 'Nothing of it was done, and nothing after it was tried.';
    const text = `Migration ${nameOf(migration)} of ${place.name} failed: ${error.message}. ${remedy}`;
    throw new StoreError('WRITE_FAILED', text, error);
  }
}

function nameOf({ number, name }: Migration): string {
  return `${String(number).padStart(4, '0')}-${name}`;
}
