// `npm run bench -- day --tape FOLDER`: the recorded day through the whole platform, as a user runs it: durable rows a
// second, and peak memory against the same day cut in half.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { ROOT } from './paths.ts';

interface Run {
  readonly rows: number;
  readonly seconds: number;
  readonly peakMib: number;
}

export function benchDay(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: { tape: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  const tape = values.tape;
  if (tape === undefined || !existsSync(tape)) {
    console.error('bench day needs --tape FOLDER with the recorded day');
    return 2;
  }
  const work = mkdtempSync(join(tmpdir(), 'alpha-panda-bench-'));
  try {
    const whole = runDay(tape, join(work, 'whole'));
    const half = runDay(halfOf(tape, join(work, 'half-tape')), join(work, 'half'));
    const figures = {
      rows: whole.rows,
      rows_per_second: Math.round(whole.rows / whole.seconds),
      peak_mib: whole.peakMib,
      half_rows: half.rows,
      half_peak_mib: half.peakMib,
    };
    if (!values.json) {
      console.log(`day: ${figures.rows_per_second} rows a second journalled durably, must be >= 100000`);
      console.log(`day: peak memory ${whole.peakMib} MiB, of half the day ${half.peakMib} MiB, must be < 512`);
    }
    console.log(JSON.stringify(figures));
    return figures.rows_per_second >= 100_000 && whole.peakMib < 512 ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The first half of every file's rows. */
function halfOf(tape: string, folder: string): string {
  mkdirSync(folder);
  for (const name of readdirSync(tape).toSorted()) {
    const bytes = readFileSync(join(tape, name));
    const lines = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').split('\n');
    writeFileSync(join(folder, name.replace(/\.gz$/, '')), `${lines.slice(0, lines.length >> 1).join('\n')}\n`);
  }
  return folder;
}

function runDay(tape: string, dataDir: string): Run {
  const main = join(ROOT, 'src', 'cli', 'main.ts');
  const watch = join(ROOT, 'tools', 'bench', 'report-usage.ts');
  const started = performance.now();
  const child = spawnSync(
    process.execPath,
    ['--import', watch, main, 'start', '--feed', `tape:${tape}`, '--speed', 'max', '--once', '--data-dir', dataDir],
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
  return { rows: counted, seconds, peakMib: Math.round(Number(usage?.[1] ?? Number.NaN) / 1024) };
}
