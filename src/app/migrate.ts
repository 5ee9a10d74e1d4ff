// Brings the tables of the distributed profile up to date, and gives the namespaces that have a role of their own theirs.
import { checkMigrations, migrate } from '#adapters/postgres/migrate.ts';
import { ensureNamespaceRoles, missingNamespaceRoles, type NamespaceRole } from '#adapters/postgres/namespace-role.ts';
import { DEPLOYMENT_MIGRATIONS, DEPLOYMENT_SCHEMA, partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { type Settings } from './config/settings-schema.ts';
import { parseStages, partName } from './parts.ts';

/**
 * Applies the migrations that are missing, then makes the roles, and returns the names of both; with `check` it only says them.
 * Where stages run apart it does so for the store of each part, also for that of `stages`, which may not have started yet.
 * Throws `StoreError`, and `UsageError` for stages that there are not.
 */
export function runMigrations(settings: Settings, check: boolean, stages?: string): readonly string[] {
  const { postgresUrl } = settings.database;
  const parts = new Set(partsIn(postgresUrl).map(({ part }) => part));
  if (stages !== undefined) parts.add(partName(parseStages(stages)));
  if (parts.size === 0) return migrateStore(settings, check);
  const bring = check ? checkMigrations : migrate;
  const shared = bring(postgresUrl, { schema: DEPLOYMENT_SCHEMA, migrations: DEPLOYMENT_MIGRATIONS });
  const own = [...parts].flatMap((part) => {
    return migrateStore(settings, check, schemaOfPart(part)).map((name) => `${part} ${name}`);
  });
  return [...shared, ...own];
}

/** The tables of one store, and the roles of the namespaces in it. */
function migrateStore({ database, brokers }: Settings, check: boolean, schema?: string): readonly string[] {
  const { postgresUrl } = database;
  const options = schema === undefined ? {} : { schema };
  const roles: readonly NamespaceRole[] = brokers
    .map(({ id, access }) => ({ broker: id, role: access.postgresRole, password: access.postgresPassword }))
    .filter(({ role }) => role !== '');
  const [steps, given] = check
    ? [checkMigrations(postgresUrl, options), missingNamespaceRoles(postgresUrl, roles, options)]
    : [migrate(postgresUrl, options), ensureNamespaceRoles(postgresUrl, roles, options)];
  return [...steps, ...given.map((role) => `role ${role}`)];
}
