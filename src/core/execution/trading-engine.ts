// The trading engine of one namespace: it turns validated signals into orders when the market is open and the instrument
// is warm, and keeps the exits that it owns. It never asks whether the broker is real.
import { type Root, type Stage } from '../decider.ts';
import { type Price, type Quantity } from '../decimal.ts';
import {
  type CorporateAction,
  type DomainEvent,
  type ExpiryCode,
  type OrderSubmitted,
  type Out,
  type Reason,
  type Slice,
  type ValidatedSignal,
} from '../events.ts';
import { DerivedTrace, type EventId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type Calendar } from '../market/calendar.ts';
import { type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type NamespacePlan } from '../plan.ts';
import { grown } from '../portfolio/book.ts';
import { type ChargeTable } from '../portfolio/charge-table.ts';
import { chargeFill } from '../portfolio/fill-charges.ts';
import { type EpochMs } from '../time.ts';
import { OrderTracker, type TrackerState, type TrackerTerms } from './order-tracker.ts';
import { plainValidated } from './plain.ts';
import { PositionDesk, type PositionsContext, type PositionsState } from './position-desk.ts';
import { type BrokerReport } from './report.ts';
import { largestOrder, slicesOf } from './slicing.ts';
import { WarmUpQueue, type Waiting } from './warm-up.ts';
import { type WorkingOrder } from './working-order.ts';

export interface EngineState {
  readonly lastTicks: readonly (readonly [number, number, number])[];
  readonly waiting: readonly Waiting[];
  readonly tracker: TrackerState;
  readonly positions: PositionsState;
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
  readonly #tracker: OrderTracker;
  readonly #positions: PositionDesk;
  #processed = 0;
  /** Whether a signal, an order or an exit waits for a price or for its time: asked at every tick. */
  waits = false;

