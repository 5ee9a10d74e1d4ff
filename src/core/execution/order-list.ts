// The orders that an engine follows, by id and by instrument: an exit asks again and again what else is offered of its
// instrument, and thousands of others may be at work. While there are few they are looked through, because keeping them by
// instrument too would cost every order more than it saves.
import { ById } from '../by-id.ts';
import { type EventId } from '../ids.ts';
import { type WorkingOrder } from './working-order.ts';

const NONE: readonly WorkingOrder[] = [];
const FEW = 16;

export class OrderList {
  readonly #byId = new ById<WorkingOrder>();
  /** From the order on that makes them more than a few, until none is left. */
  #byToken: Map<number, WorkingOrder[]> | undefined;

  get(orderId: EventId): WorkingOrder | undefined {
    return this.#byId.get(orderId);
  }

  /** In the order in which they came. */
  all(): readonly WorkingOrder[] {
    return this.#byId.values();
  }

  /** Those of an instrument, in the order in which they came. */
  of(token: number): readonly WorkingOrder[] {
    if (this.#byToken !== undefined) return this.#byToken.get(token) ?? NONE;
    if (this.#byId.size === 0) return NONE;
    return this.#byId.values().filter(({ submitted }) => submitted.token === token);
  }

  /** Follows an order that is not followed yet. */
  add(order: WorkingOrder): void {
    this.#byId.add(order.terms.orderId, order);
    if (this.#byToken !== undefined) keep(this.#byToken, order);
    else if (this.#byId.size > FEW) {
      this.#byToken = new Map();
      for (const each of this.#byId.values()) keep(this.#byToken, each);
    }
  }

  delete(orderId: EventId): void {
    const order = this.#byToken === undefined ? undefined : this.#byId.get(orderId);
    this.#byId.delete(orderId);
    if (order === undefined) return;
    const others = this.#byToken?.get(order.submitted.token) as WorkingOrder[];
    others.splice(others.indexOf(order), 1);
    if (this.#byId.size === 0) this.#byToken = undefined;
  }
}

function keep(byToken: Map<number, WorkingOrder[]>, order: WorkingOrder): void {
  const others = byToken.get(order.submitted.token);
  if (others === undefined) byToken.set(order.submitted.token, [order]);
  else others.push(order);
}
