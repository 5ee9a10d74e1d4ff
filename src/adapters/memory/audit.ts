// The audit trail in memory: for tests.
import { type AuditStore } from '#ports/audit.ts';
import { AUDIT_START, chained, type AuditEntry } from '#wire/audit.ts';

/** One place; like a disk it outlives whoever opens it. */
export function openMemoryAudit(): AuditStore {
  const entries: AuditEntry[] = [];
  const copiedTo = (): Map<string, number> =>
    new Map(
      entries.flatMap(({ source }) => (source === undefined ? [] : [[source.topic, source.offset + 1] as const])),
    );
  return {
    append: (facts) => {
      const copied = copiedTo();
      const taken = facts.some(({ source }) => source !== undefined && source.offset < (copied.get(source.topic) ?? 0));
      if (taken) return undefined;
      entries.push(...chained(entries.at(-1) ?? AUDIT_START, facts));
      const { seq, hash } = entries.at(-1) ?? AUDIT_START;
      return { seq, hash };
    },
    copiedTo,
    after: (seq, limit) => entries.slice(seq, seq + limit),
    head: () => {
      const { seq, hash } = entries.at(-1) ?? AUDIT_START;
      return { seq, hash };
    },
    close: () => undefined,
  };
}
