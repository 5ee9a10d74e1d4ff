// Plays prices into one strategy without a platform around it: for the tests of shipped strategies and of a user's own.
// As in the platform, bars and timers come before the tick, and what is wanted fills at the next tick at the earliest:
// market orders there and in full, limit and stop orders once the price allows it, brackets by their legs.
import { price, quantity, type Money, type Quantity } from '../decimal.ts';
import { type OrderEvent, type OrderTerms } from '../events.ts';
import { knownTrace, type BrokerId, type EventId, type StrategyId } from '../ids.ts';
import { type Bar } from '../market/bar.ts';
import { type Session } from '../market/calendar.ts';
import { type Instrument } from '../market/instrument.ts';
import { NO_VOLUME, type Tick } from '../market/tick.ts';
import { MINUTE_MS, parseClock, parseDay, startOfDay, type DayNumber, type EpochMs } from '../time.ts';
import { type Model } from './models/model.ts';
import { OwnBook } from './own-book.ts';
import { readParameters, type ParameterTable, type ParameterValues } from './parameters.ts';
import { PlayMarket } from './play-market.ts';
import { Schedule, type TimerDue } from './schedule.ts';
import { bracketOf } from './speaking.ts';
import { type OwnFill, type Strategy } from './strategy.ts';
import { towards } from './target.ts';
import {
  checkWanted,
  type Wanted,
  type WantedCancel,
  type WantedModify,
  type WantedOrder,
  type Wants,
} from './wanted.ts';

/** One order that the strategy wanted, a target as the order it comes to, and the tick (0 is the first) of it. */
export interface Played extends WantedOrder {
  readonly tick: number;
}

/** One cancel or modify that the strategy wanted. */
export type Changed = (WantedCancel | WantedModify) & { readonly tick: number };

export interface PlayOptions {
  /** Left out: it opens at 0 and lasts six hours and a quarter. */
  readonly session?: Session;
  /** By the name of the parameter that names them. */
  readonly models?: Readonly<Record<string, Model>>;
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

const SESSION_MINUTES = 375;
const FIRST_SESSION = sessionFrom('TEST', 0 as DayNumber, 0);
const BROKER = 'paper' as BrokerId;
const STRATEGY = 'played' as StrategyId;

/** A trading day from 09:15 to 15:30 in India, such as `2021-06-11`, for strategies that look at the clock. */
export function tradingDay(text: string): Session {
  const day = parseDay(text);
  if (day === undefined) throw new Error(`expected a day such as 2021-06-11, found ${text}`);
  return sessionFrom(`NSE:${text}`, day, startOfDay(day) + (parseClock('09:15') as number));
}

/** One strategy with one instrument. Throws at once, with every problem, when the parameters are refused. */
export class StrategyPlayer<Parameters extends ParameterTable, State> {
  /** May be replaced between ticks, for instance by what a snapshot gives back. */
  state: State;
  readonly parameters: ParameterValues<Parameters>;
  readonly instrument: Instrument;
  /** Its own book, as the strategy is handed it. */
  own = new OwnBook();
  /** All orders that it wanted, and all changes of orders. */
  readonly orders: Played[] = [];
  readonly changes: Changed[] = [];
  session: Session;
  readonly #strategy: Strategy<Parameters, State>;
  readonly #models: Readonly<Record<string, Model>>;
  readonly #schedule: Schedule;
  readonly #market = new PlayMarket();
  #ticks = 0;

  constructor(
    strategy: Strategy<Parameters, State>,
    parameters: Readonly<Record<string, unknown>> = {},
    instrument: Partial<Instrument> = {},
    { session = FIRST_SESSION, models = {} }: PlayOptions = {},
  ) {
    this.#strategy = strategy;
    this.#models = models;
    this.session = session;
    this.instrument = { ...INSTRUMENT, ...instrument };
    const read = readParameters(strategy.parameters, parameters);
    if (!read.ok) throw new Error(read.problems.join('; '));
    const problem = strategy.validate?.(read.values);
    if (problem !== undefined) throw new Error(problem);
    this.parameters = read.values;
    this.state = strategy.start(this.parameters, this.instrument);
    this.#schedule = new Schedule(strategy.bars?.(read.values) ?? [], strategy.timers?.(read.values) ?? [], [true]);
  }

  /** Units that it holds; may be set, as if they had been bought for nothing. */
  get position(): Quantity {
    return this.own.quantity;
  }

  set position(held: number) {
    this.own = new OwnBook();
    const nothing = { realised: 0, enteredAt: 0, orders: [], pending: [] };
    this.own.restore({ quantity: held, cost: 0, ...nothing });
  }

  /**
   * Gives one price, in 1/10,000 rupee, to the strategy and returns the first order that it wanted; all are in `orders`.
   * Ticks are a second apart from the open on unless `time` says otherwise. `traded`: units since the tick before.
   */
  tick(units: number, time: number = this.session.open + this.#ticks * 1_000, traded = NO_VOLUME): Played | undefined {
    const from = this.orders.length;
    const at = time as EpochMs;
    const tick: Tick = {
      instrument: 0,
      time: at,
      price: price(units),
      volume: NO_VOLUME,
      traded,
      depth: new Int32Array(0),
      depthAt: -1,
    };
    this.#execute(tick);
    if (at >= this.session.open && at < this.session.close) {
      this.#schedule.moveTo(at, this.session, this.#listener);
      this.#schedule.onTick(tick, at);
    }
    this.#take(this.#ask('onTick', tick), at);
    this.#ticks += 1;
    return this.orders[from];
  }

