// Gives a role of the database to one namespace: it reads that namespace's rows and those of the market, and writes nothing.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { isBrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { StoreError } from '#ports/store.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { TABLES_BY_BROKER } from './migrations.ts';
import { placeOf, type Place } from './place.ts';
import { readError, ServerFailure, writeError } from './postgres-error.ts';

export interface GrantOptions extends ConnectionOptions {
  readonly schema?: string;
}

export interface NamespaceRole {
  readonly broker: string;
  readonly role: string;
  /** Given to the role when it is not empty. */
  readonly password: string;
}

/**
 * Makes the roles that are missing, gives each to its namespace and sets the passwords. Returns the roles that had not been
 * given before. Refuses a role that another namespace has, and one that row-level security does not bind.
 */
export function ensureNamespaceRoles(
  url: string,
  roles: readonly NamespaceRole[],
  options: GrantOptions = {},
): readonly string[] {
  const missing = missingNamespaceRoles(url, roles, options);
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'roles', options);
  try {
    for (const { role, password } of roles) makeRole(connection, place, role, password);
  } finally {
    connection.close();
  }
  for (const { role, broker } of roles) if (missing.includes(role)) grantNamespace(url, broker, role, options);
  return missing;
}

/** The roles that have still to be given to their namespace. Refuses what `ensureNamespaceRoles` refuses. */
export function missingNamespaceRoles(
  url: string,
  roles: readonly NamespaceRole[],
  options: GrantOptions = {},
): readonly string[] {
  if (roles.length === 0) return [];
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'roles', options);
  try {
    const [isThere] = connection.query("SELECT to_regclass('namespace_roles') IS NOT NULL")[0] ?? [];
    const given =
      isThere === true ? connection.query<[string, string]>('SELECT role, broker FROM namespace_roles') : [];
    const owners = new Map(given);
    for (const { role, broker } of roles) {
      const owner = owners.get(role) ?? broker;
      if (owner !== broker) throw refused(place, role, `it belongs to the namespace ${owner}`, 'Take another role.');
      const [unbound] =
        connection.query('SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1', [role])[0] ?? [];
      if (unbound === true) {
        throw refused(place, role, 'it passes row-level security', `ALTER ROLE ${role} NOSUPERUSER NOBYPASSRLS.`);
      }
    }
    return roles.map(({ role }) => role).filter((role) => !owners.has(role));
  } catch (error) {
    throw readError(error, place);
  } finally {
    connection.close();
  }
}

/** @param url of the role that owns the tables. The role to be given exists, and belongs to no other namespace. */
export function grantNamespace(url: string, broker: string, role: string, options: GrantOptions = {}): void {
  invariant(isBrokerId(broker), `${broker} names no namespace`);
  demandRoleName(role);
  const place = placeOf(url, options.schema);
  const { schema } = place;
  const connection = new Connection(place, 'grant', options);
  try {
    connection.transact([
      { text: 'INSERT INTO namespace_roles (role, broker) VALUES ($1, $2)', values: [role, broker] },
      { text: `GRANT USAGE ON SCHEMA ${schema} TO ${role}` },
      { text: `GRANT SELECT ON namespace_roles, log, ${TABLES_BY_BROKER.join(', ')} TO ${role}` },
    ]);
  } catch (error) {
    throw writeError(error, place);
  } finally {
    connection.close();
  }
}

function makeRole(connection: Connection, place: Place, role: string, password: string): void {
  demandRoleName(role);
  const exists = connection.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]).length > 0;
  const secret = password === '' ? '' : ` PASSWORD '${verifierOf(password)}'`;
  if (exists && secret === '') return;
  try {
    connection.ask([{ text: `${exists ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN${secret}` }]);
  } catch (error) {
    if (!(error instanceof ServerFailure)) throw error;
    const remedy = `An administrator makes it (CREATE ROLE ${role} LOGIN), and its password is left out of the settings.`;
    throw refused(place, role, `it cannot be made or given a password (${error.message})`, remedy, error);
  }
}

/** What the server keeps of a password, so that the password itself stands in no log of the server. */
function verifierOf(password: string): string {
  const rounds = 4_096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const keyOf = (name: string): Buffer => createHmac('sha256', salted).update(name).digest();
  const stored = createHash('sha256').update(keyOf('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${rounds}:${salt.toString('base64')}$${stored}:${keyOf('Server Key').toString('base64')}`;
}

function demandRoleName(role: string): void {
  invariant(/^[a-z][a-z0-9_]{0,62}$/.test(role), `a role has a name of small letters, digits and _, found ${role}`);
}

function refused(place: Place, role: string, found: string, remedy: string, cause?: unknown): StoreError {
  return new StoreError('WRITE_FAILED', `The role ${role} of ${place.server} is not used: ${found}. ${remedy}`, cause);
}
