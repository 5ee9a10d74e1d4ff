// Web pages elsewhere that a browser may let call the API, as the settings API__CORS_… say.
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface CorsOptions {
  /** `*` alone: any page, without credentials. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly credentials: boolean;
}

const PREFLIGHT_SECONDS = '600';

/** Whether a browser asks first if a page may send what it wants to send. */
export function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers;
}

/** Says to the browser of a page elsewhere what it may do; nothing to a page that is not on the list. */
export function addCors(options: CorsOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { origins, methods, headers, credentials } = options;
  const { origin } = request.headers;
  // Also without an origin: what a cache keeps is of whoever asked.
  void reply.header('vary', 'Origin');
  const any = origins.includes('*');
  if (origin === undefined || !(any || origins.includes(origin))) return;
  void reply.header('access-control-allow-origin', any ? '*' : origin);
  if (credentials && !any) void reply.header('access-control-allow-credentials', 'true');
  void reply.header('access-control-expose-headers', 'Retry-After, WWW-Authenticate');
  if (!isPreflight(request)) return;
  void reply.header('access-control-allow-methods', methods.join(', '));
  void reply.header('access-control-allow-headers', headers.join(', '));
  void reply.header('access-control-max-age', PREFLIGHT_SECONDS);
}

/** What was said to a page elsewhere before the answer was taken over. */
export function corsOf(reply: FastifyReply): Record<string, string> {
  const said = Object.entries(reply.getHeaders()).filter(
    ([name]) => name.startsWith('access-control-') || name === 'vary',
  );
  return Object.fromEntries(said.map(([name, value]) => [name, String(value)]));
}
