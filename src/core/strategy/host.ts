// Runs one deployment in one namespace: its parameters, its state for each instrument and its own position. A strategy
// that throws is quarantined, and the others go on.
import { type Root } from '../decider.ts';
import { type Quantity } from '../decimal.ts';
import { type OrderFilled, type Out, type Side, type TradingSignal } from '../events.ts';
import { DerivedTrace, type BrokerId, type StrategyId } from '../ids.ts';
import { type Instrument, type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type Deployment } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { type ParameterTable, type ParameterValues } from './parameters.ts';
import { type OwnPosition, type Strategy, type Wanted } from './strategy.ts';

export interface HostState {
  readonly strategyId: StrategyId;
  /** Strategy kind, version and parameters that made the states; other ones start a new warm-up. */
  readonly fingerprint: string;
  /** [index, state] of every instrument that has ticked. */
  readonly states: readonly (readonly [number, unknown])[];
  readonly positions: readonly (readonly [number, number])[];
}

type AnyStrategy = Strategy;

export class StrategyHost {
  readonly strategyId: StrategyId;
  readonly #broker: BrokerId;
  readonly #strategy: AnyStrategy;
  readonly #parameters: ParameterValues<ParameterTable>;
  readonly #fingerprint: string;
  readonly #ttlMs: number;
  /** By instrument index; undefined where the deployment does not run. */
  readonly #instruments: (Instrument | undefined)[] = [];
  readonly #states: unknown[] = [];
  readonly #own: { quantity: Quantity }[] = [];

  constructor(deployment: Deployment, strategy: AnyStrategy, broker: BrokerId, ttlMs: number, table: InstrumentTable) {
    this.strategyId = deployment.strategyId;
    this.#broker = broker;
    this.#strategy = strategy;
    this.#parameters = deployment.parameters;
    this.#fingerprint = fingerprintOf(strategy, deployment);
    this.#ttlMs = ttlMs;
    for (const instrument of table.list()) {
      const runs = deployment.tokens === 'all' ? instrument.tradable : deployment.tokens.includes(instrument.token);
      this.#instruments.push(runs ? instrument : undefined);
      this.#states.push(runs ? strategy.start(this.#parameters, instrument) : undefined);
      this.#own.push({ quantity: 0 as Quantity });
    }
  }

