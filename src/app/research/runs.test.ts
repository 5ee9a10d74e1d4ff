import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { syntheticTape } from '../../../test/e2e/support/synthetic-tape.ts';
import { runCli } from '../../../test/support/cli.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';
import { readSettings } from '../reading/settings.ts';
import { execute } from './execute.ts';
import { makeRun } from './make-run.ts';
import { openWorkbench, tapeRules } from './prepare.ts';
import { reportPage } from './report.ts';
import { resultOf, type Run } from './run-record.ts';
import { findRun, listRuns, readDetail, saveRun } from './run-store.ts';
import { readShared, shareTape, streamTape } from './tick-source.ts';

const CREATED = '2026-01-05T00:00:00.000Z';
const SETTINGS = {
  RISK__MAX_TRADES_PER_DAY: '1000',
  RISK__MAX_POSITION_UNITS: '100000',
  PAPER_TRADING__CHARGES: 'dated',
};

function settingsIn(folder: string) {
  return readSettings({ env: {}, folder, overrides: { ...SETTINGS, DATA_DIR: join(folder, 'data') } }).settings;
}

const PARAMETERS = { fast: '5', slow: '20', quantity: '10' };

async function someRun(t: Parameters<typeof temporaryFolder>[0], rows = 1_500): Promise<Run> {
  const ticks = syntheticTape(t, { rows, dirty: true });
  const settings = settingsIn(temporaryFolder(t));
  return makeRun({ settings, ticks, strategy: 'sma_crossover', parameters: PARAMETERS, createdAt: CREATED });
}

test('a run adds up: trades, charges by kind, marks and books', async (t) => {
  const { record, detail } = await someRun(t);
  const units = (text: string): number => Math.round(Number(text) * 10_000);
  assert.ok(record.metrics.trades > 20, `${record.metrics.trades} trades`);
  const charges = Object.values(record.charges).reduce((sum, amount) => sum + units(amount), 0);
  assert.equal(charges, units(record.summary.fees) - detail.settled, 'charges by kind are all that was posted');
  assert.ok('stt' in record.charges && 'gst' in record.charges, JSON.stringify(record.charges));
  const marks = new Map(detail.marks);
  const gains = detail.outcomes.reduce(
    (sum, { token, signed, value, fees }) => sum + signed * (marks.get(token) ?? 0) - value - fees,
    detail.settled,
  );
  assert.equal(gains, detail.net_pnl, 'every signal’s gain at the last price is the gain of the book');
  assert.equal(units(record.summary.equity) - units(record.summary.starting_cash), detail.net_pnl);
  assert.equal(detail.equity.at(-1)?.last, units(record.summary.equity));
});

test('a run is the same whatever the batches, streamed or shared', async (t) => {
  const ticks = syntheticTape(t, { rows: 400, dirty: true });
  const settings = settingsIn(temporaryFolder(t));
  const rules = tapeRules(settings);
  const shared = await shareTape(ticks, rules, 1e9);
  assert.ok(shared !== undefined);
  assert.equal(await shareTape(ticks, rules, 1_000), undefined, 'a tape above the bound is not held');
  const { planOf, catalogue, calendar } = await openWorkbench(settings, shared.instruments, 'sma_crossover');
  const results = new Set<string>();
  for (const batchTicks of [1, 7, 4_096]) {
    for (const source of [await streamTape(ticks, rules), readShared(shared)]) {
      const execution = await execute({ plan: planOf(PARAMETERS), catalogue, calendar, source, batchTicks });
      results.add(
        `${resultOf(execution)} ${JSON.stringify(execution.curve.points)} ${JSON.stringify(source.refused())}`,
      );
      await source.close();
    }
  }
  assert.equal(results.size, 1);
});

test('a kept run is listed, found by the beginning of its id, and kept once', async (t) => {
  const run = await someRun(t, 200);
  const folder = temporaryFolder(t);
  saveRun(folder, run);
  saveRun(folder, run);
  assert.deepEqual(
    listRuns(folder).map(({ id }) => id),
    [run.record.id],
  );
  assert.equal(findRun(folder, run.record.id.slice(0, 4)).id, run.record.id);
  assert.equal(findRun(folder, 'latest').result_sha256, run.record.result_sha256);
  assert.deepEqual(readDetail(folder, run.record.id), JSON.parse(JSON.stringify(run.detail)));
  assert.throws(() => findRun(folder, 'zz'), /no run zz in .*; there are/);
});

test('the commands keep, list, show, compare and reproduce runs, and see that something changed', async (t) => {
  const ticks = syntheticTape(t, { rows: 300 });
  const folder = temporaryFolder(t);
  const env = { ...SETTINGS, DATA_DIR: join(folder, 'data') };
  const cli = async (...args: string[]) => runCli(args, { env, folder });
  const run = async (fast: string): Promise<string> => {
    const base = ['backtest', '--ticks', ticks, '--strategy', 'sma_crossover', '--param', `fast=${fast}`, '--json'];
    const { code, stdout, stderr } = await cli(...base, '--report', 'r.html');
    assert.equal(code, 0, stderr);
    return (JSON.parse(stdout) as { run_id: string }).run_id;
  };
  const [first, second] = [await run('5'), await run('6')];
  assert.match((await cli('runs', 'list')).stdout, new RegExp(first));
  assert.match((await cli('runs', 'show', first)).stdout, /deepest drawdown/);
  const compared = await cli('runs', 'compare', first, second);
  assert.match(compared.stdout, /Sharpe/);
  const { code, stdout } = await cli('runs', 'reproduce', first);
  assert.equal(code, 0, stdout);
  const other = syntheticTape(t, { rows: 300, seed: 2 });
  const changed = await cli('runs', 'reproduce', first, '--ticks', other);
  assert.equal(changed.code, 1);
  assert.match(changed.stdout, /another tape/);
  assert.equal((await cli('runs', 'show', 'nothing')).code, 2);
  assert.equal((await cli('runs', 'compare', first)).code, 2);
  assert.match(readFileSync(join(folder, 'r.html'), 'utf8'), /^<!doctype html>/);
});

test('the report needs nothing from outside, and shows every part of a run', async (t) => {
  const page = reportPage(await someRun(t));
  assert.doesNotMatch(page, /<script|<link rel="stylesheet"|src=|url\(|https?:|style="/, 'one file, nothing fetched');
  assert.match(page, /Content-Security-Policy" content="default-src 'none'; style-src 'sha256-/);
  const titles = [...page.matchAll(/<figcaption>([^<]*)</g)].map(([, title]) => title ?? '');
  for (const wanted of [
    'Equity in rupees',
    'Drawdown',
    'Exposure',
    'Sharpe ratio of the last',
    'Return of each month',
  ]) {
    assert.ok(
      titles.some((title) => title.startsWith(wanted)),
      wanted,
    );
  }
  for (const wanted of [
    'Trades by their gain',
    'INFY: round dots',
    'Charges by kind',
    'Rows of the tape',
    'How orders',
  ]) {
    assert.ok(
      titles.some((title) => title.startsWith(wanted)),
      wanted,
    );
  }
  assert.match(page, /Survivorship/);
  assert.equal(page.match(/<svg/g)?.length, page.match(/<svg[^>]*role="img" aria-label="[^"]+"/g)?.length);
  assert.doesNotMatch(page, /NaN|Infinity|undefined/);
});

test('what a tape and its names hold is text on the page', async (t) => {
  const { record, detail } = await someRun(t, 100);
  const page = reportPage({ record: { ...record, strategy: '<img src=x onerror=alert(1)>' }, detail });
  assert.doesNotMatch(page, /<img/);
});
