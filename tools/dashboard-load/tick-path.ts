// Measures what ten open dashboards cost the way of a tick: fifty instruments of the simulated market in real time, in turns
// without a dashboard and with ten, on one platform. The platform has one processor to itself and the browser another, because
// what a page draws is no work of the platform. Yet the two share memory and caches: with `--beside` the ten dashboards are open all the time, and in
// the samples without them they are those of a second platform, beside the browser, so that what remains is the platform's work.
//
//   node tools/dashboard-load/tick-path.ts [--pairs 9] [--seconds 40] [--pages 10] [--beside]
//
// It wants a machine that is otherwise idle. Where the data lies follows TMPDIR: on a memory file system the disk's own moods are
// left out, which differ more from one sample to the next than what is measured. `--pages 0` shows how much that is.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { freePort } from '../services/free-port.ts';
import { projectRoot } from '../pinned-node.mjs';

const RATIO_MAX = 1.1;
const WARM_UP_MS = 20_000;
const SETTLE_MS = 4_000;
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const TASKSET = '/usr/bin/taskset';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '9' },
    seconds: { type: 'string', default: '40' },
    pages: { type: 'string', default: '10' },
    beside: { type: 'boolean', default: false },
  },
});
const [pairs, seconds, pages] = [values.pairs, values.seconds, values.pages].map(Number) as [number, number, number];

const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-tick-path-'));
const probe = pathToFileURL(join(import.meta.dirname, 'probe.ts')).href;
const measured = await startPlatform('measured', '0', ['--import', probe]);
const beside = values.beside ? await startPlatform('beside', '1', []) : undefined;
const browser = await chromium.launch({ executablePath: await pinnedChromium(), args: ['--no-sandbox'] });
// However this process ends, its platforms end with it.
process.on('exit', () => {
  for (const platform of [measured, beside]) platform?.process.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));
let dumps = 0;
try {
  await sleep(WARM_UP_MS);
  process.exitCode = tell(await measure(browser)) ? 0 : 1;
} finally {
  await browser.close();
  for (const platform of [measured, beside]) {
    if (platform === undefined) continue;
    platform.process.kill('SIGTERM');
    await once(platform.process, 'exit');
  }
  rmSync(folder, { recursive: true, force: true });
}

interface Platform {
  readonly process: ChildProcess;
  readonly port: number;
  readonly folder: string;
}

async function startPlatform(name: string, processor: string, flags: readonly string[]): Promise<Platform> {
  const own = join(folder, name);
  mkdirSync(own);
  const port = await freePort();
  const main = join(projectRoot, 'src/cli/main.ts');
  const platform = spawn(TASKSET, ['-c', processor, process.execPath, ...flags, main, 'start'], {
    cwd: own,
    env: {
      PATH: process.env['PATH'],
      DATA_DIR: join(own, 'data'),
      LOGGING__LOGS_DIR: join(own, 'logs'),
      ACTIVE_BROKERS: 'paper',
      API__PORT: `${port}`,
    },
    stdio: 'ignore',
  });
  return { process: platform, port, folder: own };
}

interface Pair {
  readonly without: readonly number[];
  readonly with: readonly number[];
}

/** A, B, B, A, …: what changes slowly in the machine falls on both alike. */
async function measure(opened: Browser): Promise<readonly Pair[]> {
  const found: Pair[] = [];
  for (let k = 0; k < pairs; k++) {
    const [first, second] = k % 2 === 0 ? [beside, measured] : [measured, beside];
    const [before, after] = [await samples(opened, first), await samples(opened, second)];
    const pair = k % 2 === 0 ? { without: before, with: after } : { without: after, with: before };
    const ratio = ratioOf(pair).toFixed(3);
    console.log(`pair ${k + 1}: without ${text(pair.without)}; with ${pages} dashboards ${text(pair.with)}: ${ratio}`);
    found.push(pair);
  }
  return found;
}

/** What is measured while the dashboards of a platform are open, or none. */
async function samples(opened: Browser, watched: Platform | undefined): Promise<readonly number[]> {
  const contexts: BrowserContext[] = [];
  for (let k = 0; k < (watched === undefined ? 0 : pages); k++) {
    // Each a browser of its own to the platform: with a live stream and connections of its own.
    const context = await opened.newContext({ viewport: { width: 1_440, height: 900 } });
    contexts.push(context);
    const page = await context.newPage();
    await page.goto(`http://localhost:${watched?.port}`);
    await page.getByText('Live', { exact: true }).waitFor();
  }
  await sleep(SETTLE_MS);
  await dump();
  await sleep(seconds * 1_000);
  const found = await dump();
  await Promise.all(contexts.map(async (context) => context.close()));
  return found;
}

/** What was measured since the last time. */
async function dump(): Promise<readonly number[]> {
  const path = join(measured.folder, `samples-${dumps++}.json`);
  measured.process.kill('SIGUSR2');
  while (!existsSync(path)) await sleep(20);
  await sleep(50);
  return JSON.parse(readFileSync(path, 'utf8')) as number[];
}

function tell(found: readonly Pair[]): boolean {
  const all: Pair = { without: found.flatMap((pair) => pair.without), with: found.flatMap((pair) => pair.with) };
  console.log(`together: without ${text(all.without)}; with ${pages} dashboards ${text(all.with)}`);
  const ratios = found.map(ratioOf);
  const [least, median, most] = [0, 0.5, 1].map((part) => at(ratios, part).toFixed(3));
  console.log(
    `p99 of the tick path with ${pages} dashboards: ${median} times that without (${least} to ${most}, ${pairs} pairs), ` +
      `${ratioOf(all).toFixed(3)} with all samples together; each at most ${RATIO_MAX}`,
  );
  return at(ratios, 0.5) <= RATIO_MAX && ratioOf(all) <= RATIO_MAX;
}

function ratioOf(pair: Pair): number {
  return at(pair.with, 0.99) / at(pair.without, 0.99);
}

function text(times: readonly number[]): string {
  const [median, most] = [at(times, 0.5), at(times, 0.99)].map((ms) => `${ms.toFixed(2)} ms`);
  return `n ${times.length}, median ${median}, p99 ${most}`;
}

function at(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

/** A program that runs Chromium on the second processor, as Playwright can only start a program. */
async function pinnedChromium(): Promise<string> {
  const path = join(folder, 'chromium.sh');
  const { writeFile } = await import('node:fs/promises');
  await writeFile(path, `#!/bin/sh\nexec ${TASKSET} -c 1 ${CHROMIUM} "$@"\n`, { mode: 0o755 });
  return path;
}
