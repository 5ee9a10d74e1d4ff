import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { type Axis, readAxis } from '#core/research/parameter-space.ts';
import { syntheticTape } from '../../../test/e2e/support/synthetic-tape.ts';
import { runCli } from '../../../test/support/cli.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';
import { readSettings } from '../reading/settings.ts';
import { execute } from './execute.ts';
import { checkLookAhead } from './look-ahead.ts';
import { makeRun } from './make-run.ts';
import { openWorkbench, tapeRules } from './prepare.ts';
import { resultOf } from './run-record.ts';
import { overfittingOf, sortTrials, sweep, type SweepRequest } from './sweep.ts';
import { streamTape } from './tick-source.ts';
import { foldBoundaries, walkForward } from './walk-forward.ts';

const SETTINGS = { RISK__MAX_TRADES_PER_DAY: '0', RISK__MAX_POSITION_UNITS: '100000' };
const timeout = 60_000;

function world(t: TestContext, rows = 600, extra: Readonly<Record<string, string>> = {}) {
  const ticks = syntheticTape(t, { rows });
  const folder = temporaryFolder(t);
  const overrides = { ...SETTINGS, DATA_DIR: join(folder, 'data'), ...extra };
  return { ticks, folder, settings: readSettings({ env: {}, folder, overrides }).settings };
}

function axes(...texts: readonly string[]): readonly Axis[] {
  return texts.map((text) => readAxis(...(text.split('=') as [string, string])) as Axis);
}

function request({ ticks, settings }: ReturnType<typeof world>, over: Partial<SweepRequest> = {}): SweepRequest {
  return {
    settings,
    ticks,
    strategy: 'sma_crossover',
    axes: axes('fast=3:9:3', 'slow=6,20'),
    samples: undefined,
    seed: 1,
    jobs: 2,
    sort: 'total_return',
    boundaries: [],
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...over,
  };
}

test('the best row of a search equals a lone run of its parameters, shared or streamed', { timeout }, async (t) => {
  const place = world(t);
  const found = await sweep(request(place));
  assert.deepEqual([found.all, found.trials.length, found.resumed], [4, 4, 0]);
  assert.deepEqual(Object.values(found.refused), [2], 'fast 6 and 9 are not below slow 6');
  const returns = found.trials.map(({ metrics }) => metrics.total_return ?? -1);
  assert.deepEqual(
    returns,
    returns.toSorted((a, b) => b - a),
  );
  const [best] = found.trials;
  assert.ok(best !== undefined && best.fills > 10);
  const { ticks, settings } = place;
  const alone = await makeRun({
    settings,
    ticks,
    strategy: 'sma_crossover',
    parameters: best.parameters,
    createdAt: '',
  });
  assert.equal(best.result_sha256, alone.record.result_sha256);
  assert.deepEqual(best.metrics, alone.record.metrics);
  const other = world(t);
  const streamed = await sweep({ ...request({ ...other, ticks }), sharedBytesMax: 0, jobs: 1 });
  assert.deepEqual(streamed.trials, found.trials, 'one thread that reads the files gives the same');
});

test('an interrupted search keeps what is finished and goes on, past a line that was cut', { timeout }, async (t) => {
  const place = world(t);
  const whole = await sweep(request(world(t)));
  const stop = new AbortController();
  const onProgress = (done: number): void => {
    if (done >= 2) stop.abort();
  };
  const first = await sweep(request(place, { jobs: 1, signal: stop.signal, onProgress }));
  assert.equal(first.trials.length, 2);
  appendFileSync(join(place.settings.dataDir, 'sweeps', first.id, 'trials.ndjson'), '{"index":3,"par');
  const second = await sweep(request(place));
  assert.deepEqual([second.id, second.resumed], [first.id, 2]);
  const bare = (trials: typeof whole.trials) => trials.map(({ parameters, result_sha256: hash }) => [parameters, hash]);
  assert.deepEqual(bare(second.trials), bare(whole.trials));
  assert.equal((await sweep(request(place))).resumed, 4, 'nothing is left to do');
});

test('a walk-forward chooses by the past of each fold, as a run that ends there shows it', { timeout }, async (t) => {
  const place = world(t, 1_200);
  const { settings, ticks } = place;
  const found = await walkForward(request(place), 3);
  assert.equal(found.walk?.folds.length, 3);
  const boundaries = await foldBoundaries(ticks, tapeRules(settings), 3);
  const source = await streamTape(ticks, tapeRules(settings));
  t.after(async () => source.close());
  const { planOf, catalogue, calendar } = await openWorkbench(settings, source.instruments, 'sma_crossover');
  const [, second] = found.walk.folds;
  assert.ok(second !== undefined);
  const plan = planOf(second.parameters);
  const cut = await execute({ plan, catalogue, calendar, source, batchTicks: 64, until: boundaries[1] });
  const [start, end] = [cut.curve.points[0]?.equity ?? 0, cut.curve.points.at(-1)?.equity ?? 0];
  assert.equal(second.in_sample.total_return, end / start - 1);
  assert.notEqual(resultOf(cut), undefined);
  const product = found.walk.folds.reduce((all, fold) => all * (1 + (fold.out_of_sample.total_return ?? 0)), 1);
  assert.ok(Math.abs(product - 1 - found.walk.stitched.total_return) < 1e-12, 'the tests are put one behind the other');
  const trials = sortTrials(found.sweep.trials, 'total_return');
  const past = trials.map((trial) => trial.folds[1]?.before.total_return ?? -1);
  assert.equal(
    second.in_sample.total_return,
    past.reduce((a, b) => Math.max(a, b)),
    'the best before the fold',
  );
  const { probability_of_overfitting: probability } = overfittingOf(trials);
  assert.ok(probability !== null && probability >= 0 && probability <= 1);
});

