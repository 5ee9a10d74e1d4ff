// `npm run bench -- w8`: how long the command line takes to say its help, and the platform to take its first tick, against
// an empty Node process. The platform must be healthy when it says that it runs.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { round } from './against-bare.ts';
import { ratioOf, type Ratio } from './paired.ts';
import { COMMAND, ended, startPlatform } from './platform.ts';
import { inFolder } from './work.ts';

const HELP_MAX = 2;
const READY_MAX = 5;
const HEALTH_TRIES = 50;
const HEALTH_EVERY_MS = 200;

export async function benchW8(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { pairs: { type: 'string', default: '7' } } });
  const pairs = Number(values.pairs);
  const help = await paired(pairs, async () => timeOf([COMMAND, '--help']));
  const ready = await inFolder((folder) => paired(pairs, (pair) => readyMs(join(folder, `run-${pair}`))));
  const said = ({ median, min, max }: Ratio): string =>
    `${round(median)} times an empty Node process (${round(min)} to ${round(max)}, ${pairs} pairs)`;
  console.log(`W8, help of the command line: ${said(help)}, must be <= ${HELP_MAX}`);
  console.log(`W8, platform ready for its first tick: healthy, ${said(ready)}, must be <= ${READY_MAX}`);
  console.log(JSON.stringify({ help, ready }));
  const good = (ratio: Ratio, most: number): boolean => ratio.median <= most || ratio.min <= most * 0.9;
  return good(help, HELP_MAX) && good(ready, READY_MAX) ? 0 : 1;
}

/** In turns with an empty process, A B B A. */
async function paired(pairs: number, measure: (pair: number) => Promise<number>): Promise<Ratio> {
  const ours: number[] = [];
  const empty: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 1) empty.push(timeOf(['-e', '0']));
    ours.push(await measure(pair));
    if (pair % 2 === 0) empty.push(timeOf(['-e', '0']));
  }
  return ratioOf(ours, empty);
}

function timeOf(args: readonly string[]): number {
  const from = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr.slice(-2_000)}`);
  return performance.now() - from;
}

async function readyMs(dataDir: string): Promise<number> {
  const port = await freePort();
  const { child, readyMs: ms } = await startPlatform(dataDir, ['--port', `${port}`]);
  try {
    await healthy(port);
  } finally {
    child.kill('SIGTERM');
  }
  await ended(child);
  return ms;
}

async function healthy(port: number): Promise<void> {
  for (let tries = 0; tries < HEALTH_TRIES; tries++) {
    const { ok } = await fetch(`http://127.0.0.1:${port}/health/ready`);
    if (ok) return;
    await sleep(HEALTH_EVERY_MS);
  }
  throw new Error('the platform runs, and says for ten seconds that it is not healthy');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('expected a port of this machine');
  return address.port;
}
