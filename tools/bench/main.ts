// `npm run bench -- WORKLOAD …`: the workloads that every figure of the project is quoted on. Without a workload the whole
// set runs, each in a process of its own, and what each of them found is appended to a file that shows the trend.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchAgree } from './agree.ts';
import { benchDay } from './day.ts';
import { benchDecoder } from './decoder.ts';
import { benchFuzz } from './fuzz.ts';
import { benchKill } from './kill.ts';
import { benchOrder } from './order.ts';
import { ROOT } from './paths.ts';
import { benchSweep } from './sweep.ts';
import { benchJournal, benchW1 } from './w1.ts';
import { benchW2 } from './w2.ts';
import { benchW3 } from './w3.ts';
import { benchW4 } from './w4.ts';
import { benchW5 } from './w5.ts';
import { benchW6 } from './w6.ts';
import { benchW7 } from './w7.ts';
import { benchW8 } from './w8.ts';

const WORKLOADS: Readonly<Record<string, (args: readonly string[]) => number | Promise<number>>> = {
  w1: benchW1,
  journal: benchJournal,
  w2: benchW2,
  w3: benchW3,
  w4: benchW4,
  w5: benchW5,
  w6: benchW6,
  w7: benchW7,
  w8: benchW8,
  sweep: benchSweep,
  agree: benchAgree,
  day: benchDay,
  order: benchOrder,
  kill: benchKill,
  decoder: benchDecoder,
  fuzz: benchFuzz,
};

/** What runs without a workload: all that needs neither a recorded day nor a server. */
const WHOLE_SET = ['w1', 'journal', 'w2', 'w3', 'w4', 'w5', 'w6', 'w8', 'order', 'sweep'];

/** Runs the whole set and returns 1 when a gate is closed. */
function benchAll(args: readonly string[]): number {
  const trend = join(ROOT, 'data', 'bench-trend.ndjson');
  const { values } = parseArgs({ args: [...args], options: { trend: { type: 'string', default: trend } } });
  const machine = cpus()[0]?.model.trim() ?? 'unknown processor';
  const closed: string[] = [];
  mkdirSync(dirname(values.trend), { recursive: true });
  for (const name of WHOLE_SET) {
    const child = spawnSync(process.execPath, [import.meta.filename, name], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    process.stdout.write(child.stdout);
    if (child.status !== 0) closed.push(name);
    const lines = child.stdout.split('\n').filter((line) => line.startsWith('{'));
    const found = lines.map((line) => JSON.parse(line) as unknown);
    const about = { at: new Date().toISOString(), machine, node: process.version, workload: name };
    appendFileSync(values.trend, `${JSON.stringify({ ...about, good: child.status === 0, found })}\n`);
  }
  console.log(closed.length === 0 ? 'every gate is open' : `closed gates: ${closed.join(', ')}`);
  return closed.length === 0 ? 0 : 1;
}

const [name = '', ...args] = process.argv.slice(2);
const workload = name === '' || name.startsWith('--') ? undefined : WORKLOADS[name];
const { model = 'unknown processor' } = cpus()[0] ?? {};
console.error(`machine: ${cpus().length} x ${model.trim()}, Node ${process.version}, ${process.platform}`);
if (name === '' || name.startsWith('--')) process.exitCode = benchAll(process.argv.slice(2));
else if (workload === undefined) {
  console.error(`usage: npm run bench -- [${Object.keys(WORKLOADS).join('|')}] [options]`);
  process.exitCode = 2;
} else process.exitCode = await workload(args);
