// An engine of one namespace and what it says, for tests that ask for one thing at a time.
import assert from 'node:assert/strict';
import {
  after,
  ALPHA,
  instruments,
  namespacePlan,
  ofType,
  OPEN,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  tick,
  units,
  validated,
} from './builders.ts';
import { JUNE_2021 } from './tape-builder.ts';
import { type DomainEvent, type OrderChange, type OrderSubmitted, type TradingSignal } from '#core/events.ts';
import { DerivedTrace, knownTrace, type EventId } from '#core/ids.ts';
import { InstrumentTable } from '#core/market/instrument.ts';
import { type NamespacePlan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { TradingEngine } from '#core/execution/trading-engine.ts';

const FRESH_MS = 60_000;

type Wanted = Partial<TradingSignal> & { readonly id?: string };

/** An engine and what it says; instrument 1 is warm at the open unless the test says otherwise. */
export class EngineDesk {
  readonly out = new RecordingOut();
  readonly plan: NamespacePlan;
  readonly context = {
    calendar: JUNE_2021,
    instruments: new InstrumentTable(instruments(3)),
    freshMs: FRESH_MS,
    confirm: () => true,
  };
  engine: TradingEngine;

  constructor(overrides: Partial<NamespacePlan> = {}, warm = true) {
    this.plan = namespacePlan(overrides);
    this.engine = new TradingEngine(this.plan, this.context);
    if (warm) this.tick();
  }

  /** What came of it: types, with the code of an expiry and the id of its signal. */
  #said(): readonly string[] {
    return this.out.take().map((event) => {
      if (event.type === 'expired_signal') return `${event.code} ${event.signal.trace.id}`;
      if (event.type === 'order_submitted') return `order_submitted ${event.signalId}`;
      return event.type;
    });
  }

  tick(at: EpochMs = OPEN, on = 0, rupees = 100): readonly string[] {
    this.engine.onTick(tick({ instrument: on, time: at, price: rs(rupees) }), root(at), this.out);
    return this.#said();
  }

  give(id: string, wanted: Wanted = {}, at: EpochMs = wanted.at ?? OPEN): readonly string[] {
    this.engine.onEvent(validated(signal({ id, broker: this.plan.broker, at, ...wanted })), root(at), this.out);
    return this.#said();
  }

  passTo(at: EpochMs): readonly string[] {
    this.engine.onTime(root(at), this.out);
    return this.#said();
  }

  close(at: EpochMs = after(22_500)): readonly string[] {
    this.engine.onClose('NSE', root(at), this.out);
    return this.#said();
  }

  /** Submits an order and returns it. */
  order(wanted: Wanted = {}): OrderSubmitted {
    const one = signal({ id: 'one', broker: this.plan.broker, quantity: units(10), ...wanted });
    this.engine.onEvent(validated(one), root(one.at), this.out);
    const [order] = ofType(this.out.take(), 'order_submitted');
    assert.ok(order !== undefined);
    return order;
  }

  /** A change that passed the gate; without new terms it cancels. */
  change(
    orderId: EventId,
    terms: Partial<OrderChange> | undefined,
    at: EpochMs = after(1),
    id = 'change',
  ): readonly DomainEvent[] {
    const { broker } = this.plan;
    const base = { broker, strategyId: ALPHA, token: 1, at };
    const change: OrderChange = {
      type: 'order_change',
      ...base,
      trace: knownTrace(id as EventId),
      action: terms === undefined ? 'cancel' : 'modify',
      orderId,
      purpose: 'trade',
      quantity: undefined,
      orderType: undefined,
      limitPrice: undefined,
      triggerPrice: undefined,
      expiresAt: after(3_600),
      ...terms,
    };
    const trace = new DerivedTrace(change.trace, 'r', broker, 0);
    this.engine.onEvent({ type: 'validated_change', ...base, trace, change }, root(at), this.out);
    return this.out.take();
  }

  report(report: BrokerReport, at: EpochMs = after(1)): readonly DomainEvent[] {
    this.engine.onReport(report, root(at), this.out);
    return this.out.take();
  }

  restart(): void {
    const state = reread(this.engine.snapshot());
    this.engine = new TradingEngine(this.plan, this.context);
    this.engine.restore(state);
    assert.deepEqual(reread(this.engine.snapshot()), state);
  }
}

/** One trade of an order. */
export function fillOf(order: OrderSubmitted, tradeId: string, quantity: number, rupees = 100): BrokerReport {
  return { kind: 'fill', orderId: order.order.orderId, tradeId, quantity: units(quantity), price: rs(rupees) };
}
