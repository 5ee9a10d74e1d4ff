// The trading engine of one namespace: it turns validated signals into orders when the market is open and the instrument
// is warm, and keeps the exits that it owns. It never asks whether the broker is real.
import { type Root, type Stage } from '../decider.ts';
import { type Money, type Price, type Quantity, multiplyDivide } from '../decimal.ts';
import {
  type ControlChanged,
  type DomainEvent,
  type ExpiredSignal,
  type ExpiryCode,
  type OrderSubmitted,
  type Out,
  type Purpose,
  type Slice,
  type ValidatedSignal,
} from '../events.ts';
import { DerivedTrace, type EventId, type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type Calendar } from '../market/calendar.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { grown } from '../portfolio/book.ts';
import { type EpochMs } from '../time.ts';
import { ExitKeeper, type ExitDesk, type KeeperState } from './exit-keeper.ts';
import { wantedQuantity } from './exit.ts';
import { changeOf } from './exit-signals.ts';
import { Holdings, type Holding, type HoldingsState } from './holdings.ts';
import { OrderTracker, type TrackerState, type TrackerTerms } from './order-tracker.ts';
import { plainValidated } from './plain.ts';
import { type BrokerReport } from './report.ts';
import { largestOrder, slicesOf } from './slicing.ts';
import { WarmUpQueue, type Waiting } from './warm-up.ts';
import { openQuantity, type WorkingOrder } from './working-order.ts';

export interface EngineState {
  readonly lastTicks: readonly (readonly [number, number, number])[];
  readonly waiting: readonly Waiting[];
  readonly heldBack: readonly ValidatedSignal[];
  readonly tracker: TrackerState;
  readonly holdings: HoldingsState;
  readonly exits: KeeperState;
  readonly processed: number;
}

/** What the engine needs besides its inputs. */
export interface EngineContext {
  readonly calendar: Calendar;
  readonly instruments: InstrumentTable;
  /** A last tick at most this old makes an instrument warm. */
  readonly freshMs: number;
  /** Asks the gate again about a signal that waited for a price; false when it does not pass. */
  readonly confirm: (validated: ValidatedSignal, root: Root, out: Out) => boolean;
}

export class TradingEngine implements Stage<EngineState> {
  #plan: NamespacePlan;
  #context: EngineContext;
  #lastTime: Float64Array<ArrayBuffer>;
  #lastPrice: Float64Array<ArrayBuffer>;
  readonly #queue = new WarmUpQueue();
  /** Signals of a strategy that wait until the engine's exits have given back the units that they need. */
  #heldBack: ValidatedSignal[] = [];
  readonly #holdings = new Holdings();
  readonly #tracker: OrderTracker;
  readonly #exits: ExitKeeper;
  #processed = 0;

