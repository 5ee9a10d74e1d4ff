// `npm run bench -- agree`: a whole tape through the platform and through `backtest`, under the same settings; they must agree
// signal for signal and to the last unit. Tests do the same on a small part of a day.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { spawnSync } from 'node:child_process';
import { compareRuns } from '#app/research/compare-runs.ts';
import { ROOT } from './paths.ts';

const SETTINGS = {
  ACTIVE_BROKERS: 'paper',
  PAPER_TRADING__CHARGES: 'dated',
  RISK__MAX_TRADES_PER_DAY: '0',
  LOGGING__FILE_ENABLED: 'false',
  LOGGING__TRADING_LEVEL: 'WARNING',
};

export function benchAgree(args: readonly string[]): number {
  const { values } = parseArgs({
    args: [...args],
    options: { tape: { type: 'string' }, strategy: { type: 'string', default: 'sma_crossover' } },
  });
  const { tape, strategy } = values;
  if (tape === undefined) {
    console.error('bench agree needs --tape DIR, a recorded day');
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-agree-'));
  const dataDir = join(folder, 'data');
  try {
    mkdirSync(dataDir, { mode: 0o700 });
    const file = join(folder, 'deployment.json');
    writeFileSync(file, JSON.stringify({ strategy_id: strategy, strategy, parameters: {}, instruments: 'all' }));
    run(folder, dataDir, ['strategies', 'deploy', file]);
    run(folder, dataDir, ['start', '--once', '--feed', `tape:${tape}`, '--speed', 'max']);
    run(folder, dataDir, ['backtest', '--ticks', tape, '--strategy', strategy]);
    const b = `${dataDir}:paper:${strategy}`;
    const report = compareRuns({ a: 'latest', b, folder, dataDir, toleranceSeconds: 0 });
    const { differing, ...figures } = report;
    console.log(JSON.stringify({ ...figures, differing: differing.length }));
    return differing.length === 0 && report.difference === '0.00' && report.signals.both > 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(folder: string, dataDir: string, args: readonly string[]): void {
  const child = spawnSync(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], {
    cwd: folder,
    env: { ...process.env, ...SETTINGS, DATA_DIR: dataDir },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (child.status !== 0) throw new Error(`alpha-panda ${args.join(' ')} ended with ${child.status}: ${child.stderr}`);
}
