// Opens the audit trail of a deployment, for the platform, for commands that change something, and for those that read it.
import { openPostgresAudit } from '#adapters/postgres/audit.ts';
import { DEPLOYMENT_MIGRATIONS, DEPLOYMENT_SCHEMA, partsIn } from '#adapters/postgres/deployment.ts';
import { openAudit, openAuditReader } from '#adapters/sqlite/audit.ts';
import { type AuditReader, type AuditStore } from '#ports/audit.ts';
import { type Fsync } from '#ports/store.ts';
import { canonicalJson } from '#wire/canonical.ts';
import { type Place } from '../place.ts';

/** Throws `StoreError`. */
export function openTrail(place: Place, fsync?: Fsync): AuditStore {
  return typeof place === 'string' ? openAudit(place, fsync) : openSharedTrail(place.postgresUrl);
}

/** Throws `StoreError`. */
export function openTrailReader(place: Place): AuditReader {
  return typeof place === 'string' ? openAuditReader(place) : openSharedTrail(place.postgresUrl);
}

/** Parts share one trail, beside what says which parts there are. */
function openSharedTrail(postgresUrl: string): AuditStore {
  const isApart = partsIn(postgresUrl).length > 0;
  return openPostgresAudit(
    postgresUrl,
    isApart ? { schema: DEPLOYMENT_SCHEMA, migrations: DEPLOYMENT_MIGRATIONS } : {},
  );
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
