// A real Redis for tests: the machine's own server on a free port of the loopback interface, holding nothing on disk.
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { freePort, ServerProcess, type Missing } from './service.ts';
import { spawnSync } from 'node:child_process';

const STARTS_WITHIN_MS = 10_000;

export async function startRedis(): Promise<{ readonly url: string; stop(): Promise<void> } | Missing> {
  const found = spawnSync('redis-server', ['--version']);
  if (found.error !== undefined) {
    return { missing: 'redis-server is not installed; on Debian or Ubuntu: apt-get install redis-server' };
  }
  const port = await freePort();
  const options = { port, bind: '127.0.0.1', save: '', appendonly: 'no', dir: tmpdir(), daemonize: 'no' };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const server = new ServerProcess('redis-server', args);
  try {
    await server.waitUntil(() => answersPing(port), STARTS_WITHIN_MS);
  } catch (error) {
    await server.end('SIGKILL');
    throw error;
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.end() };
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => socket.write('PING\r\n'));
    const answer = (yes: boolean): void => {
      socket.destroy();
      resolve(yes);
    };
    socket.once('data', (data) => answer(data.toString().startsWith('+PONG')));
    socket.once('error', () => answer(false));
  });
}
