// Opens the audit trail of a deployment, for the platform, for commands that change something, and for those that read it.
import { openPostgresAudit } from '#adapters/postgres/audit.ts';
import { openAudit, openAuditReader } from '#adapters/sqlite/audit.ts';
import { type AuditReader, type AuditStore } from '#ports/audit.ts';
import { type Fsync } from '#ports/store.ts';
import { canonicalJson } from '#wire/canonical.ts';
import { type Place } from '../place.ts';

/** Throws `StoreError`. */
export function openTrail(place: Place, fsync?: Fsync): AuditStore {
  return typeof place === 'string' ? openAudit(place, fsync) : openPostgresAudit(place.postgresUrl);
}

/** Throws `StoreError`. */
export function openTrailReader(place: Place): AuditReader {
  return typeof place === 'string' ? openAuditReader(place) : openPostgresAudit(place.postgresUrl);
}

/** Who did what at the command line, in a process of its own; durable when it returns. Throws `StoreError`. */
export function auditCommand(
  place: Place,
  kind: string,
  fields: Readonly<Record<string, unknown>> & { readonly who: string },
): void {
  const trail = openTrail(place);
  try {
    trail.append([{ at: Date.now(), kind, body: canonicalJson({ ...fields, from: 'command_line' }) }]);
  } finally {
    trail.close();
  }
}
