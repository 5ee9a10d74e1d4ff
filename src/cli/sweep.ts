// What `alpha-panda backtest` does beside one run: sweeps, walk-forwards, and the test for look-ahead.
import { availableParallelism } from 'node:os';
import type { Settings } from '#app/config/settings-schema.ts';
import { FIGURES, figureText, indianTime, percent, type MetricName } from '#app/research/figures.ts';
import { checkLookAhead } from '#app/research/look-ahead.ts';
import { sweep, type SweepResult } from '#app/research/sweep.ts';
import type { Trial } from '#app/research/trial.ts';
import { walkForward, type WalkForward } from '#app/research/walk-forward.ts';
import { type Axis, readAxis } from '#core/research/parameter-space.ts';
import { oneOf, UsageError, wholeNumber } from './arguments.ts';
import { EXIT, jsonText, type Io } from './io.ts';
import { progress } from './progress.ts';
import { numbers, renderTable, words } from './table.ts';

interface Asked {
  readonly settings: Settings;
  readonly ticks: string;
  readonly strategy: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly json: boolean;
}

interface SweepFlags extends Asked {
  readonly samples: string | undefined;
  readonly 'walk-forward': string | undefined;
  readonly window: string | undefined;
  readonly sort: string | undefined;
  readonly jobs: string | undefined;
}

const ROWS_SHOWN = 20;

/** Sweeps, and walks forward when that is asked; 1 when it was interrupted. */
export async function sweepCommand(io: Io, flags: SweepFlags): Promise<number> {
  const { settings, ticks, strategy, seed } = flags;
  const sort = oneOf<readonly MetricName[]>(
    '--sort',
    flags.sort ?? 'sharpe',
    FIGURES.map(({ name }) => name),
  );
  const folds = flags['walk-forward'];
  const shown = progress(io, `sweeping ${strategy}`);
  const request = {
    settings,
    ticks,
    strategy,
    axes: readAxes(flags.parameters),
    samples: flags.samples === undefined ? undefined : wholeNumber('samples', flags.samples, 1),
    seed,
    jobs: flags.jobs === undefined ? availableParallelism() : wholeNumber('jobs', flags.jobs, 1),
    sort,
    window: flags.window === undefined ? undefined : wholeNumber('window', flags.window, 1),
    signal: io.interrupted(),
    onProgress: shown.show,
  };
  const { sweep: result, walk } =
    folds === undefined
      ? { sweep: await sweep({ ...request, boundaries: [] }), walk: undefined }
      : await walkForward(request, wholeNumber('walk-forward', folds, 1));
  await shown.done();
  const isWhole = result.trials.length === result.all;
  if (flags.json)
    await io.stdout.write(
      jsonText({ ...result, trials: result.trials.map(withoutSeries), walk_forward: walk ?? null }),
    );
  else await io.stdout.write(`${sweepText(result, sort)}${walk === undefined ? '' : walkText(walk, sort)}`);
  if (isWhole) return EXIT.good;
  await io.stderr.write(
    `interrupted after ${result.trials.length} of ${result.all}; the same command goes on from there\n`,
  );
  return EXIT.no;
}

/** 1 when decisions know the future. */
export async function lookAheadCommand(io: Io, { json, ...request }: Asked): Promise<number> {
  const found = await checkLookAhead(request);
  const { passed, decisions, cuts, problems } = found;
  const text = passed
    ? `passed: ${decisions} decisions, the same before each of ${cuts.length} cuts whatever came after\n`
    : ['failed:', ...problems.map((problem) => `  ${problem}`), ''].join('\n');
  await io.stdout.write(json ? jsonText(found) : text);
  return passed ? EXIT.good : EXIT.no;
}

function readAxes(parameters: Readonly<Record<string, string>>): readonly Axis[] {
  return Object.entries(parameters).map(([name, text]) => {
    const axis = readAxis(name, text);
    if (typeof axis === 'string') throw new UsageError(axis);
    return axis;
  });
}

/** Returns of each period are for the measures, and too long to read. */
function withoutSeries({ returns: _returns, folds: _folds, ...trial }: Trial): Readonly<Record<string, unknown>> {
  return trial;
}

function sweepText({ id, trials, all, resumed, refused, overfitting }: SweepResult, sort: MetricName): string {
  const shown: readonly MetricName[] = [
    ...new Set<MetricName>([sort, 'sharpe', 'total_return', 'max_drawdown', 'trades', 'profit_factor']),
  ];
  const label = (name: MetricName): string => FIGURES.find((each) => each.name === name)?.label ?? name;
  const names = Object.keys(trials[0]?.parameters ?? {});
  const columns = [
    ...names.map(numbers),
    ...shown.map((name) => numbers(label(name))),
    numbers('equity'),
    numbers('fees'),
  ];
  const rows = trials
    .slice(0, ROWS_SHOWN)
    .map((trial) => [
      ...names.map((name) => trial.parameters[name] ?? ''),
      ...shown.map((name) => figureText(trial.metrics, name)),
      trial.equity,
      trial.fees,
    ]);
  const { deflated_sharpe: deflated, probability_of_overfitting: overfitted } = overfitting;
  return [
    `sweep ${id}: ${trials.length} of ${all} trials${resumed > 0 ? `, ${resumed} of them from before` : ''}; best by ${label(sort)} first`,
    ...Object.entries(refused).map(([rule, count]) => `not tried: ${count} (${rule})`),
    '',
    renderTable(columns, rows).trimEnd(),
    ...(trials.length > ROWS_SHOWN ? [`and ${trials.length - ROWS_SHOWN} more; --json has all`] : []),
    '',
    `deflated Sharpe ratio of the best: ${deflated === null ? '–' : percent(deflated)} likely to be more than luck of so many trials`,
    `probability of overfitting: ${overfitted === null ? '–' : percent(overfitted)}`,
    '',
  ].join('\n');
}

function walkText({ folds, stitched }: WalkForward, sort: MetricName): string {
  const columns = [
    words('fold from'),
    words('parameters'),
    numbers('before'),
    numbers('in it'),
    numbers('return'),
    numbers('trades'),
  ];
  const rows = folds.map(({ from, parameters, in_sample: before, out_of_sample: test }) => [
    indianTime(from),
    Object.entries(parameters)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
    figureText(before, sort),
    figureText(test, sort),
    figureText(test, 'total_return'),
    figureText(test, 'trades'),
  ]);
  const { total_return: total, sharpe, max_drawdown: deepest, efficiency } = stitched;
  return [
    '',
    'walk-forward: chosen by everything before a fold, counted in the fold',
    '',
    renderTable(columns, rows).trimEnd(),
    '',
    `out of sample, put together: return ${percent(total)}, Sharpe ${sharpe?.toFixed(2) ?? '–'}, deepest drawdown ${percent(deepest)}`,
    `efficiency: ${efficiency?.toFixed(2) ?? '–'} of the return before each fold was kept in it`,
    '',
  ].join('\n');
}
