// What is traded, by whom and within which limits: everything that decides besides the inputs themselves. A plan is
// itself recorded as an input, so that a replay decides under the plan that was in force.
import { type Money, type Ppm } from './decimal.ts';
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
  /** Accepted signals of one namespace in one second. */
  readonly maxOrdersPerSecond: number;
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
}

/** One broker namespace. */
export interface NamespacePlan {
  readonly broker: BrokerId;
  /** Cash of a book when it is opened. */
  readonly startingCash: Money;
  /** `simulated`: answered by the exchange inside the cascade; `gateway`: real I/O behind the commit. */
  readonly answeredBy: 'simulated' | 'gateway';
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
}

/** A strategy with its parameters, instruments and brokers; each (deployment, broker) has a book of its own. */
export interface Deployment {
  readonly strategyId: StrategyId;
  readonly strategyType: string;
  readonly parameters: Readonly<Record<string, number | boolean | string>>;
  /** Instrument tokens, or every tradable instrument. */
  readonly tokens: 'all' | readonly number[];
  readonly brokers: readonly BrokerId[];
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
