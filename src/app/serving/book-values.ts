// What each book was worth at its last P&L snapshot, kept up to date with the commits: the topic of the snapshots is read
// once, before the platform trades, and not at every question.
import type { DomainEvent } from '#core/events.ts';
import { dayOf } from '#core/time.ts';
import type { StoreReader } from '#ports/store.ts';
import { bookRows } from '../reading/books.ts';
import { lastSnapshots, valuationOf, type LastSnapshots, type Valuation } from '../reading/valuations.ts';

export class BookValues {
  readonly #byBroker = new Map<string, Map<string, LastSnapshots>>();

  constructor(store: StoreReader) {
    const rows = bookRows(store);
    for (const broker of new Set(rows.map((each) => each.broker))) {
      const books = rows.filter((each) => each.broker === broker).map(({ row }) => row.strategy_id);
      this.#byBroker.set(broker, new Map(lastSnapshots(store, broker, books)));
    }
  }

  onCommitted(events: readonly DomainEvent[]): void {
    for (const event of events) {
      if (event.type !== 'pnl_snapshot') continue;
      const books = this.#byBroker.get(event.broker) ?? new Map<string, LastSnapshots>();
      this.#byBroker.set(event.broker, books);
      const known = books.get(event.strategyId);
      const nextDay = known !== undefined && dayOf(known.last.at) < dayOf(event.at);
      books.set(event.strategyId, { last: event, before: nextDay ? known.last : known?.before });
    }
  }

  valuation(broker: string, strategyId: string): Valuation | undefined {
    const known = this.#byBroker.get(broker)?.get(strategyId);
    return known && valuationOf(known.last, known.before);
  }
}
