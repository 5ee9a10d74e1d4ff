// The thread that checkpoints the WAL. It sleeps until the writer asks; it may wait for the writer, and the writer for it
// only as long as a reset of an almost empty backlog takes.
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import { ASKED, FAILURES_CELL, IDLE, STATE_CELL, STOP, STOPPED, type CheckpointWorkerData } from './checkpointer.ts';

/**
 * From this many pages on (16 MiB) the WAL is started anew, so that commits write over blocks that the file has: about half
 * the time of a commit that makes it longer. Below, it starts anew by itself when the writer pauses.
 */
const RESTART_PAGES = 4096;
/** A restart waits this long for readers, and meanwhile holds the writer up. */
const RESTART_PATIENCE_MS = 20;

const { path, fsync, cells } = workerData as CheckpointWorkerData;
const database = new DatabaseSync(path, { timeout: RESTART_PATIENCE_MS });
database.exec(`PRAGMA synchronous = ${fsync}; PRAGMA wal_autocheckpoint = 0`);

for (;;) {
  Atomics.wait(cells, STATE_CELL, IDLE);
  if (Atomics.load(cells, STATE_CELL) === STOP) break;
  Atomics.store(cells, FAILURES_CELL, checkpoint() ? 0 : Atomics.load(cells, FAILURES_CELL) + 1);
  Atomics.compareExchange(cells, STATE_CELL, ASKED, IDLE);
}
database.close();
Atomics.store(cells, STATE_CELL, STOPPED);
Atomics.notify(cells, STATE_CELL);

/** False when it failed: the writer counts that and gives up; what is in the WAL stays committed. */
function checkpoint(): boolean {
  try {
    const pages = run('PASSIVE');
    // Right after a PASSIVE one little is left to do, so a RESTART is short; it begins by keeping the writer out.
    if (pages >= RESTART_PAGES) run('RESTART');
    return true;
  } catch {
    return false;
  }
}

/** Pages that the WAL holds. */
function run(mode: 'PASSIVE' | 'RESTART'): number {
  return Number(database.prepare(`PRAGMA wal_checkpoint(${mode})`).get()?.['log']);
}
