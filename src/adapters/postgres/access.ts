// Who may call, in a table of the platform's own schema: no role of a namespace can read it.
import { type AccessKind, type AccessRecord, type AccessStore } from '#ports/access.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { demandMigrated } from './migrate.ts';
import { placeOf, type Place } from './place.ts';
import { readError, writeError } from './postgres-error.ts';
import { givenText, keptText } from './text.ts';

type Row = readonly [name: string, at: number, value: string];

export interface AccessOptions extends ConnectionOptions {
  readonly schema?: string;
}

const ALL = 'SELECT name, at, value FROM access WHERE kind = $1 ORDER BY name';
const GET = 'SELECT name, at, value FROM access WHERE kind = $1 AND name = $2';
const ADD = `INSERT INTO access (kind, name, at, value) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING name`;
const REPLACE = `
  UPDATE access SET at = $3, value = $4 WHERE kind = $1 AND name = $2 AND value = $5 RETURNING name`;
const REMOVE = 'DELETE FROM access WHERE kind = $1 AND name = $2 RETURNING name';
const FORGET = 'DELETE FROM access WHERE kind = $1 AND at < $2';

/** Opens the records of a schema that is migrated. Throws `StoreError`. */
export function openPostgresAccess(url: string, options: AccessOptions = {}): AccessStore {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'access', options);
  try {
    demandMigrated(connection, place);
    return new PostgresAccess(connection, place);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

class PostgresAccess implements AccessStore {
  readonly #connection: Connection;
  readonly #place: Place;

  constructor(connection: Connection, place: Place) {
    this.#connection = connection;
    this.#place = place;
  }

  all(kind: AccessKind): readonly AccessRecord[] {
    return this.#asking(() => this.#connection.query<Row>(ALL, [kind])).map(recordOf);
  }

  get(kind: AccessKind, name: string): AccessRecord | undefined {
    const [row] = this.#asking(() => this.#connection.query<Row>(GET, [kind, keptText(name)]));
    return row && recordOf(row);
  }

  add(kind: AccessKind, { name, at, value }: AccessRecord): boolean {
    return this.#changing(ADD, [kind, keptText(name), at, keptText(value)]) > 0;
  }

  replace(kind: AccessKind, { name, at, value }: AccessRecord, before: string): boolean {
    return this.#changing(REPLACE, [kind, keptText(name), at, keptText(value), keptText(before)]) > 0;
  }

  remove(kind: AccessKind, name: string): boolean {
    return this.#changing(REMOVE, [kind, keptText(name)]) > 0;
  }

  forget(kind: AccessKind, at: number): void {
    this.#changing(FORGET, [kind, at]);
  }

  close(): void {
    this.#connection.close();
  }

  #asking<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw readError(error, this.#place);
    }
  }

  #changing(text: string, values: readonly (string | number)[]): number {
    try {
      return this.#connection.query(text, values).length;
    } catch (error) {
      throw writeError(error, this.#place);
    }
  }
}

function recordOf([name, at, value]: Row): AccessRecord {
  return { name: givenText(name), at, value: givenText(value) };
}
