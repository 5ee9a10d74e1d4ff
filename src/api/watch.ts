// `GET /api/v1/watch`: the answers of other routes, sent again whenever they have changed. What a page shows stays right with one
// connection and without asking.
import { z } from 'zod';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { reaches, type Caller } from './access.ts';
import { corsOf } from './cors.ts';
import { HEADERS } from './guards.ts';
import { ProblemError, problemOf } from './problem.ts';
import { API, define, pathPattern, type Route } from './route.ts';
import type { LiveStream } from './stream.ts';
import { WatchHub, type Watched, type WatchLimits } from './watch-hub.ts';
import type { Turnstile } from './turnstile.ts';

const ADDRESSES_MAX = 32;
const ADDRESS_CHARACTERS_MAX = 2_048;
const ADDRESS = z.string().min(1).max(ADDRESS_CHARACTERS_MAX);
const QUERY = z.strictObject({
  of: z
    .union([ADDRESS, z.array(ADDRESS).max(ADDRESSES_MAX)])
    .describe(`A path that is answered with GET, with its parameters; up to ${ADDRESSES_MAX} of them.`),
});

export interface WatchOptions {
  readonly limits: WatchLimits;
  readonly turnstile: Pick<Turnstile, 'pass'>;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** The table of what is answered. */
  readonly routes: () => readonly Route[];
  /** Whether who asked would be let in again; a watch ends soon after that is no longer so. */
  readonly isStillKnown: (request: FastifyRequest) => boolean;
  /** Told of what should not have happened. */
  readonly failed: (error: Error) => void;
}

export function watchRoute(options: WatchOptions): LiveStream {
  const { limits, turnstile, nowMs, isStillKnown, failed } = options;
  const hub = new WatchHub(limits, turnstile, nowMs);
  const knownOrFailed = (request: FastifyRequest): boolean => {
    try {
      return isStillKnown(request);
    } catch (error) {
      // Whom nobody can vouch for is told nothing more.
      failed(error as Error);
      return false;
    }
  };
  const route = define(
    'GET',
    `${API}/watch`,
    'The answers of other routes whenever they change, as server-sent events.',
    {
      role: 'viewer',
      query: QUERY,
      type: 'text/event-stream',
      handle: async ({ caller, query: { of }, request, reply }) => {
        const watched = [...new Set([of].flat())].map((address) =>
          watchedAt(address, options, { caller, request, reply }),
        );
        if (hub.full) {
          void reply.header('retry-after', '10');
          throw new ProblemError(503, `expected at most ${limits.clientsMax} watches; close one that is not needed`);
        }
        const { raw } = reply.hijack();
        raw.writeHead(200, { ...HEADERS, ...corsOf(reply), 'content-type': 'text/event-stream; charset=utf-8' });
        hub.add(raw, watched, () => knownOrFailed(request));
        return undefined;
      },
    },
  );
  return { route, close: () => hub.close() };
}

interface Asker {
  readonly caller: Caller;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Throws `ProblemError` for what is not answered, cannot be watched or is not for this caller. */
function watchedAt(address: string, { routes, failed }: WatchOptions, asker: Asker): Watched {
  const { caller } = asker;
  const url = URL.canParse(address, 'http://here') ? new URL(address, 'http://here') : undefined;
  const own = url !== undefined && address.startsWith('/') && url.host === 'here' ? url : undefined;
  const found = own && matching(routes(), own.pathname);
  if (own === undefined || found === undefined) {
    const known = routes().flatMap(({ path, watchMs }) => (watchMs === undefined ? [] : [path]));
    throw new ProblemError(400, `expected of to be one of ${known.join(', ')}, with parameters; found another path`);
  }
  const { route, parameter, ageMsMax } = found;
  if (!reaches(caller.role, route.role as Exclude<Route['role'], 'anyone'>)) {
    throw new ProblemError(403, `expected the role ${route.role} at least; ${caller.name} is ${caller.role}`);
  }
  const query = Object.fromEntries(own.searchParams);
  const ask = async (): Promise<string> => {
    try {
      const answer = await route.handle({ ...asker, query, body: undefined, parameter });
      return `{"status":200,"answer":${typeof answer === 'string' ? answer : JSON.stringify(answer)}}`;
    } catch (error) {
      if (!(error instanceof ProblemError)) failed(error as Error);
      const [status, detail] =
        error instanceof ProblemError ? [error.status, error.message] : [500, 'the platform could not answer'];
      return `{"status":${status},"answer":${JSON.stringify(problemOf(status, detail, own.pathname))}}`;
    }
  };
  // Two callers see the same when they are the same, or when nobody is asked who he is.
  return { key: JSON.stringify([caller.name, caller.role, caller.brokers, address]), of: address, ageMsMax, ask };
}

function matching(
  routes: readonly Route[],
  path: string,
): { readonly route: Route; readonly parameter: string; readonly ageMsMax: number } | undefined {
  for (const route of routes) {
    const parts = route.watchMs === undefined ? null : pathPattern(route.path).exec(path);
    if (parts === null || route.watchMs === undefined) continue;
    return { route, parameter: decoded(parts[1] ?? ''), ageMsMax: route.watchMs };
  }
  return undefined;
}

/** Throws `ProblemError` for what is no percent-encoding of UTF-8. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ProblemError(400, 'expected a path in percent-encoding of UTF-8; encode what is no letter');
  }
}
