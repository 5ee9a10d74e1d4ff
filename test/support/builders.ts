// Core's facts and plans for tests, each built whole from defaults with what the test is about spelled out over them.
// The defaults switch everything off that a test does not ask for: no limit, no slippage, no fee, no delay.
import { type Root } from '#core/decider.ts';
import { money, price, quantity, RUPEE, type Money, type Ppm, type Price, type Quantity } from '#core/decimal.ts';
import {
  type ControlChanged,
  type DomainEvent,
  type LedgerAdjusted,
  type OrderFilled,
  type OrderSubmitted,
  type Out,
  type TradingSignal,
  type ValidatedSignal,
} from '#core/events.ts';
import { DerivedTrace, knownTrace, type BrokerId, type EventId, type StrategyId } from '#core/ids.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME, type Tick } from '#core/market/tick.ts';
import { type Deployment, type ExchangeTerms, type NamespacePlan, type Plan, type RiskLimits } from '#core/plan.ts';
import { draw } from '#core/random.ts';
import { LIMITS_OFF } from '#core/risk/limits.ts';
import { type ParameterTable } from '#core/strategy/parameters.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type OwnPosition, type Strategy, type Wanted } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { ist } from './tape-builder.ts';

/** Every handler is tested for each of these: two kinds by their own name, and a second namespace of one kind. */
export const BROKERS = ['paper', 'zerodha', 'paper_two'] as readonly string[] as readonly BrokerId[];
export const PAPER = 'paper' as BrokerId;
export const ALPHA = 'alpha' as StrategyId;
export const BETA = 'beta' as StrategyId;

/** A Friday of the calendar in tape-builder.ts, at the open. */
export const OPEN = ist('2021-06-11T09:15:00');

/** So many seconds after the open. */
export function after(seconds: number): EpochMs {
  return (OPEN + Math.round(seconds * 1_000)) as EpochMs;
}

/** A price in rupees. */
export function rs(amount: number): Price {
  return price(Math.round(amount * RUPEE));
}

/** An amount in rupees. */
export function inr(amount: number): Money {
  return money(Math.round(amount * RUPEE));
}

export function units(count: number): Quantity {
  return quantity(count);
}

export function instrument(overrides: Partial<Instrument> = {}): Instrument {
  return {
    token: 1,
    symbol: 'S1',
    exchange: 'NSE',
    segment: 'NSE',
    tickSize: price(500),
    lotSize: quantity(1),
    tradable: true,
    ...overrides,
  };
}

/** Instruments with the tokens 1 to `count`, at the indices 0 to `count - 1`. */
export function instruments(count: number): readonly Instrument[] {
  return Array.from({ length: count }, (_, k) => instrument({ token: k + 1, symbol: `S${k + 1}` }));
}

/** Every limit off. */
export function limits(overrides: Partial<RiskLimits> = {}): RiskLimits {
  return { ...LIMITS_OFF, ...overrides };
}

/** Fills at the next tick's price, in full and free of charge. */
export function exchangeTerms(overrides: Partial<ExchangeTerms> = {}): ExchangeTerms {
  return {
    slippage: 0 as Ppm,
    commission: 0 as Ppm,
    fillAt: 'next',
    latencyMsMean: 0,
    latencyMsStd: 0,
    partialFills: false,
    roundToTick: false,
    seed: 7,
    ...overrides,
  };
}

export function namespacePlan(overrides: Partial<NamespacePlan> = {}): NamespacePlan {
  return {
    broker: PAPER,
    startingCash: inr(1_000_000),
    answeredBy: 'simulated',
    exchange: exchangeTerms(),
    signalTtlMs: 30_000,
    limits: limits(),
    exits: { stepMs: 5_000, alertAfter: 3, squareOffMs: 900_000 },
    pacing: [],
    ...overrides,
  };
}

export function deployment(overrides: Partial<Deployment> = {}): Deployment {
  return {
    strategyId: ALPHA,
    strategyType: 'alternating',
    parameters: {},
    tokens: 'all',
    brokers: BROKERS,
    ...overrides,
  };
}

