// The platform as a user starts it, watched from outside: when it says that it runs, and how it ends.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from './paths.ts';

export const COMMAND = join(ROOT, 'bin', 'alpha-panda.mjs');
const RUNNING = 'Application is now running';

export interface Started {
  readonly child: ChildProcess;
  /** Milliseconds from the start of the process until it said that it runs. */
  readonly readyMs: number;
}

function environment(dataDir: string): NodeJS.ProcessEnv {
  return { ...process.env, LOGGING__LOGS_DIR: `${dataDir}-logs` };
}

/** Starts the platform and waits until it runs. */
export async function startPlatform(dataDir: string, options: readonly string[]): Promise<Started> {
  const from = performance.now();
  const child = spawn(process.execPath, [COMMAND, 'start', '--data-dir', dataDir, ...options], {
    env: environment(dataDir),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  const readyMs = await new Promise<number>((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      if (said.includes(RUNNING)) return;
      said += chunk.toString();
      if (said.includes(RUNNING)) resolve(performance.now() - from);
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`the platform ended with ${code}: ${said.slice(-2_000)}`)));
  });
  return { child, readyMs };
}

/** Waits for the end; throws unless it ends well. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0) throw new Error(`the platform ended with ${child.exitCode ?? child.signalCode}`);
}

/** The hash that `state --json` prints. */
export function stateHash(dataDir: string): string {
  const child = spawnSync(process.execPath, [COMMAND, 'state', '--json', '--data-dir', dataDir], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: environment(dataDir),
  });
  if (child.status !== 0) throw new Error(`state ended with ${child.status}: ${child.stderr.slice(-2_000)}`);
  return (JSON.parse(child.stdout) as { sha256: string }).sha256;
}
