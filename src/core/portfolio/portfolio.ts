// The portfolio manager of one namespace: the ledger that screens and reports are made from, and its P&L snapshots.
import { type Root, type Stage } from '../decider.ts';
import { type Money } from '../decimal.ts';
import { type DomainEvent, type Out } from '../events.ts';
import { DerivedTrace, type BrokerId, type StrategyId } from '../ids.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { type ChargeTable } from './charge-table.ts';
import { DayNotes, type OpenNote } from './day-notes.ts';
import { Ledger, type BookShelf, type LedgerState } from './ledger.ts';

export interface PortfolioState extends LedgerState {
  /** Fills of the day, where the charges are dated. */
  readonly notes?: readonly OpenNote[];
}

export class PortfolioManager implements Stage<PortfolioState> {
  readonly ledger: Ledger;
  readonly #broker: BrokerId;
  readonly #instruments: InstrumentTable;
  readonly #notes = new DayNotes();
  /** The dated tables, while the namespace takes them. */
  #charges: ChargeTable | undefined;

  constructor(plan: NamespacePlan, instruments: InstrumentTable, shelf?: BookShelf) {
    this.#broker = plan.broker;
    this.#instruments = instruments;
    this.ledger = new Ledger(plan.startingCash, instruments.size, shelf);
  }

  /** Makes room for new instruments and opens the books of new deployments. */
  replan(plan: NamespacePlan, strategyIds: readonly StrategyId[], charges?: ChargeTable): void {
    this.#charges = plan.charges === 'dated' ? charges : undefined;
    this.ledger.replan(plan.startingCash, this.#instruments.size);
    for (const strategyId of strategyIds) this.ledger.book(strategyId);
  }

  onTick(tick: Tick): void {
    this.ledger.mark(tick.instrument, tick.price);
  }

  onEvent(event: DomainEvent): void {
    if (event.type === 'order_filled') {
      const index = this.#instruments.indexOf(event.token);
      this.ledger.onFill(event, index);
      if (this.#charges !== undefined) this.#notes.onFill(event, this.#instruments.at(index));
    } else if (event.type === 'ledger_adjusted') this.ledger.onAdjusted(event);
    else if (event.type === 'corporate_action') {
      this.ledger.onCorporateAction(event, this.#instruments.indexOf(event.token));
    }
  }

  /** The segment has closed: what the contract note of each book corrects is posted. */
  onClose(segment: string, root: Root, out: Out): void {
    const notes = this.#notes.take(segment, this.#charges);
    for (const [index, { strategyId, amount, why }] of notes.entries()) {
      out.push({
        type: 'ledger_adjusted',
        broker: this.#broker,
        strategyId,
        trace: new DerivedTrace(root.trace, 'p', this.#broker, `note-${index}`),
        at: root.at,
        amount,
        kind: 'charges',
        who: 'portfolio_manager',
        why,
      });
    }
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
        grossExposure: book.grossExposure((instrument) => this.ledger.markOf(instrument)) as Money,
        netExposure: book.marketValue as Money,
        netPnl: book.netPnl as Money,
        maxDrawdown: book.maxDrawdown as Money,
      });
    }
  }

  snapshot(): PortfolioState {
    const notes = this.#notes.snapshot();
    return notes.length === 0 ? this.ledger.snapshot() : { ...this.ledger.snapshot(), notes };
  }

  restore(state: PortfolioState): void {
    this.ledger.restore(state);
    this.#notes.restore(state.notes ?? []);
  }
}
