// The contract that strategy authors implement. A strategy is pure: what it wants depends on its parameters, its own
// state and what it is handed, so that backtest, rehearsal and live decide the same.
import { type Price, type Quantity } from '../decimal.ts';
import { type Side } from '../events.ts';
import { type Instrument } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type ParameterTable, type ParameterValues } from './parameters.ts';

/** What a strategy may know of its own book in the instrument at hand. */
export interface OwnPosition {
  /** Units held by this deployment in this namespace, from its own fills alone. */
  readonly quantity: Quantity;
}

/** What a strategy wants done now. */
export interface Wanted {
  readonly side: Side;
  /** Whole units, more than zero. */
  readonly quantity: number;
  /** 0 to 1. */
  readonly confidence?: number;
  /** Default `market`. */
  readonly orderType?: 'market' | 'limit';
  readonly limitPrice?: Price;
  /** A few words or numbers for the person who asks why: at most 32, texts of at most 256 characters. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>;
}

/**
 * A kind of strategy. `State` is what it keeps for one instrument: plain data (objects, arrays, strings, numbers,
 * booleans, null), because it is written to snapshots and read back.
 */
export interface Strategy<Parameters extends ParameterTable = ParameterTable, State = unknown> {
  /** Names the kind in settings and deployments: `[a-z][a-z0-9_]*`. */
  readonly type: string;
  /** Raised whenever the rule or the shape of the state changes. */
  readonly version: number;
  /** One sentence for `strategies list`. */
  readonly summary: string;
  readonly parameters: Parameters;
  /** What the parameters together must obey; a sentence when they do not. */
  validate?(parameters: ParameterValues<Parameters>): string | undefined;
  /** Ticks of an instrument that are needed before the first signal can come. */
  warmUpTicks(parameters: ParameterValues<Parameters>): number;
  /** The state of an instrument before its first tick. */
  start(parameters: ParameterValues<Parameters>, instrument: Instrument): State;
  /** Takes one tick into `state`, in place, and returns what it wants, or undefined. Must not keep `tick`. */
  onTick(
    parameters: ParameterValues<Parameters>,
    state: State,
    tick: Tick,
    own: OwnPosition,
    instrument: Instrument,
  ): Wanted | undefined;
}

/** Keeps the types of a strategy's parameters and state while it is written; does nothing at run time. */
export function defineStrategy<Parameters extends ParameterTable, State>(
  strategy: Strategy<Parameters, State>,
): Strategy<Parameters, State> {
  return strategy;
}