  /**
   * Hands the tick to the strategy and appends the signal it wants, numbered `index`; returns whether it did. Throws
   * what the strategy throws, and when what it wants makes no sense.
   */
  onTick(tick: Tick, root: Root, index: number, out: Out): boolean {
    const instrument = this.#instruments[tick.instrument];
    if (instrument === undefined) return false;
    const state = this.#states[tick.instrument];
    const own = this.#own[tick.instrument] as OwnPosition;
    const wanted = this.#strategy.onTick(this.#parameters, state, tick, own, instrument);
    if (wanted === undefined) return false;
    out.push(this.#signal(wanted, tick, instrument, root, index));
    return true;
  }

  onFill(fill: OrderFilled, index: number): void {
    const own = this.#own[index];
    if (own === undefined) return;
    own.quantity = (own.quantity + signedQuantity(fill)) as Quantity;
  }

  /** Every `from` shares become `to`; prices from before are of other shares, so the strategy begins anew with them. */
  split(index: number, from: number, to: number): void {
    const own = this.#own[index];
    if (own !== undefined) own.quantity = ((own.quantity * to) / from) as Quantity;
    const instrument = this.#instruments[index];
    if (instrument !== undefined) this.#states[index] = this.#strategy.start(this.#parameters, instrument);
  }

  #signal(wanted: Wanted, tick: Tick, instrument: Instrument, root: Root, index: number): TradingSignal {
    checkWanted(wanted);
    const { side, quantity, orderType = 'market' } = wanted;
    return {
      type: 'trading_signal',
      broker: this.#broker,
      strategyId: this.strategyId,
      token: instrument.token,
      trace: new DerivedTrace(root.trace, 's', this.#broker, index),
      at: root.at,
      side,
      quantity: quantity as Quantity,
      orderType,
      validity: 'DAY',
      price: tick.price,
      limitPrice: wanted.limitPrice,
      triggerPrice: undefined,
      product: 'CNC',
      purpose: 'trade',
      bracket: undefined,
      expiresAt: (root.at + this.#ttlMs) as EpochMs,
      confidence: wanted.confidence,
      metadata: wanted.metadata,
    };
  }

  snapshot(): HostState {
    const states: [number, unknown][] = [];
    const positions: [number, number][] = [];
    for (let k = 0; k < this.#states.length; k++) {
      if (this.#states[k] !== undefined) states.push([k, this.#states[k]]);
      const held = (this.#own[k] as OwnPosition).quantity;
      if (held !== 0) positions.push([k, held]);
    }
    return { strategyId: this.strategyId, fingerprint: this.#fingerprint, states, positions };
  }

  /** Takes over the positions, and the states too when the same strategy with the same parameters made them. */
  restore(state: HostState): void {
    for (const [index, held] of state.positions) {
      const own = this.#own[index];
      if (own !== undefined) own.quantity = held as Quantity;
    }
    if (state.fingerprint !== this.#fingerprint) return;
    for (const [index, kept] of state.states) {
      if (this.#instruments[index] !== undefined) this.#states[index] = kept;
    }
  }
}

/** What is kept of a strategy id that does not run, after a fill of an order that is still at work for it. */
export function keptAfterFill(kept: HostState | undefined, fill: OrderFilled, index: number): HostState {
  const { strategyId } = fill;
  const before = kept ?? { strategyId, fingerprint: '', states: [], positions: [] };
  const held = before.positions.find(([at]) => at === index)?.[1] ?? 0;
  const others = before.positions.filter(([at]) => at !== index);
  return { ...before, positions: [...others, [index, held + signedQuantity(fill)]] };
}

/** What is kept of a strategy id that does not run, after a split of an instrument. */
export function keptAfterSplit(kept: HostState, index: number, from: number, to: number): HostState {
  const states = kept.states.filter(([at]) => at !== index);
  const positions = kept.positions.map(([at, held]) => [at, at === index ? (held * to) / from : held] as const);
  return { ...kept, states, positions };
}

function signedQuantity(fill: OrderFilled): number {
  return fill.order.side === 'BUY' ? fill.quantity : -fill.quantity;
}

/** Strategies may come from a user's folder, where no compiler has seen them: what they want is checked here. */
function checkWanted({ side, quantity, orderType = 'market', limitPrice, confidence, metadata }: Wanted): void {
  if (!isSide(side) || !Number.isSafeInteger(quantity) || quantity <= 0) {
    throw new Error(`wants to ${side} ${quantity}: a signal needs BUY or SELL and a whole quantity above zero`);
  }
  if (orderType !== 'market' && orderType !== 'limit') {
    throw new Error(`wants a ${String(orderType)} order: an order is of the type market or limit`);
  }
  if ((orderType === 'limit') !== (limitPrice !== undefined)) {
    throw new Error(`wants a ${orderType} order ${limitPrice === undefined ? 'without' : 'with'} a limit price`);
  }
  if (limitPrice !== undefined && !(Number.isSafeInteger(limitPrice) && limitPrice > 0)) {
    throw new Error(`wants a limit price of ${limitPrice}: it is a whole number of 1/10000 rupee above zero`);
  }
  if (confidence !== undefined && !(typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) {
    throw new Error(`gives the confidence ${confidence}: it is a number from 0 to 1`);
  }
  if (metadata !== undefined) checkMetadata(metadata);
}

const METADATA_MAX = 32;
const METADATA_TEXT_MAX = 256;

/** What a strategy says besides must be writable by anybody, and short. */
function checkMetadata(metadata: Readonly<Record<string, unknown>>): void {
  let count = 0;
  for (const name in metadata) {
    const value = metadata[name];
    const short = typeof value === 'string' ? value.length <= METADATA_TEXT_MAX : Number.isFinite(value);
    if (++count > METADATA_MAX || !(short || typeof value === 'boolean' || value === null)) {
      throw new Error(
        `gives metadata that cannot be written: ${name} must be one of at most ${METADATA_MAX} numbers, booleans and ` +
          `texts of at most ${METADATA_TEXT_MAX} characters`,
      );
    }
  }
}

function isSide(side: Side): boolean {
  return side === 'BUY' || side === 'SELL';
}

function fingerprintOf(strategy: AnyStrategy, deployment: Deployment): string {
  const parameters = Object.entries(deployment.parameters).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${strategy.type}@${strategy.version}${JSON.stringify(parameters)}`;
}
