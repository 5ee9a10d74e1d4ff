// Brings the tables of the distributed profile up to date.
import { checkMigrations, migrate } from '#adapters/postgres/migrate.ts';
import { type Settings } from './config/settings-schema.ts';

/** Applies the migrations that are missing and returns their names; with `check` it only says them. Throws `StoreError`. */
export function runMigrations({ database }: Settings, check: boolean): readonly string[] {
  return check ? checkMigrations(database.postgresUrl) : migrate(database.postgresUrl);
}
