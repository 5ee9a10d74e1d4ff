// Who moves committed pages from the WAL into the database file. It is not the writer, which would stand still for tens of
// milliseconds: it only asks, and a thread with a connection of its own does the work.
import { type DatabaseSync, type StatementSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { StoreError, type Fsync } from '#ports/store.ts';

/** Pages of 4 KiB in the WAL that are not yet in the database when a checkpoint is asked for: 8 MiB. */
const BACKLOG_PAGES = 2048;
/** Failed checkpoints in a row after which the store refuses to go on. */
const FAILURES_MAX = 3;
/** How long a close waits for a checkpoint under way. */
const STOP_TIMEOUT_MS = 30_000;

/** Cells of the memory that both threads share. */
export const STATE_CELL = 0;
export const FAILURES_CELL = 1;
export const CELLS = 2;
/** Values of `STATE_CELL`, in the order in which they follow: IDLE and ASKED alternate until STOP. */
export const IDLE = 0;
export const ASKED = 1;
export const STOP = 2;
export const STOPPED = 3;

export interface CheckpointWorkerData {
  readonly path: string;
  readonly fsync: Fsync;
  readonly cells: Int32Array<SharedArrayBuffer>;
}

export interface Checkpointer {
  /** Asks for a checkpoint when enough has gathered. Throws `StoreError` when checkpoints fail for good. */
  afterCommit(): void;
  /** Returns when no checkpoint runs any more. */
  stop(): void;
}

/** Nobody: the WAL grows until the store is closed. For tests that want no thread. */
export const noCheckpointer: Checkpointer = { afterCommit: () => undefined, stop: () => undefined };

export function startCheckpointer(database: DatabaseSync, path: string, fsync: Fsync): Checkpointer {
  return new WorkerCheckpointer(database, path, fsync);
}

class WorkerCheckpointer implements Checkpointer {
  readonly #cells = new Int32Array(new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT));
  readonly #walSize: StatementSync;
  readonly #worker: Worker;
  readonly #path: string;

  constructor(database: DatabaseSync, path: string, fsync: Fsync) {
    this.#path = path;
    // NOOP: says how long the WAL is and how much of it was checkpointed, and does nothing.
    this.#walSize = database.prepare('PRAGMA wal_checkpoint(NOOP)');
    this.#walSize.setReturnArrays(true);
    const workerData: CheckpointWorkerData = { path, fsync, cells: this.#cells };
    // Options of this process, such as --input-type, need not suit a thread. One that dies takes the process with it.
    const script = new URL('./checkpoint-worker.ts', import.meta.url);
    this.#worker = new Worker(script, { workerData, execArgv: [] });
    this.#worker.unref();
  }

  afterCommit(): void {
    const [, pages, done] = this.#walSize.get() as unknown as [number, number, number];
    if (pages - done < BACKLOG_PAGES) return;
    const failures = Atomics.load(this.#cells, FAILURES_CELL);
    if (failures >= FAILURES_MAX) {
      const remedy = 'Free space or check the disk, then start again; what was committed is intact.';
      throw new StoreError('WRITE_FAILED', `${failures} checkpoints of ${this.#path} in a row failed. ${remedy}`);
    }
    if (Atomics.compareExchange(this.#cells, STATE_CELL, IDLE, ASKED) === IDLE) Atomics.notify(this.#cells, STATE_CELL);
  }

  stop(): void {
    const before = Atomics.exchange(this.#cells, STATE_CELL, STOP);
    if (before === STOPPED) return;
    Atomics.notify(this.#cells, STATE_CELL);
    Atomics.wait(this.#cells, STATE_CELL, STOP, STOP_TIMEOUT_MS);
    void this.#worker.terminate();
  }
}
