// Where the audit trail is kept: entries are added at its end, and nothing else is ever done to them.
import { type AuditEntry, type AuditFact, type AuditHead } from '#wire/audit.ts';

export interface AuditReader {
  /** Entries with a greater seq, oldest first, at most `limit`. */
  after(seq: number, limit: number): readonly AuditEntry[];
  /** The newest entry; AUDIT_START when there is none. */
  head(): AuditHead;
  /** For each topic that has entries: the offset behind the newest. */
  copiedTo(): ReadonlyMap<string, number>;
  close(): void;
}

/** Any number of processes append; each entry follows the one that is the newest when it is written. */
export interface AuditStore extends AuditReader {
  /**
   * Appends the facts in order, all or none, and returns the new head. Not when one of them has a source that another
   * entry has: then nothing is appended, and undefined is returned.
   */
  append(facts: readonly AuditFact[]): AuditHead | undefined;
}
