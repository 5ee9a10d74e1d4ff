// A small market that trades the same every time, run by the real pipeline on whatever store it is given: two stocks, two
// namespaces, one strategy that buys now and then. For tests of what reads a store.
import type { BrokerId, StrategyId } from '#core/ids.ts';
import type { Ppm } from '#core/decimal.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import type { Plan } from '#core/plan.ts';
import type { Strategy } from '#core/strategy/strategy.ts';
import { Ingest } from '#engine/ingest.ts';
import { Intake } from '#engine/intake.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { recover } from '#engine/recovery.ts';
import type { Inbox, Store } from '#ports/store.ts';
import { lowFrequencyDemo } from '#strategies/low-frequency-demo.ts';
import { after, BROKERS, deployment, exchangeTerms, instrument, namespacePlan, plan, rs } from './builders.ts';

export const SMALL_BROKERS = BROKERS.slice(0, 2);

/** What a rebuild of a small market needs. */
export const smallContext = {
  catalogue: (): Strategy => lowFrequencyDemo,
  calendar: alwaysOpen,
};

export function smallPlan(brokers: readonly BrokerId[] = SMALL_BROKERS): Plan {
  const exchange = exchangeTerms({ slippage: 500 as Ppm, commission: 1_000 as Ppm });
  return plan({
    calendar: 'always_open',
    instruments: [instrument({ token: 738561, symbol: 'RELIANCE' }), instrument({ token: 408065, symbol: 'INFY' })],
    namespaces: brokers.map((broker) => namespacePlan({ broker, exchange })),
    deployments: [
      deployment({
        strategyId: 'demo' as StrategyId,
        strategyType: 'low_frequency_demo',
        parameters: { min_interval_seconds: 60, max_daily_signals_per_instrument: 2, side: 'BUY', quantity: 3 },
        brokers,
      }),
    ],
  });
}

/** A running small market. Making one is a start: it recovers what the store holds. */
export class SmallMarket {
  readonly ingest: Ingest;
  readonly intake: Intake;
  readonly #batch = new TickBatch(512, false);

  constructor(store: Store, inbox: Inbox, first = smallPlan()) {
    this.ingest = new Ingest({
      store,
      context: smallContext,
      groupsOf: groupsReading('alpha-panda'),
      send: () => {
        throw new Error('a small market has no gateway');
      },
      committed: () => undefined,
    });
    recover(store, this.ingest);
    this.intake = new Intake(this.ingest, store, inbox);
    if (store.lastSeq() === 0) this.ingest.plan(first);
  }

  /** A tick of each stock every five seconds, from the step `from` up to `to`, in one commit. */
  run(from: number, to: number, withSnapshot = false): void {
    this.intake.takeWaiting(100);
    this.#batch.clear();
    for (let step = from; step < to; step++) {
      for (const [index, start] of [2_200, 1_400].entries()) {
        this.#batch.push(index, after(step * 5), rs(start + (step % 7) - index), NO_VOLUME, step * 2 + index);
      }
    }
    this.ingest.ticks(this.#batch, 0, () => 'small');
    this.ingest.commit(withSnapshot);
  }
}
