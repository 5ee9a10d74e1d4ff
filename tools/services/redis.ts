// A real Redis for tests: the machine's own server on a free port of the loopback interface, holding nothing on disk.
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { freePort } from './free-port.ts';
import { ServerProcess, type Missing } from './service.ts';
import { spawnSync } from 'node:child_process';

const STARTS_WITHIN_MS = 10_000;

export interface RedisOptions {
  /** What clients have to say. */
  readonly password?: string;
  /** Files in PEM: the way to clients is encrypted with them. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export async function startRedis({ password, tls }: RedisOptions = {}): Promise<
  { readonly url: string; stop(): Promise<void> } | Missing
> {
  const found = spawnSync('redis-server', ['--version']);
  if (found.error !== undefined) {
    return { missing: 'redis-server is not installed; on Debian or Ubuntu: apt-get install redis-server' };
  }
  const port = await freePort();
  const encryption = tls && {
    port: 0,
    'tls-port': port,
    'tls-cert-file': tls.certificate,
    'tls-key-file': tls.key,
    'tls-auth-clients': 'no',
  };
  const common = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: tmpdir(), daemonize: 'no' };
  const options = { ...common, ...(password !== undefined && { requirepass: password }), ...encryption };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const server = new ServerProcess('redis-server', args);
  try {
    await server.waitUntil(() => (tls === undefined ? answersPing(port) : listens(port)), STARTS_WITHIN_MS);
  } catch (error) {
    await server.end('SIGKILL');
    throw error;
  }
  const scheme = tls === undefined ? 'redis' : 'rediss';
  const user = password === undefined ? '' : `default:${password}@`;
  return { url: `${scheme}://${user}127.0.0.1:${port}`, stop: () => server.end() };
}

/** One that wants TLS answers nothing else; it listens when it is ready. */
function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' });
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (data) => answer(/^(\+PONG|-NOAUTH)/.test(data.toString())));
    socket.once('error', () => answer(false));
  });
}
