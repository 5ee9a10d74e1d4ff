// A backtest is what the platform does with the same tape and settings: order for order, and to the last unit. What differs
// between two runs is explained in full.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { compareRuns, type DivergenceReport } from '#app/research/compare-runs.ts';
import { logFacts } from '#app/research/log-facts.ts';
import { readDetail } from '#app/research/run-store.ts';
import { requireShared } from '../support/shared-data.ts';
import { cutTape } from './support/cut-tape.ts';
import { Place } from './support/place.ts';
import { lastWords, type Env } from './support/processes.ts';
import { syntheticTape } from './support/synthetic-tape.ts';

const timeout = 90_000;
const SETTINGS: Env = {
  ACTIVE_BROKERS: 'paper',
  PAPER_TRADING__CHARGES: 'dated',
  RISK__MAX_TRADES_PER_DAY: '0',
  EXCHANGE__LATENCY_MS_MEAN: '200',
};
const PARAMETERS = { fast: 5, slow: 20, quantity: 10 };

async function played(t: TestContext, tape: string, env: Env = {}): Promise<Place> {
  const place = new Place(t, { ...SETTINGS, ...env });
  const file = join(place.folder, 'deployment.json');
  const deployment = {
    strategy_id: 'sma_crossover',
    strategy: 'sma_crossover',
    parameters: PARAMETERS,
    instruments: 'all',
  };
  writeFileSync(file, JSON.stringify(deployment));
  await place.output('strategies', 'deploy', file);
  await place.play(tape);
  return place;
}

async function backtested(place: Place, tape: string, env: Env = {}): Promise<string> {
  const given = Object.entries(PARAMETERS).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const ended = await place.run(['backtest', '--ticks', tape, '--strategy', 'sma_crossover', ...given, '--json'], env);
  assert.equal(ended.code, 0, lastWords(ended));
  return (JSON.parse(ended.stdout) as { run_id: string }).run_id;
}

function compared(place: Place, a: string, b: string): DivergenceReport {
  const { folder, dataDir } = place;
  const report = compareRuns({ a, b, folder, dataDir, toleranceSeconds: 5 });
  const sum = Object.values(report.parts).reduce((total, amount) => total + Math.round(Number(amount) * 10_000), 0);
  assert.equal(sum, Math.round(Number(report.difference) * 10_000), 'the parts sum to the whole');
  assert.equal(report.unexplained, '0.00');
  return report;
}

async function agrees(t: TestContext, tape: string): Promise<Place> {
  const place = await played(t, tape);
  const run = await backtested(place, tape);
  const { outcomes, marks, settled, net_pnl: netPnl } = readDetail(place.dataDir, run);
  assert.ok(outcomes.length > 10, `${outcomes.length} signals`);
  const log = place.read((reader) => logFacts(reader, 'paper', 'sma_crossover'));
  assert.deepEqual(log.signals, outcomes, 'signal for signal, with what was filled, at which price and charge');
  assert.deepEqual([log.settled, log.netPnl], [settled, netPnl]);
  for (const [token, mark] of log.marks) assert.equal(mark, new Map(marks).get(token));
  const report = compared(place, run, `${place.dataDir}:paper:sma_crossover`);
  assert.deepEqual([report.difference, report.differing.length], ['0.00', 0]);
  return place;
}

test('a backtest and the platform agree on the same tape, and differences are explained', { timeout }, async (t) => {
  const tape = syntheticTape(t, { rows: 900, dirty: true });
  const place = await agrees(t, tape);
  const own = `${place.dataDir}:paper`;

  const dearer = compared(place, own, await backtested(place, tape, { PAPER_TRADING__SLIPPAGE_PERCENT: '0.3' }));
  assert.ok(Number(dearer.parts['price']) < 0, JSON.stringify(dearer.parts));
  const flat = compared(place, own, await backtested(place, tape, { PAPER_TRADING__CHARGES: 'flat' }));
  assert.notEqual(flat.parts['charges'], '0.00');
  const other = compared(place, own, await backtested(place, syntheticTape(t, { rows: 900, seed: 5 })));
  assert.notEqual(other.parts['data'], '0.00');
  assert.ok(other.signals.only_a > 0 && other.signals.only_b > 0);

  const ended = await place.run(['divergence', 'latest', own]);
  assert.equal(ended.code, 0, lastWords(ended));
  assert.match(ended.stdout, /difference, the sum of the parts/);
  assert.equal((await place.run(['divergence', 'latest', `${place.dataDir}:nobody`])).code, 2);
});

test('a backtest and the platform agree on a part of a recorded day', { timeout }, async (t) => {
  const recorded = requireShared(t, 'market-data', 'nse-ticks-2021-06-11');
  if (recorded === undefined) return;
  await agrees(t, cutTape(t, recorded, ['AXISBANK', 'RELIANCE', 'Nifty'], 4_000));
});
