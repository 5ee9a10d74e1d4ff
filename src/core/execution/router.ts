// Where an order of a namespace goes: to that namespace's own broker and nowhere else. There is no way to name another.
import { type BrokerId } from '../ids.ts';

/** Something that orders of exactly one namespace can be handed to. */
export interface Route<Order> {
  readonly broker: BrokerId;
  readonly send: (order: Order) => void;
}

/** A route was asked for an order of another namespace. */
export class RoutingError extends Error {
  override readonly name = 'RoutingError';
}

/** Hands an order to its namespace's own route; throws `RoutingError` rather than let it cross. */
export class ExecutionRouter<Order extends { readonly broker: BrokerId }> {
  readonly #routes = new Map<BrokerId, Route<Order>>();

  /** A namespace has one route for the life of the router. */
  add(route: Route<Order>): void {
    if (this.#routes.has(route.broker)) throw new RoutingError(`the namespace ${route.broker} has a route already`);
    this.#routes.set(route.broker, route);
  }

  send(order: Order): void {
    const route = this.#routes.get(order.broker);
    if (route === undefined) {
      throw new RoutingError(`no route is there for the namespace ${order.broker}: its orders cannot leave`);
    }
    route.send(order);
  }
}
