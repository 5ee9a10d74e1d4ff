// What the gate makes of changes of orders at work: whether one may be, and which terms count until and after the broker
// has answered it.
import { type Price, type Quantity } from '../decimal.ts';
import {
  type OrderChange,
  type OrderModified,
  type OrderPlaced,
  type OrderTerms,
  type Reason,
  type TradingSignal,
} from '../events.ts';
import { type EpochMs } from '../time.ts';
import { type Asker, type Memory } from './asker.ts';
import { no } from './question.ts';
import { type Reservation, type Terms } from './reservations.ts';
import { cashFor, changedTerms, ownTerms, valuedAt } from './valuation.ts';

export class Changes {
  readonly #memory: Memory;
  readonly #asker: Asker;

  constructor(memory: Memory, asker: Asker) {
    this.#memory = memory;
    this.#asker = asker;
  }

  /** Why a change may not be; when it may, the worse of both terms is reserved from here on. */
  decide(change: OrderChange, at: EpochMs): readonly Reason[] {
    const { reservations } = this.#memory;
    const { orderId, strategyId, token, purpose } = change;
    const order = reservations.get(orderId);
    if (order === undefined || !order.working) return [no('RISK_UNKNOWN_ORDER', 'an order at work', orderId)];
    if (order.strategyId !== strategyId || order.token !== token) {
      return [no('RISK_NOT_OWN_ORDER', `${order.strategyId} in ${order.token}`, `${strategyId} in ${token}`)];
    }
    if (purpose === 'trade' && order.purpose !== 'trade') {
      return [no('RISK_NOT_OWN_ORDER', 'an order of the strategy', `${order.purpose} of the engine`)];
    }
    if (change.action === 'cancel') return [];
    if (order.unknown) return [no('RISK_UNRESOLVED', 'an order whose outcome is known', orderId)];
    if (order.pending !== undefined) return [no('RISK_CHANGE_PENDING', 'no change at hand', order.pending.changeId)];
    const terms = changedTerms(change, order);
    if (terms.quantity <= order.filled) {
      return [no('RISK_BELOW_FILLED', `more than ${order.filled} that are filled`, `${terms.quantity}`)];
    }
    const asked = signalOf(change, order, terms);
    reservations.lift(orderId);
    const reasons = this.#asker.objections(asked, at, 1, { units: order.quantity - order.filled, price: order.price });
    reservations.putBack(orderId);
    if (reasons.length === 0) reservations.propose(orderId, change.trace.id, this.#termsOf(order, terms));
    return reasons;
  }

  /** The whole of some terms, valued now, with cash for what is not filled. */
  #termsOf(
    order: Readonly<Reservation>,
    terms: Pick<Terms, 'quantity' | 'orderType' | 'limitPrice' | 'triggerPrice'>,
  ): Terms {
    const { filled, strategyId, token, side } = order;
    const { ledger, instruments, limits } = this.#memory;
    const { limitPrice, triggerPrice } = terms as Pick<OrderTerms, 'limitPrice' | 'triggerPrice'>;
    const price = valuedAt({ side, limitPrice, triggerPrice }, ledger.markOf(instruments.indexOf(token)));
    const quantity = Math.max(terms.quantity, filled);
    const cash = cashFor(order, (quantity - filled) * price, limits.of(strategyId));
    return { ...terms, quantity, price, base: filled, cash };
  }

  onModified({ order: terms }: OrderModified): void {
    const { reservations } = this.#memory;
    const order = reservations.get(terms.orderId);
    if (order !== undefined) reservations.adopt(terms.orderId, this.#termsOf(order, ownTerms(terms)));
    reservations.setUnknown(terms.orderId, false);
  }

  onPlaced(event: OrderPlaced): void {
    const { reservations } = this.#memory;
    const { orderId } = event.order;
    if (reservations.settle(orderId)) return;
    // An order that was proved absent is there after all.
    const { strategyId, token, order } = event;
    const { side, product, purpose } = order;
    const reservation = { strategyId, token, side, product, purpose, filled: 0, unknown: false, working: true };
    const nothing = { ...ownTerms(order), price: 0, base: 0, cash: 0 };
    const whole: Reservation = { ...reservation, pending: undefined, ...nothing };
    reservations.reserve(orderId, { ...whole, ...this.#termsOf(whole, ownTerms(order)) });
  }
}

/** A change as the signal that would ask for what it asks for. */
function signalOf(
  change: OrderChange,
  order: Readonly<Reservation>,
  terms: ReturnType<typeof ownTerms>,
): TradingSignal {
  const { broker, strategyId, token, trace, at, expiresAt } = change;
  return {
    type: 'trading_signal',
    broker,
    strategyId,
    token,
    trace,
    at,
    side: order.side,
    quantity: (terms.quantity - order.filled) as Quantity,
    orderType: terms.orderType,
    validity: 'DAY',
    price: undefined,
    limitPrice: terms.limitPrice as Price | undefined,
    triggerPrice: terms.triggerPrice as Price | undefined,
    product: order.product,
    // What an exit is changed for decides, and not what it was made for: a kill lets only what flattens pass.
    purpose: change.purpose === 'trade' ? order.purpose : change.purpose,
    bracket: undefined,
    expiresAt,
    confidence: undefined,
    metadata: undefined,
  };
}
