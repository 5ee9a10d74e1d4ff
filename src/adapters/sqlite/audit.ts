// The audit trail in a file of its own: the store has one writer, and whoever signs in or adds a user writes beside it.
// Triggers of the file refuse every change of what is there; who can write files can go past them, and breaks the chain.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync } from 'node:sqlite';
import { type AuditReader, type AuditStore } from '#ports/audit.ts';
import { type Fsync } from '#ports/store.ts';
import { AUDIT_START, chained, type AuditEntry, type AuditFact, type AuditHead } from '#wire/audit.ts';
import { makeDirectory, openToRead, openToWrite } from './database.ts';
import { AUDIT_FORMAT } from './schema.ts';
import { readError, writeError } from './sqlite-error.ts';

const CHECKPOINT_PAGES = 250;

type Row = [
  seq: number,
  at: number,
  kind: string,
  topic: string | null,
  offset: number | null,
  body: string,
  previous: string,
  hash: string,
];

/**
 * Opens the trail of a data directory, and makes both when they are missing. With `normal` the end of the process loses
 * nothing, and a power cut at most the last entries, of which those of the log are copied again. Throws `StoreError`.
 */
export function openAudit(directory: string, fsync: Fsync = 'full'): AuditStore {
  makeDirectory(directory);
  const database = openToWrite(directory, AUDIT_FORMAT, fsync);
  database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  return new SqliteAudit(database, join(directory, AUDIT_FORMAT.file));
}

/** Opens the trail for reading, beside whoever writes it; one that was never written is empty. Throws `StoreError`. */
export function openAuditReader(directory: string): AuditReader {
  const path = join(directory, AUDIT_FORMAT.file);
  if (!existsSync(path))
    return { after: () => [], head: () => AUDIT_START, copiedTo: () => new Map(), close: () => undefined };
  return new SqliteAudit(openToRead(directory, AUDIT_FORMAT), path);
}

class SqliteAudit implements AuditStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    this.#statements = prepareStatements(database);
  }

  append(facts: readonly AuditFact[]): AuditHead | undefined {
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        const head = this.#appended(facts);
        this.#database.exec(head === undefined ? 'ROLLBACK' : 'COMMIT');
        return head;
      } catch (error) {
        this.#database.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }

  copiedTo(): ReadonlyMap<string, number> {
    const rows = this.#reading(() => this.#statements.copiedTo.all() as unknown as [string, number][]);
    return new Map(rows.map(([topic, offset]) => [topic, offset + 1]));
  }

  after(seq: number, limit: number): readonly AuditEntry[] {
    return this.#reading(() => this.#statements.after.all(seq, limit) as unknown as Row[]).map(entryOf);
  }

  head(): AuditHead {
    const row = this.#reading(() => this.#statements.head.get() as unknown as [number, string] | undefined);
    return row === undefined ? AUDIT_START : { seq: row[0], hash: row[1] };
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #appended(facts: readonly AuditFact[]): AuditHead | undefined {
    const taken = facts.some(({ source }) => source && this.#statements.has.get(source.topic, source.offset));
    if (taken) return undefined;
    let head = this.head();
    for (const entry of chained(head, facts)) {
      const { seq, at, kind, source, body, previous, hash } = entry;
      this.#statements.add.run(seq, at, kind, source?.topic ?? null, source?.offset ?? null, body, previous, hash);
      head = entry;
    }
    return { seq: head.seq, hash: head.hash };
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readError(error, this.#path);
    }
  }
}

function entryOf([seq, at, kind, topic, offset, body, previous, hash]: Row): AuditEntry {
  const source = topic === null || offset === null ? undefined : { topic, offset };
  return { seq, at, kind, body, previous, hash, ...(source && { source }) };
}

function prepareStatements(database: DatabaseSync) {
  const columns = 'seq, at, kind, topic, "offset", body, previous, hash';
  const statements = {
    add: database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    has: database.prepare('SELECT 1 FROM entries WHERE topic = ? AND "offset" = ?'),
    head: database.prepare('SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1'),
    after: database.prepare(`SELECT ${columns} FROM entries WHERE seq > ? ORDER BY seq LIMIT ?`),
    copiedTo: database.prepare('SELECT topic, max("offset") FROM entries WHERE topic IS NOT NULL GROUP BY topic'),
  };
  statements.head.setReturnArrays(true);
  statements.after.setReturnArrays(true);
  statements.copiedTo.setReturnArrays(true);
  return statements;
}
