// Brings the tables of the distributed profile up to date, and gives the namespaces that have a role of their own theirs.
import { checkMigrations, migrate } from '#adapters/postgres/migrate.ts';
import { ensureNamespaceRoles, missingNamespaceRoles, type NamespaceRole } from '#adapters/postgres/namespace-role.ts';
import { type Settings } from './config/settings-schema.ts';

/**
 * Applies the migrations that are missing, then makes the roles, and returns the names of both; with `check` it only says them.
 * Throws `StoreError`.
 */
export function runMigrations({ database, brokers }: Settings, check: boolean): readonly string[] {
  const { postgresUrl } = database;
  const roles: readonly NamespaceRole[] = brokers
    .map(({ id, access }) => ({ broker: id, role: access.postgresRole, password: access.postgresPassword }))
    .filter(({ role }) => role !== '');
  const [steps, given] = check
    ? [checkMigrations(postgresUrl), missingNamespaceRoles(postgresUrl, roles)]
    : [migrate(postgresUrl), ensureNamespaceRoles(postgresUrl, roles)];
  return [...steps, ...given.map((role) => `role ${role}`)];
}
