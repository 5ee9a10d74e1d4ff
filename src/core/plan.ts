// What is traded, by whom and within which limits: everything that decides besides the inputs themselves. A plan is
// itself recorded as an input, so that a replay decides under the plan that was in force.
import { type Money, type Ppm } from './decimal.ts';
import { type RejectCode } from './events.ts';
import { type ExitTerms } from './execution/exit.ts';
import { type Pacing } from './execution/order-scheduler.ts';
import { type BrokerId, type StrategyId } from './ids.ts';
import { type Instrument } from './market/instrument.ts';
import { type ChargeTable } from './portfolio/charge-table.ts';

/** Limits of the risk gate; 0 switches a limit off unless its line says otherwise. */
export interface RiskLimits {
  /** Units of one instrument that a book may hold, long or short, orders in flight included. */
  readonly maxPositionUnits: number;
  readonly maxOrderQuantity: number;
  readonly maxOrderValue: Money;
  /** Accepted signals of one strategy in one day. */
  readonly maxTradesPerDay: number;
  /** How far a price may lie from the last fresh price. */
  readonly priceCollar: Ppm;
  /** Age of the last tick from which its price is no price. */
  readonly staleAfterMs: number;
  /** Within this time the same order again is a duplicate. */
  readonly duplicateWindowMs: number;
  /** Cash that a buy reserves, as a share of its value; never off. */
  readonly cashReserve: Ppm;
  /** Fall of a book's equity from its peak, as a share of its starting cash. */
  readonly maxDrawdown: Ppm;
  /** Whether a book past its drawdown limit may still sell what it holds. */
  readonly drawdownExits: 'allow' | 'refuse';
  /** What passing the drawdown limit does besides: nothing, or the strategy goes down until a person releases it. */
  readonly drawdownAction: 'refuse' | 'stop';
  /** Accepted signals of one namespace in one second. */
  readonly maxOrdersPerSecond: number;
  /** Accepted signals and changes of one namespace in one minute; cancels and exits are counted and never refused. */
  readonly maxMessagesPerMinute: number;
  /** Value of a book's positions, orders in flight included: all of it, and long less short. */
  readonly maxGrossExposure: Money;
  readonly maxNetExposure: Money;
  readonly maxAccountGrossExposure: Money;
  readonly maxAccountNetExposure: Money;
  /** Fall of a book's equity, and of all books together, since the day began. */
  readonly maxDayLoss: Money;
  readonly maxAccountDayLoss: Money;
  /** Fall of the P&L of all books together from its peak, as a share of their starting cash. */
  readonly maxAccountDrawdown: Ppm;
  /** At this share of a loss limit what is `reducing` already is halted. */
  readonly haltAt: Ppm;
  /** Share of a position's value that is its margin; never off. */
  readonly misMargin: Ppm;
  readonly nrmlMargin: Ppm;
  /** So many orders of one side in one instrument that fill within the window stop a strategy. */
  readonly repeatedFills: number;
  readonly repeatedFillsWindowMs: number;
  /** Whether an order may meet a resting order of the same account. */
  readonly selfTrade: 'allow' | 'refuse';
}

/** How the simulated exchange of a namespace behaves. */
export interface ExchangeTerms {
  readonly slippage: Ppm;
  readonly commission: Ppm;
  /** `next`: at the next tick of the instrument; `last`: at once, at the last price. */
  readonly fillAt: 'next' | 'last';
  readonly latencyMsMean: number;
  readonly latencyMsStd: number;
  /** Fills are limited to the volume that traded; an absent volume is unlimited. */
  readonly partialFills: boolean;
  /** Fill prices are rounded to the tick size, against the trader. */
  readonly roundToTick: boolean;
  readonly seed: number;
  /** `depth`: where a tick shows the book's levels, they decide about fills. `ticks` when it is not said. */
  readonly book?: 'ticks' | 'depth';
  /**
   * How far from the last price a market order may fill; what is left of it rests there as a limit order. Anywhere when
   * it is 0 or not said.
   */
  readonly marketProtection?: Ppm;
  /** Share of all orders that is refused for no fault of theirs; none when it is not said. */
  readonly rejects?: Ppm;
  /** Orders that are refused for no fault of theirs, by their place in the order of arrival, the first being 1. */
  readonly rejectOrders?: readonly InjectedReject[];
}

export interface InjectedReject {
  readonly place: number;
  readonly code: RejectCode;
}

/** One broker namespace. */
export interface NamespacePlan {
  readonly broker: BrokerId;
  /** Cash of a book when it is opened. */
  readonly startingCash: Money;
  /** `simulated`: answered by the exchange inside the cascade; `gateway`: real I/O behind the commit. */
  readonly answeredBy: 'simulated' | 'gateway';
  /** The account with real money that the namespace belongs to; undefined for whatever is not live. */
  readonly account?: string;
  readonly exchange: ExchangeTerms;
  /** What fills cost: the flat commission of `exchange`, or the dated tables; `flat` when it is not said. */
  readonly charges?: 'flat' | 'dated';
  /** Default life of a signal. */
  readonly signalTtlMs: number;
  readonly limits: RiskLimits;
  /** How patient the engine's exits are, and when intraday positions are closed. */
  readonly exits: ExitTerms;
  /** What the broker takes from the account, in order of their days; none is no limit. */
  readonly pacing: readonly Pacing[];
  /** What the account of a gateway has; the starting cash of its books together is never more. */
  readonly funds?: Money;
}

/** A strategy with its parameters, instruments and brokers; each (deployment, broker) has a book of its own. */
export interface Deployment {
  readonly strategyId: StrategyId;
  readonly strategyType: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  /** Instrument tokens, or every tradable instrument. */
  readonly tokens: 'all' | readonly number[];
  readonly brokers: readonly BrokerId[];
  /** Limits that differ for this deployment from those of the namespace. */
  readonly limits?: Partial<RiskLimits>;
}

export interface Plan {
  /** Name of the calendar data, such as `nse`. */
  readonly calendar: string;
  /** Segment whose session times the timers. */
  readonly segment: string;
  /** A last tick at most this old makes an instrument warm. */
  readonly freshMs: number;
  /** Interval of P&L snapshots, counted from the session's open. */
  readonly snapshotIntervalMs: number;
  /** In the order of their indices; later plans only append. */
  readonly instruments: readonly Instrument[];
  readonly namespaces: readonly NamespacePlan[];
  /** The dated tables of charges, when a namespace takes them: a replay charges what was charged. */
  readonly charges?: ChargeTable;
  readonly deployments: readonly Deployment[];
}
