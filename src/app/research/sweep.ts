// A search through sets of parameters on all cores. Finished trials are kept one by one, so that a search that was
// interrupted goes on where it stopped.
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deviationOf } from '#core/research/statistics.ts';
import { deflatedSharpe, overfittingProbability, sharpeFacts } from '#core/research/overfitting.ts';
import { type Axis, type ParameterSet, pointAt, samplePoints, sizeOf } from '#core/research/parameter-space.ts';
import { canonicalJson, sha256 } from '#wire/canonical.ts';
import { type Settings } from '../config/settings-schema.ts';
import { DeploymentError } from '../deployments.ts';
import { RequestError } from '../reading/open-store.ts';
import { codeVersion } from './code-version.ts';
import { type MetricName } from './figures.ts';
import { openWorkbench, tapeRules } from './prepare.ts';
import { shareTape, streamTape } from './tick-source.ts';
import { type Trial, type TrialTask } from './trial.ts';
import { runTrials } from './trial-pool.ts';

/** A tape that is larger when decoded (about 15 million ticks) is streamed by each thread instead. */
export const SHARED_BYTES_MAX = 512 * 1024 * 1024;
/** More trials than this are a mistake in a step; --samples draws from a larger grid. */
const TRIALS_MAX = 100_000;

/** Less is better of these. */
const COSTS: ReadonlySet<MetricName> = new Set([
  'volatility',
  'max_drawdown',
  'max_drawdown_ms',
  'losses_in_a_row',
  'turnover',
]);

export interface SweepRequest {
  readonly settings: Settings;
  readonly ticks: string;
  readonly strategy: string;
  readonly axes: readonly Axis[];
  /** Draws so many points instead of taking the whole grid. */
  readonly samples: number | undefined;
  readonly seed: number;
  readonly jobs: number;
  readonly sort: MetricName;
  /** Where each fold's test begins, and at last where the last one ends; none without a walk-forward. */
  readonly boundaries: readonly number[];
  /** Parts between boundaries that a fold learns from; all before it when it is not said. */
  readonly window?: number | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
  readonly sharedBytesMax?: number;
}

export interface SweepResult {
  readonly id: string;
  /** The best first. */
  readonly trials: readonly Trial[];
  readonly all: number;
  /** Of them, those that an earlier call had finished. */
  readonly resumed: number;
  /** Points of the grid that the strategy does not take, by what it says. */
  readonly refused: Readonly<Record<string, number>>;
  readonly overfitting: SweepOverfitting;
}

export interface SweepOverfitting {
  /** Probability that the best trial's Sharpe ratio is above what so many trials bring by luck. */
  readonly deflated_sharpe: number | null;
  readonly probability_of_overfitting: number | null;
}

/** Throws `FeedError`, `DeploymentError` or `RequestError`. */
export async function sweep(request: SweepRequest): Promise<SweepResult> {
  const { settings, ticks, strategy, jobs, sort, boundaries, window, signal, onProgress } = request;
  const rules = tapeRules(settings);
  const shared = await shareTape(ticks, rules, request.sharedBytesMax ?? SHARED_BYTES_MAX);
  const source = shared ?? (await streamTape(ticks, rules));
  if ('close' in source) await source.close();
  const bench = await openWorkbench(settings, source.instruments, strategy);
  const { points, refused } = usable(pointsOf(request), bench.check);
  const frame = { ...bench.planOf(points[0] as ParameterSet), deployments: [] };
  const code = codeVersion(settings.strategiesDir).sha256;
  const asked = { tape: source.tape, code, strategy, frame, points, boundaries, window: window ?? null };
  const id = sha256(canonicalJson(asked)).slice(0, 12);
  const rows = new SweepRows(join(settings.dataDir, 'sweeps', id));
  const resumed = rows.trials.length;
  const tasks = points
    .map((parameters, index): TrialTask => ({ index, parameters, boundaries, window }))
    .filter(({ index }) => !rows.has(index));
  onProgress(resumed, points.length);
  await runTrials({
    work: { settings, ticks, strategy, shared },
    jobs,
    tasks,
    signal,
    onTrial: (trial) => {
      rows.add(trial);
      onProgress(rows.trials.length, points.length);
    },
  });
  const trials = sortTrials(rows.trials, sort);
  return { id, trials, all: points.length, resumed, refused, overfitting: overfittingOf(trials) };
}

/** The best first; what has no such figure last; equals in their place in the search. */
export function sortTrials(trials: readonly Trial[], sort: MetricName): readonly Trial[] {
  const worth = ({ metrics }: Trial): number => worthOf(metrics[sort], sort);
  return trials.toSorted((a, b) => worth(b) - worth(a) || a.index - b.index);
}

/** A figure so that more is better; what is not known is worst of all. */
export function worthOf(value: number | null, sort: MetricName): number {
  return value === null ? -Number.MAX_VALUE : COSTS.has(sort) ? -value : value;
}

function pointsOf({ axes, samples, seed }: SweepRequest): readonly ParameterSet[] {
  const count = Math.min(samples ?? Infinity, sizeOf(axes));
  if (count > TRIALS_MAX) {
    throw new RequestError(
      `the grid has ${count} points; at most ${TRIALS_MAX} are tried: widen a step, or draw --samples`,
    );
  }
  if (samples !== undefined) return samplePoints(axes, samples, seed);
  return Array.from({ length: count }, (_, place) => pointAt(axes, place));
}

function usable(
  points: readonly ParameterSet[],
  check: (parameters: ParameterSet) => void,
): { readonly points: readonly ParameterSet[]; readonly refused: Readonly<Record<string, number>> } {
  const refused: Record<string, number> = {};
  let first: DeploymentError | undefined;
  const good = points.filter((parameters) => {
    try {
      check(parameters);
      return true;
    } catch (error) {
      if (!(error instanceof DeploymentError)) throw error;
      first ??= error;
      // Numbers differ from point to point, the rule that they break does not.
      const rule = error.message.replace(/, found .*$/, '');
      refused[rule] = (refused[rule] ?? 0) + 1;
      return false;
    }
  });
  if (good.length === 0 && first !== undefined) throw first;
  return { points: good, refused };
}

export function overfittingOf(trials: readonly Trial[]): SweepOverfitting {
  const facts = trials.map(({ returns }) => sharpeFacts(returns));
  const sharpes = facts.flatMap((each) => (each === null ? [] : [each.sharpe]));
  const best = facts[0] ?? null;
  const varying = trials.filter((_, k) => facts[k] !== null).map(({ returns }) => returns);
  return {
    deflated_sharpe:
      best === null || sharpes.length < 2 ? null : deflatedSharpe(best, deviationOf(sharpes) ** 2, trials.length),
    probability_of_overfitting: overfittingProbability(varying)?.probability ?? null,
  };
}

/** The finished trials of a search, a line for each; a line that a crash left half written is done again. */
class SweepRows {
  readonly trials: Trial[];
  readonly #path: string;
  readonly #done: Set<number>;

  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#path = join(folder, 'trials.ndjson');
    this.trials = readLines(this.#path);
    this.#done = new Set(this.trials.map(({ index }) => index));
    writeFileSync(`${this.#path}.new`, this.trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''), {
      mode: 0o600,
    });
    renameSync(`${this.#path}.new`, this.#path);
  }

  has(index: number): boolean {
    return this.#done.has(index);
  }

  add(trial: Trial): void {
    appendFileSync(this.#path, `${JSON.stringify(trial)}\n`);
    this.#done.add(trial.index);
    this.trials.push(trial);
  }
}

function readLines(path: string): Trial[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  // Behind the last line end nothing is whole.
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Trial]));
}
