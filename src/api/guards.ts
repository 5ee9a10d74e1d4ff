// What every request passes before anything answers it: headers that keep answers out of caches and other pages, the name
// that it was sent to, how often its address asks, and whether there is such a path and method at all.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { addCors, isPreflight, type CorsOptions } from './cors.ts';
import { isForPage, sendPage, type Pages } from './pages.ts';
import { sendProblem } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';
import { pathPattern, type Route } from './route.ts';

export interface GuardOptions {
  /** Only this machine can reach the server. */
  readonly loopback: boolean;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** Whether the routes ask who calls. */
  readonly isGuarded: boolean;
  readonly cors: CorsOptions;
  readonly pages?: Pages;
  /** What is answered. */
  readonly routes: readonly Pick<Route, 'method' | 'path'>[];
}

/** Of every answer, also of one that no hook has seen. */
export const HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;
const LIMITS = { burst: 200, perSecond: 50, addressesMax: 10_000 };
const LOOPBACK_NAME = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

export function addGuards(server: FastifyInstance, options: GuardOptions): void {
  const { loopback, nowMs, isGuarded, cors, pages, routes } = options;
  const limiter = new RateLimiter(LIMITS);
  const patterns = routes.map(({ method, path }) => ({ method, pattern: pathPattern(path) }));
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (loopback && !LOOPBACK_NAME.test(request.headers.host ?? '')) return refuseHost(reply);
    const path = pathOf(request);
    // Whoever watches over the platform goes on being answered.
    if (path !== '/health' && path !== '/health/ready') {
      const waitSeconds = limiter.take(request.ip, nowMs());
      if (waitSeconds > 0) return refuseHaste(reply, waitSeconds);
    }
    const methods = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    if (methods.length === 0 && pages !== undefined && isForPage(request, path)) {
      return sendPage(pages, request, reply, path);
    }
    if (methods.length === 0) return sendProblem(reply, 404, nothingHere(routes));
    addCors(cors, request, reply);
    if (isPreflight(request)) return reply.code(204).send();
    if (!methods.some((method) => method === request.method || (method === 'GET' && request.method === 'HEAD'))) {
      return refuseMethod(reply, methods);
    }
    // Off loopback nothing is told but health, unless it is asked who calls.
    if (!loopback && !isGuarded && path.startsWith('/api/')) {
      return sendProblem(reply, 403, 'the API answers on loopback only; set API__HOST=127.0.0.1 and come by a tunnel');
    }
    return undefined;
  });
}

/** A page elsewhere whose name was made to point here sends that name, whatever its address. */
async function refuseHost(reply: FastifyReply): Promise<FastifyReply> {
  return sendProblem(reply, 421, 'expected the Host to be localhost, 127.0.0.1 or [::1]; ask for one of these');
}

async function refuseMethod(reply: FastifyReply, methods: readonly Route['method'][]): Promise<FastifyReply> {
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  void reply.header('allow', allowed.join(', '));
  return sendProblem(reply, 405, `expected ${allowed.join(' or ')}; /docs/openapi.json lists what is answered`);
}

async function refuseHaste(reply: FastifyReply, waitSeconds: number): Promise<FastifyReply> {
  void reply.header('retry-after', `${waitSeconds}`);
  const { burst, perSecond } = LIMITS;
  const detail = `expected at most ${burst} requests at once and ${perSecond} a second; wait ${waitSeconds} s`;
  return sendProblem(reply, 429, detail);
}

export function nothingHere(routes: readonly Pick<Route, 'path'>[]): string {
  return `nothing answers here; there are ${routes.map(({ path }) => path).join(', ')}`;
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '/').split('?', 1)[0] ?? '/';
}
