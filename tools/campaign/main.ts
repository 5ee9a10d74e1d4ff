// `npm run campaign`: order safety under faults and crashes. Exits 1 when any bound is broken.
//
//   --seeds N [--from M]            runs seeds M to M+N-1 of every family in simulation
//   --processes N                   kills the real process N times over real sockets
//   --servers N [--fault PATTERN]   each fault of a distributed deployment N times, or those whose name matches
//   --apart-day TAPE                plays a tape at speed in five processes
//   --apart-step TICKS              plays so many ticks in five processes in step
//   --rush SECONDS                  27,000 ticks a second in real time, with bursts
//   --storm SECONDS                 a strategy that wants a thousand orders a second, on a virtual clock
import { availableParallelism } from 'node:os';
import { resolve as absolute } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { FAMILIES } from '../../test/campaign/families.ts';
import { storm, type Storm } from '../../test/campaign/storm.ts';
import { addTally, BOUNDS, emptyTally, type Tally } from '../../test/campaign/verdict.ts';
import { playApart, stepApart } from './apart-day.ts';
import { runProcesses } from './processes.ts';
import { rush, type Rush } from './rush.ts';
import type { Share, Told } from './seeds.ts';
import { runServerFaults, type FaultLine } from './servers.ts';
import { table } from './table.ts';

const USAGE =
  'usage: npm run campaign -- --seeds N [--from M] | --processes N | --servers N [--fault PATTERN] | --apart-day TAPE | --apart-step TICKS | --rush SECONDS | --storm SECONDS';
const EXIT_MS_MAX = 1_000;
const QUARTER_S = 900;
const FINDINGS_SHOWN = 20;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      from: { type: 'string', default: '1' },
      processes: { type: 'string' },
      servers: { type: 'string' },
      fault: { type: 'string', default: '' },
      storm: { type: 'string' },
      rush: { type: 'string' },
      'apart-day': { type: 'string' },
      'apart-step': { type: 'string' },
    },
  });
  if (values['apart-day'] !== undefined) {
    console.log(JSON.stringify(await playApart(absolute(values['apart-day']))));
    return 0;
  }
  const { seeds, from, processes, servers, fault, rush: rushed, storm: seconds, 'apart-step': stepped } = values;
  const asked = [seeds, processes, servers, rushed, seconds, stepped].filter((text) => text !== undefined);
  const [count, first] = [numberOf(asked[0]), numberOf(from)];
  if (asked.length !== 1 || count === undefined || first === undefined) {
    console.error(USAGE);
    return 2;
  }
  if (servers !== undefined)
    return reportServers(await runServerFaults(count, first, { only: new RegExp(fault), told: console.error }));
  if (stepped !== undefined) {
    console.log(JSON.stringify(await stepApart(count)));
    return 0;
  }
  if (rushed !== undefined) return reportRush(await rush(count));
  if (seconds !== undefined) return reportStorm(await storm(count, showSecond(count)));
  return report(seeds === undefined ? await runProcesses(count) : await runSeeds(count, first));
}

/** Says how far a storm is: on a terminal at every second, elsewhere every quarter of an hour of it. */
function showSecond(seconds: number): (second: number) => void {
  return (second) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r${second} of ${seconds} s${second + 1 >= seconds ? '\r\x1b[K' : ''}`);
    else if (second % QUARTER_S === 0) console.error(`${second} of ${seconds} s`);
  };
}

function reportServers(lines: readonly FaultLine[]): number {
  const width = Math.max(...lines.map(({ fault }) => fault.length));
  for (const { fault, runs, broken } of lines)
    console.log(`${fault.padEnd(width)}  ${runs} runs, ${broken.length} broken`);
  const found = lines.flatMap(({ broken }) => broken);
  for (const finding of found.slice(0, FINDINGS_SHOWN)) console.log(finding);
  console.log(found.length === 0 ? 'every run ended as one file does' : `broken: ${found.length} runs`);
  return found.length === 0 ? 0 : 1;
}

function reportRush(counts: Rush): number {
  console.log(JSON.stringify(counts));
  console.log(counts.holds ? 'nothing was left waiting, and memory stayed flat' : 'broken: see lateMs and growth');
  return counts.holds ? 0 : 1;
}

function reportStorm(counts: Storm): number {
  console.log(JSON.stringify(counts));
  const holds = counts.refused === 0 && counts.longestExitMs <= EXIT_MS_MAX;
  console.log(holds ? 'every bound held' : `broken: expected no 429 and exits within ${EXIT_MS_MAX} ms`);
  return holds ? 0 : 1;
}

/** A whole number above 0; undefined for anything else. */
function numberOf(text: string | undefined): number | undefined {
  const number = Number(text);
  return text !== undefined && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

async function runSeeds(seeds: number, from: number): Promise<ReadonlyMap<string, Tally>> {
  const tallies = new Map(FAMILIES.map(({ name }) => [name, emptyTally()]));
  const threads = Math.min(availableParallelism(), seeds);
  let done = 0;
  const told = ({ family, tally }: Told): void => {
    addTally(tallies.get(family) ?? emptyTally(), tally);
    done++;
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.floor(done / FAMILIES.length)} of ${seeds} seeds`);
  };
  await Promise.all(
    Array.from({ length: threads }, (_, k) => runShare({ from: from + k, to: from + seeds, step: threads }, told)),
  );
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  return tallies;
}

function runShare(share: Share, told: (told: Told) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('seeds.ts', import.meta.url), { workerData: share });
    worker.on('message', told);
    worker.once('error', reject);
    worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))));
  });
}

/** Prints what was done and what was found; 1 when a bound is broken. */
function report(tallies: ReadonlyMap<string, Tally>): number {
  const sum = emptyTally();
  for (const tally of tallies.values()) addTally(sum, tally);
  console.log(table([...tallies, ['all', sum]]));
  for (const finding of sum.findings.slice(0, FINDINGS_SHOWN)) console.log(finding);
  const hidden = sum.findings.length - FINDINGS_SHOWN;
  if (hidden > 0) console.log(`and ${hidden} more`);
  const broken = BOUNDS.filter((bound) => sum[bound] > 0);
  console.log(broken.length === 0 ? 'every bound held' : `broken: ${broken.join(', ')}`);
  return broken.length === 0 ? 0 : 1;
}
