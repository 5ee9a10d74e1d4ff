// What makes one process the writer of a schema: a lock of the server's that the session holds, and a number that counts up
// with every writer. The lock keeps a second one out; the number stops one that has lost the lock and does not know it.
import { invariant } from '#core/invariant.ts';
import { StoreError } from '#ports/store.ts';
import { type Connection } from './connection.ts';
import { type Place } from './place.ts';

/** The session of a process that was killed a moment ago still holds its lock until the server has noticed. */
const PATIENCE_MS = 1_500;
const PAUSE_MS = 50;

const keyOf = ({ schema }: Place): string => `alpha-panda writer of ${schema}`;

const HOLDER = `
  SELECT activity.pid, application_name, coalesce(host(client_addr), 'a local socket'), usename
  FROM pg_locks JOIN pg_stat_activity activity USING (pid), (SELECT hashtextextended($1, 0) AS key) wanted
  WHERE locktype = 'advisory' AND objsubid = 1 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295`;

/** Takes the lock for as long as the connection lives. Throws `StoreError` LOCKED, naming who has it. */
export function lockWriter(connection: Connection, place: Place): void {
  const nobody = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  for (let waited = 0; ; waited += PAUSE_MS) {
    const [isMine] = connection.query('SELECT pg_try_advisory_lock(hashtextextended($1, 0))', [keyOf(place)])[0] ?? [];
    if (isMine === true) return;
    if (waited >= PATIENCE_MS) throw lockedError(connection, place);
    Atomics.wait(nobody, 0, 0, PAUSE_MS);
  }
}

export function unlockWriter(connection: Connection, place: Place): void {
  connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [keyOf(place)]);
}

export interface Epoch {
  readonly epoch: number;
  /** The number of the newest message that was ever committed. */
  readonly lastNumber: number;
}

/** Begins to write: waits for a commit that is under way, and no earlier writer's commits succeed from then on. */
export function beginEpoch(connection: Connection): Epoch {
  const [row] = connection.query<EpochRow>('UPDATE writer SET epoch = epoch + 1 RETURNING epoch, last_number');
  invariant(row !== undefined, 'the table writer has one row');
  return { epoch: row[0], lastNumber: row[1] };
}

type HolderRow = readonly [pid: number, application: string, address: string, user: string];
type EpochRow = readonly [epoch: number, lastNumber: number];

function lockedError(connection: Connection, place: Place): StoreError {
  const [holder] = connection.query<HolderRow>(HOLDER, [keyOf(place)]);
  const who = holder === undefined ? 'a session that has just ended' : holderName(holder);
  const remedy = 'Stop it first, or give this start a database of its own (DATABASE__POSTGRES_URL).';
  return new StoreError('LOCKED', `${place.name} is in use by ${who}. ${remedy}`);
}

function holderName([pid, application, address, user]: HolderRow): string {
  return `${application} (user ${user} from ${address}, backend ${pid})`;
}
