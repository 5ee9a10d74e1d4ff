// The audit trail over HTTP: for those who answer for the platform, and see all of it.
import { z } from 'zod';
import type { AuditReader } from '#ports/audit.ts';
import type { AuditEntry } from '#wire/audit.ts';
import * as contract from './contract.ts';
import { cut, decodeCursor, paged, whole } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, type Route } from './route.ts';

export interface AuditOptions {
  readonly trail: Pick<AuditReader, 'after'>;
}

export function auditRoutes({ trail }: AuditOptions): readonly Route[] {
  return [
    define('GET', `${API}/audit`, 'The audit trail, oldest first: who did what, and the life of every order.', {
      role: 'risk',
      query: z.strictObject({
        from: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('The first entry that is wanted.'),
        ...paged,
      }),
      answer: contract.listOf(contract.auditEntry),
      handle: async ({ caller, query: { from = 1, limit, cursor } }) => {
        if (caller.brokers !== undefined) {
          throw new ProblemError(403, `the audit trail is of every namespace, and ${caller.name} sees only some`);
        }
        const [after] = decodeCursor('audit', cursor, [0]) ?? [from - 1];
        return cut('audit', trail.after(after, limit + 1).map(shown), ({ seq }) => [seq], limit);
      },
    }),
  ];
}

function shown({ seq, at, kind, source, body, previous, hash }: AuditEntry) {
  return { seq, at: new Date(at).toISOString(), kind, source: source ?? null, body, previous, hash };
}
