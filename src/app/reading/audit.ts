// What the audit trail of a deployment holds, and whether it is what was written.
import { type AuditEntry, type AuditHead } from '#wire/audit.ts';
import { openTrailReader } from '../audit/open-audit.ts';
import { verifyTrail, type TrailReport } from '../audit/verify-trail.ts';
import type { Settings } from '../config/settings-schema.ts';
import { partsOf } from '../open-place.ts';
import { placeOf } from '../place.ts';
import { withStore } from './open-store.ts';

export type { AuditEntry };

const PAGE = 500;

/** Entries from one on, oldest first, a page at a time. Throws `StoreError`. */
export function* auditEntries(settings: Settings, from: number): Generator<readonly AuditEntry[]> {
  const reader = openTrailReader(placeOf(settings));
  try {
    for (let after = from - 1; ;) {
      const page = reader.after(after, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.seq;
    }
  } finally {
    reader.close();
  }
}

/** Throws `StoreError`. */
export function auditHead(settings: Settings): AuditHead {
  const reader = openTrailReader(placeOf(settings));
  try {
    return reader.head();
  } finally {
    reader.close();
  }
}

/** Also compares with the log, where one store has all of it. Throws `StoreError`. */
export function verifyAudit(settings: Settings, kept: string | undefined): TrailReport {
  const place = placeOf(settings);
  const reader = openTrailReader(place);
  try {
    if (reader.copiedTo().size === 0 || partsOf(place).length > 0) return verifyTrail(reader, kept);
    return withStore(place, (log) => verifyTrail(reader, kept, log));
  } finally {
    reader.close();
  }
}
