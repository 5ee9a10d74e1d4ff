// Where a database is, taken from its URL: what messages may say about it, which is everything but the password.
import { StoreError } from '#ports/store.ts';

export interface Place {
  readonly url: string;
  /** `PostgreSQL at host:port`. */
  readonly server: string;
  readonly database: string;
  readonly user: string;
  /** The schema that holds the tables. */
  readonly schema: string;
  /** The server, the database and the schema, for a message. */
  readonly name: string;
  /** Takes the password out of a text. */
  hide(text: string): string;
}

export const DEFAULT_SCHEMA = 'alpha_panda';

/** Throws `StoreError` when it is no URL, without repeating it. */
export function placeOf(url: string, schema = DEFAULT_SCHEMA): Place {
  const parsed = URL.parse(url);
  if (parsed === null || !/^postgres(?:ql)?:$/.test(parsed.protocol)) {
    const expected = 'expected postgresql://user:password@host:port/database';
    throw new StoreError(
      'UNREACHABLE',
      `The URL of PostgreSQL cannot be read: ${expected}. Set DATABASE__POSTGRES_URL.`,
    );
  }
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(schema)) {
    throw new StoreError(
      'MISSING',
      `A schema has a name of small letters, digits and _, found ${JSON.stringify(schema)}.`,
    );
  }
  const host = parsed.hostname || parsed.searchParams.get('host') || 'localhost';
  const server = `PostgreSQL at ${host}:${parsed.port || '5432'}`;
  const user = decoded(parsed.username);
  const database = decoded(parsed.pathname.slice(1)) || user;
  const secrets = [parsed.password, decoded(parsed.password)].filter((secret) => secret !== '');
  return {
    url,
    server,
    database,
    user,
    schema,
    name: `${server}, database ${database}, schema ${schema}`,
    hide: (text) => secrets.reduce((shown, secret) => shown.replaceAll(secret, '********'), text),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
