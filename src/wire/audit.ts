// The audit trail as a chain: each entry holds the hash of the one before it, so nothing in it can be changed, taken out,
// put in or moved without breaking every hash from there on. What keeps the entries lies behind a port.
import { canonicalJson, sha256 } from './canonical.ts';

/** Where an entry lies that the log holds too. */
export interface AuditSource {
  readonly topic: string;
  readonly offset: number;
}

/** What is to be held against whoever doubts it later. */
export interface AuditFact {
  /** When it was written down, epoch milliseconds. */
  readonly at: number;
  /** What happened, in the past tense: the type of an event of the log, or a name of its own such as `signed_in`. */
  readonly kind: string;
  /** JSON text; of a message of the log its text as it stands there. */
  readonly body: string;
  readonly source?: AuditSource | undefined;
}

export interface AuditEntry extends AuditFact {
  /** Counts from 1 without gaps. */
  readonly seq: number;
  /** The hash of the entry before it. */
  readonly previous: string;
  readonly hash: string;
}

export type AuditHead = Pick<AuditEntry, 'seq' | 'hash'>;

/** What the first entry follows. */
export const AUDIT_START: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** The facts as entries behind a head. */
export function chained(head: AuditHead, facts: readonly AuditFact[]): readonly AuditEntry[] {
  let { seq, hash: previous } = head;
  return facts.map((fact) => {
    const linked = { ...fact, seq: ++seq, previous };
    const entry = { ...linked, hash: auditHash(linked) };
    previous = entry.hash;
    return entry;
  });
}

export function auditHash({ seq, at, kind, body, source, previous }: Omit<AuditEntry, 'hash'>): string {
  return sha256(canonicalJson([seq, at, kind, source?.topic ?? null, source?.offset ?? null, body, previous]));
}

/** Why `entry` cannot be the one that was written behind `head`; undefined when it can. */
export function breakAt(head: AuditHead, entry: AuditEntry): string | undefined {
  const next = head.seq + 1;
  if (entry.seq > next) {
    const gone = entry.seq - 1 === next ? `entry ${next} is` : `entries ${next} to ${entry.seq - 1} are`;
    return `${gone} missing: the next one is ${entry.seq}`;
  }
  if (entry.seq < next) return `entry ${entry.seq} is there twice`;
  if (entry.hash !== auditHash(entry)) return `entry ${entry.seq} is not what was written: its hash does not fit it`;
  if (entry.previous === head.hash) return undefined;
  return `entry ${entry.seq} does not follow entry ${head.seq}: one was put in, taken out or moved here`;
}
