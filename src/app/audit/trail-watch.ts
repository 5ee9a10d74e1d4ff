// Reads the audit trail again while the platform runs, a little at a time and then from its first entry anew, so that a change
// of what was written is noticed by the platform itself and not only by whoever verifies it.
import type { CheckOutcome, HealthCheck } from '#engine/health.ts';
import type { AuditReader } from '#ports/audit.ts';
import { AUDIT_START, breakAt } from '#wire/audit.ts';

export const AUDIT_CHECK = 'audit trail';
/** Few enough to be read between two ticks. */
const ENTRIES_AT_ONCE = 200;

/** @param reader undefined as long as the trail has not begun */
export function trailWatch(reader: () => Pick<AuditReader, 'after'> | undefined): HealthCheck {
  let head = AUDIT_START;
  /** How far the trail reached when it was read to its end. */
  let longest = 0;
  let broken: string | undefined;
  const look = (): CheckOutcome => {
    const entries = reader()?.after(head.seq, ENTRIES_AT_ONCE) ?? [];
    for (const entry of entries) {
      broken ??= breakAt(head, entry);
      head = { seq: entry.seq, hash: entry.hash };
    }
    const isEnd = entries.length < ENTRIES_AT_ONCE;
    if (isEnd && head.seq < longest) broken ??= `entries ${head.seq + 1} to ${longest} were taken away`;
    if (broken !== undefined) return { passed: false, message: broken };
    const message = `sound as far as entry ${head.seq}`;
    if (isEnd) [longest, head] = [head.seq, AUDIT_START];
    return { passed: true, message };
  };
  return { component: AUDIT_CHECK, scope: 'information', run: look, glance: look };
}
