// Gives a role of the database to one namespace: it reads that namespace's rows and those of the market, and writes nothing.
import { isBrokerId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { TABLES_BY_BROKER } from './migrations.ts';
import { placeOf } from './place.ts';
import { writeError } from './postgres-error.ts';

export interface GrantOptions extends ConnectionOptions {
  readonly schema?: string;
}

/** @param url of the role that owns the tables. The role to be given exists, and belongs to no other namespace. */
export function grantNamespace(url: string, broker: string, role: string, options: GrantOptions = {}): void {
  invariant(isBrokerId(broker), `${broker} names no namespace`);
  invariant(/^[a-z][a-z0-9_]{0,62}$/.test(role), `a role has a name of small letters, digits and _, found ${role}`);
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
