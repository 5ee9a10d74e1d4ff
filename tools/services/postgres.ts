// A PostgreSQL of its own for tests: a new cluster in a temporary directory, on a free port of the loopback, ended by its
// process id. The binaries are those of the machine.
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** Of its superuser, with the password that it demands. */
  readonly url: string;
  readonly pid: number;
  /** Ends every process of it at once, as `kill -9` does, and starts it again on the data that this leaves. */
  crash(): Promise<void>;
  /** Ends it and takes its directory away. */
  stop(): Promise<void>;
}

/** Either the server, or why there is none on this machine. */
export type PostgresStart =
  | { readonly server: PostgresServer; readonly missing?: undefined }
  | { readonly server?: undefined; readonly missing: string };

/** Files in PEM: connections are encrypted with them. */
export interface PostgresTls {
  readonly certificate: string;
  readonly key: string;
}

const SUPERUSER = 'alpha_panda';
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

type Identity = { readonly uid: number; readonly gid: number } | undefined;

/** Starts a server and waits until it takes connections. Throws when there are binaries and it does not start. */
export async function startPostgres(tls?: PostgresTls): Promise<PostgresStart> {
  const binaries = binariesFolder();
  if (binaries === undefined) {
    const where = 'in /usr/lib/postgresql/*/bin or on the PATH';
    return { missing: `PostgreSQL is not installed: expected initdb and postgres ${where}` };
  }
  const identity = serverIdentity();
  if (identity === 'none')
    return { missing: 'PostgreSQL does not run as root, and there is no user postgres or nobody' };
  const directory = mkdtempSync(join(tmpdir(), 'alpha-panda-postgres-'));
  let child: ChildProcess | undefined;
  try {
    if (identity !== undefined) chownSync(directory, identity.uid, identity.gid);
    const password = randomUUID();
    makeCluster(binaries, directory, password, identity);
    const port = await freePort();
    const settings = tls === undefined ? [] : encryptionOf(tls, directory, identity);
    child = launch(binaries, directory, port, identity, settings);
    await answering(child, port, join(directory, 'log'));
    const url = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
    const again = async (): Promise<ChildProcess> => {
      rmSync(join(directory, 'log'));
      const next = launch(binaries, directory, port, identity, settings);
      await answering(next, port, join(directory, 'log'));
      return next;
    };
    return { server: new Server(child, url, directory, again) };
  } catch (error) {
    if (child !== undefined) await end(child, directory);
    else rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

class Server implements PostgresServer {
  readonly url: string;
  readonly #directory: string;
  readonly #again: () => Promise<ChildProcess>;
  #child: ChildProcess;

  constructor(child: ChildProcess, url: string, directory: string, again: () => Promise<ChildProcess>) {
    this.#child = child;
    this.url = url;
    this.#directory = directory;
    this.#again = again;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async crash(): Promise<void> {
    // Those that it has made live on for a moment, and keep another one out.
    const made = childrenOf(this.pid);
    const over = once(this.#child, 'exit');
    for (const pid of [this.pid, ...made]) kill(pid);
    await over;
    while (made.some(isAlive)) await delay(20);
    this.#child = await this.#again();
  }

  stop(): Promise<void> {
    return end(this.#child, this.#directory);
  }
}

function childrenOf(pid: number): readonly number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' });
  return stdout
    .split('\n')
    .map(Number)
    .filter((each) => each > 0);
}

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

/** A process that has ended and that nobody has asked about is none any more. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

/** The newest version of the distribution's, or what the PATH has. */
function binariesFolder(): string | undefined {
  const versions = globSync('/usr/lib/postgresql/*/bin').toSorted((a, b) => versionOf(b) - versionOf(a));
  const folders = [...versions, ...(process.env['PATH'] ?? '').split(delimiter)];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

function versionOf(folder: string): number {
  return Number(/(\d+)\/bin$/.exec(folder)?.[1] ?? 0);
}

/** PostgreSQL refuses to run as root; anyone else runs it as who he is. */
function serverIdentity(): Identity | 'none' {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const wanted of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${wanted}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return 'none';
}

function makeCluster(binaries: string, directory: string, password: string, identity: Identity): void {
  const secret = join(directory, 'password');
  writeFileSync(secret, password, { mode: 0o600 });
  if (identity !== undefined) chownSync(secret, identity.uid, identity.gid);
  const options = ['--auth=scram-sha-256', `--pwfile=${secret}`, '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(binaries, 'initdb'), [...options, `--username=${SUPERUSER}`, '-D', join(directory, 'data')], {
    ...identity,
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** The server takes only a key that nobody but itself can read. */
function encryptionOf({ certificate, key }: PostgresTls, directory: string, identity: Identity): readonly string[] {
  const own = { certificate: join(directory, 'server.crt'), key: join(directory, 'server.key') };
  copyFileSync(certificate, own.certificate);
  copyFileSync(key, own.key);
  for (const file of Object.values(own)) {
    chmodSync(file, 0o600);
    if (identity !== undefined) chownSync(file, identity.uid, identity.gid);
  }
  return ['ssl=on', `ssl_cert_file=${own.certificate}`, `ssl_key_file=${own.key}`];
}

function launch(
  binaries: string,
  directory: string,
  port: number,
  identity: Identity,
  more: readonly string[],
): ChildProcess {
  // Into a file: nobody would read a pipe while the thread of a test stands still.
  const log = openSync(join(directory, 'log'), 'a');
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${directory}`,
    'max_connections=200',
    ...more,
  ];
  const options = settings.flatMap((setting) => ['-c', setting]);
  return spawn(join(binaries, 'postgres'), ['-D', join(directory, 'data'), '-p', `${port}`, ...options], {
    ...identity,
    cwd: directory,
    stdio: ['ignore', log, log],
  });
}

/** It says in its log when it is ready, and takes connections from then on. */
async function answering(child: ChildProcess, port: number, log: string): Promise<void> {
  for (let waited = 0; waited < START_TIMEOUT_MS; waited += 50) {
    if (child.exitCode !== null) break;
    if (readFileSync(log, 'utf8').includes('ready to accept connections') && (await connects(port))) return;
    await delay(50);
  }
  throw new Error(`PostgreSQL did not start on port ${port}; its log says:\n${readFileSync(log, 'utf8')}`);
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** SIGINT: sessions are ended, and nothing waits for their clients. */
async function end(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const over = once(child, 'exit');
    child.kill('SIGINT');
    const patience = AbortSignal.timeout(STOP_TIMEOUT_MS);
    patience.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    await over;
  }
  rmSync(directory, { recursive: true, force: true });
}
