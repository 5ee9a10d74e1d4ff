// A run as it is kept: what it was made of, so that it can be made again, and what it came to. Written as JSON; amounts are
// decimal text in rupees unless a name says otherwise.
import { formatDecimal } from '#core/decimal.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Plan } from '#core/plan.ts';
import { type SignalOutcome } from '#core/research/divergence.ts';
import { type EquityPoint, type Metrics, metricsOf, returnsOf } from '#core/research/metrics.ts';
import { type RoundTrip, roundTrips } from '#core/research/round-trips.ts';
import { type RefusedCounts } from '#ports/feed.ts';
import { canonicalJson, sha256 } from '#wire/canonical.ts';
import { chargesByKind } from './charges-by-kind.ts';
import { type CodeVersion } from './code-version.ts';
import { type Bucket, type Period } from './equity-curve.ts';
import { type Execution } from './execute.ts';
import { indianTime } from './figures.ts';
import { type TickSource } from './tick-source.ts';

/** What a run came to. */
export interface RunSummary {
  readonly strategy: string;
  readonly ticks: number;
  readonly refused_rows: RefusedCounts;
  readonly orders: number;
  readonly fills: number;
  readonly rejects: number;
  readonly starting_cash: string;
  readonly cash: string;
  readonly equity: string;
  readonly realised_pnl: string;
  readonly unrealised_pnl: string;
  readonly fees: string;
  /** Seen after every tick, not only at period ends. */
  readonly max_drawdown: string;
}

export interface GapLine {
  readonly symbol: string;
  readonly count: number;
  readonly longest_ms: number;
}

export interface RunData {
  /** Where the tape lay. */
  readonly path: string;
  /** Names its content: the same content has the same id anywhere. */
  readonly tape: string;
  /** Wall clock of India. */
  readonly from: string;
  readonly to: string;
  readonly instruments: readonly string[];
  /** Silences of an instrument above five minutes within a day. */
  readonly gaps: readonly GapLine[];
}

export interface RunRecord {
  readonly id: string;
  readonly created_at: string;
  readonly strategy: string;
  readonly strategy_version: number;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  readonly seed: number;
  readonly data: RunData;
  readonly code: CodeVersion;
  readonly period: Period;
  readonly summary: RunSummary;
  readonly metrics: Metrics;
  /** By component of the contract note, or `commission`. */
  readonly charges: Readonly<Record<string, string>>;
  /** Refusals of the gate by reason. */
  readonly rejected: Readonly<Record<string, number>>;
  /** Over every decision and the books they led to: equal runs have equal ones. */
  readonly result_sha256: string;
  /** Everything that decided besides the ticks. */
  readonly plan: Plan;
}

/** The parts of a run that only a report or a comparison reads; money in 1/10,000 rupee. */
export interface RunDetail {
  readonly outcomes: readonly SignalOutcome[];
  readonly trips: readonly RoundTrip[];
  readonly fills: readonly {
    readonly at: number;
    readonly token: number;
    readonly signed: number;
    readonly price: number;
  }[];
  readonly marks: readonly (readonly [number, number])[];
  readonly settled: number;
  readonly net_pnl: number;
  readonly equity: readonly Bucket[];
  readonly exposure: readonly Bucket[];
  readonly days: readonly EquityPoint[];
  readonly returns: readonly number[];
  readonly periods_per_year: number;
  /** Of the instruments that traded most. */
  readonly prices: readonly { readonly token: number; readonly symbol: string; readonly buckets: readonly Bucket[] }[];
}

export interface Run {
  readonly record: RunRecord;
  readonly detail: RunDetail;
}

export interface RunOrigin {
  readonly path: string;
  readonly plan: Plan;
  readonly code: CodeVersion;
  readonly strategyVersion: number;
  readonly createdAt: string;
}

const CHARTED_MAX = 4;