  constructor(plan: NamespacePlan, context: EngineContext) {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = new Float64Array(context.instruments.size);
    this.#lastPrice = new Float64Array(context.instruments.size);
    this.#tracker = new OrderTracker(this.#trackerTerms(), {
      filled: (order, quantity, price, root, out) => this.#positions.onFill(order, quantity, price, root, out),
      changed: (order, root, out) => this.#positions.onChanged(order, root, out),
      refused: (order, why, root, out) => this.#positions.exits.refused(order.terms.orderId, why, root, out),
    });
    this.#positions = new PositionDesk(plan, this.#positionsContext());
  }

  replan(plan: NamespacePlan, context: EngineContext): void {
    this.#plan = plan;
    this.#context = context;
    this.#lastTime = grown(this.#lastTime, context.instruments.size);
    this.#lastPrice = grown(this.#lastPrice, context.instruments.size);
    this.#tracker.replan(this.#trackerTerms());
    this.#positions.replan(plan, this.#positionsContext());
  }

  #trackerTerms(): TrackerTerms {
    const { pacing, answeredBy } = this.#plan;
    return {
      pacing,
      forgetAtOnce: answeredBy === 'simulated',
      feesOf: (order, fill, { at }) => chargeFill(this.#plan, this.#context, order, fill, at),
    };
  }

  #positionsContext(): PositionsContext {
    const { calendar, instruments } = this.#context;
    return {
      calendar,
      instruments,
      tracker: this.#tracker,
      lastPrice: (index) => this.#lastPrice[index] as number,
      submit: (validated, root, out) => {
        if (this.#context.confirm(validated, root, out)) this.#submit(validated, root, out);
      },
      expire: (validated, code, root, out) => this.#expire(validated, code, root, out),
    };
  }

  get processedCount(): number {
    return this.#processed;
  }

  get pendingSignals(): number {
    return this.#queue.size + this.#positions.waiting;
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

  /** The intent of an order that this engine follows, with the terms that it has now. */
  submittedOf(orderId: EventId): OrderSubmitted {
    const order = this.#tracker.order(orderId);
    invariant(order !== undefined, `the order ${orderId} is claimed, but nobody follows it`);
    return { ...order.submitted, order: order.terms };
  }

  /** From when on something is due by time alone; infinite when nothing waits. */
  wakeAt(at: EpochMs): number {
    if (!this.waits) return Number.POSITIVE_INFINITY;
    const waiting = this.#queue.size > 0 ? this.#queue.nextExpiry : Number.POSITIVE_INFINITY;
    return Math.min(waiting, this.#positions.wakeAt, this.#tracker.wakeAt(at));
  }

  onTick(tick: Tick, root: Root, out: Out): void {
    this.#lastTime[tick.instrument] = root.at;
    this.#lastPrice[tick.instrument] = tick.price;
    if (!this.waits) return;
    const { exits } = this.#positions;
    const { token } = this.#context.instruments.at(tick.instrument);
    exits.onTick(tick, token, root, out);
    for (const { validated } of this.#queue.has(token) ? this.#queue.take(token) : []) {
      const tooOld = root.at >= validated.signal.expiresAt;
      if (tooOld || this.#context.confirm(validated, root, out)) this.#consider(validated, root, out);
    }
    this.#look();
  }

  /** Ends what became too old by `root.at` while it waited, and lets go what its time has come for. */
  onTime(root: Root, out: Out): void {
    for (const { validated } of this.#queue.takeExpired(root.at)) this.#expire(validated, 'EXPIRED', root, out);
    for (const validated of this.#positions.takeHeldBack(({ signal }) => signal.expiresAt <= root.at)) {
      this.#expire(validated, 'EXPIRED', root, out);
    }
    this.#tracker.onTime(root, out);
    this.#positions.exits.onTime(root, out);
    this.#look();
  }

  onEvent(event: DomainEvent, root: Root, out: Out): void {
    this.#take(event, root, out);
    this.#look();
  }

  /** Notes whether anything waits now. */
  #look(): void {
    this.waits = this.#queue.size > 0 || !this.#positions.idle || !this.#tracker.idle;
  }

  #take(event: DomainEvent, root: Root, out: Out): void {
    switch (event.type) {
      case 'validated_signal':
        this.#processed++;
        return this.#consider(event, root, out);
      case 'rejected_signal':
        if (event.signal.purpose === 'trade') return;
        return this.#positions.exits.notOrdered(event.signal.trace.id, event.token, textOf(event.reasons), root, out);
      case 'expired_signal':
        return this.#positions.onExpired(event, root, out);
      case 'validated_change':
        if (!this.#positions.offersTwice(event.change)) return this.#tracker.change(event, root, out);
        return this.#tracker.refuse(event, 'the engine’s exits offer these units: cancel, and sell anew', root, out);
      case 'rejected_change': {
        const { orderId, trace } = event.change;
        this.#tracker.answered(orderId, trace.id);
        return this.#positions.exits.refused(orderId, textOf(event.reasons), root, out);
      }
      case 'expired_change':
        this.#tracker.answered(event.change.orderId, event.change.trace.id);
        return this.#positions.onChangeExpired(event, root, out);
      case 'control_changed':
        return this.#positions.onControl(event, root, out);
      case 'corporate_action':
        return this.#onCorporateAction(event);
      default:
        return;
    }
  }

  /** Whether an order, or an exit that the engine owns, is at work in an instrument. */
  isAtWork(token: number): boolean {
    return this.#positions.exits.has(token) || this.#tracker.working().some((order) => order.submitted.token === token);
  }

  /** A price from before a split is no price any more. */
  #onCorporateAction({ token, ratio }: CorporateAction): void {
    if (ratio === undefined) return;
    this.#lastTime[this.#context.instruments.indexOf(token)] = 0;
    this.#positions.split(token, ratio.from, ratio.to);
  }

  /** Takes what the broker says of an order; false when this engine does not follow it. */
  onReport(report: BrokerReport, root: Root, out: Out): boolean {
    const followed = this.#tracker.onReport(report, root, out);
    this.#look();
    return followed;
  }

  /** Intraday positions of a segment are closed, and its intraday orders cancelled, before the session ends. */
  onSquareOff(segment: string, root: Root, out: Out): void {
    this.#positions.squareOff((token) => this.#segmentOf(token) === segment, root, out);
    this.#look();
  }

  /** The session of a segment has closed: what still waits is of a session that is over. */
  onClose(segment: string, root: Root, out: Out): void {
    const mine = (token: number): boolean => this.#segmentOf(token) === segment;
    for (const { validated } of this.#queue.takeWhere(mine)) this.#expire(validated, 'SESSION_CLOSED', root, out);
    for (const validated of this.#positions.takeHeldBack(({ token }) => mine(token))) {
      this.#expire(validated, 'SESSION_CLOSED', root, out);
    }
    this.#tracker.onClose(mine, root, out);
    this.#look();
  }

  /** The day turns and the market trades on: what waits or rests goes on. */
  onTurn(segment: string): void {
    this.#tracker.forgetSettled((token) => this.#segmentOf(token) === segment);
  }

  #consider(validated: ValidatedSignal, root: Root, out: Out): void {
    const { signal } = validated;
    const { calendar, instruments, freshMs } = this.#context;
    if (root.at >= signal.expiresAt) return this.#expire(validated, 'EXPIRED', root, out);
    const index = instruments.indexOf(signal.token);
    if (index === -1) invariant(false, `risk let the unknown instrument ${signal.token} pass`);
    const session = calendar.sessionAt(instruments.at(index).segment, root.at);
    // A signal of an earlier session is of a market that is over; its own instant may lie outside the calendar's data.
    const trades = session !== undefined && root.at >= session.open && root.at < session.continuousClose;
    if (!trades || signal.at < session.preOpen) {
      return this.#expire(validated, 'SESSION_CLOSED', root, out);
    }
    const { squareOffMs } = this.#plan.exits;
    const intraday = signal.product === 'MIS' && signal.purpose === 'trade';
    if (intraday && root.at >= session.continuousClose - squareOffMs) {
      return this.#expire(validated, 'SESSION_CLOSED', root, out);
    }
    const lastTime = this.#lastTime[index] as number;
    if (lastTime === 0 || root.at - lastTime > freshMs) return this.#wait(validated, root, out);
    if (!this.#positions.holdBack(validated, root, out)) this.#submit(validated, root, out);
  }

  #wait(validated: ValidatedSignal, root: Root, out: Out): void {
    const { strategyId, token, signal } = validated;
    const exit = this.#positions.reduces(strategyId, token, signal.side);
    const loser = this.#queue.put({ validated, exit });
    if (loser !== undefined) this.#expire(loser, 'SUPERSEDED', root, out);
  }

  #expire(validated: ValidatedSignal, code: ExpiryCode, root: Root, out: Out): void {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, 0);
    out.push({ type: 'expired_signal', broker, strategyId, token, trace, at: root.at, signal, code });
  }

  #submit(validated: ValidatedSignal, root: Root, out: Out): void {
    const { signal, token } = validated;
    const index = this.#context.instruments.indexOf(token);
    const instrument = this.#context.instruments.at(index);
    const referencePrice = this.#lastPrice[index] as Price;
    if (signal.quantity <= largestOrder(instrument)) {
      const orderId = this.#order(validated, signal.quantity, undefined, referencePrice, root, out);
      return this.#ordered(validated, [orderId], root, out);
    }
    const slices = slicesOf(signal.quantity, instrument);
    const orders = slices.map((quantity, k) =>
      this.#order(validated, quantity, { index: k, count: slices.length }, referencePrice, root, out),
    );
    this.#ordered(validated, orders, root, out);
  }

  /** The exits learn which orders are theirs, and which entry they guard. */
  #ordered(validated: ValidatedSignal, orders: readonly EventId[], root: Root, out: Out): void {
    const { signal, token } = validated;
    if (signal.purpose !== 'trade') this.#positions.exits.ordered(signal.trace.id, token, orders, root, out);
    else if (signal.bracket !== undefined) this.#positions.exits.guard(validated, orders, signal.trace);
  }

  /** Makes one order and follows it; returns its id. */
  #order(
    validated: ValidatedSignal,
    quantity: Quantity,
    slice: Slice | undefined,
    referencePrice: Price,
    root: Root,
    out: Out,
  ): EventId {
    const { broker, strategyId, token, signal } = validated;
    const trace = new DerivedTrace(validated.trace, 'e', broker, slice?.index ?? 0);
    const { side, orderType, validity, limitPrice, triggerPrice, product, purpose, expiresAt } = signal;
    const orderId = trace.id;
    const order = { orderId, side, quantity, orderType, validity, limitPrice, triggerPrice, product, purpose };
    const exits = purpose !== 'trade' || this.#positions.reduces(strategyId, token, side);
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
      tracker: this.#tracker.snapshot(),
      positions: this.#positions.snapshot(),
      processed: this.#processed,
    };
  }

  restore(state: EngineState): void {
    for (const [index, time, price] of state.lastTicks) {
      this.#lastTime[index] = time;
      this.#lastPrice[index] = price;
    }
    for (const waiting of state.waiting) this.#queue.put(waiting);
    this.#tracker.restore(state.tracker);
    this.#positions.restore(state.positions);
    this.#look();
    this.#processed = state.processed;
  }
}

function textOf(reasons: readonly Reason[]): string {
  return reasons.map(({ code, limit, found }) => `${code}: limit ${limit}, found ${found}`).join('; ');
}
