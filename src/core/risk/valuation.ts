// What an order is valued at before anybody knows its price, and whether it would meet another order of its own account.
import { multiplyDivideFloor } from '../decimal.ts';
import { type OrderChange, type OrderTerms, type TradingSignal } from '../events.ts';
import { type Reservation, type Terms } from './reservations.ts';
import { type RiskLimits } from '../plan.ts';
import { reserveFor } from './rules.ts';

type Priced = Pick<TradingSignal, 'side' | 'limitPrice' | 'triggerPrice'> & { readonly price?: number | undefined };

/** The limit, else the last price, else the signal's own; 0 when there is none. A stop is worth its trigger at least. */
export function valuedAt({ limitPrice, triggerPrice, price }: Priced, lastPrice: number): number {
  if (limitPrice !== undefined) return limitPrice;
  const known = lastPrice === 0 ? (price ?? 0) : lastPrice;
  return triggerPrice === undefined ? known : Math.max(triggerPrice, known);
}

/** How far from the last price a market order is taken to trade, when own orders rest there. */
const MARKET_REACH_PPM = 10_000;

/** The price of a resting limit order of the same account that would fill an order that comes now; 0 when it would not. */
export function meetsOwn(signal: TradingSignal, resting: Readonly<Reservation>, lastPrice: number): number {
  const { limitPrice } = resting;
  if (resting.side === signal.side || resting.orderType !== 'limit' || limitPrice === undefined) return 0;
  if (signal.orderType === 'stop' || signal.orderType === 'stop_limit') return 0;
  const reach = multiplyDivideFloor(lastPrice, MARKET_REACH_PPM, 1_000_000);
  const meets =
    signal.side === 'BUY'
      ? limitPrice <= (signal.limitPrice ?? lastPrice + reach)
      : limitPrice >= (signal.limitPrice ?? lastPrice - reach);
  return meets ? limitPrice : 0;
}

/** Cash that is set aside for so many units; 0 for what needs none, and for what is reckoned as margin. */
export function cashFor(
  { side, product, purpose }: Pick<TradingSignal, 'side' | 'product' | 'purpose'>,
  value: number,
  limits: RiskLimits,
): number {
  return side === 'BUY' && product === 'CNC' && purpose === 'trade' ? reserveFor(value, limits) : 0;
}

/** The terms of an order after a change of it, as far as they are the order type's own. */
export function changedTerms(
  change: OrderChange,
  order: Readonly<Reservation>,
): Omit<Terms, 'price' | 'base' | 'cash'> {
  return ownTerms({
    quantity: change.quantity ?? order.quantity,
    orderType: change.orderType ?? order.orderType,
    limitPrice: change.limitPrice ?? order.limitPrice,
    triggerPrice: change.triggerPrice ?? order.triggerPrice,
  });
}

/** Leaves out the prices that an order type does not have. */
export function ownTerms({
  quantity,
  orderType,
  limitPrice,
  triggerPrice,
}: Pick<OrderTerms, 'orderType'> &
  Record<'limitPrice' | 'triggerPrice', number | undefined> & { quantity: number }): Omit<
  Terms,
  'price' | 'base' | 'cash'
> {
  const limited = orderType === 'limit' || orderType === 'stop_limit';
  const triggered = orderType === 'stop' || orderType === 'stop_limit';
  return {
    quantity,
    orderType,
    limitPrice: limited ? limitPrice : undefined,
    triggerPrice: triggered ? triggerPrice : undefined,
  };
}
