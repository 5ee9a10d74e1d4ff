// The audit trail over HTTP: for those who answer for the platform, and see all of it.
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import type { AuditReader } from '#ports/audit.ts';
import type { AuditEntry } from '#wire/audit.ts';
import type { Caller } from './access.ts';
import * as contract from './contract.ts';
import { decodeCursor, encodeCursor, paged, whole } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, type Route } from './route.ts';

/** What is known of whether the trail is as it was written. */
export interface TrailState {
  readonly state: 'checking' | 'sound' | 'broken';
  /** The last entry that was found sound, and everything before it too. */
  readonly checked: number;
  /** Of that entry; null before the first check has ended. */
  readonly hash: string | null;
  /** The first entry that is not what was written, in words. */
  readonly broken: string | null;
  /** When the check ended, epoch milliseconds. */
  readonly at: number | null;
}

export interface AuditOptions {
  readonly trail: Pick<AuditReader, 'after' | 'head'>;
  /** What is known; one who asks begins a check when that is not fresh. */
  readonly trailState: () => TrailState & { readonly entries: number };
}

const ROLE = 'risk';
const PIECE = 250;
/** So many entries are looked at for one page. */
const LOOKED_AT_MAX = 5_000;

const verification = z.object({
  state: z.enum(['checking', 'sound', 'broken']),
  entries: z.int(),
  checked: z.int(),
  hash: z.string().nullable(),
  broken: z.string().nullable(),
  checked_at: z.iso.datetime().nullable(),
});

export function auditRoutes({ trail, trailState }: AuditOptions): readonly Route[] {
  return [
    define('GET', `${API}/audit`, 'The audit trail: who did what, and the life of every order.', {
      role: ROLE,
      query: z.strictObject({
        from: whole(1, Number.MAX_SAFE_INTEGER).optional().describe('The first entry that is wanted.'),
        sort: z.enum(['oldest', 'newest']).default('oldest').describe('Which comes first.'),
        kind: z.string().min(1).max(64).optional().describe('Only of this kind, such as signed_in.'),
        search: z.string().min(1).max(256).optional().describe('Stands in the body, whether in capitals or not.'),
        ...paged,
      }),
      answer: contract.listOf(contract.auditEntry),
      handle: async ({ caller, query }) => {
        demandAll(caller);
        return pageIn(trail, query);
      },
    }),
    define('GET', `${API}/audit-verification`, 'Whether the audit trail is as it was written.', {
      role: ROLE,
      answer: verification,
      handle: async ({ caller }) => {
        demandAll(caller);
        const { at, ...state } = trailState();
        return { ...state, checked_at: at === null ? null : new Date(at).toISOString() };
      },
    }),
  ];
}

interface Wanted {
  readonly from?: number | undefined;
  readonly sort: 'oldest' | 'newest';
  readonly kind?: string | undefined;
  readonly search?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** A page may be short, or empty, and go on all the same: it ends when enough entries were looked at. */
async function pageIn(
  trail: AuditOptions['trail'],
  { from = 1, sort, limit, cursor, ...filter }: Wanted,
): Promise<object> {
  const list = `audit ${sort}`;
  const [given] = decodeCursor(list, cursor, [0]) ?? [];
  const isNewest = sort === 'newest';
  // The entry that was looked at last.
  let at = given ?? (isNewest ? trail.head().seq + 1 : from - 1);
  const items: AuditEntry[] = [];
  for (let lookedAt = 0; lookedAt < LOOKED_AT_MAX;) {
    const before = Math.max(from - 1, at - 1 - PIECE);
    const piece = isNewest ? trail.after(before, Math.max(0, at - 1 - before)).toReversed() : trail.after(at, PIECE);
    for (const entry of piece) {
      at = entry.seq;
      if (matches(entry, filter)) items.push(entry);
      if (items.length === limit) break;
    }
    lookedAt += piece.length;
    const isEnd = isNewest ? at <= from : at >= trail.head().seq;
    if (piece.length === 0 || isEnd) return { items: items.map(shown), next_cursor: null };
    if (items.length === limit) break;
    await setImmediate();
  }
  return { items: items.map(shown), next_cursor: encodeCursor(list, [at]) };
}

function matches({ kind, body }: AuditEntry, filter: Pick<Wanted, 'kind' | 'search'>): boolean {
  if (filter.kind !== undefined && kind !== filter.kind) return false;
  return filter.search === undefined || body.toLowerCase().includes(filter.search.toLowerCase());
}

function demandAll({ brokers, name }: Caller): void {
  if (brokers === undefined) return;
  throw new ProblemError(403, `the audit trail is of every namespace, and ${name} sees only some`);
}

function shown({ seq, at, kind, source, body, previous, hash }: AuditEntry) {
  return { seq, at: new Date(at).toISOString(), kind, source: source ?? null, body, previous, hash };
}
