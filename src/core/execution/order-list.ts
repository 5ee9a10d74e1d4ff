// The orders that an engine follows, by id and by instrument: an exit asks again and again what else is offered of its
// instrument, and thousands of others may be at work.
import { type EventId } from '../ids.ts';
import { type WorkingOrder } from './working-order.ts';

const NONE: readonly WorkingOrder[] = [];

export class OrderList {
  readonly #byId = new Map<EventId, WorkingOrder>();
  readonly #byToken = new Map<number, WorkingOrder[]>();

  get(orderId: EventId): WorkingOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** In the order in which they came. */
  all(): IterableIterator<WorkingOrder> {
    return this.#byId.values();
  }

  /** Those of an instrument, in the order in which they came. */
  of(token: number): readonly WorkingOrder[] {
    return this.#byToken.get(token) ?? NONE;
  }

  add(order: WorkingOrder): void {
    const { token } = order.submitted;
    this.#byId.set(order.terms.orderId, order);
    const others = this.#byToken.get(token);
    if (others === undefined) this.#byToken.set(token, [order]);
    else others.push(order);
  }

  delete(orderId: EventId): void {
    const order = this.#byId.get(orderId);
    if (order === undefined) return;
    this.#byId.delete(orderId);
    const others = this.#byToken.get(order.submitted.token);
    const place = others?.indexOf(order) ?? -1;
    if (others !== undefined && place >= 0) others.splice(place, 1);
  }
}
