// The audit trail in a table of the platform's own schema: no role of a namespace can read it, and triggers refuse every
// change of what is there, to the owner too.
import { type AuditStore } from '#ports/audit.ts';
import { AUDIT_START, chained, type AuditEntry, type AuditFact, type AuditHead } from '#wire/audit.ts';
import { type AccessOptions } from './access.ts';
import { Connection } from './connection.ts';
import { demandMigrated } from './migrate.ts';
import { type Migration } from './migrations.ts';
import { placeOf, type Place } from './place.ts';
import { readError, ServerFailure, writeError } from './postgres-error.ts';
import { givenText, keptText } from './text.ts';

type Row = readonly [
  seq: number,
  at: number,
  kind: string,
  topic: string | null,
  offset: number | null,
  body: string,
  previous: string,
  hash: string,
];

/** One statement, so that the entries are there whole or not at all; that of another who was first has the same number. */
const ADD = `
  INSERT INTO audit (seq, at, kind, topic, "offset", body, previous, hash)
  SELECT (e->>0)::bigint, (e->>1)::bigint, e->>2, e->>3, (e->>4)::bigint, e->>5, e->>6, e->>7
  FROM jsonb_array_elements($1::jsonb) e`;
const HAS = `
  SELECT 1 FROM audit a JOIN jsonb_array_elements($1::jsonb) e ON a.topic = e->>0 AND a."offset" = (e->>1)::bigint LIMIT 1`;
const HEAD = 'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1';
const AFTER = `
  SELECT seq, at, kind, topic, "offset", body, previous, hash FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`;
const COPIED_TO = 'SELECT topic, max("offset") FROM audit WHERE topic IS NOT NULL GROUP BY topic';
const TAKEN = '23505';
const TRIES_MAX = 20;

/** Opens the trail of a schema that has these migrations; those of a store when it is not said. Throws `StoreError`. */
export function openPostgresAudit(
  url: string,
  options: AccessOptions & { readonly migrations?: readonly Migration[] } = {},
): AuditStore {
  const place = placeOf(url, options.schema);
  const connection = new Connection(place, 'audit', options);
  try {
    demandMigrated(connection, place, options.migrations);
    return new PostgresAudit(connection, place);
  } catch (error) {
    connection.close();
    throw readError(error, place);
  }
}

class PostgresAudit implements AuditStore {
  readonly #connection: Connection;
  readonly #place: Place;

  constructor(connection: Connection, place: Place) {
    this.#connection = connection;
    this.#place = place;
  }

  append(facts: readonly AuditFact[]): AuditHead | undefined {
    const sources = facts.flatMap(({ source }) => (source === undefined ? [] : [[source.topic, source.offset]]));
    for (let tries = 1; ; tries++) {
      try {
        if (sources.length > 0 && this.#connection.query(HAS, [JSON.stringify(sources)]).length > 0) return undefined;
        const entries = chained(this.head(), facts);
        this.#connection.query(ADD, [JSON.stringify(entries.map(valuesOf))]);
        const { seq, hash } = entries.at(-1) ?? this.head();
        return { seq, hash };
      } catch (error) {
        // Another process was first: behind its entry, then.
        const isTaken = error instanceof ServerFailure && error.code === TAKEN;
        if (!isTaken || tries === TRIES_MAX) throw writeError(error, this.#place);
      }
    }
  }

  copiedTo(): ReadonlyMap<string, number> {
    const rows = this.#asking(() => this.#connection.query<readonly [string, number]>(COPIED_TO));
    return new Map(rows.map(([topic, offset]) => [topic, offset + 1]));
  }

  after(seq: number, limit: number): readonly AuditEntry[] {
    return this.#asking(() => this.#connection.query<Row>(AFTER, [seq, limit])).map(entryOf);
  }

  head(): AuditHead {
    const [row] = this.#asking(() => this.#connection.query<readonly [number, string]>(HEAD));
    return row === undefined ? AUDIT_START : { seq: row[0], hash: row[1] };
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
}

function valuesOf({ seq, at, kind, source, body, previous, hash }: AuditEntry): readonly unknown[] {
  return [seq, at, keptText(kind), source?.topic ?? null, source?.offset ?? null, keptText(body), previous, hash];
}

function entryOf([seq, at, kind, topic, offset, body, previous, hash]: Row): AuditEntry {
  const source = topic === null || offset === null ? undefined : { topic, offset };
  return { seq, at, kind: givenText(kind), body: givenText(body), previous, hash, ...(source && { source }) };
}
