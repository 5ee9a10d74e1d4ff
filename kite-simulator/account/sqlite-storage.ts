// The book in one SQLite file, so that it survives a process that was killed. A commit is on the disk when it returns.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type BookStorage, type Entry } from './storage.ts';

/** Of the only account, or of the first; a second one in the same directory has a name of its own. */
export const BOOK_NAME = 'kite-simulator';
const APPLICATION_ID = 0x4b53494d;
const VERSION = 1;
/** A process that was killed a moment ago still holds its lock until the system has taken it apart. */
const BUSY_TIMEOUT_MS = 1_000;
const TABLES = `CREATE TABLE IF NOT EXISTS entries (
  kind TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID, STRICT`;

/** The file cannot be used; the message says what was found and what to do. */
export class BookFileError extends Error {
  override readonly name = 'BookFileError';
}

/** Opens the book of a data directory to be written, and makes it first when it is missing. One process at a time. */
export function sqliteStorage(directory: string, name = BOOK_NAME): BookStorage {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `${name}.sqlite`);
  // Nobody else on the machine may read it.
  closeSync(openSync(path, 'a', 0o600));
  const database = open(path);
  const put = database.prepare('INSERT OR REPLACE INTO entries (kind, key, json) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM entries WHERE kind = ? AND key = ?');
  const all = database.prepare('SELECT kind, key, json FROM entries ORDER BY kind, key');
  return {
    load: () => all.all().map((row) => toEntry(row as { kind: Entry['kind']; key: string; json: string })),
    commit: (entries) => {
      database.exec('BEGIN IMMEDIATE');
      try {
        for (const { kind, key, value } of entries) {
          if (value === undefined) remove.run(kind, key);
          else put.run(kind, key, JSON.stringify(value));
        }
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => database.close(),
  };
}

function toEntry({ kind, key, json }: { kind: Entry['kind']; key: string; json: string }): Entry {
  return { kind, key, value: JSON.parse(json) as unknown };
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    const found = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (found === 0 && version === 0) {
      const identity = `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION};`;
      database.exec(`BEGIN IMMEDIATE; ${identity} ${TABLES}; COMMIT`);
    } else if (found !== APPLICATION_ID || version !== VERSION) {
      const words = `expected the application id ${APPLICATION_ID} and version ${VERSION}, found ${found} and ${version}`;
      throw new BookFileError(`${path} is no book of the Kite simulator: ${words}. Move it away.`);
    }
    return database;
  } catch (error) {
    database.close();
    if (error instanceof BookFileError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    const remedy = 'If another simulator uses this data directory, stop it; a damaged file can be moved away.';
    throw new BookFileError(`${path} cannot be opened: ${found}. ${remedy}`, { cause: error });
  }
}
