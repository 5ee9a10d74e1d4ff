// Plays prices into one strategy without a platform around it: for the tests of shipped strategies and of a user's own.
// As in the platform, what a strategy wants is filled in full just before its instrument's next tick.
import { price, quantity, type Quantity } from '../decimal.ts';
import { type Instrument } from '../market/instrument.ts';
import { NO_VOLUME, type Tick } from '../market/tick.ts';
import { type EpochMs } from '../time.ts';
import { readParameters, type ParameterTable, type ParameterValues } from './parameters.ts';
import { type Strategy, type Wanted } from './strategy.ts';

/** One wish of the strategy, and the tick (0 is the first) at which it had it. */
export interface Played extends Wanted {
  readonly tick: number;
}

const INSTRUMENT: Instrument = {
  token: 1,
  symbol: 'TEST',
  exchange: 'NSE',
  segment: 'NSE',
  tickSize: price(500),
  lotSize: quantity(1),
  tradable: true,
};

/** One strategy with one instrument. Throws at once, with every problem, when the parameters are refused. */
export class StrategyPlayer<Parameters extends ParameterTable, State> {
  /** May be replaced between ticks, for instance by what a snapshot gives back. */
  state: State;
  position: Quantity = quantity(0);
  readonly parameters: ParameterValues<Parameters>;
  readonly instrument: Instrument;
  readonly #strategy: Strategy<Parameters, State>;
  #ticks = 0;

  constructor(
    strategy: Strategy<Parameters, State>,
    parameters: Readonly<Record<string, unknown>> = {},
    instrument: Partial<Instrument> = {},
  ) {
    this.#strategy = strategy;
    this.instrument = { ...INSTRUMENT, ...instrument };
    const read = readParameters(strategy.parameters, parameters);
    if (!read.ok) throw new Error(read.problems.join('; '));
    const problem = strategy.validate?.(read.values);
    if (problem !== undefined) throw new Error(problem);
    this.parameters = read.values;
    this.state = strategy.start(this.parameters, this.instrument);
  }

  /** Gives one price, in 1/10,000 rupee, to the strategy; ticks are a second apart unless `time` says otherwise. */
  tick(units: number, time: number = this.#ticks * 1_000): Played | undefined {
    const tick: Tick = {
      instrument: 0,
      time: time as EpochMs,
      price: price(units),
      volume: NO_VOLUME,
      traded: NO_VOLUME,
      depth: new Int32Array(0),
      depthAt: -1,
    };
    const own = { quantity: this.position };
    const wanted = this.#strategy.onTick(this.parameters, this.state, tick, own, this.instrument);
    const index = this.#ticks++;
    if (wanted === undefined) return undefined;
    this.position = quantity(this.position + (wanted.side === 'BUY' ? wanted.quantity : -wanted.quantity));
    return { tick: index, ...wanted };
  }

  /** Gives prices one after another and returns all that the strategy wanted. */
  play(prices: readonly number[]): readonly Played[] {
    return prices.map((units) => this.tick(units)).filter((played) => played !== undefined);
  }
}
