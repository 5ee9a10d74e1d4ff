// The HTTP server: whether the platform lives, and whether it is ready, check by check and namespace by namespace.
import Fastify, { type FastifyInstance } from 'fastify';
import { type HealthMonitor } from '#engine/health.ts';
import { type StageStatus } from '#engine/stages.ts';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly version: string;
  readonly brokers: readonly string[];
  readonly health: HealthMonitor;
  /** What each stage says of itself. */
  readonly stages: () => readonly StageStatus[];
  /** Whether the pipeline takes inputs now. */
  readonly running: () => boolean;
}

export interface Server {
  readonly address: string;
  close(): Promise<void>;
}

/** The address cannot be listened on; the message names it and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const REQUEST_BYTES_MAX = 16 * 1024;
const REQUEST_MS_MAX = 10_000;

/** Listens, or throws `ListenError`. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = Fastify({ logger: false, bodyLimit: REQUEST_BYTES_MAX, requestTimeout: REQUEST_MS_MAX });
  addHealth(server, options);
  server.setNotFoundHandler(async (request, reply) => {
    const detail = `nothing answers ${request.method} here; try /health or /health/ready`;
    return reply
      .code(404)
      .type('application/problem+json')
      .send({ type: 'about:blank', title: 'Not Found', status: 404, detail });
  });
  try {
    const address = await server.listen({ host: options.host, port: options.port });
    return { address, close: async () => server.close() };
  } catch (cause) {
    await server.close();
    throw new ListenError(explain(options, cause), { cause });
  }
}

function addHealth(server: FastifyInstance, options: ServerOptions): void {
  const { health, version, brokers, running, stages } = options;
  server.get('/health', async () => ({ status: 'alive', service: 'alpha-panda', version, active_brokers: brokers }));
  server.get('/health/ready', async (_request, reply) => {
    const ready = running() && health.healthy;
    return reply.code(ready ? 200 : 503).send({
      status: ready ? 'ready' : 'not_ready',
      running: running(),
      checks: health.results.map(({ component, passed, message, broker }) => ({ component, passed, message, broker })),
      stages: stages(),
      brokers: Object.fromEntries(
        brokers.map((broker) => [broker, running() && health.ready(broker) ? 'ready' : 'not_ready']),
      ),
    });
  });
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
