// A small broker and an open gate around one trading engine, driven step by step: for tests of what must hold for exits
// whatever the broker does, and in whatever order.
import assert from 'node:assert/strict';
import {
  type Bracket,
  type ChangeEvent,
  type DomainEvent,
  type OrderChange,
  type OrderSubmitted,
  type OrderTerms,
  type TradingSignal,
} from '#core/events.ts';
import { DerivedTrace, knownTrace, type EventId } from '#core/ids.ts';
import { type OwnedExit, wantedPrices, wantedQuantity } from '#core/execution/exit.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TradingEngine } from '#core/execution/trading-engine.ts';
import { InstrumentTable } from '#core/market/instrument.ts';
import { type NamespacePlan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { instrument, namespacePlan, OPEN, RecordingOut, reread, root, rs, signal, tick, units } from './builders.ts';
import { JUNE_2021 } from './tape-builder.ts';

/** An order as the broker has it. */
export interface BrokerOrder {
  terms: OrderTerms;
  filled: number;
  known: boolean;
  trades: number;
  change: { readonly action: 'modify' | 'cancel'; readonly terms: OrderTerms } | undefined;
}

type Verdict = 'pass' | 'refuse';
const CHECKS = { checks: {}, reasons: [{ code: 'TEST', limit: '1', found: '2' }] } as const;

export class ExitWorld {
  readonly plan: NamespacePlan;
  readonly context = {
    calendar: JUNE_2021,
    instruments: new InstrumentTable([instrument({ freezeQuantity: units(8) })]),
    freshMs: 86_400_000,
    confirm: () => true,
  };
  engine: TradingEngine;
  now: EpochMs = OPEN;
  /** Units held at the broker. */
  position = 0;
  /** Orders that the broker may still fill, in the order in which they came. */
  readonly orders = new Map<EventId, BrokerOrder>();
  readonly said: string[] = [];
  verdict: Verdict = 'pass';
  readonly #out = new RecordingOut();
  #made = 0;

  constructor(overrides: Partial<NamespacePlan> = {}) {
    this.plan = namespacePlan({ answeredBy: 'gateway', ...overrides });
    this.engine = new TradingEngine(this.plan, this.context);
    this.price(100);
  }

  price(rupees: number): void {
    this.engine.onTick(tick({ time: this.now, price: rs(rupees) }), root(this.now), this.#out);
    this.#drain();
  }

  /** Time goes on, and what is due by it happens. */
  pass(ms: number): void {
    this.now = (this.now + ms) as EpochMs;
    if (this.now < this.engine.wakeAt(this.now)) return;
    this.engine.onTime(root(this.now), this.#out);
    this.#drain();
  }

  give(wanted: Partial<TradingSignal>): void {
    const id = `s${this.#made++}`;
    const asked = signal({ id, at: this.now, product: 'MIS', ...wanted });
    this.#out.push(asked);
    this.#drain();
  }

  /** A strategy asks for a change of an order. */
  change(orderId: EventId, action: 'modify' | 'cancel', quantity?: number): void {
    const { terms } = this.orders.get(orderId) as BrokerOrder;
    const { broker } = this.plan;
    const change: OrderChange = {
      type: 'order_change',
      broker,
      strategyId: signal().strategyId,
      token: 1,
      trace: knownTrace(`c${this.#made++}` as EventId),
      at: this.now,
      action,
      orderId: terms.orderId,
      purpose: 'trade',
      quantity: quantity === undefined ? undefined : units(quantity),
      orderType: undefined,
      limitPrice: undefined,
      triggerPrice: undefined,
      expiresAt: (this.now + 30_000) as EpochMs,
    };
    this.#out.push(change);
    this.#drain();
  }

  control(action: 'killed' | 'flatten' | 'armed', subject = 'all'): void {
    const { broker } = this.plan;
    const trace = knownTrace(`k${this.#made++}` as EventId);
    this.#out.push({ type: 'control_changed', broker, trace, at: this.now, action, subject, who: 'a', why: 'test' });
    this.#drain();
  }

  squareOff(): void {
    this.engine.onSquareOff('NSE', root(this.now), this.#out);
    this.#drain();
  }

  /** The session closes: the broker's orders of the day end, and the next session opens. */
  nextSession(open: EpochMs, close: EpochMs): void {
    this.now = close;
    for (const [orderId] of this.orders) this.#end({ kind: 'expired', orderId, message: 'the day is over' });
    this.engine.onClose('NSE', root(close), this.#out);
    this.#drain();
    this.now = open;
    this.price(100);
  }

  /** Snapshot, a new engine, restore. */
  crash(): void {
    const state = reread(this.engine.snapshot());
    this.engine = new TradingEngine(this.plan, this.context);
    this.engine.restore(state);
    assert.deepEqual(reread(this.engine.snapshot()), state);
  }

  accept(orderId: EventId): void {
    const order = this.orders.get(orderId) as BrokerOrder;
    order.known = true;
    this.#report({ kind: 'accepted', orderId, brokerOrderId: `B-${orderId}` });
  }

  unanswered(orderId: EventId): void {
    this.#report({ kind: 'unanswered', orderId, message: 'timed out' });
  }

  /** The broker's book does not show the order; it may yet appear. */
  provedAbsent(orderId: EventId): void {
    this.#report({ kind: 'proved_absent', orderId, message: 'not in the book' });
  }

  /** The order is taken from the engine, whatever it asked. */
  end(orderId: EventId, kind: 'refused' | 'cancelled' | 'expired'): void {
    const about = { orderId, message: 'by the broker' };
    this.#end(kind === 'refused' ? { kind, code: 'OTHER', ...about } : { kind, ...about });
  }

  #end(report: BrokerReport): void {
    this.orders.delete(report.orderId);
    this.#report(report);
  }

  fill(orderId: EventId, quantity: number, rupees = 100): void {
    const order = this.orders.get(orderId) as BrokerOrder;
    const part = Math.min(quantity, order.terms.quantity - order.filled);
    order.filled += part;
    order.known = true;
    this.position += order.terms.side === 'BUY' ? part : -part;
    if (order.filled === order.terms.quantity && order.change?.action !== 'modify') this.orders.delete(orderId);
    const tradeId = `T${order.trades++}`;
    this.#report({ kind: 'fill', orderId, tradeId, quantity: units(part), price: rs(rupees) });
  }

  /** The broker answers the change that is on its way; one that asks for less than is filled is refused. */
  answer(orderId: EventId, takes: boolean): void {
    const order = this.orders.get(orderId) as BrokerOrder;
    const { change } = order;
    if (change === undefined) return;
    order.change = undefined;
    const { action, terms } = change;
    if (action === 'cancel' && takes) return this.#end({ kind: 'cancelled', orderId, message: 'as asked' });
    if (action === 'modify' && takes && terms.quantity > order.filled) {
      order.terms = terms;
      return this.#report({ kind: 'modified', orderId, terms });
    }
    if (order.filled === order.terms.quantity) this.orders.delete(orderId);
    this.#report({ kind: 'change_refused', orderId, action, message: 'too late' });
  }

  #report(report: BrokerReport): void {
    assert.ok(this.engine.onReport(report, root(this.now), this.#out), `nobody follows ${report.orderId}`);
    this.#drain();
  }

  /** Hands every event to those that read it, in order, as the cascade does. */
  #drain(): void {
    const queue: DomainEvent[] = [...this.#out.take()];
    for (let k = 0; k < queue.length; k++) {
      assert.ok(
        k < 500,
        `no end of events: ${queue
          .slice(-6)
          .map(({ type }) => type)
          .join(', ')}`,
      );
      const event = queue[k] as DomainEvent;
      this.said.push(`${event.type} ${event.trace.id}`);
      queue.push(...this.#answersTo(event), ...this.#out.take());
    }
  }

  #answersTo(event: DomainEvent): readonly DomainEvent[] {
    const { at } = event;
    if (event.type === 'trading_signal' || event.type === 'order_change') {
      const { broker, strategyId, token } = event;
      const base = { broker, strategyId, token, at, trace: new DerivedTrace(event.trace, 'r', broker, 0) };
      const refused = this.verdict === 'refuse' && event.purpose !== 'trade';
      if (event.type === 'order_change') {
        if (refused) return [{ type: 'rejected_change', ...base, change: event, reasons: CHECKS.reasons }];
        return [{ type: 'validated_change', ...base, change: event } satisfies ChangeEvent];
      }
      if (refused) return [{ type: 'rejected_signal', ...base, signal: event, ...CHECKS }];
      return [{ type: 'validated_signal', ...base, signal: event, checks: {} }];
    }
    if (event.type === 'order_submitted' && !event.queued) this.#take(event);
    else if (event.type === 'order_claimed') this.#take(this.engine.submittedOf(event.order.orderId));
    else if (event.type === 'modify_submitted' || event.type === 'cancel_submitted') {
      const order = this.orders.get(event.order.orderId);
      assert.ok(order !== undefined, 'a change is sent only of an order that is at work');
      assert.equal(order.change, undefined, 'one change at a time');
      order.change = { action: event.type === 'modify_submitted' ? 'modify' : 'cancel', terms: event.order };
    } else this.engine.onEvent(event, root(this.now), this.#out);
    return [];
  }

  #take({ order }: OrderSubmitted): void {
    assert.ok(!this.orders.has(order.orderId), 'an order is sent once');
    this.orders.set(order.orderId, { terms: order, filled: 0, known: false, trades: 0, change: undefined });
  }

  exits(): readonly OwnedExit[] {
    return this.engine.snapshot().positions.exits.exits;
  }

  /** Units that orders at the broker may still fill on a side, whatever becomes of changes on their way. */
  mayFill(side: 'BUY' | 'SELL', whose: 'strategy' | 'engine'): number {
    let sum = 0;
    for (const { terms, filled, change } of this.orders.values()) {
      if (terms.side !== side || (terms.purpose === 'trade') !== (whose === 'strategy')) continue;
      const raised = change?.action === 'modify' ? change.terms.quantity : 0;
      sum += Math.max(terms.quantity, raised) - filled;
    }
    return sum;
  }

  /** No exit can turn a position round, even when everything that is offered fills. */
  assertNoReversal(): void {
    for (const side of ['BUY', 'SELL'] as const) {
      const held = Math.max(0, side === 'SELL' ? this.position : -this.position);
      const strategy = Math.min(held, this.mayFill(side, 'strategy'));
      const engine = this.mayFill(side, 'engine');
      assert.ok(engine + strategy <= held, `exits may ${side} ${engine}, the strategy ${strategy}, of ${held} held`);
    }
  }

  /** Whether something is asked for, on its way, or waits for its time. */
  isBusy(): boolean {
    const { tracker, positions, waiting } = this.engine.snapshot();
    if (waiting.length > 0 || positions.heldBack.length > 0 || tracker.scheduler.waiting.length > 0) return true;
    if (tracker.orders.some(({ changing, next, asked }) => (changing ?? next ?? asked) !== undefined)) return true;
    return positions.exits.exits.some((exit) => exit.asked !== undefined || exit.retryAt > this.now);
  }

  /** Every unit that an exit wants out is covered by an order at work, once nothing is on its way. */
  assertProtected(): void {
    if (this.isBusy() || JUNE_2021.phaseAt('NSE', this.now) !== 'open') return;
    for (const side of ['BUY', 'SELL'] as const) {
      const held = Math.max(0, side === 'SELL' ? this.position : -this.position);
      const exits = this.exits().filter((exit) => exit.side === side && wantedPrices(exit) !== undefined);
      const wanted = exits.reduce((sum, exit) => sum + wantedQuantity(exit), 0);
      const offered = this.mayFill(side, 'strategy') + this.mayFill(side, 'engine');
      const needed = Math.min(held, wanted);
      assert.ok(offered >= needed, `${offered} of ${needed} units are covered by orders to ${side}`);
    }
  }
}

export const NONE: Bracket = { target: undefined, stop: undefined, trail: undefined, exitAt: undefined };
export const STOP: Bracket = { ...NONE, stop: rs(97) };

/** What is at the broker, as `SELL 5/10 stop 97 cancel`: what may fill of how much, at which price, and its change. */
export function atBroker(world: ExitWorld): readonly string[] {
  return [...world.orders.values()].map(({ terms, filled, change }) => {
    const at = terms.triggerPrice ?? terms.limitPrice;
    const text = `${terms.side} ${terms.quantity - filled}/${terms.quantity} ${terms.orderType}`;
    return [text, at === undefined ? [] : at / 10_000, change?.action ?? []].flat().join(' ');
  });
}

export function idOf(world: ExitWorld, nth: number): EventId {
  const id = [...world.orders.keys()].at(nth);
  assert.ok(id !== undefined, 'there is no such order');
  return id;
}

/** A position of so many units, bought under a bracket, whose exit order the broker knows. */
export function guarded(bracket: Bracket, quantity = 6, wanted: Partial<TradingSignal> = {}): ExitWorld {
  const world = new ExitWorld();
  world.give({ quantity: units(quantity), bracket, ...wanted });
  world.fill(idOf(world, 0), quantity);
  if (world.orders.size > 0) world.accept(idOf(world, 0));
  return world;
}
