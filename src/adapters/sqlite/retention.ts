// Forgets the oldest inputs, and with them the ticks that they brought. Nothing else of the store ever goes: messages of
// all other topics are the truth about orders and are kept.
import { type DatabaseSync } from 'node:sqlite';
import { MARKET_TICKS_ID } from './schema.ts';

/** Inputs that go in one transaction: about a millisecond. */
const CHUNK = 200;
/** Transactions of one call; what is left waits for the next. */
const CHUNKS_MAX = 50;

export interface Limits {
  /** Inputs that were appended before this moment may go. */
  readonly olderThan: number;
  /** Inputs that more bytes than this follow may go, their own included. */
  readonly bytesMax: number;
}

/**
 * Forgets what is past a limit, at most up to the oldest kept snapshot, and never the newest input.
 * @param bytesTotal bytes of all bodies that were ever appended
 */
export function forgetInputs(database: DatabaseSync, limits: Limits, bytesTotal: number): void {
  const keptFor = database.prepare('SELECT min(seq) AS seq FROM snapshots').get()?.['seq'];
  const newest = database.prepare('SELECT max(seq) AS seq FROM inputs').get()?.['seq'];
  if (typeof keptFor !== 'number' || typeof newest !== 'number') return;
  const upTo = Math.min(keptFor, newest - 1);
  const oldest = database.prepare(
    'SELECT seq, appended_at, bytes_before FROM inputs WHERE seq <= ? ORDER BY seq LIMIT ?',
  );
  for (let chunk = 0; chunk < CHUNKS_MAX; chunk++) {
    const candidates = oldest.all(upTo, CHUNK);
    const kept = candidates.findIndex((input) => {
      const tooOld = Number(input['appended_at']) < limits.olderThan;
      return !tooOld && bytesTotal - Number(input['bytes_before']) <= limits.bytesMax;
    });
    const going = kept === -1 ? candidates : candidates.slice(0, kept);
    const last = going.at(-1)?.['seq'];
    if (typeof last !== 'number') return;
    forgetUpTo(database, last);
    if (going.length < CHUNK) return;
  }
}

function forgetUpTo(database: DatabaseSync, seq: number): void {
  database.exec('BEGIN IMMEDIATE');
  database.prepare('DELETE FROM inputs WHERE seq <= ?').run(seq);
  database
    .prepare('DELETE FROM messages WHERE topic = ? AND offset < (SELECT first_tick FROM inputs WHERE seq = ?)')
    .run(MARKET_TICKS_ID, seq + 1);
  database.exec('COMMIT');
}
