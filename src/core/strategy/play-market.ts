// The market of a strategy that is played without a platform: it takes every order and fills it in full. Small on
// purpose; what a strategy is worth is the business of a backtest, which has the whole exchange.
import { type Price, type Quantity } from '../decimal.ts';
import { type Bracket, type OrderTerms, type Side } from '../events.ts';
import { type EventId } from '../ids.ts';
import { type EpochMs } from '../time.ts';

/** An execution of an order, at the price of the tick that brought it. */
export interface Execution {
  readonly order: OrderTerms;
  readonly quantity: Quantity;
}

interface Resting {
  order: OrderTerms;
  readonly bracket: Bracket | undefined;
  triggered: boolean;
}

/** The open end of a filled entry, and the best price since. */
interface Legs {
  readonly entry: OrderTerms;
  readonly bracket: Bracket;
  best: Price;
}

export class PlayMarket {
  #resting: Resting[] = [];
  #legs: Legs[] = [];

  submit(order: OrderTerms, bracket: Bracket | undefined): void {
    this.#resting.push({ order, bracket, triggered: false });
  }

  /** The terms that were in force, or undefined when no such order rests. */
  cancel(orderId: EventId): OrderTerms | undefined {
    const found = this.#resting.find(({ order }) => order.orderId === orderId);
    this.#resting = this.#resting.filter((each) => each !== found);
    return found?.order;
  }

  /** The terms as they are in force now, or undefined when no such order rests. */
  modify(orderId: EventId, changes: Partial<OrderTerms>): OrderTerms | undefined {
    const found = this.#resting.find(({ order }) => order.orderId === orderId);
    if (found !== undefined) found.order = { ...found.order, ...changes };
    return found?.order;
  }

  /** What executes at a price: exits of brackets first, as far as the position has something to end. */
  onPrice(price: Price, at: EpochMs, held: number): readonly (Execution | Ended)[] {
    return [...this.#exits(price, at, held), ...this.#executions(price)];
  }

  #executions(price: Price): readonly (Execution | Ended)[] {
    const resting = this.#resting;
    this.#resting = [];
    return resting.flatMap((each): readonly (Execution | Ended)[] => {
      const { order, bracket } = each;
      each.triggered ||= order.triggerPrice === undefined || reaches(price, order.triggerPrice, order.side);
      if (each.triggered && (order.limitPrice === undefined || reaches(order.limitPrice, price, order.side))) {
        if (bracket !== undefined) this.#legs.push({ entry: order, bracket, best: price });
        return [{ order, quantity: order.quantity }];
      }
      if (order.validity === 'IOC') return [{ expired: order }];
      this.#resting.push(each);
      return [];
    });
  }

  #exits(price: Price, at: EpochMs, held: number): readonly Execution[] {
    const legs = this.#legs;
    this.#legs = [];
    let left = held;
    return legs.flatMap((each) => {
      const { entry } = each;
      const open = entry.side === 'BUY' ? left : -left;
      if (open <= 0) return [];
      if (!ends(each, price, at)) {
        this.#legs.push(each);
        return [];
      }
      const quantity = Math.min(open, entry.quantity) as Quantity;
      left -= entry.side === 'BUY' ? quantity : -quantity;
      const side: Side = entry.side === 'BUY' ? 'SELL' : 'BUY';
      const terms = {
        orderType: 'market',
        limitPrice: undefined,
        triggerPrice: undefined,
        purpose: 'bracket',
      } as const;
      const orderId = `${entry.orderId}/exit` as EventId;
      return [{ order: { ...entry, ...terms, orderId, side, quantity }, quantity }];
    });
  }
}

/** An order that was good for its first moment only. */
export interface Ended {
  readonly expired: OrderTerms;
}

/** Whether a leg of the bracket ends the position at this price. */
function ends(legs: Legs, price: Price, at: EpochMs): boolean {
  const { side } = legs.entry;
  const { target, stop, trail, exitAt } = legs.bracket;
  if (reaches(price, legs.best, side)) legs.best = price;
  const back: Side = side === 'BUY' ? 'SELL' : 'BUY';
  const trailed = trail === undefined ? undefined : legs.best - (side === 'BUY' ? trail : -trail);
  return (
    (target !== undefined && reaches(price, target, side)) ||
    (stop !== undefined && reaches(price, stop, back)) ||
    (trailed !== undefined && reaches(price, trailed, back)) ||
    (exitAt !== undefined && at >= exitAt)
  );
}

/** Whether a price has come as far as a level, up for a buy and down for a sale. */
function reaches(price: number, level: number, side: Side): boolean {
  return side === 'BUY' ? price >= level : price <= level;
}
