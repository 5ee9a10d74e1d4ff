// One trial of a search: a run of which only the figures are kept, whole and cut at the folds of a walk-forward.
import { formatDecimal } from '#core/decimal.ts';
import { type EquityPoint, type Metrics, metricsOf, returnsOf } from '#core/research/metrics.ts';
import { type FillFact, type RoundTrip, roundTrips } from '#core/research/round-trips.ts';
import { type Period } from './equity-curve.ts';
import { execute, type Execution } from './execute.ts';
import { type GivenParameters, type Workbench } from './prepare.ts';
import { resultOf, runMetrics } from './run-record.ts';
import { type TickSource } from './tick-source.ts';

export interface TrialTask {
  /** Its place in the search. */
  readonly index: number;
  readonly parameters: GivenParameters;
  /** Where one fold's test begins, and at last where the last one ends; none without a walk-forward. */
  readonly boundaries: readonly number[];
  /** Parts between boundaries that a fold learns from, the last ones before it; all when it is not said. */
  readonly window: number | undefined;
}

/** A part of a run between two instants, judged by itself. */
interface FoldFigures {
  /** What the fold learns from. */
  readonly before: Metrics;
  /** Returns of it, the last ones before the fold's test. */
  readonly learned: number;
  /** The fold's test. */
  readonly test: Metrics;
  readonly returns: readonly number[];
}

export interface Trial {
  readonly index: number;
  readonly parameters: GivenParameters;
  readonly metrics: Metrics;
  readonly equity: string;
  readonly fees: string;
  readonly orders: number;
  readonly fills: number;
  readonly result_sha256: string;
  readonly period: Period;
  readonly periods_per_year: number;
  readonly returns: readonly number[];
  readonly folds: readonly FoldFigures[];
}

export async function runTrial(
  task: TrialTask,
  bench: Workbench,
  source: TickSource,
  batchTicks: number,
): Promise<Trial> {
  const { catalogue, calendar } = bench;
  const execution = await execute({ plan: bench.planOf(task.parameters), catalogue, calendar, source, batchTicks });
  const { recorder, book, curve } = execution;
  const trips = roundTrips(recorder.fills);
  return {
    index: task.index,
    parameters: task.parameters,
    metrics: runMetrics(execution, trips),
    equity: formatDecimal(book.equity),
    fees: formatDecimal(book.fees),
    orders: recorder.submitted,
    fills: recorder.fills.length,
    result_sha256: resultOf(execution),
    period: curve.period,
    periods_per_year: curve.periodsPerYear,
    returns: returnsOf(curve.points),
    folds: foldsOf(execution, trips, task),
  };
}

/**
 * Each fold's figures from one run: a run decides from what it has seen, so its beginning is what a run over the beginning
 * alone would have been. `alpha-panda backtest --check-lookahead` tests that of a strategy.
 */
function foldsOf(
  { curve, recorder }: Execution,
  trips: readonly RoundTrip[],
  { boundaries, window }: TrialTask,
): readonly FoldFigures[] {
  const { points, periodsPerYear } = curve;
  const figures = (part: readonly EquityPoint[], from: number, to: number): Metrics =>
    metricsOf({
      points: part,
      periodsPerYear,
      trips: trips.filter(({ closedAt }) => closedAt >= from && closedAt < to),
      traded: tradedBetween(recorder.fills, from, to),
    });
  return boundaries.slice(1).map((to, fold) => {
    const from = boundaries[fold] as number;
    const begin = window === undefined ? 0 : (boundaries[fold - window] ?? 0);
    const before = partOf(points, begin, from);
    const test = partOf(points, from, to);
    return {
      before: figures(before, begin, from),
      learned: Math.max(0, before.length - 1),
      test: figures(test, from, to),
      returns: returnsOf(test),
    };
  });
}

/** The points of a part, behind the one that it starts from. */
function partOf(points: readonly EquityPoint[], from: number, to: number): readonly EquityPoint[] {
  const first = points.findIndex(({ at }) => at >= from);
  if (first < 0) return points.slice(-1);
  return points.slice(Math.max(0, first - 1)).filter(({ at }) => at < to);
}

function tradedBetween(fills: readonly FillFact[], from: number, to: number): number {
  let traded = 0;
  for (const { at, signed, price } of fills) if (at >= from && at < to) traded += Math.abs(signed) * price;
  return traded;
}
