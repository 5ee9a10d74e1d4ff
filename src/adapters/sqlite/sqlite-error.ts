// What SQLite and the file system say, as errors of the store port: which file, what was found, what to do.
import { InvariantError } from '#core/invariant.ts';
import { StoreError } from '#ports/store.ts';

/** Primary result codes of SQLite that decide something here. */
const PERM = 3;
const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** SQLite's primary result code, or undefined for any other error. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  return resultCode(error) === BUSY;
}

export function cannotOpen(error: unknown): boolean {
  const code = resultCode(error);
  return code === CANTOPEN || code === READONLY || code === PERM;
}

export function isNoDatabase(error: unknown): boolean {
  return resultCode(error) === NOTADB;
}

/** Why `path` could not be read. A defect of ours stays what it is. */
export function readError(error: unknown, path: string): unknown {
  if (error instanceof StoreError) return error;
  const found = messageOf(error);
  if (cannotOpen(error)) {
    return new StoreError('MISSING', `${path} is there but cannot be opened (${found}): check its permissions.`, error);
  }
  switch (resultCode(error)) {
    case CORRUPT:
    case NOTADB:
      return damaged(path, found, error);
    case IOERR:
      return damaged(path, `it cannot be read (${found})`, error);
    case BUSY:
      return new StoreError('LOCKED', `${path} is locked by another program (${found}): end it, then retry.`, error);
    default:
      return error;
  }
}

/** Why something could not be written to `path`. A defect of ours stays what it is. */
export function writeError(error: unknown, path: string): unknown {
  if (error instanceof StoreError || error instanceof InvariantError) return error;
  const code = resultCode(error);
  if (code === CORRUPT || code === NOTADB) return damaged(path, messageOf(error), error);
  if (code === FULL || systemCode(error) === 'ENOSPC') {
    const remedy = 'Free space there and start again; what was committed is intact.';
    return new StoreError('DISK_FULL', `The disk that holds ${path} is full. ${remedy}`, error);
  }
  const remedy = 'What was committed before is intact: check the disk and the permissions, then start again.';
  return new StoreError('WRITE_FAILED', `${path} cannot be written: ${messageOf(error)}. ${remedy}`, error);
}

export function damaged(path: string, found: string, cause?: unknown): StoreError {
  const remedy =
    'Restore the data directory from a backup; do not delete its -wal file, which may hold the newest commits.';
  return new StoreError('DAMAGED', `${path} is damaged: ${found}. ${remedy}`, cause);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
