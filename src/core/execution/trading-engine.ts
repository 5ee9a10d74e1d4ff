// The trading engine of one namespace: it turns validated signals into orders when the market is open and the instrument
// is warm, follows every order to its end, and tells each step as an event. It never asks whether the broker is real.
import { type Root, type Stage } from '../decider.ts';
import { type Price, type Quantity } from '../decimal.ts';
import { type DomainEvent, type ExpiryCode, type OrderSubmitted, type Out, type ValidatedSignal } from '../events.ts';
import { DerivedTrace, plainTrace, type EventId, type StrategyId, type Trace } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type Calendar } from '../market/calendar.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { grown } from '../portfolio/book.ts';
import { type ChargeTable } from '../portfolio/charge-table.ts';
import { chargeFill } from '../portfolio/fill-charges.ts';
import { afterNews, isTerminal, type OrderState } from './order.ts';
import { type BrokerReport } from './report.ts';
import { WarmUpQueue, type Waiting } from './warm-up.ts';

/** An order that the engine follows. */
export interface WorkingOrder {
  readonly submitted: OrderSubmitted;
  state: OrderState;
  filled: number;
  /** Events told of the order so far; numbers the next one. */
  told: number;
  readonly trades: string[];
  /** Value executed and charges posted so far, where the charges are dated. */
  value: number;
  charged: number;
}

/** News of an order as a whole; fills and changes are told apart. */
type StateReport = Exclude<BrokerReport, { kind: 'fill' | 'modified' | 'change_refused' }>;

export interface EngineState {
  readonly lastTicks: readonly (readonly [number, number, number])[];
  readonly waiting: readonly Waiting[];
  readonly orders: readonly WorkingOrder[];
  readonly held: readonly (readonly [StrategyId, readonly (readonly [number, number])[]])[];
  readonly processed: number;
}

/** What the engine needs besides its inputs. */
export interface EngineContext {
  readonly calendar: Calendar;
  readonly instruments: InstrumentTable;
  /** The dated tables, for a namespace that takes them. */
  readonly charges?: ChargeTable | undefined;
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
  readonly #orders = new Map<EventId, WorkingOrder>();
  /** Units held by instrument token of each strategy, to know an exit. */
  readonly #held = new Map<StrategyId, Map<number, number>>();
  #processed = 0;

  constructor(plan: NamespacePlan, context: EngineContext) {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = new Float64Array(context.instruments.size);
    this.#lastPrice = new Float64Array(context.instruments.size);
  }