/** Two instruments, one namespace and no deployment. */
export function plan(overrides: Partial<Plan> = {}): Plan {
  return {
    calendar: 'nse',
    segment: 'NSE',
    freshMs: 60_000,
    snapshotIntervalMs: 300_000,
    instruments: instruments(2),
    namespaces: [namespacePlan()],
    deployments: [],
    ...overrides,
  };
}

/** A tick of the instrument with index 0 at 100 rupees. */
export function tick(overrides: Partial<Tick> = {}): Tick {
  return {
    instrument: 0,
    time: OPEN,
    price: rs(100),
    volume: NO_VOLUME,
    traded: NO_VOLUME,
    depth: new Int32Array(0),
    depthAt: -1,
    ...overrides,
  };
}

export function root(at: EpochMs = OPEN, id = `input@${at}`): Root {
  return { at, trace: knownTrace(id as EventId) };
}

/** An outside signal to buy one unit at market, good for an hour. */
export function signal({
  id = 'signal',
  ...overrides
}: Partial<TradingSignal> & { readonly id?: string } = {}): TradingSignal {
  const at = overrides.at ?? OPEN;
  return {
    type: 'trading_signal',
    broker: PAPER,
    strategyId: ALPHA,
    token: 1,
    trace: knownTrace(id as EventId),
    at,
    side: 'BUY',
    quantity: quantity(1),
    orderType: overrides.limitPrice === undefined ? 'market' : 'limit',
    validity: 'DAY',
    price: undefined,
    limitPrice: undefined,
    triggerPrice: undefined,
    product: 'CNC',
    purpose: 'trade',
    bracket: undefined,
    expiresAt: (at + 3_600_000) as EpochMs,
    confidence: undefined,
    metadata: undefined,
    ...overrides,
  };
}

/** A signal as the risk gate lets it pass. */
export function validated(of: TradingSignal): ValidatedSignal {
  const { broker, strategyId, token, at } = of;
  const trace = new DerivedTrace(of.trace, 'r', broker, 0);
  return { type: 'validated_signal', broker, strategyId, token, trace, at, signal: of, checks: {} };
}

/** The order that follows from a signal, under the id `order` unless it is named. */
export function submitted(of: TradingSignal, orderId = 'order', referencePrice: Price = rs(100)): OrderSubmitted {
  const { broker, strategyId, token, at, side, orderType, validity, limitPrice, triggerPrice, product, purpose } = of;
  const terms = { side, quantity: of.quantity, orderType, validity, limitPrice, triggerPrice, product, purpose };
  return {
    type: 'order_submitted',
    broker,
    strategyId,
    token,
    trace: knownTrace(orderId as EventId, of.trace.correlationId, of.trace.id),
    at,
    signalId: of.trace.id,
    order: { orderId: orderId as EventId, ...terms },
    referencePrice,
    expiresAt: of.expiresAt,
    slice: undefined,
    queued: false,
  };
}

/** A fill of the whole order unless a quantity is given. */
export function filled(of: OrderSubmitted, overrides: Partial<OrderFilled> = {}): OrderFilled {
  const { broker, strategyId, token, at, order } = of;
  const fillId = `${order.orderId}/x.${broker}.0` as EventId;
  return {
    type: 'order_filled',
    broker,
    strategyId,
    token,
    trace: knownTrace(fillId, of.trace.correlationId, order.orderId),
    at,
    order,
    fillId,
    quantity: order.quantity,
    fillPrice: rs(100),
    fees: 0 as Money,
    ...overrides,
  };
}

/** A deposit into the book of `ALPHA`, or a withdrawal when the amount is negative. */
export function adjusted(amount: number, overrides: Partial<LedgerAdjusted> = {}): LedgerAdjusted {
  return {
    type: 'ledger_adjusted',
    broker: PAPER,
    strategyId: ALPHA,
    trace: knownTrace('adjustment' as EventId),
    at: OPEN,
    amount: amount as Money,
    kind: amount < 0 ? 'withdrawal' : 'deposit',
    who: 'test',
    why: 'test',
    ...overrides,
  };
}

