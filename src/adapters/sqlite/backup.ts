// A copy of one database file as it is at one moment, beside the process that writes it.
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '#ports/store.ts';
import { BUSY_TIMEOUT_MS } from './database.ts';
import { readError } from './sqlite-error.ts';

/** Writes the copy to `to`, where nothing may be yet; it is whole and needs no log beside it. Throws `StoreError`. */
export function copyDatabase(from: string, to: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(from, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
    database.prepare('VACUUM INTO ?').run(to);
  } catch (error) {
    throw readError(error, from);
  } finally {
    database?.close();
  }
  checkCopy(to, basename(from));
}

/** A copy that cannot be used must be known while the original is still there. */
function checkCopy(path: string, name: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const found = database.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'];
    if (found === 'ok') return;
    const remedy = 'Keep the data directory as it is, and run alpha-panda verify on it.';
    throw new StoreError('DAMAGED', `The copy of ${name} is not sound: ${String(found)}. ${remedy}`);
  } finally {
    database.close();
  }
}
