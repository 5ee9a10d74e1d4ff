// Messages that any process leaves for the platform, and the offsets of consumer groups outside it. A file of its own,
// because the store has one writer and this has many.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type DatabaseSync } from 'node:sqlite';
import { type NewMessage } from '#ports/event-log.ts';
import { StoreError, type Inbox } from '#ports/store.ts';
import { openToWrite } from './database.ts';
import { INBOX_FORMAT } from './schema.ts';
import { readError, writeError } from './sqlite-error.ts';

/** Pages of the WAL at which whoever commits checkpoints: few, so that it takes a millisecond or two. */
const CHECKPOINT_PAGES = 250;

type MessageRow = [number: number, topic: string, id: string | null, key: string, value: string];

/** Opens the inbox of a data directory that is there, and makes the file when it is missing. */
export function openInbox(directory: string): SqliteInbox {
  if (!existsSync(directory)) {
    const remedy = 'Start the platform there once, or name the data directory that it uses (DATA_DIR, --data-dir).';
    throw new StoreError('MISSING', `There is no data directory ${directory}. ${remedy}`);
  }
  return new SqliteInbox(openToWrite(directory, INBOX_FORMAT), join(directory, INBOX_FORMAT.file));
}

export class SqliteInbox implements Inbox {
  readonly #database: DatabaseSync;
  readonly #path: string;
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: DatabaseSync, path: string) {
    this.#database = database;
    this.#path = path;
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    this.#statements = prepareStatements(database);
  }

  put(messages: readonly NewMessage[]): void {
    if (messages.length === 0) return;
    this.#writing(() => {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const { topic, id, key, value } of messages) this.#statements.put.run(topic, id ?? null, key, value);
      this.#database.exec('COMMIT');
    });
  }

  after(number: number, limit: number): readonly (NewMessage & { readonly number: number })[] {
    return this.#reading(() => {
      const found = this.#statements.after.all(
        number,
        Math.min(limit, Number.MAX_SAFE_INTEGER),
      ) as unknown as MessageRow[];
      return found.map(([at, topic, id, key, value]) => ({ number: at, topic, id: id ?? undefined, key, value }));
    });
  }

  /** Not synced: should a power cut undo it, the platform knows the ids and takes nothing twice. */
  forget(upTo: number): void {
    this.#writing(() => {
      this.#database.exec('PRAGMA synchronous = NORMAL');
      this.#statements.forget.run(upTo);
      this.#database.exec('PRAGMA synchronous = FULL');
    });
  }

  /** The next offset that a group outside the platform reads. */
  committed(group: string, topic: string): number | undefined {
    return this.#reading(() => (this.#statements.committed.get(group, topic) as unknown as [number] | undefined)?.[0]);
  }

  commitOffset(group: string, topic: string, offset: number): void {
    this.#writing(() => this.#statements.commitOffset.run(group, topic, offset));
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

  #writing(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw writeError(error, this.#path);
    }
  }
}

function prepareStatements(database: DatabaseSync) {
  const statements = {
    put: database.prepare('INSERT INTO messages VALUES (NULL, ?, ?, ?, ?)'),
    after: database.prepare(
      'SELECT number, topic, id, key, value FROM messages WHERE number > ? ORDER BY number LIMIT ?',
    ),
    forget: database.prepare('DELETE FROM messages WHERE number <= ?'),
    committed: database.prepare('SELECT offset FROM group_offsets WHERE consumer_group = ? AND topic = ?'),
    commitOffset: database.prepare(
      'INSERT INTO group_offsets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET offset = excluded.offset',
    ),
  };
  statements.after.setReturnArrays(true);
  statements.committed.setReturnArrays(true);
  return statements;
}