/** A person's order of control over a namespace of `PAPER`, such as arming it. */
export function controlled(
  action: ControlChanged['action'],
  overrides: Partial<ControlChanged> & { readonly id?: string } = {},
): ControlChanged {
  const { id = action, ...rest } = overrides;
  const broker = rest.broker ?? PAPER;
  const said = { subject: broker, who: 'test', why: 'test' };
  return { type: 'control_changed', broker, trace: knownTrace(id as EventId), at: OPEN, action, ...said, ...rest };
}

/** An `Out` that keeps what it is given. */
export class RecordingOut implements Out {
  events: DomainEvent[] = [];

  push(event: DomainEvent): void {
    this.events.push(event);
  }

  /** What was pushed since the last call. */
  take(): readonly DomainEvent[] {
    return this.events.splice(0);
  }

  types(): readonly string[] {
    return this.events.map(({ type }) => type);
  }
}

/** What a snapshot is after it was written to a file and read back. */
export function reread<T>(state: T): T {
  return JSON.parse(JSON.stringify(state)) as T;
}

/** Picks the events of one type, with its own fields. */
export function ofType<Type extends DomainEvent['type']>(
  events: readonly DomainEvent[],
  type: Type,
): readonly Extract<DomainEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<DomainEvent, { type: Type }> => event.type === type);
}

type Rule = (state: { seen: number }, tick: Tick, own: OwnPosition, on: Instrument) => Wanted | undefined;

/** A strategy that follows a rule of the test's own; `state.seen` counts the ticks of an instrument, this one included. */
export function strategyOf(type: string, rule: Rule, version = 1): Strategy<ParameterTable, { seen: number }> {
  return {
    type,
    version,
    summary: 'A rule of a test.',
    parameters: {},
    warmUpTicks: () => 0,
    start: () => ({ seen: 0 }),
    onTick(_parameters, state, now, own, on) {
      state.seen++;
      return rule(state, now, own, on);
    },
  };
}

/** Buys 5 at every third tick while it holds nothing, and otherwise sells all: trades as much as a strategy can. */
export const alternating = strategyOf('alternating', ({ seen }, _tick, own) => {
  if (seen % 3 !== 0) return undefined;
  return own.quantity > 0 ? { side: 'SELL', quantity: own.quantity } : { side: 'BUY', quantity: 5 };
});

/** Finds these strategies, whose states may be of any type, by their own type. */
export function catalogueOf(...strategies: readonly unknown[]): StrategyCatalogue {
  const byType = new Map((strategies as readonly Strategy[]).map((strategy) => [strategy.type, strategy]));
  return (type) => {
    const found = byType.get(type);
    if (found === undefined) throw new Error(`no strategy of this test is called ${type}`);
    return found;
  };
}

/** One row of a made tape: index of the instrument, time, price, cumulative volume. */
export type TapeRow = readonly [number, EpochMs, Price, number];

export interface WanderOptions {
  readonly seed: number;
  readonly rows: number;
  readonly instruments: number;
  readonly from?: EpochMs;
  readonly stepMs?: number;
}

/** Prices that wander from 100 rupees in steps of the tick size, one instrument after another by chance. */
export function wander({
  seed,
  rows,
  instruments: count,
  from = OPEN,
  stepMs = 1_000,
}: WanderOptions): readonly TapeRow[] {
  const prices = Array.from({ length: count }, () => 1_000_000);
  const volumes = Array.from({ length: count }, () => 0);
  return Array.from({ length: rows }, (_, k) => {
    const which = draw(seed, 'instrument', k) % count;
    const moved = Math.max(50_000, (prices[which] ?? 0) + ((draw(seed, 'step', k) % 41) - 20) * 500);
    prices[which] = moved;
    volumes[which] = (volumes[which] ?? 0) + (draw(seed, 'volume', k) % 9);
    return [which, (from + k * stepMs) as EpochMs, price(moved), volumes[which] ?? 0];
  });
}
