// The lock that makes one process the writer of a data directory. SQLite takes it from the operating system, which
// releases it when the process dies in whatever way; the file also tells others the process id.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '#ports/store.ts';
import { pragmaNumber } from './database.ts';
import { isBusy, readError, writeError } from './sqlite-error.ts';

const LOCK_FILE = 'writer.lock';
/** A process that was killed a moment ago still holds its lock until the system has taken it apart. */
const PATIENCE_MS = 250;
const ATTEMPTS_MAX = 20;

export interface WriterLock {
  release(): void;
}

/** Takes the lock of a directory. Throws `StoreError` LOCKED, naming the process that has it. */
export function lockWriter(directory: string): WriterLock {
  const path = join(directory, LOCK_FILE);
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { timeout: PATIENCE_MS });
  } catch (error) {
    throw writeError(error, path);
  }
  try {
    hold(database);
    return { release: () => database.close() };
  } catch (error) {
    const refusal = isBusy(error) ? lockedError(directory, database) : writeError(error, path);
    database.close();
    throw refusal;
  }
}

/**
 * The process id must be committed to be readable, and a commit ends the lock. So it is written first; whoever then has
 * the lock and finds another's id there begins anew.
 */
function hold(database: DatabaseSync): void {
  database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    database.exec(`BEGIN IMMEDIATE; PRAGMA user_version = ${process.pid}; COMMIT; BEGIN IMMEDIATE`);
    if (pragmaNumber(database, 'user_version') === process.pid) return;
    database.exec('ROLLBACK');
  }
  throw new Error('other processes kept taking the lock');
}

function lockedError(directory: string, database: DatabaseSync): unknown {
  try {
    const holder = pragmaNumber(database, 'user_version');
    const who = holder === process.pid ? `this process (${holder}) already` : `process ${holder}`;
    const remedy = 'Stop it first, or give this start a data directory of its own (DATA_DIR, --data-dir).';
    return new StoreError('LOCKED', `The data directory ${directory} is in use by ${who}. ${remedy}`);
  } catch (error) {
    return readError(error, join(directory, LOCK_FILE));
  }
}