  /** Gives prices one after another and returns all orders that the strategy wanted. */
  play(prices: readonly number[]): readonly Played[] {
    const from = this.orders.length;
    for (const units of prices) this.tick(units);
    return this.orders.slice(from);
  }

  /** Closes the session: its last bars end. Goes on with the next one when it is given. */
  close(next?: Session): readonly Played[] {
    const from = this.orders.length;
    this.#schedule.close(this.session.close, this.#listener);
    this.session = next ?? this.session;
    return this.orders.slice(from);
  }

  readonly #listener = {
    onBar: (_index: number, bar: Bar): void => this.#take(this.#ask('onBar', bar), bar.end),
    onTimer: (_index: number, due: TimerDue): void => this.#take(this.#ask('onTimer', due), due.at),
  };

  #ask(how: 'onTick' | 'onBar' | 'onTimer' | 'onFill', what: unknown): Wants {
    type Asked = (
      parameters: unknown,
      state: State,
      what: unknown,
      own: OwnBook,
      on: Instrument,
      models: unknown,
    ) => Wants;
    const asked = this.#strategy[how] as Asked | undefined;
    return asked?.call(this.#strategy, this.parameters, this.state, what, this.own, this.instrument, this.#models);
  }

  #take(wants: Wants, at: EpochMs): void {
    if (wants === undefined) return;
    const list = (Array.isArray(wants) ? wants : [wants]) as readonly Wanted[];
    for (const wanted of list) checkWanted(wanted);
    for (const wanted of list) this.#takeOne(wanted, at);
  }

  #takeOne(wanted: Wanted, at: EpochMs): void {
    if ('target' in wanted) {
      for (const each of towards(wanted, this.own)) this.#takeOne(each, at);
    } else if ('side' in wanted) this.#submit(wanted, at);
    else {
      this.changes.push({ tick: this.#ticks, ...wanted });
      this.#change(wanted, at);
    }
  }

  #submit(wanted: WantedOrder, at: EpochMs): void {
    this.orders.push({ tick: this.#ticks, ...wanted });
    const { side, orderType = 'market', validity = 'DAY', limitPrice, triggerPrice, product = 'CNC' } = wanted;
    const orderId = `order-${this.orders.length}` as EventId;
    const terms = { orderType, validity, limitPrice, triggerPrice, product, purpose: 'trade' } as const;
    const order: OrderTerms = { orderId, side, quantity: quantity(wanted.quantity), ...terms };
    const signalId = `signal-${this.orders.length}` as EventId;
    const base = { ...about(orderId, at), order };
    const whole = { referencePrice: price(1), expiresAt: at, slice: undefined, queued: false };
    this.own.onOrder({ type: 'order_submitted', ...base, signalId, ...whole });
    this.own.onOrder({ type: 'order_placed', ...base, brokerOrderId: orderId });
    this.#market.submit(order, wanted.bracket === undefined ? undefined : bracketOf(wanted.bracket, at));
  }

  /** A change of an order that does not rest any more comes too late, and nothing happens. */
  #change(wanted: WantedCancel | WantedModify, at: EpochMs): void {
    if ('cancel' in wanted) {
      const order = this.#market.cancel(wanted.cancel as EventId);
      if (order === undefined) return;
      const ended = { filledQuantity: quantity(0), message: 'cancelled by the strategy' };
      return this.own.onOrder({ type: 'order_cancelled', ...about(order.orderId, at), order, ...ended });
    }
    const { modify, ...terms } = wanted;
    const changes = Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
    const order = this.#market.modify(modify as EventId, changes);
    if (order !== undefined) this.own.onOrder({ type: 'order_modified', ...about(order.orderId, at), order });
  }

  #execute(tick: Tick): void {
    const { price: at, time } = tick;
    for (const each of this.#market.onPrice(at, time, this.own.quantity)) {
      if ('expired' in each) {
        const ended = { filledQuantity: quantity(0), message: 'not filled at once' };
        const base = { ...about(each.expired.orderId, time), order: each.expired };
        this.own.onOrder({ type: 'order_expired', ...base, ...ended });
        continue;
      }
      const { order, quantity: filled } = each;
      const { orderId, side } = order;
      const fillId = `${orderId}/fill` as EventId;
      const event: OrderEvent = {
        type: 'order_filled',
        ...about(orderId, time),
        order,
        fillId,
        quantity: filled,
        fillPrice: at,
        fees: 0 as Money,
      };
      this.own.onOrder(event);
      const fill: OwnFill = { orderId, side, quantity: filled, price: at, at: time };
      this.#take(this.#ask('onFill', fill), time);
    }
  }
}

function about(id: EventId, at: EpochMs) {
  return { broker: BROKER, strategyId: STRATEGY, token: INSTRUMENT.token, trace: knownTrace(id), at };
}

function sessionFrom(id: string, day: DayNumber, from: number): Session {
  const open = from as EpochMs;
  const close = (open + SESSION_MINUTES * MINUTE_MS) as EpochMs;
  const phases = [{ phase: 'open', entry: 'all', from: open, to: close }] as const;
  return { id, day, preOpen: open, open, continuousClose: close, close, phases };
}
