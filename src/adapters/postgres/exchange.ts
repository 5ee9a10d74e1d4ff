// What the calling thread and the thread of a connection say to each other: statements one way, rows or a failure the other.
import { type MessagePort } from 'node:worker_threads';

/** One value of a column. Whole numbers only; bytes are copies of their own. */
export type Cell = string | number | boolean | null | Uint8Array;
export type Row = readonly Cell[];

export interface Statement {
  /** With values one statement, which is prepared once a connection; without values also several, divided by semicolons. */
  readonly text: string;
  /** A list of cells is an array of PostgreSQL. */
  readonly values?: readonly (Cell | readonly Cell[])[];
}

export interface Request {
  /** Its answer bears the same. */
  readonly number: number;
  /** Sent together, in order: one round trip. None: the connection is asked to end. */
  readonly statements: readonly Statement[];
  /** All of them or none: committed, in a second round trip, when every one has succeeded. */
  readonly isTransaction: boolean;
}

/** Why something did not happen. */
export interface Failure {
  /** What PostgreSQL calls it (SQLSTATE), what the system calls it (`ECONNREFUSED`), or nothing. */
  readonly code: string | undefined;
  readonly message: string;
}

/** The rows of each statement, or the failure that came first. */
export type Outcome = { readonly rows: readonly (readonly Row[])[] } | { readonly failure: Failure };

export type Answer = Outcome & { readonly number: number };

export interface ConnectionWorkerData {
  readonly url: string;
  /** What `pg_stat_activity` calls the connection. */
  readonly application: string;
  readonly connectTimeoutMs: number;
  readonly port: MessagePort;
  /** One cell: the number of the last answer that lies in the port. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** Of the first answer, which nobody asked for: whether there is a connection. */
export const FIRST_NUMBER = 0;
/** Before any answer. */
export const NO_NUMBER = -1;

/** A cell has 32 bits; what comes after so many requests is told apart from the one before all the same. */
export function nextNumber(number: number): number {
  return number === 0x7f_ff_ff_ff ? FIRST_NUMBER : number + 1;
}

/**
 * Stands still until the cell has a number; false when that takes longer. Being woken proves nothing: a thread that was held up between
 * leaving an answer and telling of it wakes whoever waits for the next one.
 */
export function stoodStill(state: Int32Array<SharedArrayBuffer>, number: number, timeoutMs: number): boolean {
  const until = performance.now() + timeoutMs;
  for (let found = Atomics.load(state, 0); found !== number; found = Atomics.load(state, 0)) {
    const leftMs = until - performance.now();
    if (leftMs <= 0) return false;
    Atomics.wait(state, 0, found, leftMs);
  }
  return true;
}

/** Leaves word that the answer of a number lies in the port. */
export function announce(state: Int32Array<SharedArrayBuffer>, number: number): void {
  Atomics.store(state, 0, number);
  Atomics.notify(state, 0);
}
