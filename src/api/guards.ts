// What every request passes before anything answers it: headers that keep answers out of caches and other pages, the name
// that it was sent to, how often its address asks, and whether there is such a path and method at all.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendProblem } from './problem.ts';
import { RateLimiter } from './rate-limit.ts';

export interface GuardOptions {
  /** Only this machine can reach the server. */
  readonly loopback: boolean;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  /** The paths that are answered, `{name}` for a part that varies. */
  readonly paths: readonly string[];
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
const READING = new Set(['GET', 'HEAD']);

export function addGuards(server: FastifyInstance, { loopback, nowMs, paths }: GuardOptions): void {
  const limiter = new RateLimiter(LIMITS);
  const patterns = paths.map(patternOf);
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS);
    if (loopback && !LOOPBACK_NAME.test(request.headers.host ?? '')) return refuseHost(reply);
    const path = pathOf(request);
    // Whoever watches over the platform goes on being answered.
    if (path !== '/health' && path !== '/health/ready') {
      const waitSeconds = limiter.take(request.ip, nowMs());
      if (waitSeconds > 0) return refuseHaste(reply, waitSeconds);
    }
    if (!patterns.some((pattern) => pattern.test(path))) return sendProblem(reply, 404, nothingHere(paths));
    if (!READING.has(request.method)) {
      void reply.header('allow', 'GET, HEAD');
      return sendProblem(reply, 405, 'expected GET or HEAD; the API reads only, and commands are given by alpha-panda');
    }
    // Off loopback nothing asks who calls, so nothing is told but health.
    if (!loopback && path.startsWith('/api/')) {
      return sendProblem(reply, 403, 'the API answers on loopback only; set API__HOST=127.0.0.1 and come by a tunnel');
    }
    return undefined;
  });
}

/** A page elsewhere whose name was made to point here sends that name, whatever its address. */
async function refuseHost(reply: FastifyReply): Promise<FastifyReply> {
  return sendProblem(reply, 421, 'expected the Host to be localhost, 127.0.0.1 or [::1]; ask for one of these');
}

async function refuseHaste(reply: FastifyReply, waitSeconds: number): Promise<FastifyReply> {
  void reply.header('retry-after', `${waitSeconds}`);
  const { burst, perSecond } = LIMITS;
  const detail = `expected at most ${burst} requests at once and ${perSecond} a second; wait ${waitSeconds} s`;
  return sendProblem(reply, 429, detail);
}

export function nothingHere(paths: readonly string[]): string {
  return `nothing answers here; there are ${paths.join(', ')}`;
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '/').split('?', 1)[0] ?? '/';
}

function patternOf(path: string): RegExp {
  const parts = path.split(/(\{\w+\+?\})/).map((part) => {
    if (!part.startsWith('{')) return part.replaceAll('.', String.raw`\.`);
    return part.endsWith('+}') ? '.+' : '[^/]+';
  });
  return new RegExp(`^${parts.join('')}$`);
}
