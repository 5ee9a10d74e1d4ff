// What a rule of the gate may look at: one signal with the numbers of its book and account at the instant it is asked.
import { type Product, type Reason, type TradingSignal } from '../events.ts';
import { type Instrument } from '../market/instrument.ts';
import { type RiskLimits } from '../plan.ts';
import { type Book } from '../portfolio/book.ts';
import { type EpochMs } from '../time.ts';
import { type ChangeCode, type RiskCode } from './reasons.ts';
import { type InFlight } from './reservations.ts';
import { type ControlState } from './states.ts';

/** All that a rule may look at. */
export interface Question {
  /**
   * Delivery at market or at a limit, in an active namespace, with none of the limits in force that only some desks use:
   * then only the rules are asked that can object.
   */
  readonly plain: boolean;
  readonly signal: TradingSignal;
  readonly at: EpochMs;
  /** Those of the strategy; the ones of the account are the same for all. */
  readonly limits: RiskLimits;
  readonly instrument: Instrument;
  /** Units held by the book in the instrument, and under which product. */
  readonly held: number;
  readonly heldProduct: Product | undefined;
  readonly book: Book;
  readonly inFlight: InFlight;
  /** What positions and orders that need margin add to the book's free cash, or take from it. */
  readonly onMargin: number;
  /** Last price of the instrument, 0 before its first tick; and its time. */
  readonly lastPrice: number;
  readonly lastTime: number;
  /**
   * Price the order is valued at: its limit, else the last price, else the signal's own. 0 when there is none: then the
   * signal can only wait for a price, and is asked about again when it comes.
   */
  readonly price: number;
  /**
   * Units that may be at work for it at the worst: those asked for, or for a change those that the order has when they are
   * more. `eased`: a change to no more units at no higher price, which can only free money.
   */
  readonly units: number;
  readonly eased: boolean;
  /** Accepted signals of this strategy today, of the namespace in this second, and its messages in this minute. */
  readonly tradesToday: number;
  readonly ordersThisSecond: number;
  readonly messagesThisMinute: number;
  /** The accepted signal before, of the same strategy and instrument. */
  readonly previous: AcceptedSignal | undefined;
  readonly quarantined: boolean;
  readonly state: ControlState;
  /** The scope that has the state. */
  readonly scope: string;
  /** Units of the same side and instrument whose orders' outcome is open: of all books, and of this book's own trades. */
  readonly unresolved: number;
  readonly unresolvedTrades: number;
  /** Parts of one signal that the broker takes; 0 is any number. */
  readonly slicesMax: number;
  /** Price of a resting order of the account that this one would meet; 0 when it meets none, or may. */
  readonly meets: number;
  /** Undefined while no limit asks for it. */
  readonly exposure: ExposureAsked | undefined;
  readonly dayLoss: number;
  readonly accountDayLoss: number;
  readonly accountDrawdown: number;
  readonly accountDrawdownLimit: number;
}

/** Worst exposures before the order and with it. */
export interface ExposureAsked {
  readonly bookGross: readonly [before: number, after: number];
  readonly bookNet: readonly [before: number, after: number];
  readonly accountGross: readonly [before: number, after: number];
  readonly accountNet: readonly [before: number, after: number];
}

export interface AcceptedSignal {
  readonly side: string;
  readonly quantity: number;
  readonly limitPrice: number;
  readonly at: number;
}

export type Rule = (question: Question) => Reason | undefined;

export function no(code: RiskCode | ChangeCode, limit: string, found: string): Reason {
  return { code, limit, found };
}
