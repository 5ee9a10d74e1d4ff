// The stages in the order in which a tick goes through them, each with what it hands on a second.
import { useApi } from '../api/queries.ts';
import { count, rate, words } from '../format.ts';
import type { Rates } from './rates.ts';
import { Shown } from './states.tsx';

/** What each stage hands on; market data has no namespace. */
export const HANDS_ON: Readonly<Record<string, readonly string[]>> = {
  market_feed: ['market.ticks'],
  strategy_runner: ['signals.raw'],
  risk_manager: ['signals.validated', 'signals.rejected'],
  trading_engine: ['orders.submitted', 'orders.filled', 'orders.failed', 'orders.cancelled', 'signals.expired'],
  portfolio_manager: ['pnl.snapshots'],
};
const UNITS: Readonly<Record<string, string>> = {
  market_feed: 'ticks',
  strategy_runner: 'signals',
  risk_manager: 'decisions',
  trading_engine: 'order events',
  portfolio_manager: 'snapshots',
};

/** Messages a second that a stage hands on in a namespace; undefined while it is not known. */
export function stageRate(stage: string, broker: string | undefined, rates: Rates): number | undefined {
  const streams = HANDS_ON[stage] ?? [];
  const topics = stage === 'market_feed' ? streams : streams.map((stream) => `${broker}.${stream}`);
  const each = topics.map((topic) => rates.perSecond(topic));
  return each.includes(undefined) ? undefined : each.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

export function StageStrip({ brokers, rates }: { readonly brokers: readonly string[]; readonly rates: Rates }) {
  const pipeline = useApi('GET /api/v1/pipeline', {}, 3_000);
  const rateOf = (stage: string): string => {
    const names = stage === 'market_feed' ? [undefined] : brokers;
    const each = names.map((broker) => stageRate(stage, broker, rates));
    if (each.length === 0 || each.includes(undefined)) return '–';
    return rate(each.reduce<number>((sum, one) => sum + (one ?? 0), 0));
  };
  return (
    <Shown of={pipeline}>
      {({ stages }) => (
        <ol className="strip">
          {stages.map(
            ({ service_name: stage, orchestrator_status: { running }, error_count: errors, processed_count: done }) => (
              <li key={stage} className={running && errors === 0 ? '' : 'strip-bad'}>
                <h3>{words(stage)}</h3>
                <p className="strip-rate">
                  <b>{rateOf(stage)}</b> <span>{UNITS[stage] ?? 'messages'}/s</span>
                </p>
                <p className="quiet">
                  {running ? `${count(done)} processed` : 'not running'}
                  {errors === 0 ? null : <strong className="loss"> · {count(errors)} errors</strong>}
                </p>
              </li>
            ),
          )}
        </ol>
      )}
    </Shown>
  );
}
