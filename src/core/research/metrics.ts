// What a run is judged by. Each figure is a pure function of the equity at period ends and of the closed round trips;
// docs/metrics.md says where each formula comes from. A figure that the data cannot give is null, never a guess.
import { type RoundTrip } from './round-trips.ts';
import { deviationOf, meanOf } from './statistics.ts';

const YEAR_MS = 365.25 * 86_400_000;
/** Below this a growth rate for a year would be a guess from a few days. */
const CAGR_MS_MIN = 30 * 86_400_000;

export interface EquityPoint {
  readonly at: number;
  readonly equity: number;
  /** Whether anything was held at that moment. */
  readonly held: boolean;
}

export interface MetricsInput {
  /** Equity in 1/10,000 rupee at the start and at the end of each period, in order of time. */
  readonly points: readonly EquityPoint[];
  readonly periodsPerYear: number;
  readonly trips: readonly RoundTrip[];
  /** Value of everything bought and sold. */
  readonly traded: number;
}

/** Shares are of 1 (0.1 is 10 %), amounts in 1/10,000 rupee, durations in milliseconds. */
export interface Metrics {
  readonly total_return: number | null;
  readonly cagr: number | null;
  readonly volatility: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly calmar: number | null;
  readonly max_drawdown: number;
  readonly max_drawdown_ms: number;
  readonly trades: number;
  readonly win_rate: number | null;
  readonly profit_factor: number | null;
  readonly expectancy: number | null;
  readonly average_win: number | null;
  readonly average_loss: number | null;
  readonly best_trade: number | null;
  readonly worst_trade: number | null;
  readonly losses_in_a_row: number;
  readonly average_holding_ms: number | null;
  readonly turnover: number | null;
  readonly exposure: number | null;
}

export function metricsOf({ points, periodsPerYear, trips, traded }: MetricsInput): Metrics {
  const [first, last] = [points[0], points.at(-1)];
  const returns = returnsOf(points);
  const growth = first === undefined || last === undefined || first.equity <= 0 ? null : last.equity / first.equity;
  const cagr = growth === null ? null : cagrOf(growth, (last?.at ?? 0) - (first?.at ?? 0));
  const drawdown = drawdownOf(points);
  const average = points.length === 0 ? 0 : meanOf(points.map(({ equity }) => equity));
  return {
    total_return: growth === null ? null : growth - 1,
    cagr,
    volatility: finite(deviationOf(returns) * Math.sqrt(periodsPerYear)),
    sharpe: sharpeOf(returns, periodsPerYear),
    sortino: sortinoOf(returns, periodsPerYear),
    calmar: cagr === null || drawdown.depth === 0 ? null : cagr / drawdown.depth,
    max_drawdown: drawdown.depth,
    max_drawdown_ms: drawdown.longestMs,
    ...tradeMetrics(trips),
    turnover: average > 0 ? traded / average : null,
    exposure: points.length < 2 ? null : points.slice(1).filter(({ held }) => held).length / (points.length - 1),
  };
}

/** Simple returns from one point to the next. */
export function returnsOf(points: readonly { readonly equity: number }[]): readonly number[] {
  return points.slice(1).map(({ equity }, k) => equity / (points[k] as { equity: number }).equity - 1);
}

/** Mean over standard deviation of the returns above `riskFree` for a period, for a year (Sharpe 1994). */
export function sharpeOf(returns: readonly number[], periodsPerYear: number, riskFree = 0): number | null {
  const excess = returns.map((each) => each - riskFree);
  const deviation = deviationOf(excess);
  return deviation > 0 ? (meanOf(excess) / deviation) * Math.sqrt(periodsPerYear) : null;
}

/** Mean over the root mean square of what fell below zero, all periods counted (Sortino and Price 1994). */
export function sortinoOf(returns: readonly number[], periodsPerYear: number): number | null {
  const downside = Math.sqrt(meanOf(returns.map((each) => Math.min(each, 0) ** 2)));
  return downside > 0 ? (meanOf(returns) / downside) * Math.sqrt(periodsPerYear) : null;
}

/** The deepest fall from a peak as a share of that peak, and the longest time below one; what is not regained lasts to the end. */
export function drawdownOf(points: readonly Pick<EquityPoint, 'at' | 'equity'>[]): {
  readonly depth: number;
  readonly longestMs: number;
} {
  let [peak, peakAt, depth, longestMs] = [-Infinity, 0, 0, 0];
  for (const { at, equity } of points) {
    if (equity >= peak) {
      peak = equity;
      peakAt = at;
      continue;
    }
    if (peak > 0) depth = Math.max(depth, (peak - equity) / peak);
    longestMs = Math.max(longestMs, at - peakAt);
  }
  return { depth, longestMs };
}

function cagrOf(growth: number, elapsedMs: number): number | null {
  return elapsedMs < CAGR_MS_MIN || growth <= 0 ? null : growth ** (YEAR_MS / elapsedMs) - 1;
}

type TradeMetrics = Pick<
  Metrics,
  | 'trades'
  | 'win_rate'
  | 'profit_factor'
  | 'expectancy'
  | 'average_win'
  | 'average_loss'
  | 'best_trade'
  | 'worst_trade'
  | 'losses_in_a_row'
  | 'average_holding_ms'
>;

function tradeMetrics(trips: readonly RoundTrip[]): TradeMetrics {
  const nets = trips.map(({ net }) => net);
  const wins = nets.filter((net) => net > 0);
  const losses = nets.filter((net) => net < 0);
  const lost = -losses.reduce((sum, net) => sum + net, 0);
  const won = wins.reduce((sum, net) => sum + net, 0);
  const ofAny = (value: number): number | null => (nets.length === 0 ? null : value);
  return {
    trades: nets.length,
    win_rate: ofAny(wins.length / nets.length),
    profit_factor: lost === 0 ? null : won / lost,
    expectancy: ofAny((won - lost) / nets.length),
    average_win: wins.length === 0 ? null : won / wins.length,
    average_loss: losses.length === 0 ? null : -lost / losses.length,
    best_trade: ofAny(nets.reduce((best, net) => Math.max(best, net), -Infinity)),
    worst_trade: ofAny(nets.reduce((worst, net) => Math.min(worst, net), Infinity)),
    losses_in_a_row: longestRun(nets),
    average_holding_ms: ofAny(meanOf(trips.map(({ openedAt, closedAt }) => closedAt - openedAt))),
  };
}

function longestRun(nets: readonly number[]): number {
  let [longest, run] = [0, 0];
  for (const net of nets) {
    run = net < 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