/** Makes the record of an execution. */
export function recordOf(execution: Execution, source: TickSource, origin: RunOrigin): Run {
  const { recorder, curve } = execution;
  const { plan, code, path, createdAt, strategyVersion } = origin;
  const deployment = plan.deployments[0] as Plan['deployments'][number];
  const trips = roundTrips(recorder.fills);
  const metrics = runMetrics(execution, trips);
  const record: RunRecord = {
    id: sha256(canonicalJson({ tape: source.tape, code: code.sha256, plan })).slice(0, 12),
    created_at: createdAt,
    strategy: deployment.strategyType,
    strategy_version: strategyVersion,
    parameters: deployment.parameters,
    seed: plan.namespaces[0]?.exchange.seed ?? 0,
    data: {
      path,
      tape: source.tape,
      from: indianTime(execution.from),
      to: indianTime(execution.to),
      instruments: source.instruments.map(({ symbol }) => symbol),
      gaps: gapLines(execution, source.instruments),
    },
    code,
    period: curve.period,
    summary: summaryOf(deployment.strategyType, execution, source.refused()),
    metrics,
    charges: chargesByKind([...recorder.orders.values()], plan, recorder.settled),
    rejected: recorder.rejected,
    result_sha256: resultOf(execution),
    plan,
  };
  return { record, detail: detailOf(execution, source.instruments, trips) };
}

/** The figures of an execution's part that counts. */
export function runMetrics({ curve, recorder }: Execution, trips: readonly RoundTrip[]): Metrics {
  const { points, periodsPerYear } = curve;
  const metrics = metricsOf({ points, periodsPerYear, trips, traded: recorder.traded });
  // By minutes: at the end of a day an intraday strategy holds nothing.
  return { ...metrics, exposure: curve.exposure };
}

/** One hash over everything decided and the book that it left. */
export function resultOf({ recorder, book }: Execution): string {
  const { cash, equity, realised, fees, maxDrawdown } = book;
  return sha256(canonicalJson({ decisions: recorder.digest(), cash, equity, realised, fees, maxDrawdown }));
}

export function summaryOf(strategy: string, { ticks, recorder, book }: Execution, refused: RefusedCounts): RunSummary {
  return {
    strategy,
    ticks,
    refused_rows: refused,
    orders: recorder.submitted,
    fills: recorder.fills.length,
    rejects: recorder.rejects,
    starting_cash: formatDecimal(book.startingCash),
    cash: formatDecimal(book.cash),
    equity: formatDecimal(book.equity),
    realised_pnl: formatDecimal(book.realised),
    unrealised_pnl: formatDecimal(book.unrealised),
    fees: formatDecimal(book.fees),
    max_drawdown: formatDecimal(book.maxDrawdown),
  };
}

function detailOf(execution: Execution, instruments: readonly Instrument[], trips: readonly RoundTrip[]): RunDetail {
  const { recorder, curve, book, marks } = execution;
  return {
    outcomes: recorder.outcomes(),
    trips,
    fills: recorder.fills.map(({ at, token, signed, price }) => ({ at, token, signed, price })),
    marks: [...marks],
    settled: recorder.settled,
    net_pnl: book.netPnl,
    equity: curve.picture.buckets,
    exposure: curve.exposurePicture.buckets,
    days: curve.days,
    returns: returnsOf(curve.points),
    periods_per_year: curve.periodsPerYear,
    prices: mostTraded(execution).flatMap((token) => {
      const buckets = execution.prices.get(token)?.buckets;
      const symbol = instruments.find((each) => each.token === token)?.symbol ?? String(token);
      return buckets === undefined ? [] : [{ token, symbol, buckets }];
    }),
  };
}

function mostTraded({ recorder }: Execution): readonly number[] {
  const counts = new Map<number, number>();
  for (const { token } of recorder.fills) counts.set(token, (counts.get(token) ?? 0) + 1);
  const ranked = [...counts].sort(([a, x], [b, y]) => y - x || a - b);
  return ranked.slice(0, CHARTED_MAX).map(([token]) => token);
}

function gapLines({ gaps }: Execution, instruments: readonly Instrument[]): readonly GapLine[] {
  return instruments.flatMap(({ token, symbol }) => {
    const found = gaps.get(token);
    return found === undefined ? [] : [{ symbol, count: found.count, longest_ms: found.longestMs }];
  });
}
