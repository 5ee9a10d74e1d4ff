// The portfolio manager of one namespace: the ledger that screens and reports are made from, and its P&L snapshots.
import { type Root, type Stage } from '../decider.ts';
import { type Money } from '../decimal.ts';
import { type DomainEvent, type Out } from '../events.ts';
import { DerivedTrace, type BrokerId, type StrategyId } from '../ids.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { Ledger, type BookShelf, type LedgerState } from './ledger.ts';

export class PortfolioManager implements Stage<LedgerState> {
  readonly ledger: Ledger;
  readonly #broker: BrokerId;
  readonly #instruments: InstrumentTable;

  constructor(plan: NamespacePlan, instruments: InstrumentTable, shelf?: BookShelf) {
    this.#broker = plan.broker;
    this.#instruments = instruments;
    this.ledger = new Ledger(plan.startingCash, instruments.size, shelf);
  }

  /** Makes room for new instruments and opens the books of new deployments. */
  replan(plan: NamespacePlan, strategyIds: readonly StrategyId[]): void {
    this.ledger.replan(plan.startingCash, this.#instruments.size);
    for (const strategyId of strategyIds) this.ledger.book(strategyId);
  }

  onTick(tick: Tick): void {
    this.ledger.mark(tick.instrument, tick.price);
  }

  onEvent(event: DomainEvent): void {
    if (event.type === 'order_filled') this.ledger.onFill(event, this.#instruments.indexOf(event.token));
    else if (event.type === 'ledger_adjusted') this.ledger.onAdjusted(event);
  }

  /** A snapshot of every book, in the order in which they were opened. */
  report(root: Root, out: Out): void {
    for (const [index, book] of this.ledger.books.entries()) {
      out.push({
        type: 'pnl_snapshot',
        broker: this.#broker,
        strategyId: book.strategyId,
        trace: new DerivedTrace(root.trace, 'p', this.#broker, index),
        at: root.at,
        realised: book.realised as Money,
        unrealised: book.unrealised as Money,
        cash: book.cash as Money,
        fees: book.fees as Money,
        equity: book.equity as Money,
        maxDrawdown: book.maxDrawdown as Money,
      });
    }
  }

  snapshot(): LedgerState {
    return this.ledger.snapshot();
  }

  restore(state: LedgerState): void {
    this.ledger.restore(state);
  }
}