  replan(plan: NamespacePlan, context: EngineContext): void {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = grown(this.#lastTime, context.instruments.size);
    this.#lastPrice = grown(this.#lastPrice, context.instruments.size);
  }

  get processedCount(): number {
    return this.#processed;
  }

  get pendingSignals(): number {
    return this.#queue.size;
  }

  get warmedUpInstruments(): number {
    let warm = 0;
    for (const time of this.#lastTime) if (time !== 0) warm++;
    return warm;
  }

  /** Orders that are not settled. */
  working(): readonly WorkingOrder[] {
    return [...this.#orders.values()].filter((order) => !isTerminal(order.state));
  }

  onTick(tick: Tick, root: Root, out: Out): void {
    this.#lastTime[tick.instrument] = root.at;
    this.#lastPrice[tick.instrument] = tick.price;
    if (this.#queue.size === 0) return;
    const { token } = this.#context.instruments.at(tick.instrument);
    if (!this.#queue.has(token)) return;
    for (const { validated } of this.#queue.take(token)) {
      const tooOld = root.at >= validated.signal.expiresAt;
      if (tooOld || this.#context.confirm(validated, root, out)) this.#consider(validated, root, out);
    }
  }

  /** Ends what became too old by `root.at` while it waited. */
  onTime(root: Root, out: Out): void {
    if (this.#queue.size === 0) return;
    for (const { validated } of this.#queue.takeExpired(root.at)) this.#expire(validated, 'EXPIRED', root, out);
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    if (event.type !== 'validated_signal') return;
    this.#processed++;
    this.#consider(event, root, out);
  }

  /** The session has closed: what still waits is of a session that is over, and nothing settled needs following. */
  onClose(root: Root, out: Out): void {
    for (const { validated } of this.#queue.takeAll()) this.#expire(validated, 'SESSION_CLOSED', root, out);
    for (const [orderId, order] of this.#orders) if (isTerminal(order.state)) this.#orders.delete(orderId);
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
    const lastTime = this.#lastTime[index] as number;
    if (lastTime === 0 || root.at - lastTime > freshMs) return this.#wait(validated, root, out);
    this.#submit(validated, this.#lastPrice[index] as Price, root, out);
  }

  #wait(validated: ValidatedSignal, root: Root, out: Out): void {
    const held = this.#held.get(validated.strategyId)?.get(validated.token) ?? 0;
    const exit = validated.signal.side === 'SELL' ? held > 0 : held < 0;
    const loser = this.#queue.put({ validated, exit });
    if (loser !== undefined) this.#expire(loser, 'SUPERSEDED', root, out);
  }

  #expire(validated: ValidatedSignal, code: ExpiryCode, root: Root, out: Out): void {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, 0);
    out.push({ type: 'expired_signal', broker, strategyId, token, trace, at: root.at, signal, code });
  }

  #submit(validated: ValidatedSignal, referencePrice: Price, root: Root, out: Out): void {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, 0);
    const { side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose, expiresAt } = signal;
    const orderId = trace.id;
    const order = { orderId, side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose };
    const signalId = signal.trace.id;
    const submitted: OrderSubmitted = {
      type: 'order_submitted',
      broker,
      strategyId,
      token,
      trace,
      at: root.at,
      signalId,
      order,
      referencePrice,
      expiresAt,
      slice: undefined,
      queued: false,
    };
    // The intent is written already claimed: it leaves in the same commit, at most once in its life.
    this.#orders.set(order.orderId, {
      submitted,
      state: 'sending',
      filled: 0,
      told: 0,
      trades: [],
      value: 0,
      charged: 0,
    });
    out.push(submitted);
  }

  /**
   * Takes what the broker says of an order; false when this engine does not follow it. News that changes nothing, such
   * as a duplicate, is not told again.
   */
  onReport(report: BrokerReport, root: Root, out: Out): boolean {
    const order = this.#orders.get(report.orderId);
    if (order === undefined) return false;
    if (report.kind === 'fill') {
      this.#onFill(order, report, root, out);
      return true;
    }
    if (report.kind === 'modified' || report.kind === 'change_refused') return true;
    const state = afterNews(order.state, report.kind);
    if (state === undefined) return true;
    order.state = state;
    this.#tell(order, report, root, out);
    this.#settle(order);
    return true;
  }

  #onFill(order: WorkingOrder, report: Extract<BrokerReport, { kind: 'fill' }>, root: Root, out: Out): void {
    if (order.trades.includes(report.tradeId)) return;
    const { submitted } = order;
    const { broker, strategyId, token } = submitted;
    order.trades.push(report.tradeId);
    order.filled += report.quantity;
    const ordered = submitted.order.quantity;
    invariant(order.filled <= ordered, `the order ${report.orderId} is filled ${order.filled} of ${ordered}`);
    order.state = afterNews(order.state, order.filled === ordered ? 'full' : 'partial') ?? order.state;
    const trace = new DerivedTrace(submitted.trace, 'x', broker, report.tradeId);
    const fillId = trace.id;
    const fees = chargeFill(this.#plan, this.#context, order, report, root.at);
    const { quantity, price: fillPrice } = report;
    out.push({
      type: 'order_filled',
      broker,
      strategyId,
      token,
      trace,
      at: root.at,
      order: submitted.order,
      fillId,
      quantity,
      fillPrice,
      fees,
    });
    let held = this.#held.get(strategyId);
    if (held === undefined) this.#held.set(strategyId, (held = new Map()));
    held.set(token, (held.get(token) ?? 0) + (submitted.order.side === 'BUY' ? quantity : -quantity));
    this.#settle(order);
  }

  #tell(order: WorkingOrder, report: StateReport, root: Root, out: Out): void {
    const { broker, strategyId, token, order: terms, trace: parent } = order.submitted;
    const trace: Trace = new DerivedTrace(parent, 'e', broker, order.told++);
    const { at } = root;
    // Written out, because it happens to every order and spreading a record costs more than all the rest.
    if (report.kind === 'accepted') {
      const { brokerOrderId } = report;
      out.push({ type: 'order_placed', broker, strategyId, token, trace, at, order: terms, brokerOrderId });
      return;
    }
    const base = { broker, strategyId, token, trace, at, order: terms };
    const filledQuantity = order.filled as Quantity;
    switch (report.kind) {
      case 'unanswered':
        return out.push({ type: 'order_unknown', ...base, message: report.message });
      case 'refused':
        return out.push({
          type: 'order_failed',
          ...base,
          code: 'REFUSED',
          rejectCode: report.code,
          message: report.message,
        });
      case 'not_sent':
        return out.push({
          type: 'order_failed',
          ...base,
          code: 'NOT_SENT',
          rejectCode: undefined,
          message: report.message,
        });
      case 'proved_absent':
        return out.push({
          type: 'order_failed',
          ...base,
          code: 'ABSENT',
          rejectCode: undefined,
          message: report.message,
        });
      case 'cancelled':
        return out.push({ type: 'order_cancelled', ...base, filledQuantity, message: report.message });
      case 'expired':
        return out.push({ type: 'order_expired', ...base, filledQuantity, message: report.message });
    }
  }

  /** A settled order of the simulated exchange is forgotten at once; of a gateway at the close, for late reports. */
  #settle(order: WorkingOrder): void {
    if (isTerminal(order.state) && this.#plan.answeredBy === 'simulated') {
      this.#orders.delete(order.submitted.order.orderId);
    }
  }

  snapshot(): EngineState {
    const lastTicks: [number, number, number][] = [];
    this.#lastTime.forEach((time, index) => {
      if (time !== 0) lastTicks.push([index, time, this.#lastPrice[index] as number]);
    });
    const orders = [...this.#orders.values()].map((order) => ({
      ...order,
      trades: [...order.trades],
      submitted: { ...order.submitted, trace: plainTrace(order.submitted.trace) },
    }));
    const waiting = this.#queue.list().map(({ validated, exit }) => ({ validated: plainValidated(validated), exit }));
    const held = [...this.#held].map(([strategyId, units]) => [strategyId, [...units]] as const);
    return { lastTicks, waiting, orders, held, processed: this.#processed };
  }

  restore(state: EngineState): void {
    for (const [index, time, price] of state.lastTicks) {
      this.#lastTime[index] = time;
      this.#lastPrice[index] = price;
    }
    for (const waiting of state.waiting) this.#queue.put(waiting);
    for (const order of state.orders) {
      this.#orders.set(order.submitted.order.orderId, {
        ...order,
        trades: [...order.trades],
        value: order.value ?? 0,
        charged: order.charged ?? 0,
      });
    }
    for (const [strategyId, units] of state.held) this.#held.set(strategyId, new Map(units));
    this.#processed = state.processed;
  }
}

function plainValidated(validated: ValidatedSignal): ValidatedSignal {
  const signal = { ...validated.signal, trace: plainTrace(validated.signal.trace) };
  return { ...validated, trace: plainTrace(validated.trace), signal };
}
