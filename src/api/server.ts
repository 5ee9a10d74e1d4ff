// The HTTP server: health, and the API. It listens, turns what goes wrong into problem documents, and hands
// each request to the route of the table that answers it.
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { z } from 'zod';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { auditRoutes, type AuditOptions } from './audit-routes.ts';
import { alertRoute } from './alert-routes.ts';
import { commandRoutes, type CommandOptions } from './command-routes.ts';
import { alive, health } from './contract.ts';
import type { CorsOptions } from './cors.ts';
import { Gate } from './gate.ts';
import { addGuards, HEADERS, nothingHere } from './guards.ts';
import { healthAnswer, readyOf } from './health-answers.ts';
import { letterRoute } from './letter-routes.ts';
import { logListRoutes } from './log-list-routes.ts';
import { logRoutes, type LogOptions } from './log-routes.ts';
import { marketRoutes } from './market-routes.ts';
import { openApi } from './openapi.ts';
import type { Pages } from './pages.ts';
import { ProblemError, problemOf, sendProblem } from './problem.ts';
import { keepRawBodies } from './raw-body.ts';
import { define, type Route } from './route.ts';
import { readingRoutes, type RouteSource } from './routes.ts';
import { signInRoutes } from './sign-in-routes.ts';
import { subscriptionRoutes, type SubscriptionOptions } from './subscription-routes.ts';
import { webhookRoutes, type WebhookOptions } from './webhook-routes.ts';
import { liveStream, type LiveStream } from './stream.ts';
import { watchRoute } from './watch.ts';
import { WATCH_LIMITS, type WatchLimits } from './watch-hub.ts';
import { Turnstile } from './turnstile.ts';
import { tradingRoutes } from './trading-routes.ts';
import { STREAM_LIMITS, type StreamLimits } from './stream-hub.ts';

export interface ServerOptions
  extends RouteSource, CommandOptions, AuditOptions, LogOptions, SubscriptionOptions, WebhookOptions {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  /** Whether only this machine can reach `host`. */
  readonly loopback: boolean;
  readonly nowMs: () => number;
  readonly cors: CorsOptions;
  /** The metrics as Prometheus reads them; undefined when none are kept. */
  readonly metrics: (() => Promise<string>) | undefined;
  /** The dashboard; without it only the API answers. */
  readonly pages?: Pages;
  /** Of the live streams; the usual ones when they are not said. */
  readonly streams?: StreamLimits;
  /** Of what is watched; the usual ones when they are not said. */
  readonly watches?: WatchLimits;
  /** How long a request may take to come; the usual time when it is not said. */
  readonly patienceMs?: number;
  /** Told of what should not have happened; the client learns nothing of it. */
  readonly failed: (error: Error) => void;
}

export interface Server {
  readonly address: string;
  /** The paths that are answered, as the router knows them. */
  readonly registered: ReadonlySet<string>;
  /** The table of what is answered, and who may ask. */
  readonly routes: readonly Route[];
  close(): Promise<void>;
}

/** The address cannot be listened on; the message names it and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const DESCRIPTION = '/docs/openapi.json';
const REQUEST_BYTES_MAX = 16 * 1024;
const REQUEST_MS_MAX = 10_000;
const CONNECTIONS_MAX = 512;
/** More than a request may have: too long a name is one that is not there, as any other. */
const PARAMETER_CHARACTERS_MAX = 32 * 1024;

