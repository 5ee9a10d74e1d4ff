// What PostgreSQL and the network say, as errors of the store port: which database, what was found, what to do.
import { InvariantError } from '#core/invariant.ts';
import { StoreError } from '#ports/store.ts';
import { type Place } from './place.ts';

/** What the function `hold_writer` of the schema raises when another writer has come since. */
export const FENCED = 'AP001';
/** No answer in the time that was given: what became of the request is unknown. */
export const TIMED_OUT = 'TIMED_OUT';

const INVALID_PASSWORD = '28P01';
const INVALID_AUTHORIZATION = '28000';
const NO_DATABASE = '3D000';
const NO_PRIVILEGE = '42501';
const NO_TABLE = '42P01';
const NO_FUNCTION = '42883';
const READ_ONLY = '25006';
const DISK_FULL = '53100';

/** What the thread of a connection reported; its message holds no password. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure';
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

/** Why there is no connection. */
export function connectError(error: ServerFailure, place: Place): StoreError {
  const { server, user, database } = place;
  const found = error.message;
  switch (error.code) {
    case INVALID_PASSWORD:
    case INVALID_AUTHORIZATION: {
      const remedy = 'Correct user and password in DATABASE__POSTGRES_URL.';
      return new StoreError('UNREACHABLE', `${server} does not let the user ${user} in (${found}). ${remedy}`, error);
    }
    case NO_DATABASE: {
      const remedy = `Create it (createdb ${database}), or correct DATABASE__POSTGRES_URL.`;
      return new StoreError('MISSING', `${server} has no database ${database}. ${remedy}`, error);
    }
    default: {
      const remedy = 'Start it, or correct DATABASE__POSTGRES_URL.';
      return new StoreError('UNREACHABLE', `${server} does not take a connection (${found}). ${remedy}`, error);
    }
  }
}

/** Why something could not be read. A defect of ours stays what it is. */
export function readError(error: unknown, place: Place): unknown {
  if (!(error instanceof ServerFailure)) return error;
  const found = error.message;
  if (isCorruption(error.code)) return damaged(place, found, error);
  switch (error.code) {
    case NO_TABLE:
    case NO_FUNCTION:
      return new StoreError('MISSING', `${place.name} lacks a table (${found}). ${MIGRATE}`, error);
    case READ_ONLY:
      return readOnly(place, error);
    case NO_PRIVILEGE:
      return new StoreError('MISSING', `${place.name} is closed to the user ${place.user} (${found}).`, error);
    default: {
      const remedy = 'Check the server and the network, then open the store again.';
      return new StoreError('UNREACHABLE', `${place.name} cannot be read: ${found}. ${remedy}`, error);
    }
  }
}

/** Why something could not be written. A defect of ours stays what it is. */
export function writeError(error: unknown, place: Place): unknown {
  if (error instanceof StoreError || error instanceof InvariantError) return error;
  const found = error instanceof Error ? error.message : String(error);
  const code = error instanceof ServerFailure ? error.code : undefined;
  if (isCorruption(code)) return damaged(place, found, error);
  switch (code) {
    case FENCED: {
      const remedy = 'End this process: another one writes now.';
      return new StoreError('LOCKED', `fenced: ${place.name} has had a writer since that came later. ${remedy}`, error);
    }
    case DISK_FULL: {
      const remedy = 'Free space there and start again; what was committed is intact.';
      return new StoreError('DISK_FULL', `The disk of ${place.name} is full. ${remedy}`, error);
    }
    case READ_ONLY:
      return readOnly(place, error);
    default: {
      const remedy =
        'The commit is there whole or not at all: end the process; a new start goes on from what the database has.';
      return new StoreError('WRITE_FAILED', `${place.name} cannot be written: ${found}. ${remedy}`, error);
    }
  }
}

function readOnly(place: Place, error: unknown): StoreError {
  const remedy = 'Connect to the primary (DATABASE__POSTGRES_URL).';
  return new StoreError('WRITE_FAILED', `${place.name} lets itself be read only. ${remedy}`, error);
}

export const MIGRATE = 'Run alpha-panda migrate.';

export function damaged(place: Place, found: string, cause?: unknown): StoreError {
  return new StoreError('DAMAGED', `${place.name} is damaged: ${found}. Restore it from a backup.`, cause);
}

/** Class XX: the server found its own data broken. */
function isCorruption(code: string | undefined): boolean {
  return code !== undefined && /^XX\d{3}$/.test(code);
}
