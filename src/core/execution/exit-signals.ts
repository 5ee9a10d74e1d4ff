// The signals and changes that the engine asks the gate for on behalf of an exit.
import { type Root } from '../decider.ts';
import { type Price, type Quantity } from '../decimal.ts';
import { type AlertRaised, type OrderChange, type Purpose, type TradingSignal } from '../events.ts';
import { DerivedTrace, type BrokerId, type Trace } from '../ids.ts';
import { type EpochMs } from '../time.ts';
import { type ExitPrices, type OwnedExit } from './exit.ts';
import { type WorkingOrder } from './working-order.ts';

/** A signal that offers so many units of the exit at these prices. */
export function exitSignal(
  exit: OwnedExit,
  quantity: Quantity,
  prices: ExitPrices,
  lastPrice: number,
  broker: BrokerId,
  root: Root,
  ttlMs: number,
): TradingSignal {
  return {
    type: 'trading_signal',
    broker,
    strategyId: exit.strategyId,
    token: exit.token,
    trace: exitTrace(exit, broker),
    at: root.at,
    side: exit.side,
    quantity,
    orderType: prices.orderType,
    validity: 'DAY',
    price: lastPrice === 0 ? undefined : (lastPrice as Price),
    limitPrice: prices.limitPrice,
    triggerPrice: prices.triggerPrice,
    product: exit.product,
    purpose: exit.purpose,
    bracket: undefined,
    expiresAt: (root.at + ttlMs) as EpochMs,
    confidence: undefined,
    metadata: undefined,
  };
}

/** A change of an order; without new terms it cancels. */
export function changeOf(
  order: WorkingOrder,
  terms: Partial<Pick<OrderChange, 'quantity' | 'orderType' | 'limitPrice' | 'triggerPrice'>> | undefined,
  purpose: Purpose,
  trace: Trace,
  root: Root,
  ttlMs: number,
): OrderChange {
  const { broker, strategyId, token } = order.submitted;
  return {
    type: 'order_change',
    broker,
    strategyId,
    token,
    trace,
    at: root.at,
    action: terms === undefined ? 'cancel' : 'modify',
    orderId: order.terms.orderId,
    purpose,
    quantity: terms?.quantity,
    orderType: terms?.orderType,
    limitPrice: terms?.limitPrice,
    triggerPrice: terms?.triggerPrice,
    expiresAt: (root.at + ttlMs) as EpochMs,
  };
}

export function exitAlert(exit: OwnedExit, code: string, what: string, broker: BrokerId, root: Root): AlertRaised {
  const { strategyId, token } = exit;
  const message = `the exit of ${strategyId} in ${token} (${exit.purpose}): ${what}`;
  const trace = exitTrace(exit, broker);
  return { type: 'alert_raised', broker, trace, at: root.at, code, subject: strategyId, message };
}

/** The next id of what follows from an exit. */
export function exitTrace(exit: OwnedExit, broker: BrokerId): Trace {
  return new DerivedTrace(exit.trace, 'e', broker, `x${exit.number}-${exit.made++}`);
}
