// The facts that stages hand to each other and to the log, in core's own terms: branded integers, instants and traces.
// How they look on the wire is the business of wire/codec.
import { type Money, type Price, type Quantity } from './decimal.ts';
import { type BrokerId, type EventId, type StrategyId, type Trace } from './ids.ts';
import { type DayNumber, type EpochMs } from './time.ts';
import { type RiskLimits } from './plan.ts';
import {
  type ExternalPosition,
  type ReconciliationBreak,
  type ReconciliationSettled,
} from './reconciliation-events.ts';

export type Side = 'BUY' | 'SELL';
/** A stop becomes a market order, a stop-limit a limit order, when the market reaches its trigger price. */
export type OrderType = 'market' | 'limit' | 'stop' | 'stop_limit';
export type Validity = 'DAY' | 'IOC';
/** Delivery, intraday (squared off before the close), or carried on margin. */
export type Product = 'CNC' | 'MIS' | 'NRML';
/**
 * What an order is for. Every purpose but `trade` belongs to the engine and only brings a position down; the gate holds
 * it to that.
 */
export type Purpose = 'trade' | 'bracket' | 'square_off' | 'exit_again' | 'flatten';

/** How the engine ends the position that an entry opens: the first of these that happens does it. */
export interface Bracket {
  /** Takes the profit at this limit. */
  readonly target: Price | undefined;
  /** Ends the loss when the market reaches this trigger. */
  readonly stop: Price | undefined;
  /** The stop follows the best price since the entry at this distance, and never goes back. */
  readonly trail: Price | undefined;
  /** Ends the position at this time. */
  readonly exitAt: EpochMs | undefined;
}

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
  readonly triggerPrice: Price | undefined;
  readonly product: Product;
  readonly purpose: Purpose;
  readonly bracket: Bracket | undefined;
  /** Too old from this instant on. */
  readonly expiresAt: EpochMs;
  /** 0 to 1. */
  readonly confidence: number | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
}

