// Where each order stands in the list of all, kept in memory and up to date with the commits: a page of a hundred must not
// cost a reading of every order that there ever was. The rows themselves stay in the store.
import type { Order } from '#api/contract.ts';
import type { OrderFilter, OrderKey } from '#api/reading.ts';
import type { DomainEvent } from '#core/events.ts';
import type { OrderRow } from '#engine/views.ts';
import type { StoreReader } from '#ports/store.ts';

interface Entry extends OrderKey {
  readonly strategyId: string;
  state: Order['status'];
}

export class OrderIndex {
  /** Namespaces that orders are of. */
  readonly brokers = new Set<string>();
  readonly #byId = new Map<string, Entry>();
  /** In the order of the list. */
  #sorted: Entry[] = [];
  /** Orders whose row was written since it was last looked at, with their namespace. */
  readonly #changed = new Map<string, string>();
  readonly #store: StoreReader;

  /** Reads every row once, so it is made before the platform trades. */
  constructor(store: StoreReader) {
    this.#store = store;
    for (const { broker, value } of store.rows('order')) this.#take(broker, value);
    this.#sorted.sort(byPlace);
  }

  onCommitted(events: readonly DomainEvent[]): void {
    for (const event of events) if ('order' in event) this.#changed.set(event.order.orderId, event.broker);
  }

  brokerOf(orderId: string): string | undefined {
    return this.#byId.get(orderId)?.broker ?? this.#changed.get(orderId);
  }

  /** Looks at up to `limit` rows that were written meanwhile; false when none is left. */
  catchUp(limit: number): boolean {
    const before = this.#sorted.length;
    let looked = 0;
    for (const [orderId, broker] of this.#changed) {
      if (looked++ === limit) break;
      this.#changed.delete(orderId);
      const value = this.#store.row('order', broker, orderId);
      if (value !== undefined) this.#take(broker, value);
    }
    if (this.#sorted.length > before) this.#sorted.sort(byPlace);
    return this.#changed.size > 0;
  }

  /** Up to `limit` orders of the list behind `after`. */
  page({ brokers, state, strategyId }: OrderFilter, after: OrderKey | undefined, limit: number): readonly OrderKey[] {
    const found: OrderKey[] = [];
    for (let k = after === undefined ? 0 : this.#behind(after); k < this.#sorted.length && found.length < limit; k++) {
      const entry = this.#sorted[k] as Entry;
      if (brokers !== undefined && !brokers.includes(entry.broker)) continue;
      if (state !== undefined && entry.state !== state) continue;
      if (strategyId === undefined || entry.strategyId === strategyId) found.push(entry);
    }
    return found;
  }

  #take(broker: string, value: string): void {
    const { row } = JSON.parse(value) as { readonly row: OrderRow };
    const state = row.status as Order['status'];
    const known = this.#byId.get(row.order_id);
    if (known !== undefined) {
      known.state = state;
      return;
    }
    const { order_id: orderId, strategy_id: strategyId, submitted_at: submittedAt } = row;
    const entry: Entry = { broker, orderId, strategyId, submittedAt, state };
    this.brokers.add(broker);
    this.#byId.set(orderId, entry);
    this.#sorted.push(entry);
  }

  #behind(key: OrderKey): number {
    let [low, high] = [0, this.#sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (byPlace(this.#sorted[middle] as Entry, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function byPlace(a: OrderKey, b: OrderKey): number {
  return compare(a.submittedAt, b.submittedAt) || compare(a.broker, b.broker) || compare(a.orderId, b.orderId);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