test('a walk-forward with a window learns from the last parts alone', { timeout }, async (t) => {
  const place = world(t, 1_200);
  const { walk, sweep: found } = await walkForward({ ...request(place), window: 1 }, 3);
  assert.ok(walk !== undefined);
  const whole = await walkForward(request(place), 3);
  assert.notEqual(found.id, whole.sweep.id, 'what was kept of the one is not taken for the other');
  assert.deepEqual(
    walk.folds[0]?.in_sample,
    whole.walk?.folds[0]?.in_sample,
    'before the first fold there is one part',
  );
  for (const [k, fold] of walk.folds.entries()) {
    if (k === 0) continue;
    // The part before a fold is the test of the fold before.
    const past = found.trials.map(({ parameters, folds }) => ({
      parameters,
      part: folds[k - 1]?.test.total_return ?? 0,
    }));
    const chosen = past.find(({ parameters }) => parameters === fold.parameters);
    assert.ok(Math.abs((fold.in_sample.total_return ?? 0) - (chosen?.part ?? 1)) < 1e-12);
    assert.ok(
      past.every(({ part }) => part <= (chosen?.part ?? 0) + 1e-12),
      'the best of the part before',
    );
  }
  await assert.rejects(
    walkForward({ ...request(place), window: 4 }, 3),
    /the window of 3 folds to be at most 3 parts, found 4/,
  );
});

test('a shipped strategy passes the test for look-ahead', { timeout }, async (t) => {
  const { settings, ticks } = world(t, 300);
  const parameters = { fast: '3', slow: '9' };
  const found = await checkLookAhead({ settings, ticks, strategy: 'sma_crossover', parameters, seed: 1 });
  assert.deepEqual(found.problems, []);
  assert.ok(found.decisions > 20 && found.cuts.length === 5);
});

/** Notes every price it is shown, and in a later run buys when it knows that the next one is higher. */
const REMEMBERS = `
const seen = new Map();
const turns = new Map();
export const remembers = {
  type: 'remembers', version: 1, summary: 'Knows the future from the run before.', parameters: {},
  warmUpTicks: () => 0,
  start: (_parameters, instrument) => {
    turns.set(instrument.token, (turns.get(instrument.token) ?? 0) + 1);
    return { token: instrument.token, place: 0 };
  },
  onTick(_parameters, state, tick, own) {
    const prices = seen.get(state.token) ?? [];
    seen.set(state.token, prices);
    const next = prices[state.place + 1];
    prices[state.place++] ??= tick.price;
    const rises = turns.get(state.token) > 1 ? next > tick.price : state.place % 2 === 0;
    if (own.quantity === 0 && rises) return { side: 'BUY', quantity: 1 };
    if (own.quantity > 0 && !rises) return { side: 'SELL', quantity: own.quantity };
    return undefined;
  },
};
`;

test('a strategy that tries to read the future is found out, and the command says no', { timeout }, async (t) => {
  const strategies = join(temporaryFolder(t), 'strategies');
  mkdirSync(strategies);
  writeFileSync(join(strategies, 'remembers.ts'), REMEMBERS);
  const { ticks, settings, folder } = world(t, 200, { STRATEGIES_DIR: strategies });
  const found = await checkLookAhead({ settings, ticks, strategy: 'remembers', parameters: {}, seed: 1 });
  assert.equal(found.passed, false);
  assert.match(found.problems.join('\n'), /decisions before row \d+ differ when other prices follow/);

  const reads = "import { readFileSync } from 'node:fs';\nexport const future = readFileSync;\n";
  writeFileSync(join(strategies, 'reads.ts'), reads);
  const env = { DATA_DIR: join(folder, 'data'), STRATEGIES_DIR: strategies, ...SETTINGS };
  const args = ['backtest', '--ticks', ticks, '--strategy', 'sma_crossover', '--check-lookahead'];
  const { code, stdout } = await runCli(args, { env, folder });
  assert.equal(code, 1);
  assert.match(stdout, /reads\.ts imports a module of the machine/);
  assert.equal(readFileSync(join(strategies, 'reads.ts'), 'utf8'), reads);
});

test('the command searches and walks forward', { timeout }, async (t) => {
  const { ticks, folder } = world(t, 300);
  const env = { DATA_DIR: join(folder, 'data'), ...SETTINGS };
  const base = [
    'backtest',
    '--ticks',
    ticks,
    '--strategy',
    'sma_crossover',
    '--param',
    'fast=3:5',
    '--param',
    'slow=9',
  ];
  const found = await runCli([...base, '--sweep', '--walk-forward', '2', '--sort', 'total_return'], { env, folder });
  assert.equal(found.code, 0, found.stderr);
  assert.match(found.stdout, /3 of 3 trials; best by return first/);
  assert.match(found.stdout, /out of sample, put together/);
  const sampled = await runCli(
    [...base, '--samples', '2', '--seed', '4', '--walk-forward', '2', '--window', '1', '--json'],
    { env, folder },
  );
  assert.equal((JSON.parse(sampled.stdout) as { trials: unknown[] }).trials.length, 2);
  const wrong = [
    ['--sweep', '--sort', 'luck'],
    ['--jobs', '2'],
    ['--sweep', '--window', '1'],
    ['--walk-forward', '2', '--window', '3'],
    ['--sweep', '--report', 'r.html'],
    ['--samples', '0'],
  ];
  for (const args of wrong) assert.equal((await runCli([...base, ...args], { env, folder })).code, 2, args.join(' '));
});