/** What a strategy, or the engine for an exit that it owns, wants changed of an order that is at work. */
export interface OrderChange extends EventBase {
  readonly type: 'order_change';
  readonly action: 'modify' | 'cancel';
  readonly orderId: EventId;
  readonly purpose: Purpose;
  /** New total quantity and new terms; undefined leaves the term as it is. A cancel has none of them. */
  readonly quantity: Quantity | undefined;
  readonly orderType: OrderType | undefined;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
  readonly expiresAt: EpochMs;
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

export interface ValidatedChange extends EventBase {
  readonly type: 'validated_change';
  readonly change: OrderChange;
}

export interface RejectedChange extends EventBase {
  readonly type: 'rejected_change';
  readonly change: OrderChange;
  readonly reasons: readonly Reason[];
}

export interface ExpiredChange extends EventBase {
  readonly type: 'expired_change';
  readonly change: OrderChange;
  readonly code: ExpiryCode;
}

/** The terms of an order as they are in force. Its id is the id of its `order_submitted` event. */
export interface OrderTerms {
  readonly orderId: EventId;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly orderType: OrderType;
  readonly validity: Validity;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
  readonly product: Product;
  readonly purpose: Purpose;
}

/** One part of an order that is larger than the exchange takes at once; `index` counts from 0. */
export interface Slice {
  readonly index: number;
  readonly count: number;
}

export interface OrderSubmitted extends EventBase {
  readonly type: 'order_submitted';
  readonly signalId: EventId;
  readonly order: OrderTerms;
  /** Last price known when the order was made. */
  readonly referencePrice: Price;
  readonly expiresAt: EpochMs;
  /** Undefined for an order that is whole. */
  readonly slice: Slice | undefined;
  /** Waits for the account's budget; it is sent only after `order_claimed`. */
  readonly queued: boolean;
}

interface OrderEventBase extends EventBase {
  readonly order: OrderTerms;
}

/** A queued order is claimed for sending: from here on it may have left. */
export interface OrderClaimed extends OrderEventBase {
  readonly type: 'order_claimed';
}

/** A change that is asked of the broker; `order` has the terms that are asked for. */
export interface ModifySubmitted extends OrderEventBase {
  readonly type: 'modify_submitted';
  readonly changeId: EventId;
}

export interface CancelSubmitted extends OrderEventBase {
  readonly type: 'cancel_submitted';
  readonly changeId: EventId;
}

/** The broker has the terms of `order` in force. */
export interface OrderModified extends OrderEventBase {
  readonly type: 'order_modified';
}

/** The broker did not change the order; the terms of `order` stay in force. */
export interface ChangeRefused extends OrderEventBase {
  readonly type: 'change_refused';
  readonly action: 'modify' | 'cancel';
  readonly message: string;
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

/** Why a broker or an exchange refuses an order. */
export type RejectCode =
  | 'MARKET_CLOSED'
  | 'ORDER_TYPE'
  | 'TICK_SIZE'
  | 'LOT_SIZE'
  | 'FREEZE_QUANTITY'
  | 'PRICE_BAND'
  | 'NO_MARKET_PRICE'
  | 'FUNDS'
  | 'HOLDINGS'
  | 'LIMIT_REACHED'
  | 'OTHER';

export interface OrderFailed extends OrderEventBase {
  readonly type: 'order_failed';
  readonly code: FailureCode;
  /** Undefined when nobody refused it: it was not sent, or is absent. */
  readonly rejectCode: RejectCode | undefined;
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
  /** What is held at the marks: longs and shorts together, and longs less shorts. */
  readonly grossExposure: Money;
  readonly netExposure: Money;
  /** Since the book was opened, with all charges. */
  readonly netPnl: Money;
  readonly maxDrawdown: Money;
}

/** Money that enters or leaves a book other than by a fill: a deposit, a withdrawal, what a day's contract note corrects. */
export interface LedgerAdjusted {
  readonly type: 'ledger_adjusted';
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly amount: Money;
  readonly kind: AdjustmentKind;
  readonly who: string;
  readonly why: string;
}

/** `charges` are of trading, like the fees of fills; a deposit and a withdrawal are neither gain nor loss. */
export type AdjustmentKind = 'deposit' | 'withdrawal' | 'charges';

/** What a company did with its shares; it concerns every book that holds them over the ex-date. */
export interface CorporateAction {
  readonly type: 'corporate_action';
  readonly broker: BrokerId;
  readonly token: number;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly action: 'dividend' | 'split' | 'bonus';
  /** Every `from` shares become `to`; undefined for a dividend. */
  readonly ratio: { readonly from: number; readonly to: number } | undefined;
  /** Of a dividend, for each share. */
  readonly amount: Money | undefined;
  /** From this day on the shares trade without what the action gives. */
  readonly exDay: DayNumber;
  readonly who: string;
  readonly why: string;
}

/** A command or an automatic change of control: who, and why. */
export interface ControlChanged {
  readonly type: 'control_changed';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  readonly action: ControlAction;
  /** The scope: `global`, the broker id, `strategy:ID` or `instrument:TOKEN`; a bare strategy id for `strategy_…`. */
  readonly subject: string;
  readonly who: string;
  readonly why: string;
  /** What `limit_changed` sets. */
  readonly limit?: LimitChange;
}

export type ControlAction =
  | 'strategy_quarantined'
  | 'strategy_enabled'
  | 'strategy_disabled'
  | 'namespace_halted'
  | 'armed'
  | 'disarmed'
  | 'killed'
  | 'flatten'
  | 'reducing'
  | 'released'
  | 'limit_changed'
  | 'refused';

/** One limit of the gate by its field, in core's own units. */
export interface LimitChange {
  readonly name: keyof RiskLimits;
  readonly value: number | string;
}

/** Something that a person should look at; it changes nothing by itself. */
export interface AlertRaised {
  readonly type: 'alert_raised';
  readonly broker: BrokerId;
  readonly trace: Trace;
  readonly at: EpochMs;
  /** Names the kind of trouble for programs: `EXIT_REFUSED`. */
  readonly code: string;
  /** What it is about: a strategy, an order, an instrument. */
  readonly subject: string;
  readonly message: string;
}

export type OrderEvent =
  | OrderSubmitted
  | OrderClaimed
  | OrderPlaced
  | OrderUnknown
  | ModifySubmitted
  | CancelSubmitted
  | OrderModified
  | ChangeRefused
  | OrderFilled
  | OrderFailed
  | OrderCancelled
  | OrderExpired;

export type SignalEvent = TradingSignal | ValidatedSignal | RejectedSignal | ExpiredSignal;

export type ChangeEvent = OrderChange | ValidatedChange | RejectedChange | ExpiredChange;

export type DomainEvent =
  | SignalEvent
  | ChangeEvent
  | OrderEvent
  | PnlSnapshot
  | LedgerAdjusted
  | CorporateAction
  | ControlChanged
  | AlertRaised
  | ReconciliationBreak
  | ReconciliationSettled
  | ExternalPosition;

/** Where a stage puts the events that it decides on, in order. */
export interface Out {
  push(event: DomainEvent): void;
}