/** Listens, or throws `ListenError`. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { server, registered, routes } = newServer(options);
  try {
    const address = await server.listen({ host: options.host, port: options.port });
    return { address, registered, routes, close: async () => server.close() };
  } catch (cause) {
    await server.close();
    throw new ListenError(explain(options, cause), { cause });
  }
}

function newServer(options: ServerOptions) {
  const { patienceMs = REQUEST_MS_MAX } = options;
  const server: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: REQUEST_BYTES_MAX,
    requestTimeout: patienceMs,
    // Who sends nothing, or a letter at a time, is looked for often enough not to keep a place from others.
    http: { headersTimeout: patienceMs, connectionsCheckingInterval: patienceMs / 5 },
    // A client that keeps its connection does not keep the platform from stopping.
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    clientErrorHandler: (error, socket) => refuseBytes(error, socket),
    frameworkErrors: (_error, request, reply) => {
      const url = request.raw.url ?? '/';
      const document = problemOf(400, 'expected a path in percent-encoding of UTF-8; encode what is no letter', url);
      const { raw } = reply.hijack();
      raw.writeHead(400, { ...HEADERS, 'content-type': 'application/problem+json' }).end(JSON.stringify(document));
    },
  });
  server.server.maxConnections = CONNECTIONS_MAX;
  // JSON alone is taken: a page elsewhere may send plain text without asking first.
  server.removeContentTypeParser('text/plain');
  keepRawBodies(server);
  const gate = new Gate(options);
  const turnstile = new Turnstile();
  const isStillKnown = gate.isStillKnown.bind(gate);
  const stream = liveStream(options.reading, options.streams ?? STREAM_LIMITS, isStillKnown);
  const { watches: limits = WATCH_LIMITS, nowMs, failed } = options;
  const watch = watchRoute({ limits, turnstile, nowMs, routes: () => routes, isStillKnown, failed });
  server.addHook('preClose', async () => [stream, watch].forEach((each) => each.close()));
  const routes = routesOf(options, [stream, watch]);
  addGuards(server, { ...options, isGuarded: options.access !== undefined, routes });
  server.setNotFoundHandler(async (_request, reply) => sendProblem(reply, 404, nothingHere(routes)));
  server.setErrorHandler<FastifyError>(async (error, _request, reply) => {
    if (error instanceof ProblemError) return sendProblem(reply, error.status, error.message);
    const status = error.statusCode ?? 500;
    if (status >= 400 && status < 500) {
      return sendProblem(reply, status, 'the request cannot be read; send no body, or JSON as application/json');
    }
    options.failed(error);
    return sendProblem(reply, 500, 'the platform could not answer; its log in the channel api says why');
  });
  const registered = new Set<string>();
  server.addHook('onRoute', ({ url }) => void registered.add(url));
  for (const route of routes) addRoute(server, { gate, turnstile }, route);
  return { server, registered, routes };
}

/** All that is answered: registering, who may ask, other methods and the description follow from this table. */
export function routesOf(options: ServerOptions, live: readonly LiveStream[]): readonly Route[] {
  const routes: Route[] = [
    ...healthRoutes(options),
    ...metricsRoutes(options),
    ...signInRoutes(options),
    ...readingRoutes(options),
    ...logListRoutes(options.reading),
    letterRoute(options.reading),
    ...marketRoutes(options.reading),
    ...tradingRoutes(options.reading),
    alertRoute(options.alerts),
    ...commandRoutes(options),
    ...auditRoutes(options),
    ...logRoutes(options),
    ...webhookRoutes(options),
    ...subscriptionRoutes(options),
    ...live.map(({ route }) => route),
    define('GET', DESCRIPTION, 'This description.', {
      role: 'anyone',
      answer: z.looseObject({ openapi: z.string() }),
      handle: async () => description,
    }),
  ];
  const description = openApi(options.version, routes);
  return routes;
}

/** What tells whoever watches over the process that it lives, so that no credential can end. */
function healthRoutes(options: ServerOptions): readonly Route[] {
  const { version, brokers } = options;
  return [
    define('GET', '/health', 'Whether the process lives.', {
      role: 'anyone',
      answer: alive,
      handle: async () => ({ status: 'alive', service: 'alpha-panda', version, active_brokers: brokers }),
    }),
    define('GET', '/health/ready', 'Whether the platform is ready; 503 when it is not.', {
      role: 'anyone',
      answer: health,
      handle: async ({ reply }) => {
        void reply.code(readyOf(options) ? 200 : 503);
        return healthAnswer(options);
      },
    }),
  ];
}

function metricsRoutes({ metrics }: ServerOptions): readonly Route[] {
  if (metrics === undefined) return [];
  return [
    define('GET', '/metrics', 'Counts and times of the whole platform, as Prometheus reads them.', {
      role: 'viewer',
      type: 'text/plain',
      handle: async ({ caller }) => {
        if (caller.brokers === undefined) return metrics();
        throw new ProblemError(403, `the metrics are of every namespace, and ${caller.name} sees only some`);
      },
    }),
  ];
}

/** What a request goes through before it is answered. */
interface Entrance {
  readonly gate: Gate;
  readonly turnstile: Turnstile;
}

function addRoute(server: FastifyInstance, { gate, turnstile }: Entrance, route: Route): void {
  const { method, path, type, status, handle } = route;
  server.route({
    method,
    url: path.replace(/\{\w+\+\}/, '*').replaceAll(/\{(\w+)\}/g, ':$1'),
    exposeHeadRoute: method === 'GET' && type !== 'text/event-stream',
    onRequest: async (request, reply) => gate.pass(route, request, reply),
    handler: async (request, reply) => {
      // What is ordered, such as a kill, does not wait for what is read.
      if (method === 'GET') await turnstile.pass();
      const [parameter = ''] = Object.values(request.params as Readonly<Record<string, string>>);
      void reply.code(status);
      const { query, body } = request;
      const answer = await handle({ caller: gate.callerOf(request), query, body, parameter, request, reply });
      return answer === undefined ? reply : reply.type(`${type}; charset=utf-8`).send(answer);
    },
  });
}

/** What is no HTTP has no request that could be answered. */
function refuseBytes(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const body = JSON.stringify(problemOf(status, 'the request cannot be read; send it as HTTP/1.1', '/'));
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\nConnection: close`;
  socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroy());
}

function explain({ host, port }: ServerOptions, cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return `the port ${port} on ${host} is in use; stop what listens there, or choose another with --port or API__PORT`;
  }
  if (code === 'EACCES')
    return `listening on ${host}:${port} is not permitted; choose a port above 1023 with API__PORT`;
  return `cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
