// What one row of the table of routes is. Who may ask is a column of it: a route that does not say so cannot be written.
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sees, type Caller } from './access.ts';
import type { Role } from './contract.ts';
import { ProblemError } from './problem.ts';

/** One request, when it is known who calls. */
export interface Asked<Query = unknown, Body = unknown> {
  readonly caller: Caller;
  readonly query: Query;
  readonly body: Body;
  /** The part of the path that varies. */
  readonly parameter: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `{name}` is one part of the path, `{name+}` all that is left of it. */
  readonly path: string;
  readonly summary: string;
  /** The lowest role that may ask; `anyone` needs no credential. */
  readonly role: Role | 'anyone';
  /** Whether the password must have been entered just now. */
  readonly stepUp: boolean;
  readonly query: z.ZodObject;
  /** Undefined for a route that is sent nothing. */
  readonly body: z.ZodObject | undefined;
  /** Undefined for what is no JSON: `type` says what it is. */
  readonly answer: z.ZodType | undefined;
  readonly type: 'application/json' | 'text/event-stream' | 'text/plain';
  /** The status when all is well. */
  readonly status: number;
  /** How old an answer may be that is watched, milliseconds; undefined for what is not watched. */
  readonly watchMs: number | undefined;
  /** The answer, or its text; undefined when it has answered itself. */
  readonly handle: (asked: Asked) => Promise<object | string | undefined>;
}

interface Definition<Query extends z.ZodObject, Body extends z.ZodObject> {
  readonly role: Route['role'];
  readonly stepUp?: boolean;
  readonly query?: Query;
  readonly body?: Body;
  readonly answer?: z.ZodType;
  readonly type?: Route['type'];
  readonly status?: number;
  /** Its answer is JSON, short, and made of the caller, the parameters and the query alone. */
  readonly watchMs?: number;
  readonly handle: (asked: Asked<z.infer<Query>, z.infer<Body>>) => Promise<object | string | undefined>;
}

export const API = '/api/v1';
const NOTHING = z.strictObject({});

/** A row of the table. What it is sent is parsed, and a namespace that it names is one that the caller sees. */
export function define<Query extends z.ZodObject = typeof NOTHING, Body extends z.ZodObject = typeof NOTHING>(
  method: Route['method'],
  path: string,
  summary: string,
  definition: Definition<Query, Body>,
): Route {
  const { role, stepUp = false, query: querySchema, body: bodySchema, answer, status = 200, handle } = definition;
  const query = querySchema ?? NOTHING;
  return {
    method,
    path,
    summary,
    role,
    stepUp,
    query,
    body: bodySchema,
    answer,
    type: definition.type ?? 'application/json',
    status,
    watchMs: definition.watchMs,
    handle: async (asked) => {
      const readQuery = parsed(query, asked.query, 'parameters');
      const readBody = bodySchema === undefined ? {} : parsed(bodySchema, asked.body, 'a JSON object with');
      for (const { broker } of [readQuery, readBody] as readonly { readonly broker?: unknown }[]) {
        if (typeof broker === 'string') demandSight(asked.caller, broker);
      }
      return handle({ ...asked, query: readQuery as z.infer<Query>, body: readBody as z.infer<Body> });
    },
  };
}

/** What matches a path of the table, with the part that varies as its only group. */
export function pathPattern(path: string): RegExp {
  const parts = path.split(/(\{\w+\+?\})/).map((part) => {
    if (!part.startsWith('{')) return part.replaceAll('.', String.raw`\.`);
    return part.endsWith('+}') ? '(.+)' : '([^/]+)';
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** Throws `ProblemError` for a namespace that the caller does not see. It is the same whether there is one or not. */
export function demandSight(caller: Caller, broker: string): void {
  if (sees(caller, broker)) return;
  const own = caller.brokers?.join(', ');
  throw new ProblemError(403, `expected one of the namespaces of ${caller.name}: ${own}; ask for one of these`);
}

function parsed(schema: z.ZodObject, found: unknown, takes: string): unknown {
  const read = schema.safeParse(found);
  if (read.success) return read.data;
  const known = Object.keys(schema.shape);
  const issues = read.error.issues.map(({ path, message }) => {
    return `${path.length === 0 ? '' : `${path.join('.')}: `}${message}`;
  });
  const list = known.length === 0 ? `no ${takes}` : `${takes === 'parameters' ? '' : `${takes} `}${known.join(', ')}`;
  throw new ProblemError(400, `${issues.join('; ')}. It takes ${list}`);
}
