// What luck could have done in a run: how likely its Sharpe ratio is above zero, and what the same trades would have looked like in
// another order.
import { type MonteCarloResult, shuffleTrades } from '#core/research/monte-carlo.ts';
import { probabilisticSharpe, sharpeFacts } from '#core/research/overfitting.ts';
import { percent } from './figures.ts';
import { type RunDetail } from './run-record.ts';

export interface Luck {
  /** That the true Sharpe ratio is above zero, as if this had been the only trial; null when the returns do not vary. */
  readonly probability_above_zero: number | null;
  /** Null below two trades. */
  readonly other_orders: MonteCarloResult | null;
}

const SHUFFLES = [100, 1_000] as const;
/** Of all shuffles together; a run of many trades is shuffled less often, so that its result does not wait for it. */
const DRAWS_MAX = 2_000_000;
const SEED = 1;

export function luckOf({ returns, trips, days }: Pick<RunDetail, 'returns' | 'trips' | 'days'>): Luck {
  const facts = sharpeFacts(returns);
  const [least, most] = SHUFFLES;
  const runs = Math.min(most, Math.max(least, Math.floor(DRAWS_MAX / Math.max(1, trips.length))));
  const nets = trips.map(({ net }) => net);
  return {
    probability_above_zero: facts === null ? null : probabilisticSharpe(facts),
    other_orders: shuffleTrades(nets, days[0]?.equity ?? 0, { runs, seed: SEED }),
  };
}

/** The same for people: what is said, and the number. */
export function luckLines({
  probability_above_zero: above,
  other_orders: other,
}: Luck): readonly (readonly [string, string])[] {
  const lines: (readonly [string, string])[] = [];
  if (above !== null) lines.push(['Sharpe above 0, chance', percent(above)]);
  if (other === null) return lines;
  const { p5, p50, p95 } = other.drawdown;
  return [
    ...lines,
    ['drawdown, trades shuffled', percent(p50)],
    [`  in 5 to 95 % of ${other.runs}`, [p5, p95].map(percent).join(' – ')],
    ['shuffles as deep or deeper', percent(other.as_deep)],
    ['shuffles that halve it', percent(other.halved)],
  ];
}
