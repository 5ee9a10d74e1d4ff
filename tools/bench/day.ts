// `npm run bench -- day --tape FOLDER`: the recorded day through the whole platform, as a user runs it: durable rows a
// second, and peak memory of half the day, the day and two days, which must not grow with the tape.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { medianOf } from './paired.ts';
import { ROOT } from './paths.ts';
import { doubleOf, halfOf } from './tape-lengths.ts';

interface Run {
  readonly rows: number;
  readonly seconds: number;
  readonly peakMib: number;
}

const ROWS_A_SECOND_MIN = 100_000;
const PEAK_MIB_MAX = 512;
/** The peak of one run scatters by about a twentieth. */
const GROWTH_MAX = 1.15;

export function benchDay(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tape: { type: 'string' },
      runs: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
    },
  });
  const { tape } = values;
  const runs = Number(values.runs);
  if (tape === undefined || !existsSync(tape) || !(runs >= 1)) {
    console.error('bench day needs --tape FOLDER with the recorded day, and takes --runs N of each length (default 1)');
    return 2;
  }
  const work = mkdtempSync(join(tmpdir(), 'alpha-panda-bench-'));
  try {
    return report(measure(tape, runs, work), values.json);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

interface Lengths {
  readonly half: Run;
  readonly whole: Run;
  readonly double: Run;
}

/** Each length `runs` times, in turns; the median of each. */
function measure(tape: string, runs: number, work: string): Lengths {
  const tapes = {
    half: halfOf(tape, join(work, 'half-tape')),
    whole: tape,
    double: doubleOf(tape, join(work, 'double-tape')),
  };
  const found: Record<keyof Lengths, Run[]> = { half: [], whole: [], double: [] };
  for (let run = 0; run < runs; run++) {
    for (const length of ['whole', 'half', 'double'] as const) {
      found[length].push(runDay(tapes[length], join(work, `${length}-${run}`)));
    }
  }
  return { half: middle(found.half), whole: middle(found.whole), double: middle(found.double) };
}

function middle(runs: readonly Run[]): Run {
  return {
    rows: runs[0]?.rows ?? 0,
    seconds: medianOf(runs.map(({ seconds }) => seconds)),
    peakMib: Math.round(medianOf(runs.map(({ peakMib }) => peakMib))),
  };
}

function report({ half, whole, double }: Lengths, asJson: boolean): number {
  const rate = Math.round(whole.rows / whole.seconds);
  const peak = Math.max(half.peakMib, whole.peakMib, double.peakMib);
  const growth = Math.max(whole.peakMib, double.peakMib) / half.peakMib;
  const figures = {
    rows: whole.rows,
    seconds: Math.round(whole.seconds * 100) / 100,
    rows_per_second: rate,
    half_peak_mib: half.peakMib,
    peak_mib: whole.peakMib,
    double_peak_mib: double.peakMib,
    double_rows: double.rows,
    growth: Math.round(growth * 100) / 100,
  };
  if (!asJson) {
    console.log(`day: ${rate} rows a second journalled durably, must be >= ${ROWS_A_SECOND_MIN}`);
    console.log(
      `day: peak memory ${half.peakMib} MiB of half the day, ${whole.peakMib} of the day, ${double.peakMib} of two ` +
        `days; must be < ${PEAK_MIB_MAX}`,
    );
    const grows = growth > GROWTH_MAX ? 'grows' : 'does not grow';
    console.log(
      `day: peak memory ${grows} with the tape: at most ${growth.toFixed(2)} times half the day's, must be <= ${GROWTH_MAX}`,
    );
  }
  console.log(JSON.stringify(figures));
  return rate >= ROWS_A_SECOND_MIN && peak < PEAK_MIB_MAX && growth <= GROWTH_MAX ? 0 : 1;
}

/** One run of the command as a user gives it, process start included. */
function runDay(tape: string, dataDir: string): Run {
  const command = join(ROOT, 'bin', 'alpha-panda.mjs');
  const watch = join(ROOT, 'tools', 'bench', 'report-usage.ts');
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    ['--import', watch, command, 'start', '--feed', `tape:${tape}`, '--speed', 'max', '--once', '--data-dir', dataDir],
    {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
      env: { ...process.env, LOGGING__LOGS_DIR: `${dataDir}-logs` },
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0)
    throw new Error(`the run ended with ${child.status ?? child.signal}: ${child.stderr.slice(-2000)}`);
  const line = /Feed finished: ([^\n]*?) {2}/.exec(child.stderr)?.[1] ?? '';
  const counted = [...line.matchAll(/=(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  const usage = /peak_kib=(\d+)/.exec(child.stderr);
  rmSync(dataDir, { recursive: true, force: true });
  return { rows: counted, seconds, peakMib: Number(usage?.[1] ?? Number.NaN) / 1024 };
}
