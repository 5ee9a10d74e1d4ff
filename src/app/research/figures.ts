// The figures of a run as people read them: one table for the terminal, the page and comparisons.
import { formatDecimal } from '#core/decimal.ts';
import { type Metrics } from '#core/research/metrics.ts';
import { type EpochMs, formatInstant, IST_OFFSET_MS, MINUTE_MS } from '#core/time.ts';

export type MetricName = keyof Metrics;

interface Figure {
  readonly name: MetricName;
  readonly label: string;
  readonly as: (value: number) => string;
}

export const FIGURES: readonly Figure[] = [
  { name: 'total_return', label: 'return', as: percent },
  { name: 'cagr', label: 'CAGR', as: percent },
  { name: 'volatility', label: 'volatility, a year', as: percent },
  { name: 'sharpe', label: 'Sharpe', as: ratio },
  { name: 'sortino', label: 'Sortino', as: ratio },
  { name: 'calmar', label: 'Calmar', as: ratio },
  { name: 'max_drawdown', label: 'deepest drawdown', as: percent },
  { name: 'max_drawdown_ms', label: 'longest drawdown', as: duration },
  { name: 'trades', label: 'trades', as: String },
  { name: 'win_rate', label: 'won', as: percent },
  { name: 'profit_factor', label: 'profit factor', as: ratio },
  { name: 'expectancy', label: 'expectancy, a trade', as: rupees },
  { name: 'average_win', label: 'average win', as: rupees },
  { name: 'average_loss', label: 'average loss', as: rupees },
  { name: 'best_trade', label: 'best trade', as: rupees },
  { name: 'worst_trade', label: 'worst trade', as: rupees },
  { name: 'losses_in_a_row', label: 'losses in a row', as: String },
  { name: 'average_holding_ms', label: 'average holding', as: duration },
  { name: 'turnover', label: 'turnover', as: (value) => `${value.toFixed(1)}x` },
  { name: 'exposure', label: 'time in the market', as: percent },
];

/** A figure in words; a dash when the data cannot give it. */
export function figureText(metrics: Metrics, name: MetricName): string {
  const value = metrics[name];
  const figure = FIGURES.find((each) => each.name === name);
  return value === null || figure === undefined ? '–' : figure.as(value);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}

function ratio(value: number): string {
  return value.toFixed(2);
}

/** From 1/10,000 rupee, which a mean need not be a whole number of. */
function rupees(units: number): string {
  return formatDecimal(Math.round(units / 100) * 100);
}

export function duration(ms: number): string {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${(minutes / 60).toFixed(1)} h`;
  return `${(minutes / 1440).toFixed(1)} days`;
}

/** The wall clock of India to the minute, as traders read it. */
export function indianTime(at: number): string {
  const text = formatInstant((at + IST_OFFSET_MS) as EpochMs);
  return `${text.slice(0, 10)} ${text.slice(11, 16)}`;
}
