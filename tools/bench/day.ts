// `npm run bench -- day --tape FOLDER`: the recorded day through the whole platform, as a user runs it: durable rows a
// second, and peak memory against a tape of a quarter of the length.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
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
    const part = runDay(quarterOf(tape, join(work, 'quarter')), join(work, 'part'));
    const figures = {
      rows: whole.rows,
      rows_per_second: Math.round(whole.rows / whole.seconds),
      peak_mib: whole.peakMib,
      quarter_rows: part.rows,
      quarter_peak_mib: part.peakMib,
    };
    if (!values.json) {
      console.log(`day: ${figures.rows_per_second} rows a second journalled durably, must be >= 100000`);
      console.log(
        `day: peak memory ${whole.peakMib} MiB, of a quarter of the files ${part.peakMib} MiB, must be < 512`,
      );
    }
    console.log(JSON.stringify(figures));
    return figures.rows_per_second >= 100_000 && whole.peakMib < 512 ? 0 : 1;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Every fourth file of the tape. */
function quarterOf(tape: string, folder: string): string {
  mkdirSync(folder);
  for (const [k, name] of readdirSync(tape).toSorted().entries()) {
    if (k % 4 === 0) cpSync(join(tape, name), join(folder, name));
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
      env: { ...process.env, LOGGING__LOGS_DIR: join(dataDir, 'logs') },
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (child.status !== 0)
    throw new Error(`the run ended with ${child.status ?? child.signal}: ${child.stderr.slice(-2000)}`);
  const rows = [...child.stderr.matchAll(/(?:used|bad_time|bad_price|out_of_session|duplicate|out_of_order)=(\d+)/g)];
  const usage = /peak_kib=(\d+)/.exec(child.stderr);
  const counted = rows.reduce((sum, [, count]) => sum + Number(count), 0);
  return { rows: counted, seconds, peakMib: Math.round(Number(usage?.[1] ?? Number.NaN) / 1024) };
}
