// Backtests of one deployment, ready to be handed ticks, for whoever brings a batch of their own, such as the benchmarks.
// src/app/research runs tapes.
import { type DomainEvent } from '#core/events.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { Cascade } from '#engine/cascade.ts';
import { type CascadeSink } from '#engine/sink.ts';
import { type Settings } from './config/settings-schema.ts';
import { openWorkbench } from './research/prepare.ts';

/** Counts what a backtest decides. */
export class Tally implements CascadeSink {
  orders = 0;
  fills = 0;
  rejects = 0;
  /** Called for each fill, for tests that compare them one by one. */
  onFill: ((event: Extract<DomainEvent, { type: 'order_filled' }>) => void) | undefined;
  /** Called for each event, for whoever keeps a journal of them. */
  onEvent: ((event: DomainEvent) => void) | undefined;

  event(event: DomainEvent): void {
    this.onEvent?.(event);
    if (event.type === 'order_submitted') this.orders++;
    else if (event.type === 'rejected_signal') this.rejects++;
    else if (event.type === 'order_filled') {
      this.fills++;
      this.onFill?.(event);
    }
  }

  intent(): void {
    throw new Error('a backtest has no gateway, yet an order was meant for one');
  }
}

/** A backtest ready to run: nothing has been taken yet. */
export interface Backtest {
  readonly cascade: Cascade;
  readonly tally: Tally;
}

/** Prepares backtests of one deployment in the first active namespace; each call of what it returns begins anew. */
export async function prepareBacktest(
  settings: Settings,
  instruments: readonly Instrument[],
  strategy: string,
  parameters: Readonly<Record<string, string>>,
): Promise<() => Backtest> {
  const { calendar, catalogue, planOf } = await openWorkbench(settings, instruments, strategy);
  const plan = planOf(parameters);
  return () => {
    const tally = new Tally();
    const cascade = new Cascade({ catalogue, calendar: () => calendar, sink: tally });
    cascade.replan(plan);
    return { cascade, tally };
  };
}
