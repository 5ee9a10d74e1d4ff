// The simulated exchange of one namespace: a pure stage inside the cascade that answers orders like any broker. Its book
// is state, and its dice are functions of (seed, order id, draw).
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type OrderTerms } from '../events.ts';
import { type ChangeableTerms } from '../execution/report.ts';
import { type EventId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { type Instrument, type InstrumentTable } from '../market/instrument.ts';
import { type Tick } from '../market/tick.ts';
import { type ExchangeTerms } from '../plan.ts';
import { draw, drawNormal } from '../random.ts';
import { type EpochMs } from '../time.ts';
import { Matching, takeOutFilled, tell, type Reports } from './matching.ts';
import { type ExchangePhase } from './phase.ts';
import { misfit, missingPrice, refusalOf, type Asked, type Refusal } from './refusals.ts';
import { crosses, NOT_PLACED, reachesTrigger, termsOf, typeOf, type RestingOrder } from './resting.ts';

/** A change that is on its way to the exchange. */
export interface ChangeOnTheWay {
  readonly index: number;
  readonly orderId: EventId;
  /** What is asked for; undefined asks to cancel. */
  readonly asked: Asked | undefined;
  readonly from: number;
}

export interface ExchangeState {
  readonly received: number;
  readonly accepted: number;
  readonly book: readonly (readonly [number, readonly RestingOrder[]])[];
  /** Last price of each instrument in the book. */
  readonly last: readonly (readonly [number, number])[];
  readonly changes: readonly ChangeOnTheWay[];
  readonly phases: readonly (readonly [string, ExchangePhase])[];
}

/** Draws that a delay takes: the first delay of an order has the numbers 0 to 11, that of its first change 12 to 23. */
const DRAWS_OF_DELAY = 12;
/** The number of the draw that decides whether an order is refused for no fault of its own. */
const REJECT_DRAW = -1;
const DRAWS = 0x1_0000_0000;
const NO_ORDERS: RestingOrder[] = [];
const NOT_AT_WORK = 'the order is not at work at the exchange: it has ended, or it never was';

export class SimulatedExchange {
  #terms: ExchangeTerms;
  readonly #instruments: InstrumentTable;
  readonly #matching: Matching;
  /** Resting orders by instrument index, in the order in which they match. */
  readonly #book: RestingOrder[][] = [];
  /** Last prices by instrument index; right while an order rests. */
  readonly #last: number[] = [];
  #changes: ChangeOnTheWay[] = [];
  /** 1 where an order or a change may wait for a tick: every tick asks, and most instruments have nothing. */
  #waits = new Uint8Array(0);
  /** Segments of which no phase is told trade continuously. */
  readonly #phases = new Map<string, ExchangePhase>();
  #received = 0;
  #accepted = 0;

  constructor(terms: ExchangeTerms, instruments: InstrumentTable) {
    this.#terms = terms;
    this.#instruments = instruments;
    this.#matching = new Matching(terms);
  }

  replan(terms: ExchangeTerms): void {
    this.#terms = terms;
    this.#matching.replan(terms);
  }

  /** Takes an order. It can fill at the next tick of its instrument at the earliest, unless the terms say `last`. */
  submit(submitted: OrderSubmitted, index: number, instrument: Instrument, at: EpochMs, reports: Reports): void {
    const { order: terms, referencePrice } = submitted;
    const { orderId } = terms;
    const missing = missingPrice(terms);
    if (missing !== undefined) invariant(false, `${orderId}: ${missing}, and must not become a market order`);
    this.#received++;
    const phase = this.#phaseOf(instrument);
    const refusal = refusalOf(terms, instrument, phase) ?? this.#mishap(orderId);
    if (refusal !== undefined) {
      reports.push({ kind: 'refused', orderId, code: refusal.code, message: refusal.message });
      return;
    }
    this.#accepted++;
    reports.push({ kind: 'accepted', orderId, brokerOrderId: `SIM${this.#accepted}` });
    const order = arriving(terms, at + this.#delay(orderId, 0));
    this.#last[index] = referencePrice;
    if (phase !== undefined && phase.kind !== 'continuous') {
      order.collected = phase.kind === 'opening_call';
      this.#matching.protect(order, referencePrice, instrument);
    } else if (this.#terms.fillAt === 'last' && this.#matchesAt(order, referencePrice, at, instrument)) {
      this.#matching.atOnce(order, referencePrice, instrument, reports);
      return;
    }
    this.#expectTick(index);
    this.#matching.place((this.#book[index] ??= []), order);
  }

  /** Whether an order matches the last price at once; a stop that it reaches is set off. */
  #matchesAt(order: RestingOrder, last: number, at: EpochMs, instrument: Instrument): boolean {
    if (order.trigger !== 0) {
      if (!reachesTrigger(order, last)) return false;
      this.#matching.setOff(order, at, instrument);
    } else this.#matching.protect(order, last, instrument);
    return crosses(order, last);
  }

  /** Asks for other terms of an order; `order` of the change has them whole. */
  modify(change: ModifySubmitted, index: number, at: EpochMs, reports: Reports): void {
    const { orderId, side, validity, quantity, orderType, limitPrice, triggerPrice } = change.order;
    const asked = { side, validity, quantity, orderType, limitPrice, triggerPrice };
    this.#ask(index, orderId, asked, at, reports);
  }

  /** Asks for the end of an order. */
  cancel(change: CancelSubmitted, index: number, at: EpochMs, reports: Reports): void {
    this.#ask(index, change.order.orderId, undefined, at, reports);
  }

  /** A change takes its own time, but overtakes neither its order nor an earlier change of it. */
  #ask(index: number, orderId: EventId, asked: Asked | undefined, at: EpochMs, reports: Reports): void {
    if (this.#changes.length > 0) this.#arrive((change) => change.index === index, at, reports);
    const order = this.#find(index, orderId);
    if (order === undefined) return refuse(orderId, asked, NOT_AT_WORK, reports);
    const delay = this.#delay(orderId, ++order.changes * DRAWS_OF_DELAY);
    const before = this.#changes.findLast((change) => change.orderId === orderId);
    const from = Math.max(at + delay, order.from, before?.from ?? 0);
    const change: ChangeOnTheWay = { index, orderId, asked, from };
    if (from <= at) this.#change(change, reports);
    else {
      this.#expectTick(index);
      this.#changes.push(change);
    }
  }

  /** Matches the resting orders of the tick's instrument against it, after the changes that have arrived. */
  onTick(tick: Tick, instrument: Instrument, at: EpochMs, reports: Reports): void {
    const index = tick.instrument;
    if (this.#changes.length > 0) this.#arrive((change) => change.index === index, at, reports);
    const orders = this.#book[index];
    if (orders === undefined || orders.length === 0) return this.#rest(index);
    const last = this.#last[index] as number;
    this.#last[index] = tick.price;
    const phase = this.#phaseOf(instrument);
    if (phase !== undefined && phase.kind !== 'continuous') return;
    this.#matching.onTick(orders, tick, last, instrument, at, reports);
    if (orders.length === 0) this.#rest(index);
  }

  #expectTick(index: number): void {
    if (index >= this.#waits.length) {
      const grown = new Uint8Array(Math.max(index + 1, this.#instruments.size));
      grown.set(this.#waits);
      this.#waits = grown;
    }
    this.#waits[index] = 1;
  }

  /** No order of the instrument is left. */
  #rest(index: number): void {
    if (this.#changes.length === 0 || !this.#changes.some((change) => change.index === index)) this.#waits[index] = 0;
  }

  /** A segment enters a phase. A closing call that ends with it matches at the last price seen. */
  onPhase(segment: string, phase: ExchangePhase, at: EpochMs, reports: Reports): void {
    this.#arrive((change) => this.#isOf(change.index, segment), at, reports);
    if (phase.kind !== 'closing_call') this.#endClosingCall(segment, at, reports);
    this.#phases.set(segment, phase);
  }

  /** The session of a segment has closed: what rests there ends, as every order is valid for the day. */
  onClose(segment: string, at: EpochMs, reports: Reports): void {
    this.#arrive((change) => this.#isOf(change.index, segment), at, reports);
    this.#endClosingCall(segment, at, reports);
    this.#changes = this.#changes.filter(({ index, orderId, asked }) => {
      const closes = this.#isOf(index, segment);
      if (closes) refuse(orderId, asked, 'the session closed before the change arrived', reports);
      return !closes;
    });
    for (const [index, orders] of this.#book.entries()) {
      if (orders === undefined || !this.#isOf(index, segment)) continue;
      for (const { orderId } of orders) reports.push({ kind: 'expired', orderId, message: 'the session closed' });
      orders.length = 0;
    }
  }

  /** The segment goes on as if no phase had been told: what comes next says so itself, or trades continuously. */
  #endClosingCall(segment: string, at: EpochMs, reports: Reports): void {
    if (this.#phases.get(segment)?.kind !== 'closing_call') return;
    for (const [index, orders] of this.#book.entries()) {
      if (orders === undefined || orders.length === 0 || !this.#isOf(index, segment)) continue;
      this.#matching.atOnePrice(orders, this.#last[index] as number, Number.MAX_SAFE_INTEGER, at, reports);
      takeOutFilled(orders);
    }
    this.#phases.delete(segment);
  }

  /** Whether the instrument's segment is in a closing call, which needs to see prices though nothing trades. */
  isInClosingCall(index: number): boolean {
    return this.#phaseOf(this.#instruments.at(index))?.kind === 'closing_call';
  }

  /** Whether any order or change of the instrument may wait for a tick. */
  rests(index: number): boolean {
    return this.#waits[index] === 1;
  }

  /** Takes in the changes of some instruments that have arrived, in the order in which they were asked for. */
  #arrive(concerns: (change: ChangeOnTheWay) => boolean, at: EpochMs, reports: Reports): void {
    const arrived = this.#changes.filter((change) => change.from <= at && concerns(change));
    if (arrived.length === 0) return;
    this.#changes = this.#changes.filter((change) => !arrived.includes(change));
    for (const change of arrived) this.#change(change, reports);
  }

  #change(change: ChangeOnTheWay, reports: Reports): void {
    const { index, orderId, asked } = change;
    const instrument = this.#instruments.at(index);
    const order = this.#find(index, orderId);
    if (order === undefined) return refuse(orderId, asked, NOT_AT_WORK, reports);
    const phase = this.#phaseOf(instrument);
    if (phase?.accepts.length === 0) {
      return refuse(orderId, asked, `${instrument.segment} takes no changes in its phase ${phase.kind}`, reports);
    }
    const orders = this.#book[index] as RestingOrder[];
    if (asked === undefined) {
      orders.splice(orders.indexOf(order), 1);
      if (orders.length === 0) this.#rest(index);
      reports.push({ kind: 'cancelled', orderId, message: 'cancelled on request' });
      return;
    }
    const objection = misfit(order, asked) ?? refusalOf(asked, instrument, phase)?.message;
    if (objection !== undefined) return refuse(orderId, asked, objection, reports);
    const behind = takeOn(order, asked);
    if (phase !== undefined && phase.kind !== 'continuous') {
      this.#matching.protect(order, this.#last[index] as number, instrument);
    }
    if (behind) {
      order.from = change.from;
      order.queue = NOT_PLACED;
      orders.splice(orders.indexOf(order), 1);
      this.#matching.place(orders, order);
    }
    tell(order, reports);
  }

  #find(index: number, orderId: EventId): RestingOrder | undefined {
    return (this.#book[index] ?? NO_ORDERS).find((order) => order.orderId === orderId);
  }

  #phaseOf(instrument: Instrument): ExchangePhase | undefined {
    return this.#phases.size === 0 ? undefined : this.#phases.get(instrument.segment);
  }

  #isOf(index: number, segment: string): boolean {
    return this.#instruments.at(index).segment === segment;
  }

  #delay(orderId: EventId, firstDraw: number): number {
    const { latencyMsMean, latencyMsStd, seed } = this.#terms;
    if (latencyMsMean === 0 && latencyMsStd === 0) return 0;
    return Math.max(0, drawNormal(seed, orderId, firstDraw, latencyMsMean, latencyMsStd));
  }

  /** A refusal for no fault of the order, where the terms ask for it. */
  #mishap(orderId: EventId): Refusal | undefined {
    const { rejectOrders, rejects = 0, seed } = this.#terms;
    const planned = rejectOrders?.find(({ place }) => place === this.#received);
    if (planned !== undefined) return { code: planned.code, message: `the order at place ${planned.place} is refused` };
    if (rejects === 0 || (draw(seed, orderId, REJECT_DRAW) / DRAWS) * 1_000_000 >= rejects) return undefined;
    return { code: 'OTHER', message: 'refused by chance, as the terms of the simulated exchange ask' };
  }

  snapshot(): ExchangeState {
    const book: [number, readonly RestingOrder[]][] = [];
    const last: [number, number][] = [];
    for (const [index, orders] of this.#book.entries()) {
      if (orders === undefined || orders.length === 0) continue;
      book.push([index, orders.map((order) => ({ ...order }))]);
      last.push([index, this.#last[index] as number]);
    }
    const changes = [...this.#changes];
    return { received: this.#received, accepted: this.#accepted, book, last, changes, phases: [...this.#phases] };
  }

  restore(state: ExchangeState): void {
    this.#received = state.received;
    this.#accepted = state.accepted;
    for (const [index, orders] of state.book) this.#book[index] = orders.map((order) => ({ ...order }));
    for (const [index, price] of state.last) this.#last[index] = price;
    this.#changes = [...state.changes];
    for (const [segment, phase] of state.phases) this.#phases.set(segment, phase);
    for (const [index] of state.book) this.#expectTick(index);
    for (const { index } of state.changes) this.#expectTick(index);
  }
}

function arriving(terms: OrderTerms, from: number): RestingOrder {
  const { orderId, side, quantity, validity } = terms;
  return {
    orderId,
    buy: side === 'BUY',
    immediate: validity === 'IOC',
    limitPrice: limitOf(terms),
    trigger: triggerOf(terms),
    from,
    ordered: quantity,
    remaining: quantity,
    trades: 0,
    changes: 0,
    queue: NOT_PLACED,
    untold: false,
    collected: false,
  };
}

function limitOf({ orderType, limitPrice }: ChangeableTerms): number {
  return orderType === 'limit' || orderType === 'stop_limit' ? (limitPrice as number) : 0;
}

function triggerOf({ orderType, triggerPrice }: ChangeableTerms): number {
  return orderType === 'stop' || orderType === 'stop_limit' ? (triggerPrice as number) : 0;
}

/** Puts terms in force; true when the order has to go behind the others: another price, or more than before. */
function takeOn(order: RestingOrder, asked: Asked): boolean {
  const before = termsOf(order);
  const more = asked.quantity > order.ordered;
  order.remaining += asked.quantity - order.ordered;
  order.ordered = asked.quantity;
  order.limitPrice = limitOf(asked);
  order.trigger = triggerOf(asked);
  return more || order.limitPrice !== (before.limitPrice ?? 0) || typeOf(order) !== before.orderType;
}

function refuse(orderId: EventId, asked: Asked | undefined, message: string, reports: Reports): void {
  const action = asked === undefined ? 'cancel' : 'modify';
  reports.push({ kind: 'change_refused', orderId, action, message });
}
