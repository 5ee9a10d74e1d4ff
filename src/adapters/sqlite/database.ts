// Opening one of our files: made whole or not at all, recognised before it is used, and never opened by other means than
// SQLite, because closing any other handle on it would drop this process's locks.
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import { StoreError, type Fsync } from '#ports/store.ts';
import { cannotOpen, damaged, isNoDatabase, readError, writeError } from './sqlite-error.ts';
import { type FileFormat } from './schema.ts';

/** How long a connection waits for another one's lock. */
export const BUSY_TIMEOUT_MS = 5000;
/** A file up to this size is checked whole when it is opened to be written: about a tenth of a second. */
const QUICK_CHECK_BYTES_MAX = 16 * 1024 * 1024;

/** Makes a data directory that only its owner can enter, unless it is there. */
export function makeDirectory(directory: string): void {
  try {
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) syncDirectory(dirname(directory));
  } catch (error) {
    throw writeError(error, directory);
  }
}

/** Opens the file to be written, and makes it first when it is missing. The directory must be there. */
export function openToWrite(directory: string, format: FileFormat, fsync: Fsync = 'full'): DatabaseSync {
  const path = join(directory, format.file);
  try {
    if (!existsSync(path)) create(directory, format);
    const database = openRecognised(path, format, () => new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS }));
    database.exec(`PRAGMA synchronous = ${fsync}; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF`);
    return database;
  } catch (error) {
    throw writeError(error, path);
  }
}

/** Opens the file to be read, beside a writer or without one. Makes no file of ours. */
export function openToRead(directory: string, format: FileFormat): DatabaseSync {
  const path = join(directory, format.file);
  if (!existsSync(path)) {
    const remedy = 'Start the platform there once, or name the data directory that it uses (DATA_DIR, --data-dir).';
    throw new StoreError('MISSING', `There is no ${format.what} in ${directory}: ${format.file} is missing. ${remedy}`);
  }
  const open = (location: string | URL): DatabaseSync =>
    openRecognised(path, format, () => new DatabaseSync(location, { readOnly: true, timeout: BUSY_TIMEOUT_MS }));
  try {
    return open(path);
  } catch (error) {
    // Who may not write beside the file cannot share the writer's index of the WAL. Without a WAL there is no need to.
    if (!cannotOpen(error) || sizeOf(`${path}-wal`) > 0) throw readError(error, path);
  }
  try {
    return open(new URL('?immutable=1', pathToFileURL(path)));
  } catch (error) {
    throw readError(error, path);
  }
}

/** Fails when a small file is not sound; a large one shows its damage where it is read. */
export function checkSoundness(database: DatabaseSync, path: string): void {
  if (sizeOf(path) > QUICK_CHECK_BYTES_MAX) return;
  try {
    const found = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (found !== 'ok') throw damaged(path, String(found));
  } catch (error) {
    throw readError(error, path);
  }
}

/** The number that a PRAGMA answers. */
export function pragmaNumber(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function openRecognised(path: string, format: FileFormat, open: () => DatabaseSync): DatabaseSync {
  const size = sizeOf(path);
  if (size === 0) throw damaged(path, 'the file is empty');
  const database = open();
  try {
    recognise(database, path, format);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function recognise(database: DatabaseSync, path: string, format: FileFormat): void {
  let found: number;
  try {
    found = pragmaNumber(database, 'application_id');
  } catch (error) {
    if (!isNoDatabase(error)) throw cannotOpen(error) ? error : readError(error, path);
    const remedy = 'Move it away, or restore it from a backup if it was ours.';
    throw new StoreError(
      'NOT_A_STORE',
      `${path} is no ${format.what} of this platform: no SQLite database. ${remedy}`,
      error,
    );
  }
  if (found !== format.applicationId) {
    const words = `expected the application id ${format.applicationId}, found ${found}`;
    const remedy = 'Move it away, name another data directory, or restore it from a backup if it was ours.';
    throw new StoreError('NOT_A_STORE', `${path} is no ${format.what} of this platform: ${words}. ${remedy}`);
  }
  const version = pragmaNumber(database, 'user_version');
  if (version > format.version) {
    const words = `it has version ${version}, this program knows ${format.version}`;
    throw new StoreError('NEWER_STORE', `${path} was written by a newer program: ${words}. Update the platform.`);
  }
  if (version < format.version) throw damaged(path, `it has version ${version}, which never was`);
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
  } catch (error) {
    throw cannotOpen(error) ? error : readError(error, path);
  }
}

/** Under another name first: a crash leaves no half file, and of two processes at once only one gives the name. */
function create(directory: string, format: FileFormat): void {
  const path = join(directory, format.file);
  if (sizeOf(`${path}-wal`) > 0) throw damaged(path, 'the file is missing, but its -wal file is there');
  const draft = `${path}.${process.pid}.new`;
  const drop = (): void => ['', '-wal', '-shm'].forEach((end) => rmSync(draft + end, { force: true }));
  drop();
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    const database = new DatabaseSync(draft);
    try {
      const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
      if (mode !== 'wal') throw new Error(`the file system of ${directory} cannot hold a database in WAL mode`);
      const identity = `PRAGMA application_id = ${format.applicationId}; PRAGMA user_version = ${format.version};`;
      database.exec(`PRAGMA synchronous = FULL; BEGIN; ${identity} ${format.tables} COMMIT`);
    } finally {
      database.close();
    }
    publish(draft, path);
    syncDirectory(directory);
  } finally {
    drop();
  }
}

function publish(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (error) {
    // Another process was first; its file is as good.
    if (!existsSync(path)) throw error;
  }
}

/** Makes new names in a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
