// What one order would trade against one quote. It takes from the quote's depth what it trades, so that two orders do not
// both get the same shares; without depth everything within the limit trades at once.
import { type KiteOrder, remainingOf, type Side } from '../account/order.ts';
import { type Quote } from './market.ts';

export interface Execution {
  readonly quantity: number;
  readonly price: number;
}

/** @param arriving it has just come to the exchange and takes the market's price; one that rests trades at its own. */
export function match(order: KiteOrder, quote: Quote, arriving: boolean): Execution[] {
  let left = remainingOf(order);
  const executions: Execution[] = [];
  const levels = order.side === 'BUY' ? quote.offers : quote.bids;
  const hasDepth = quote.bids.some(isLevel) || quote.offers.some(isLevel);
  if (hasDepth) {
    for (const level of levels) {
      if (left === 0 || !isLevel(level) || !isWithin(order.side, level.price, order.price)) continue;
      const quantity = Math.min(left, level.quantity);
      level.quantity -= quantity;
      left -= quantity;
      executions.push({ quantity, price: arriving ? level.price : order.price });
    }
    return executions;
  }
  if (!isWithin(order.side, quote.last, order.price)) return [];
  return [{ quantity: left, price: arriving ? quote.last : order.price }];
}

/** Whether a stop order's trigger is met. */
export function isTriggered(order: KiteOrder, last: number): boolean {
  return order.side === 'BUY' ? last >= order.triggerPrice : last <= order.triggerPrice;
}

/** What the broker chooses where a client asks for protection with -1, in 1/1,000,000. */
const OWN_PROTECTION_PPM = 20_000;

/** The share of the price by which an order is protected. A percentage in 1/10,000 is the same number in ppm. */
export function protectionPpm(protection: number): number {
  return protection === -1 ? OWN_PROTECTION_PPM : protection;
}

/** The limit at which an order for the market's price is protected: `ppm` away from `from`, on the tick, towards it. */
export function protectedLimit(side: Side, from: number, ppm: number, tick: number): number {
  const band = (from * ppm) / 1_000_000;
  const limit = side === 'BUY' ? Math.floor((from + band) / tick) * tick : Math.ceil((from - band) / tick) * tick;
  return Math.max(limit, tick);
}

function isLevel({ price, quantity }: { readonly price: number; readonly quantity: number }): boolean {
  return price > 0 && quantity > 0;
}

function isWithin(side: Side, price: number, limit: number): boolean {
  return side === 'BUY' ? price <= limit : price >= limit;
}