  constructor(plan: NamespacePlan, context: EngineContext) {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = new Float64Array(context.instruments.size);
    this.#lastPrice = new Float64Array(context.instruments.size);
    this.#exits = new ExitKeeper(plan.broker, this.#desk(), plan.exits, plan.signalTtlMs);
    this.#tracker = new OrderTracker(this.#trackerTerms(), {
      filled: (order, quantity, price, root, out) => this.#onFill(order, quantity, price, root, out),
      changed: (order, root, out) => this.#onChanged(order, root, out),
      refused: (order, why, root, out) => this.#exits.refused(order.terms.orderId, why, root, out),
    });
  }

  replan(plan: NamespacePlan, context: EngineContext): void {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = grown(this.#lastTime, context.instruments.size);
    this.#lastPrice = grown(this.#lastPrice, context.instruments.size);
    this.#exits.replan(plan.exits, plan.signalTtlMs);
    this.#tracker.replan(this.#trackerTerms());
  }

  #trackerTerms(): TrackerTerms {
    const { pacing, answeredBy, exchange } = this.#plan;
    return {
      pacing,
      forgetAtOnce: answeredBy === 'simulated',
      feesOf: (_order, { price, quantity }) =>
        multiplyDivide(price * quantity, exchange.commission, 1_000_000) as Money,
    };
  }

  #desk(): ExitDesk {
    const indexOf = (token: number): number => this.#context.instruments.indexOf(token);
    return {
      order: (orderId) => this.#tracker.order(orderId),
      held: (strategyId, token) => this.#holdings.units(strategyId, token),
      offeredElsewhere: (strategyId, token, side) =>
        this.#offered(strategyId, token, side) + this.#awaited(strategyId, token, side),
      largest: (token) => largestOrder(this.#context.instruments.at(indexOf(token))),
      tickSize: (token) => this.#context.instruments.at(indexOf(token)).tickSize,
      lastPrice: (token) => this.#lastPrice[indexOf(token)] as number,
      isOpen: (token, at) => this.#isOpen(indexOf(token), at),
      modifiesMax: (at) => this.#tracker.limitsAt(at)?.modifiesPerOrder ?? 0,
    };
  }

  get processedCount(): number {
    return this.#processed;
  }

  get pendingSignals(): number {
    return this.#queue.size + this.#heldBack.length;
  }

  get warmedUpInstruments(): number {
    let warm = 0;
    for (const time of this.#lastTime) if (time !== 0) warm++;
    return warm;
  }

  /** Orders that are not settled. */
  working(): readonly WorkingOrder[] {
    return this.#tracker.working();
  }

  /** The intent of an order that this engine follows. */
  submittedOf(orderId: EventId): OrderSubmitted {
    const order = this.#tracker.order(orderId);
    invariant(order !== undefined, `the order ${orderId} is claimed, but nobody follows it`);
    return order.submitted;
  }

  /** From when on something is due by time alone; infinite when nothing waits. */
  wakeAt(at: EpochMs): number {
    let wake = Number.POSITIVE_INFINITY;
    if (this.#queue.size > 0) wake = this.#queue.nextExpiry;
    for (const { signal } of this.#heldBack) wake = Math.min(wake, signal.expiresAt);
    if (this.#exits.size > 0) wake = Math.min(wake, this.#exits.wakeAt);
    return Math.min(wake, this.#tracker.wakeAt(at));
  }

  onTick(tick: Tick, root: Root, out: Out): void {
    this.#lastTime[tick.instrument] = root.at;
    this.#lastPrice[tick.instrument] = tick.price;
    if (this.#exits.size === 0 && this.#queue.size === 0) return;
    const { token } = this.#context.instruments.at(tick.instrument);
    if (this.#exits.has(token)) this.#exits.onTick(tick, token, root, out);
    if (!this.#queue.has(token)) return;
    for (const { validated } of this.#queue.take(token)) {
      const tooOld = root.at >= validated.signal.expiresAt;
      if (tooOld || this.#context.confirm(validated, root, out)) this.#consider(validated, root, out);
    }
  }

  /** Ends what became too old by `root.at` while it waited, and lets go what its time has come for. */
  onTime(root: Root, out: Out): void {
    for (const { validated } of this.#queue.takeExpired(root.at)) this.#expire(validated, 'EXPIRED', root, out);
    if (this.#heldBack.length > 0) {
      const old = this.#heldBack.filter(({ signal }) => signal.expiresAt <= root.at);
      this.#heldBack = this.#heldBack.filter(({ signal }) => signal.expiresAt > root.at);
      for (const validated of old) this.#expire(validated, 'EXPIRED', root, out);
    }
    this.#tracker.onTime(root, out);
    this.#exits.onTime(root, out);
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    switch (event.type) {
      case 'validated_signal':
        this.#processed++;
        return this.#consider(event, root, out);
      case 'rejected_signal': {
        const why = event.reasons.map(({ code, limit, found }) => `${code}: limit ${limit}, found ${found}`).join('; ');
        return this.#exits.notOrdered(event.signal.trace.id, event.token, why, root, out);
      }
      case 'expired_signal':
        return this.#onExpired(event, root, out);
      case 'validated_change':
        return this.#tracker.change(event, root, out);
      case 'rejected_change': {
        const { orderId, trace } = event.change;
        this.#tracker.answered(orderId, trace.id);
        const why = event.reasons.map(({ code, limit, found }) => `${code}: limit ${limit}, found ${found}`).join('; ');
        return this.#exits.refused(orderId, why, root, out);
      }
      case 'expired_change':
        return this.#tracker.answered(event.change.orderId, event.change.trace.id);
      case 'control_changed':
        return this.#onControl(event, root, out);
      default:
        return;
    }
  }

  /** Takes what the broker says of an order; false when this engine does not follow it. */
  onReport(report: BrokerReport, root: Root, out: Out): boolean {
    return this.#tracker.onReport(report, root, out);
  }

  /** Intraday positions of a segment are closed, and its intraday orders cancelled, before the session ends. */
  onSquareOff(segment: string, root: Root, out: Out): void {
    const mine = (token: number): boolean => this.#segmentOf(token) === segment;
    this.#cancelTrades(
      (order) => order.terms.product === 'MIS' && mine(order.submitted.token),
      'square_off',
      root,
      out,
    );
    for (const holding of this.#holdings.open()) {
      if (holding.product === 'MIS' && mine(holding.token)) this.#closePosition(holding, 'square_off', root, out);
    }
  }

  /** The session of a segment has closed: what still waits is of a session that is over. */
  onClose(segment: string, root: Root, out: Out): void {
    const mine = (token: number): boolean => this.#segmentOf(token) === segment;
    for (const { validated } of this.#queue.takeWhere(mine)) this.#expire(validated, 'SESSION_CLOSED', root, out);
    const over = this.#heldBack.filter(({ token }) => mine(token));
    this.#heldBack = this.#heldBack.filter(({ token }) => !mine(token));
    for (const validated of over) this.#expire(validated, 'SESSION_CLOSED', root, out);
    this.#tracker.onClose(mine, root, out);
  }

  #consider(validated: ValidatedSignal, root: Root, out: Out): void {
    const { signal } = validated;
    const { calendar, instruments, freshMs } = this.#context;
    if (root.at >= signal.expiresAt) return this.#expire(validated, 'EXPIRED', root, out);
    const index = instruments.indexOf(signal.token);
    invariant(index !== -1, `risk let the unknown instrument ${signal.token} pass`);
    const session = calendar.sessionAt(instruments.at(index).segment, root.at);
    // A signal of an earlier session is of a market that is over; its own instant may lie outside the calendar's data.
    if (session === undefined || root.at < session.open || signal.at < session.preOpen) {
      return this.#expire(validated, 'SESSION_CLOSED', root, out);
    }
    const { squareOffMs } = this.#plan.exits;
    const intraday = signal.product === 'MIS' && signal.purpose === 'trade';
    if (intraday && root.at >= session.close - squareOffMs) {
      return this.#expire(validated, 'SESSION_CLOSED', root, out);
    }
    const lastTime = this.#lastTime[index] as number;
    if (lastTime === 0 || root.at - lastTime > freshMs) return this.#wait(validated, root, out);
    if (this.#exits.has(signal.token) && this.#mustWaitForExits(validated)) {
      this.#heldBack.push(validated);
      return this.#tend(validated.strategyId, validated.token, root, out);
    }
    this.#submit(validated, this.#lastPrice[index] as Price, root, out);
  }

  #wait(validated: ValidatedSignal, root: Root, out: Out): void {
    const { strategyId, token, signal } = validated;
    const exit = this.#holdings.reduces(strategyId, token, signal.side);
    const loser = this.#queue.put({ validated, exit });
    if (loser !== undefined) this.#expire(loser, 'SUPERSEDED', root, out);
  }

  #expire(validated: ValidatedSignal, code: ExpiryCode, root: Root, out: Out): void {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, 0);
    out.push({ type: 'expired_signal', broker, strategyId, token, trace, at: root.at, signal, code });
  }

  /** An exit that became too old while its position stays open is asked for again, on fresh prices, and told of. */
  #onExpired(event: ExpiredSignal, root: Root, out: Out): void {
    const { signal, strategyId, token, broker, trace } = event;
    if (signal.purpose !== 'trade') return this.#exits.notOrdered(signal.trace.id, token, event.code, root, out);
    if (event.code !== 'EXPIRED' || !this.#holdings.reduces(strategyId, token, signal.side)) return;
    const held = Math.abs(this.#holdings.units(strategyId, token));
    const spoken = this.#wantedOut(strategyId, token) + this.#offered(strategyId, token, signal.side);
    const quantity = Math.min(signal.quantity, held - spoken);
    if (quantity <= 0) return;
    const message = `an exit of ${quantity} units of ${token} became too old and is asked for again`;
    const alert = new DerivedTrace(trace, 'e', broker, 'alert');
    out.push({
      type: 'alert_raised',
      broker,
      trace: alert,
      at: root.at,
      code: 'EXIT_EXPIRED',
      subject: strategyId,
      message,
    });
    const { side, product } = signal;
    this.#exits.close({ strategyId, token, trace, side, product, purpose: 'exit_again' }, quantity, root, out);
  }

  #submit(validated: ValidatedSignal, referencePrice: Price, root: Root, out: Out): void {
    const { signal, strategyId, token } = validated;
    const instrument = this.#context.instruments.at(this.#context.instruments.indexOf(token));
    const exiting = signal.purpose !== 'trade';
    if (signal.quantity <= largestOrder(instrument)) {
      const orderId = this.#order(validated, signal.quantity, undefined, 0, referencePrice, root, out);
      if (exiting) this.#exits.ordered(signal.trace.id, token, [orderId]);
      else if (signal.bracket !== undefined) this.#exits.guard(validated, [orderId], signal.trace);
      return;
    }
    const slices = slicesOf(signal.quantity, instrument);
    const orders = slices.map((quantity, index) => {
      const slice = { index, count: slices.length };
      return this.#order(validated, quantity, slice, index, referencePrice, root, out);
    });
    if (exiting) this.#exits.ordered(signal.trace.id, token, orders);
    else if (signal.bracket !== undefined) this.#exits.guard(validated, orders, signal.trace);
    invariant(orders.length > 1, `a signal of ${strategyId} was cut into one part`);
  }

  /** Makes one order and follows it; returns its id. */
  #order(
    validated: ValidatedSignal,
    quantity: Quantity,
    slice: Slice | undefined,
    index: number,
    referencePrice: Price,
    root: Root,
    out: Out,
  ): EventId {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, index);
    const { side, orderType, validity, limitPrice, triggerPrice, product, purpose, expiresAt } = signal;
    const orderId = trace.id;
    const order = { orderId, side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose };
    const exits = purpose !== 'trade' || this.#holdings.reduces(strategyId, token, side);
    const lane = exits ? 'exit' : 'entry';
    const submitted: OrderSubmitted = {
      type: 'order_submitted',
      broker,
      strategyId,
      token,
      trace,
      at: root.at,
      signalId: signal.trace.id,
      order,
      referencePrice,
      expiresAt,
      slice,
      queued: !this.#tracker.admit(lane, root.at),
    };
    this.#tracker.submit(submitted, lane, validated, out);
    return orderId;
  }

  #onFill(order: WorkingOrder, quantity: number, price: number, root: Root, out: Out): void {
    const { strategyId, token } = order.submitted;
    this.#holdings.fill(strategyId, token, order.terms.side, quantity, order.terms.product);
    if (this.#exits.has(token)) this.#exits.onFill(order, quantity, price, root, out);
  }

  #onChanged(order: WorkingOrder, root: Root, out: Out): void {
    const { strategyId, token } = order.submitted;
    if (this.#exits.has(token)) this.#exits.onOrder(order, root, out);
    if (this.#heldBack.length > 0) this.#releaseHeldBack(strategyId, token, root, out);
  }

  /** A strategy's own exit needs units that the engine's exits offer: they give them back first. */
  #mustWaitForExits({ signal, strategyId, token }: ValidatedSignal): boolean {
    if (signal.purpose !== 'trade' || !this.#holdings.reduces(strategyId, token, signal.side)) return false;
    const held = Math.abs(this.#holdings.units(strategyId, token));
    const room =
      held - this.#exits.offered(strategyId, token, signal.side) - this.#offered(strategyId, token, signal.side);
    return room < Math.min(signal.quantity, held);
  }

  #releaseHeldBack(strategyId: StrategyId, token: number, root: Root, out: Out): void {
    for (const validated of this.#heldBack) {
      if (validated.strategyId !== strategyId || validated.token !== token) continue;
      if (this.#mustWaitForExits(validated)) return;
      this.#heldBack = this.#heldBack.filter((other) => other !== validated);
      const index = this.#context.instruments.indexOf(token);
      this.#submit(validated, this.#lastPrice[index] as Price, root, out);
    }
  }

  /** Units that orders of the strategy itself offer on a side. */
  #offered(strategyId: StrategyId, token: number, side: string): number {
    let sum = 0;
    for (const order of this.#tracker.working()) {
      const { submitted, terms } = order;
      if (submitted.strategyId !== strategyId || submitted.token !== token || terms.side !== side) continue;
      if (terms.purpose === 'trade') sum += openQuantity(order);
    }
    return sum;
  }

  /** Units that signals of the strategy wait to offer. */
  #awaited(strategyId: StrategyId, token: number, side: string): number {
    const waiting = this.#heldBack.filter(
      (each) => each.strategyId === strategyId && each.token === token && each.signal.side === side,
    );
    return waiting.reduce((sum, { signal }) => sum + signal.quantity, 0);
  }

  #wantedOut(strategyId: StrategyId, token: number): number {
    return this.#exits.of(strategyId, token).reduce((sum, exit) => sum + wantedQuantity(exit), 0);
  }

  #tend(strategyId: StrategyId, token: number, root: Root, out: Out): void {
    for (const exit of this.#exits.of(strategyId, token)) this.#exits.tend(exit, root, out);
  }

  /** Kill: nothing of a strategy stays at work in the scope; protective exits do. Flatten: every position goes too. */
  #onControl(event: ControlChanged, root: Root, out: Out): void {
    if (event.action !== 'killed' && event.action !== 'flatten') return;
    const inScope = scopeOf(event.subject);
    const mine = ({ submitted }: WorkingOrder): boolean => inScope(submitted.strategyId, submitted.token);
    this.#cancelTrades(mine, 'flatten', root, out);
    if (event.action === 'killed') return;
    for (const holding of this.#holdings.open()) {
      if (inScope(holding.strategyId, holding.token)) this.#closePosition(holding, 'flatten', root, out);
    }
  }

  /** Cancels the orders of strategies that `where` says of, those that were never sent too. */
  #cancelTrades(where: (order: WorkingOrder) => boolean, purpose: Purpose, root: Root, out: Out): void {
    const ours = (order: WorkingOrder): boolean => order.terms.purpose === 'trade' && where(order);
    this.#tracker.dropQueued(ours, 'cancelled before it was sent', root, out);
    for (const order of this.#tracker.working()) {
      if (!ours(order) || order.asked !== undefined || order.changing?.action === 'cancel') continue;
      const trace = new DerivedTrace(order.submitted.trace, 'e', this.#plan.broker, `c${order.told++}`);
      order.asked = trace.id;
      out.push(changeOf(order, undefined, purpose, trace, root, this.#plan.signalTtlMs));
    }
  }

  /** Ends a position at the market: exits that there are leave, and a new one takes the rest. */
  #closePosition({ strategyId, token, units, product }: Holding, purpose: Purpose, root: Root, out: Out): void {
    const side = units > 0 ? 'SELL' : 'BUY';
    const rest = Math.abs(units) - this.#wantedOut(strategyId, token);
    for (const exit of this.#exits.of(strategyId, token)) this.#exits.leaveNow(exit, purpose, root, out);
    if (rest <= 0) return;
    this.#exits.close({ strategyId, token, trace: root.trace, side, product, purpose }, rest, root, out);
  }

  #isOpen(index: number, at: EpochMs): boolean {
    const { calendar, instruments } = this.#context;
    return calendar.phaseAt(instruments.at(index).segment, at) === 'open';
  }

  #segmentOf(token: number): string {
    const { instruments } = this.#context;
    return instruments.at(instruments.indexOf(token)).segment;
  }

  snapshot(): EngineState {
    const lastTicks: [number, number, number][] = [];
    this.#lastTime.forEach((time, index) => {
      if (time !== 0) lastTicks.push([index, time, this.#lastPrice[index] as number]);
    });
    return {
      lastTicks,
      waiting: this.#queue.list().map(({ validated, exit }) => ({ validated: plainValidated(validated), exit })),
      heldBack: this.#heldBack.map(plainValidated),
      tracker: this.#tracker.snapshot(),
      holdings: this.#holdings.snapshot(),
      exits: this.#exits.snapshot(),
      processed: this.#processed,
    };
  }

  restore(state: EngineState): void {
    for (const [index, time, price] of state.lastTicks) {
      this.#lastTime[index] = time;
      this.#lastPrice[index] = price;
    }
    for (const waiting of state.waiting) this.#queue.put(waiting);
    this.#heldBack = [...state.heldBack];
    this.#tracker.restore(state.tracker);
    this.#holdings.restore(state.holdings);
    this.#exits.restore(state.exits);
    this.#processed = state.processed;
  }
}

/** Which positions and orders a control event speaks of: `strategy:ID`, `instrument:TOKEN`, or all of the namespace. */
function scopeOf(subject: string): (strategyId: StrategyId, token: number) => boolean {
  if (subject.startsWith('strategy:')) return (strategyId) => strategyId === subject.slice('strategy:'.length);
  if (subject.startsWith('instrument:')) return (_, token) => `${token}` === subject.slice('instrument:'.length);
  return () => true;
}
