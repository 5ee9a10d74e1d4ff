// The log by channel. A record that names no namespace may speak of any, so it is for who sees them all; what the audit
// channel has is for those who may read the audit trail.
import { z } from 'zod';
import { LOG_CHANNELS, LOG_LEVELS } from '#ports/telemetry.ts';
import type { FoundRecord, LogSearch } from '#ports/log-search.ts';
import { reaches, sees, type Caller } from './access.ts';
import { listOf } from './contract.ts';
import { logChannel, logRecord } from './log-contract.ts';
import { decodeCursor, encodeCursor, paged, pageOf } from './paging.ts';
import { ProblemError } from './problem.ts';
import { API, define, type Route } from './route.ts';
import { ofBroker } from './routes.ts';

export interface LogOptions {
  /** Undefined when no log files are written. */
  readonly logs: LogSearch | undefined;
}

const AUDIT_ROLE = 'risk';
const SYSTEM = 'system';
const TEXT_MAX = 256;
const instant = z.iso.datetime({ offset: true });
const text = z.string().min(1).max(TEXT_MAX);

export function logRoutes({ logs }: LogOptions): readonly Route[] {
  return [
    define('GET', `${API}/logs`, 'What was logged, newest first, by channel, level, text and time.', {
      role: 'viewer',
      query: z.strictObject({
        channel: z.enum(LOG_CHANNELS).optional().describe('Without it: WARNING and above of every channel.'),
        level: z.enum(LOG_LEVELS).optional().describe('The least serious that is wanted.'),
        component: text.optional().describe('Only of this component.'),
        ...ofBroker,
        search: text.optional().describe('Stands in the message or a field, whether in capitals or not.'),
        correlation_id: z
          .string()
          .min(1)
          .max(1_024)
          .optional()
          .describe('Only what names it, or what follows from it.'),
        from: instant.optional().describe('Not before this time.'),
        to: instant.optional().describe('Not after this time.'),
        ...paged,
      }),
      answer: listOf(logRecord),
      handle: async ({ caller, query: { limit, cursor, search, correlation_id: id, ...query } }) => {
        if (query.channel === 'audit') demandAudit(caller);
        const list = `logs ${query.channel ?? ''}`;
        const key = decodeCursor(list, cursor, ['', 0]);
        const { channel, level, component, broker } = query;
        const [from, to] = [atOf(query.from), atOf(query.to)];
        const mayBeTold = (record: FoundRecord): boolean => tells(caller, record);
        const filter = { channel, level, component, broker, text: search, id, from, to, mayBeTold };
        const page = await open(logs).find(filter, key && { file: key[0], before: key[1] }, limit);
        if (page === undefined) {
          throw new ProblemError(400, 'the log has moved on from where cursor stood; ask without it to begin');
        }
        const { records, next } = page;
        return { items: records.map(shown), next_cursor: next ? encodeCursor(list, [next.file, next.before]) : null };
      },
    }),
    define('GET', `${API}/log-channels`, 'The channels of the log, and how much each holds.', {
      role: 'viewer',
      query: z.strictObject(paged),
      answer: listOf(logChannel),
      handle: async ({ query }) => {
        const channels = (await open(logs).channels()).map(({ writtenAt, ...channel }) => {
          return { ...channel, written_at: writtenAt === undefined ? null : new Date(writtenAt).toISOString() };
        });
        return pageOf('log channels', channels, ({ channel }) => [channel], query);
      },
    }),
  ];
}

function open(logs: LogSearch | undefined): LogSearch {
  if (logs !== undefined) return logs;
  throw new ProblemError(409, 'no log files are written; set LOGGING__FILE_ENABLED=true and start anew');
}

function atOf(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function demandAudit({ name, role }: Caller): void {
  if (reaches(role, AUDIT_ROLE)) return;
  throw new ProblemError(403, `expected the role ${AUDIT_ROLE} at least for the channel audit; ${name} is ${role}`);
}

/** A record of a channel that cannot be told may be of the audit channel. */
function tells(caller: Caller, { channel, broker }: FoundRecord): boolean {
  if ((channel === undefined || channel === 'audit') && !reaches(caller.role, AUDIT_ROLE)) return false;
  return sees(caller, broker ?? SYSTEM);
}

function shown({ timestamp, level, channel, component, broker, event, fields }: FoundRecord) {
  const head = { ts: timestamp ?? null, level: level ?? null, channel: channel ?? null };
  return { ...head, component: component ?? null, broker: broker ?? null, event, fields };
}
