// How a checked wish of a strategy becomes an event: a signal, or a change of an order.
import { type Root } from '../decider.ts';
import { type Price, type Quantity } from '../decimal.ts';
import { type AlertRaised, type Bracket, type OrderChange, type TradingSignal } from '../events.ts';
import { type BrokerId, type EventId, type StrategyId, type Trace } from '../ids.ts';
import { dayOf, parseClock, startOfDay, type EpochMs } from '../time.ts';
import { type Models } from './strategy.ts';
import { type WantedBracket, type WantedCancel, type WantedModify, type WantedOrder } from './wanted.ts';

/** Who speaks: what all signals of a deployment in a namespace have in common. */
export interface Speaker {
  readonly broker: BrokerId;
  /** Default life of a signal. */
  readonly ttlMs: number;
  readonly models: Models;
}

/** What it speaks of, and at which price. */
export interface Occasion {
  readonly strategyId: StrategyId;
  readonly token: number;
  readonly trace: Trace;
  readonly root: Root;
  readonly price: Price | undefined;
}

export function signalOf(wanted: WantedOrder, { broker, ttlMs }: Speaker, occasion: Occasion): TradingSignal {
  const { strategyId, token, trace, root, price } = occasion;
  const { at } = root;
  return {
    type: 'trading_signal',
    broker,
    strategyId,
    token,
    trace,
    at,
    side: wanted.side,
    quantity: wanted.quantity as Quantity,
    orderType: wanted.orderType ?? 'market',
    validity: wanted.validity ?? 'DAY',
    price,
    limitPrice: wanted.limitPrice,
    triggerPrice: wanted.triggerPrice,
    product: wanted.product ?? 'CNC',
    purpose: 'trade',
    bracket: wanted.bracket === undefined ? undefined : bracketOf(wanted.bracket, at),
    expiresAt: (at + (wanted.ttlMs ?? ttlMs)) as EpochMs,
    confidence: wanted.confidence,
    metadata: wanted.metadata,
  };
}

export function changeOf(
  wanted: WantedCancel | WantedModify,
  { broker, ttlMs }: Speaker,
  { strategyId, token, trace, root }: Occasion,
): OrderChange {
  const { at } = root;
  const base = { type: 'order_change', broker, strategyId, token, trace, at, purpose: 'trade' } as const;
  const expiresAt = (at + ttlMs) as EpochMs;
  const none = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
  if ('cancel' in wanted) {
    return { ...base, action: 'cancel', orderId: wanted.cancel as EventId, ...none, expiresAt };
  }
  const { modify, quantity, limitPrice, triggerPrice } = wanted;
  const terms = { ...none, quantity: quantity as Quantity | undefined, limitPrice, triggerPrice };
  return { ...base, action: 'modify', orderId: modify as EventId, ...terms, expiresAt };
}

/** A strategy changes its own orders alone: of any other, and of one that has ended, a person is told instead. */
export function notOwn(
  orderId: string,
  { broker }: Speaker,
  { strategyId, token, trace, root }: Occasion,
): AlertRaised {
  const message =
    `asks to change the order ${orderId}, which is no open order of its own in instrument ${token}: ` +
    'it has ended, or never was its own; take ids from own.orders';
  return { type: 'alert_raised', broker, trace, at: root.at, code: 'NO_OWN_ORDER', subject: strategyId, message };
}

export function bracketOf({ target, stop, trail, exitAt }: WantedBracket, at: EpochMs): Bracket {
  return { target, stop, trail, exitAt: typeof exitAt === 'string' ? clockOn(exitAt, at) : exitAt };
}

/** The instant of a checked clock time on the day of `at`. */
function clockOn(clock: string, at: EpochMs): EpochMs {
  return (startOfDay(dayOf(at)) + (parseClock(clock) as number)) as EpochMs;
}
