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
export type Answer = { readonly rows: readonly (readonly Row[])[] } | { readonly failure: Failure };

export interface ConnectionWorkerData {
  readonly url: string;
  /** What `pg_stat_activity` calls the connection. */
  readonly application: string;
  readonly connectTimeoutMs: number;
  readonly port: MessagePort;
  /** One cell: `WAITING` until an answer lies in the port. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

export const WAITING = 0;
export const ANSWERED = 1;
