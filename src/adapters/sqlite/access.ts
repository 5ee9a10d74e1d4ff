// Who may call, in a file of its own: the store has one writer, and users are added beside a running platform. It is also
// the one file with hashes of secrets, so that whoever is given a copy of the store has none of them.
import { join } from 'node:path';
import { type DatabaseSync } from 'node:sqlite';
import { type AccessKind, type AccessRecord, type AccessStore } from '#ports/access.ts';
import { makeDirectory, openToWrite } from './database.ts';
import { ACCESS_FORMAT } from './schema.ts';
import { readError, writeError } from './sqlite-error.ts';

const CHECKPOINT_PAGES = 250;

type Row = [name: string, at: number, value: string];

/** Opens the records of a data directory, and makes both when they are missing. Throws `StoreError`. */
export function openAccess(directory: string): AccessStore {
  makeDirectory(directory);
  return new SqliteAccess(openToWrite(directory, ACCESS_FORMAT), join(directory, ACCESS_FORMAT.file));
}

class SqliteAccess implements AccessStore {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.#statements = prepareStatements(database);
  }

  all(kind: AccessKind): readonly AccessRecord[] {
    return this.#reading(() => this.#statements.all.all(kind) as unknown as Row[]).map(recordOf);
  }

  get(kind: AccessKind, name: string): AccessRecord | undefined {
    const row = this.#reading(() => this.#statements.get.get(kind, name) as unknown as Row | undefined);
    return row && recordOf(row);
  }

  add(kind: AccessKind, { name, at, value }: AccessRecord): boolean {
    return this.#writing(() => this.#statements.add.run(kind, name, at, value)) > 0;
  }

  replace(kind: AccessKind, { name, at, value }: AccessRecord, before: string): boolean {
    return this.#writing(() => this.#statements.replace.run(at, value, kind, name, before)) > 0;
  }

  remove(kind: AccessKind, name: string): boolean {
    return this.#writing(() => this.#statements.remove.run(kind, name)) > 0;
  }

  forget(kind: AccessKind, at: number): void {
    this.#writing(() => this.#statements.forget.run(kind, at));
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      throw readError(error, this.#path);
    }
  }

  #writing(write: () => { readonly changes: number | bigint }): number {
    try {
      return Number(write().changes);
    } catch (error) {
      throw writeError(error, this.#path);
    }
  }
}

function recordOf([name, at, value]: Row): AccessRecord {
  return { name, at, value };
}

function prepareStatements(database: DatabaseSync) {
  const statements = {
    all: database.prepare('SELECT name, at, value FROM records WHERE kind = ? ORDER BY name'),
    get: database.prepare('SELECT name, at, value FROM records WHERE kind = ? AND name = ?'),
    add: database.prepare('INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING'),
    replace: database.prepare('UPDATE records SET at = ?, value = ? WHERE kind = ? AND name = ? AND value = ?'),
    remove: database.prepare('DELETE FROM records WHERE kind = ? AND name = ?'),
    forget: database.prepare('DELETE FROM records WHERE kind = ? AND at < ?'),
  };
  statements.all.setReturnArrays(true);
  statements.get.setReturnArrays(true);
  return statements;
}
