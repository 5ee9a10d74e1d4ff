// The facts that stages hand to each other and to the log, in core's own terms: branded integers, instants and traces.
// How they look on the wire is the business of wire/codec.
import { type Money, type Price, type Quantity } from './decimal.ts';
import { type BrokerId, type EventId, type StrategyId, type Trace } from './ids.ts';
import { type EpochMs } from './time.ts';

export type Side = 'BUY' | 'SELL';
export type OrderType = 'market' | 'limit';
export type Validity = 'DAY' | 'IOC';

interface EventBase {
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  /** Instrument token; every event of a signal and its order carries it. */
  readonly token: number;
  readonly trace: Trace;
  /** When the stage decided, on the time of its input. */
  readonly at: EpochMs;
}

/** What a strategy, or a service outside, wants done. */
export interface TradingSignal extends EventBase {
  readonly type: 'trading_signal';
  readonly side: Side;
  readonly quantity: Quantity;
  readonly orderType: OrderType;
  readonly validity: Validity;
  /** The price the signal was made at; for a limit order `limitPrice` binds, this one informs the collar. */
  readonly price: Price | undefined;
  readonly limitPrice: Price | undefined;
  /** Too old from this instant on; undefined asks for the namespace's default. */
  readonly expiresAt: EpochMs;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** One reason of a refusal, with the numbers that decided it, as decimal or plain text. */
export interface Reason {
  readonly code: string;
  readonly limit: string;
  readonly found: string;
}

/** Every rule by name, and whether the signal passed it. */
export type RiskChecks = Readonly<Record<string, boolean>>;

export interface ValidatedSignal extends EventBase {
  readonly type: 'validated_signal';
  readonly signal: TradingSignal;
  readonly checks: RiskChecks;
}

export interface RejectedSignal extends EventBase {
  readonly type: 'rejected_signal';
  readonly signal: TradingSignal;
  readonly checks: RiskChecks;
  readonly reasons: readonly Reason[];
}

export type ExpiryCode = 'EXPIRED' | 'SUPERSEDED' | 'SESSION_CLOSED';

export interface ExpiredSignal extends EventBase {
  readonly type: 'expired_signal';
  readonly signal: TradingSignal;
  readonly code: ExpiryCode;
}

/** The terms of an order; frozen once it is submitted. Its id is the id of its `order_submitted` event. */
export interface OrderTerms {
  readonly orderId: EventId;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly orderType: OrderType;
  readonly validity: Validity;
  readonly limitPrice: Price | undefined;
}

export interface OrderSubmitted extends EventBase {
  readonly type: 'order_submitted';
  readonly signalId: EventId;
  readonly order: OrderTerms;
  /** Last price known when the order was made. */
  readonly referencePrice: Price;
  readonly expiresAt: EpochMs;
}

interface OrderEventBase extends EventBase {
  readonly order: OrderTerms;
}

export interface OrderPlaced extends OrderEventBase {
  readonly type: 'order_placed';
  readonly brokerOrderId: string;
}

/** The answer does not tell whether the order exists; only the broker's order book settles it. */
export interface OrderUnknown extends OrderEventBase {
  readonly type: 'order_unknown';
  readonly message: string;
}

export interface OrderFilled extends OrderEventBase {
  readonly type: 'order_filled';
  readonly fillId: EventId;
  readonly quantity: Quantity;
  readonly fillPrice: Price;
  /** Exactly what is posted for this fill. */
  readonly fees: Money;
}

export type FailureCode = 'REFUSED' | 'NOT_SENT' | 'ABSENT';

export interface OrderFailed extends OrderEventBase {
  readonly type: 'order_failed';
  readonly code: FailureCode;
  readonly message: string;
}

export interface OrderCancelled extends OrderEventBase {
  readonly type: 'order_cancelled';
  readonly filledQuantity: Quantity;
  readonly message: string;
}

/** The order's validity ended before it was filled in full. */
export interface OrderExpired extends OrderEventBase {
  readonly type: 'order_expired';
  readonly filledQuantity: Quantity;
  readonly message: string;
}

/** A book at an instant. */
export interface PnlSnapshot {
  readonly type: 'pnl_snapshot';
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly realised: Money;
  readonly unrealised: Money;
  readonly cash: Money;
  readonly fees: Money;
  readonly equity: Money;
  readonly maxDrawdown: Money;
}

/** Money that enters or leaves a book other than by a fill: a deposit, a withdrawal, a day's rounding. */
export interface LedgerAdjusted {
  readonly type: 'ledger_adjusted';
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly amount: Money;
  readonly kind: 'deposit' | 'withdrawal';
  readonly who: string;
  readonly why: string;
}

/** A command or an automatic change of control: who, and why. */
export interface ControlChanged {
  readonly type: 'control_changed';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly action: 'strategy_quarantined' | 'strategy_enabled' | 'strategy_disabled' | 'namespace_halted' | 'refused';
  readonly subject: string;
  readonly who: string;
  readonly why: string;
}

export type OrderEvent =
  OrderSubmitted | OrderPlaced | OrderUnknown | OrderFilled | OrderFailed | OrderCancelled | OrderExpired;

export type SignalEvent = TradingSignal | ValidatedSignal | RejectedSignal | ExpiredSignal;

export type DomainEvent = SignalEvent | OrderEvent | PnlSnapshot | LedgerAdjusted | ControlChanged;

/** Where a stage puts the events that it decides on, in order. */
export interface Out {
  push(event: DomainEvent): void;
}
