// Walk-forward: for each fold the parameters that were best before it are used in it, and only what came of that counts.
import { drawdownOf, type Metrics, sharpeOf } from '#core/research/metrics.ts';
import { dayOf, type EpochMs, MINUTE_MS, startOfDay } from '#core/time.ts';
import { TickBatch } from '#core/market/tick.ts';
import { RequestError } from '../reading/open-store.ts';
import { type MetricName } from './figures.ts';
import { type GivenParameters, tapeRules } from './prepare.ts';
import { sweep, type SweepRequest, type SweepResult, worthOf } from './sweep.ts';
import { streamTape, type TapeRules } from './tick-source.ts';
import { type Trial } from './trial.ts';

export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly parameters: GivenParameters;
  /** What the parameters were chosen by, over what came before: all of it, or the window. */
  readonly in_sample: Metrics;
  readonly out_of_sample: Metrics;
}

export interface WalkForward {
  readonly folds: readonly Fold[];
  /** The tests put one behind the other. */
  readonly stitched: {
    readonly total_return: number;
    readonly sharpe: number | null;
    readonly max_drawdown: number;
    /** Mean return of a period in the tests over that before them: near 1 when the past told the future. */
    readonly efficiency: number | null;
    readonly equity: readonly number[];
  };
}

/** Sweeps and walks forward. Throws `RequestError` when the tape is too short for so many folds, or the window longer than them. */
export async function walkForward(
  request: Omit<SweepRequest, 'boundaries'>,
  folds: number,
): Promise<{ readonly sweep: SweepResult; readonly walk: WalkForward | undefined }> {
  const { window } = request;
  if (window !== undefined && window > folds) {
    throw new RequestError(
      `expected the window of ${folds} folds to be at most ${folds} parts, found ${window}: before the last fold there are no more`,
    );
  }
  const boundaries = await foldBoundaries(request.ticks, tapeRules(request.settings), folds);
  const result = await sweep({ ...request, boundaries });
  const isWhole = result.trials.length === result.all;
  return { sweep: result, walk: isWhole ? stitch(result.trials, boundaries, request.sort) : undefined };
}

/**
 * Cuts a tape into one part more than there are folds: the first one is only learned from. At days when there are enough of
 * them, else at minutes, with about as many ticks in each part.
 */
export async function foldBoundaries(path: string, rules: TapeRules, folds: number): Promise<readonly number[]> {
  const minutes = await ticksByMinute(path, rules);
  const days = new Map<number, number>();
  for (const [minute, count] of minutes) {
    const day = startOfDay(dayOf((minute * MINUTE_MS) as EpochMs));
    days.set(day, (days.get(day) ?? 0) + count);
  }
  const parts = folds + 1;
  const steps = days.size >= parts ? [...days] : [...minutes].map(([minute, n]) => [minute * MINUTE_MS, n] as const);
  if (steps.length < parts) {
    throw new RequestError(`the tape has ${steps.length} minutes; ${folds} folds need ${parts} at least`);
  }
  const all = steps.reduce((sum, [, count]) => sum + count, 0);
  const cuts: number[] = [];
  let seen = 0;
  for (const [place, [at, count]] of steps.entries()) {
    const left = steps.length - place;
    const wanted = parts - 1 - cuts.length;
    const isDue = seen >= (all * (cuts.length + 1)) / parts || left === wanted;
    if (place > 0 && wanted > 0 && isDue) cuts.push(at);
    seen += count;
  }
  return [...cuts, Number.MAX_SAFE_INTEGER];
}

async function ticksByMinute(path: string, rules: TapeRules): Promise<ReadonlyMap<number, number>> {
  const source = await streamTape(path, rules);
  const minutes = new Map<number, number>();
  const batch = new TickBatch(4_096, false);
  try {
    while (await source.next(batch)) {
      for (let k = 0; k < batch.count; k++) {
        const minute = Math.floor((batch.time[k] as number) / MINUTE_MS);
        minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
      }
      batch.clear();
    }
    return minutes;
  } finally {
    await source.close();
  }
}

/** Chooses for each fold by what came before it alone, and puts the tests one behind the other. */
export function stitch(trials: readonly Trial[], boundaries: readonly number[], sort: MetricName): WalkForward {
  const returns: number[] = [];
  const before: number[] = [];
  const folds = boundaries.slice(1).map((to, fold): Fold => {
    const chosen = bestBefore(trials, fold, sort);
    const figures = chosen.folds[fold] as Trial['folds'][number];
    returns.push(...figures.returns);
    const tested = chosen.folds.slice(fold).reduce((sum, each) => sum + each.returns.length, 0);
    const end = chosen.returns.length - tested;
    before.push(...chosen.returns.slice(end - figures.learned, end));
    return {
      from: boundaries[fold] as number,
      to,
      parameters: chosen.parameters,
      in_sample: figures.before,
      out_of_sample: figures.test,
    };
  });
  const equity = [1];
  for (const each of returns) equity.push((equity.at(-1) as number) * (1 + each));
  const year = trials[0]?.periods_per_year ?? 0;
  const [inside, outside] = [mean(before), mean(returns)];
  return {
    folds,
    stitched: {
      total_return: (equity.at(-1) as number) - 1,
      sharpe: sharpeOf(returns, year),
      max_drawdown: drawdownOf(equity.map((value, at) => ({ at, equity: value }))).depth,
      efficiency: inside === 0 ? null : outside / inside,
      equity,
    },
  };
}

function bestBefore(trials: readonly Trial[], fold: number, sort: MetricName): Trial {
  const inOrder = trials.toSorted((a, b) => a.index - b.index);
  const worth = (trial: Trial): number => worthOf(trial.folds[fold]?.before[sort] ?? null, sort);
  return inOrder.reduce((best, each) => (worth(each) > worth(best) ? each : best));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}
