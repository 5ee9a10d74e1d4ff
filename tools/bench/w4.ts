// `npm run bench -- w4`: ten million ticks streamed through a backtest, as a user runs it, against W1's one million: the
// answers first, then the peak memory of both.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { round } from './against-bare.ts';
import { interleave, ratioOf, runScript } from './paired.ts';
import { ROOT, script, W1_SETTINGS } from './paths.ts';
import { type TimedResult } from './w1-result.ts';
import { inFolder, tapeFor, W1_SHAPE } from './work.ts';

const TIMES = 10;
const GROWTH_MAX = 1.2;

interface Run {
  readonly orders: number;
  readonly fills: number;
  readonly cash: string;
  readonly equity: string;
  readonly peakKib: number;
}

export function benchW4(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { pairs: { type: 'string', default: '3' } } });
  return inFolder((folder) => {
    const short = tapeFor(undefined, W1_SHAPE, folder);
    const long = tapeFor(undefined, { ...W1_SHAPE, steps: TIMES * W1_SHAPE.steps }, folder);
    const longs: Run[] = [];
    const shorts: Run[] = [];
    interleave(
      Number(values.pairs),
      () => longs.push(backtest(long, join(folder, 'data'))),
      () => shorts.push(backtest(short, join(folder, 'data'))),
    );
    for (const [tape, [run]] of [[short, shorts] as const, [long, longs] as const]) {
      if (run === undefined || !isExact(run, tape)) return 1;
    }
    const growth = ratioOf(
      longs.map(({ peakKib }) => peakKib),
      shorts.map(({ peakKib }) => peakKib),
    );
    const { median, min, max, pairs } = growth;
    console.log(
      `W4: exact; peak memory ${round(median)} times W1's (${round(min)} to ${round(max)}, ${pairs} pairs), must be <= ${GROWTH_MAX}`,
    );
    const mib = (kib: number | undefined): number => Math.round((kib ?? 0) / 1024);
    console.log(JSON.stringify({ peak_mib: mib(longs[0]?.peakKib), w1_peak_mib: mib(shorts[0]?.peakKib), ...growth }));
    return median <= GROWTH_MAX ? 0 : 1;
  });
}

function backtest(tape: string, dataDir: string): Run {
  const watch = join(ROOT, 'tools', 'bench', 'report-usage.ts');
  const what = ['backtest', '--ticks', tape, '--strategy', 'sma_crossover', '--settings', W1_SETTINGS, '--json'];
  const command = ['--import', watch, join(ROOT, 'src', 'cli', 'main.ts'), ...what, '--data-dir', dataDir];
  const child = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (child.status !== 0) throw new Error(`the backtest ended with ${child.status}: ${child.stderr.slice(-2_000)}`);
  const answer = JSON.parse(child.stdout) as Omit<Run, 'peakKib'>;
  return { ...answer, peakKib: Number(/peak_kib=(\d+)/.exec(child.stderr)?.[1]) };
}

/** Whether a run says what the bare loop says of the same tape. */
function isExact(run: Run, tape: string): boolean {
  const { result } = runScript<TimedResult>(script('w1-bare.ts'), [tape, '10000000', '2']);
  const found = [run.orders, run.fills, unitsOf(run.cash), unitsOf(run.equity)];
  const expected = [result.orders, result.fills, result.cash_e4, result.equity_e4];
  if (found.join() === expected.join()) return true;
  console.error(`W4: found ${found.join(', ')}, the bare loop says ${expected.join(', ')}`);
  return false;
}

/** Decimal text in 1/10,000. */
function unitsOf(text: string): number {
  return Math.round(Number(text) * 10_000);
}
