// Puts a simulator on the network: REST, login page and control API over Fastify, the ticker over `ws`, on one port of
// loopback.
import { gzipSync } from 'node:zlib';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { type Duplex } from 'node:stream';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { answerControl, CONTROL_PREFIX } from './control/routes.ts';
import { answerLogin } from './login-page.ts';
import { failure, type KiteAnswer, type KiteRequest, type PlainAnswer } from './rest/messages.ts';
import { type KiteSimulator } from './simulator.ts';

export interface KiteServer {
  /** `http://127.0.0.1:PORT`, the root of the REST API. */
  readonly url: string;
  /** `ws://127.0.0.1:PORT/`, the root of the ticker. */
  readonly tickerUrl: string;
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const BODY_BYTES_MAX = 1024 * 1024;
const MESSAGE_BYTES_MAX = 256 * 1024;
/** A client that reads slower than this loses ticks, not the newest ones but those in between. */
const BUFFERED_BYTES_MAX = 16 * 1024 * 1024;

/** Listens on loopback; with port 0 on a free one. Throws what the system says when it cannot. */
export async function serveKite(simulator: KiteSimulator, port = 0): Promise<KiteServer> {
  const server = Fastify({ logger: false, bodyLimit: BODY_BYTES_MAX, exposeHeadRoutes: false });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false });
  const silent = new Set<FastifyReply>();
  takeBodiesAsText(server);
  server.setErrorHandler(async (error: { readonly statusCode?: number; readonly message: string }, request, reply) => {
    const { statusCode = 500, message } = error;
    if (statusCode >= 500) simulator.broker.options.onProblem?.(`a request broke the simulator: ${message}`);
    return write(failure(statusCode, 'GeneralException', message), request, reply);
  });
  server.all('/*', async (request, reply) => send(await answer(simulator, request), request, reply, silent));
  server.server.on('upgrade', (request, socket, head) => upgrade(simulator, sockets, { request, socket, head }));
  await server.listen({ host: HOST, port });
  const address = server.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${bound}`,
    tickerUrl: `ws://${HOST}:${bound}/`,
    port: bound,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      for (const reply of silent) reply.raw.destroy();
      server.server.closeAllConnections();
      await server.close();
    },
  };
}

function takeBodiesAsText(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

async function answer(simulator: KiteSimulator, request: FastifyRequest): Promise<KiteAnswer> {
  const asked = toKite(request);
  if (asked.path.startsWith(`${CONTROL_PREFIX}/`)) return answerControl(simulator.control, asked);
  return answerLogin(simulator.broker, asked) ?? simulator.api.answer(asked);
}

function toKite(request: FastifyRequest): KiteRequest {
  const [path = '', query = ''] = request.url.split('?', 2);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value;
  const body = typeof request.body === 'string' ? request.body : '';
  return { method: request.method, path, query: new URLSearchParams(query), headers, body, ip: request.ip };
}

async function send(
  given: KiteAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
  silent: Set<FastifyReply>,
): Promise<FastifyReply> {
  if (given.kind === 'answer') return write(given, request, reply);
  reply.hijack();
  if (given.kind === 'reset') request.raw.socket.resetAndDestroy();
  else {
    silent.add(reply);
    request.raw.socket.once('close', () => silent.delete(reply));
  }
  return reply;
}

/** Kite zips what is asked for zipped, and says `text/csv` without a character set. */
function write(
  { status, type, body, headers }: PlainAnswer,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const isZipped = type === 'text/csv' && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  const bytes = Buffer.from(body);
  void reply.code(status).headers({ ...headers, ...(isZipped ? { 'content-encoding': 'gzip' } : {}) });
  void reply.header('content-type', type);
  return reply.send(isZipped ? gzipSync(bytes) : bytes);
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

function upgrade(simulator: KiteSimulator, sockets: WebSocketServer, { request, socket, head }: Upgrade): void {
  const query = new URLSearchParams((request.url ?? '').split('?', 2)[1] ?? '');
  const late: { socket: WebSocket | undefined; before: (Buffer | string)[] } = { socket: undefined, before: [] };
  const sink = {
    binary: (bytes: Buffer) => emit(bytes),
    text: (text: string) => emit(text),
    cut: () => late.socket?.terminate(),
  };
  const emit = (bytes: Buffer | string): void => {
    if (late.socket === undefined) late.before.push(bytes);
    else if (typeof bytes === 'string' || late.socket.bufferedAmount < BUFFERED_BYTES_MAX) late.socket.send(bytes);
  };
  const connection = simulator.ticker.connect(query.get('api_key') ?? '', query.get('access_token') ?? '', sink);
  if (typeof connection === 'number') {
    const words = STATUS_CODES[connection] ?? '';
    socket.end(`HTTP/1.1 ${connection} ${words}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    return;
  }
  socket.once('close', () => connection.closed());
  sockets.handleUpgrade(request, socket, head, (client) => {
    late.socket = client;
    for (const bytes of late.before) client.send(bytes);
    client.on('message', (data, isBinary) => {
      if (!isBinary) connection.receive(textOf(data));
    });
    // A socket that breaks is closed next; that is where the connection ends.
    client.on('error', () => client.terminate());
  });
}

function textOf(data: Buffer | ArrayBuffer | Buffer[]): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.from(data as Buffer).toString('utf8');
}
