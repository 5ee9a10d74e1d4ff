// The contract that strategy authors implement. A strategy is pure: what it wants depends on its parameters, its own
// state and what it is handed, so that backtest, rehearsal and live decide the same.
import { type Price, type Quantity } from '../decimal.ts';
import { type Side } from '../events.ts';
import { type EventId } from '../ids.ts';
import { type Bar } from '../market/bar.ts';
import { type FeedGap } from '../market/gap.ts';
import { type Instrument } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type EpochMs } from '../time.ts';
import { type Model } from './models/model.ts';
import { type OwnPosition } from './own-book.ts';
import { type ParameterTable, type ParameterValues } from './parameters.ts';
import { type Timer, type TimerDue } from './schedule.ts';
import { type Wants } from './wanted.ts';

// An author names these beside the contract.
export { type FeedGap } from '../market/gap.ts';
export { type OwnPosition } from './own-book.ts';
export { type Wanted } from './wanted.ts';

/** One own fill. */
export interface OwnFill {
  readonly orderId: EventId;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly price: Price;
  readonly at: EpochMs;
}

/** The models that the deployment names, by the name of the parameter that names them. */
export type Models = Readonly<Record<string, Model>>;

/**
 * A kind of strategy. `State` is what it keeps for one instrument: plain data (objects, arrays, strings, numbers,
 * booleans, null), because it is written to snapshots and read back. Whatever it is asked, it sees one instrument.
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
    models: Models,
  ): Wants;
  /** Intervals of the bars that it looks at, in milliseconds from one second to one day; none when it is left out. */
  bars?(parameters: ParameterValues<Parameters>): readonly number[];
  /** Takes a bar that has ended: at the first input at or after its end, before the tick, and at the session's close. */
  onBar?(
    parameters: ParameterValues<Parameters>,
    state: State,
    bar: Bar,
    own: OwnPosition,
    instrument: Instrument,
    models: Models,
  ): Wants;
  /** Times at which it is asked for every instrument; none when it is left out. */
  timers?(parameters: ParameterValues<Parameters>): readonly Timer[];
  onTimer?(
    parameters: ParameterValues<Parameters>,
    state: State,
    due: TimerDue,
    own: OwnPosition,
    instrument: Instrument,
    models: Models,
  ): Wants;
  /**
   * Takes a gap of the feed: at once, when nothing is known of what was missed, and again when the broker's history has
   * said it. `candles` are minutes of that history, not made of ticks that were seen. Bars that the gap touches come with
   * `complete` false whether it is there or not.
   */
  onGap?(
    parameters: ParameterValues<Parameters>,
    state: State,
    gap: FeedGap,
    own: OwnPosition,
    instrument: Instrument,
    models: Models,
  ): Wants;
  /** Takes an own fill, which `own` has in it already. */
  onFill?(
    parameters: ParameterValues<Parameters>,
    state: State,
    fill: OwnFill,
    own: OwnPosition,
    instrument: Instrument,
    models: Models,
  ): Wants;
}

/** Keeps the types of a strategy's parameters and state while it is written; does nothing at run time. */
export function defineStrategy<Parameters extends ParameterTable, State>(
  strategy: Strategy<Parameters, State>,
): Strategy<Parameters, State> {
  return strategy;
}
