import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  after,
  ALPHA,
  BETA,
  BROKERS,
  controlled,
  filled,
  inr,
  instruments,
  limits,
  namespacePlan,
  OPEN,
  RecordingOut,
  reread,
  root,
  rs,
  signal,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { type OrderChange, type OrderSubmitted, type TradingSignal } from '../events.ts';
import { knownTrace, type BrokerId, type EventId } from '../ids.ts';
import { InstrumentTable } from '../market/instrument.ts';
import { type RiskLimits } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { RiskManager } from './risk.ts';

const broker = BROKERS[0] as BrokerId;

/** A gate with one order for sixty units at a limit of 100 rupees, of the 99 that its cash can buy. */
class Desk {
  readonly out = new RecordingOut();
  readonly #plan;
  gate: RiskManager;
  order: OrderSubmitted;
  #changes = 0;

  constructor(set: Partial<RiskLimits> = {}, wanted: Partial<TradingSignal> = {}) {
    this.#plan = namespacePlan({ broker, limits: limits(set), startingCash: inr(10_000) });
    this.gate = this.#new();
    for (const instrument of [0, 1]) this.gate.onTick(tick({ instrument }), root(), this.out);
    const asked = signal({ quantity: units(60), limitPrice: rs(100), orderType: 'limit', ...wanted });
    assert.deepEqual(this.take(asked), ['validated_signal']);
    this.order = submitted(asked);
    this.take(this.order);
  }

  #new(): RiskManager {
    return new RiskManager(this.#plan, new InstrumentTable(instruments(2)));
  }

  restart(): void {
    const state = reread(this.gate.snapshot());
    this.gate = this.#new();
    this.gate.restore(state);
    assert.deepEqual(reread(this.gate.snapshot()), state);
  }

  /** What follows from an event: types, or the codes of a refusal. */
  take(event: Parameters<RiskManager['onEvent']>[0], at: EpochMs = OPEN): readonly string[] {
    this.gate.onEvent(event, root(at), this.out);
    return this.out.take().flatMap((said) => {
      const refused = said.type === 'rejected_signal' || said.type === 'rejected_change';
      return refused ? said.reasons.map(({ code }) => code) : [said.type];
    });
  }

  change(wanted: Partial<OrderChange> = {}): OrderChange {
    return {
      type: 'order_change',
      broker,
      strategyId: ALPHA,
      token: 1,
      trace: knownTrace(`change ${this.#changes++}` as EventId),
      at: OPEN,
      action: 'modify',
      orderId: this.order.order.orderId,
      purpose: 'trade',
      quantity: undefined,
      orderType: undefined,
      limitPrice: undefined,
      triggerPrice: undefined,
      expiresAt: after(30),
      ...wanted,
    };
  }

  modified(terms: Partial<OrderSubmitted['order']>): void {
    const { strategyId, token, trace, at, order } = this.order;
    const event = {
      type: 'order_modified',
      broker,
      strategyId,
      token,
      trace,
      at,
      order: { ...order, ...terms },
    } as const;
    assert.deepEqual(this.take(event), []);
  }

  refused(action: OrderChange['action']): void {
    const { strategyId, token, trace, at, order } = this.order;
    const about = { broker, strategyId, token, trace, at, order };
    assert.deepEqual(this.take({ type: 'change_refused', ...about, action, message: 'no' }), []);
  }

  /** The most units that could still be bought at 100 rupees: what no order holds. */
  room(): number {
    const one = (quantity: number, id: string): boolean => {
      const state = reread(this.gate.snapshot());
      const asked = signal({ id, quantity: units(quantity), at: OPEN });
      const passes = this.take(asked)[0] === 'validated_signal';
      this.gate = this.#new();
      this.gate.restore(state);
      return passes;
    };
    let most = 0;
    while (one(most + 1, `room ${most}`)) most++;
    return most;
  }
}

describe('a cancel', () => {
  test('passes when halted, disarmed and too old, and frees nothing before it is answered', () => {
    const desk = new Desk();
    for (const action of ['killed', 'disarmed'] as const) desk.take(controlled(action, { broker }));
    assert.deepEqual(desk.take(desk.change({ action: 'cancel' }), after(600)), ['validated_change']);
    desk.take(controlled('armed', { broker }));
    assert.equal(desk.room(), 39);
  });

  test('is of the strategy’s own order at work', () => {
    const desk = new Desk();
    assert.deepEqual(desk.take(desk.change({ action: 'cancel', orderId: 'none' as EventId })), ['RISK_UNKNOWN_ORDER']);
    assert.deepEqual(desk.take(desk.change({ action: 'cancel', strategyId: BETA })), ['RISK_NOT_OWN_ORDER']);
    assert.deepEqual(desk.take(desk.change({ action: 'cancel', token: 2 })), ['RISK_NOT_OWN_ORDER']);
    const waiting = signal({ id: 'waiting' });
    desk.take(waiting);
    assert.deepEqual(desk.take(desk.change({ action: 'cancel', orderId: waiting.trace.id })), ['RISK_UNKNOWN_ORDER']);
  });

  test('of an exit is the engine’s, not the strategy’s', () => {
    const desk = new Desk();
    desk.take(filled(desk.order));
    const exit = signal({ id: 'exit', side: 'SELL', quantity: units(60), purpose: 'bracket' });
    assert.deepEqual(desk.take(exit), ['validated_signal']);
    desk.take(submitted(exit, 'leg'));
    const cancel = { action: 'cancel', orderId: 'leg' as EventId } as const;
    assert.deepEqual(desk.take(desk.change(cancel)), ['RISK_NOT_OWN_ORDER']);
    assert.deepEqual(desk.take(desk.change({ ...cancel, purpose: 'bracket' })), ['validated_change']);
  });
});

describe('a modify', () => {
  test('is asked every rule for its new terms, less what the order holds already', () => {
    const desk = new Desk({ maxOrderQuantity: 99, maxTradesPerDay: 1, duplicateWindowMs: 10_000 });
    assert.deepEqual(desk.take(desk.change({ quantity: units(100) })), ['RISK_MAX_QUANTITY', 'RISK_CASH']);
    assert.deepEqual(desk.take(desk.change({ limitPrice: rs(100.01) })), ['RISK_PRICE_OFF_TICK']);
    assert.deepEqual(desk.take(desk.change({ quantity: units(99) })), ['validated_change']);
  });

  test('reserves the worse of both terms until the broker answers, also over a restart', () => {
    const more = new Desk();
    more.take(more.change({ quantity: units(80) }));
    more.restart();
    assert.equal(more.room(), 19);
    more.refused('cancel');
    assert.equal(more.room(), 19, 'that was another question');
    more.refused('modify');
    assert.equal(more.room(), 39);
    const less = new Desk();
    less.take(less.change({ quantity: units(20) }));
    assert.equal(less.room(), 39);
    less.modified({ quantity: units(20) });
    assert.equal(less.room(), 79);
  });

  test('with a part filled is about the rest, and cannot go below what is filled', () => {
    const desk = new Desk();
    desk.take(filled(desk.order, { quantity: units(30) }));
    assert.deepEqual(desk.take(desk.change({ quantity: units(30) })), ['RISK_BELOW_FILLED']);
    assert.deepEqual(desk.take(desk.change({ quantity: units(100) })), ['RISK_CASH'], '70 more on 7,000 in cash');
    assert.deepEqual(desk.take(desk.change({ quantity: units(99) })), ['validated_change']);
    desk.take(filled(desk.order, { quantity: units(10) }));
    desk.modified({ quantity: units(99) });
    desk.restart();
    desk.take(filled(desk.order, { quantity: units(59) }));
    assert.deepEqual(desk.gate.snapshot().reservations, []);
  });

  test('is one at a time, of an order whose outcome is known, and in time', () => {
    const desk = new Desk();
    assert.deepEqual(desk.take(desk.change({ quantity: units(50) }), after(30)), ['expired_change']);
    desk.take(desk.change({ quantity: units(50) }));
    assert.deepEqual(desk.take(desk.change({ quantity: units(40) })), ['RISK_CHANGE_PENDING']);
    const unknown = new Desk();
    const { strategyId, token, trace, at, order } = unknown.order;
    unknown.take({ type: 'order_unknown', broker, strategyId, token, trace, at, order, message: 'lost' });
    assert.deepEqual(unknown.take(unknown.change({ quantity: units(50) })), ['RISK_UNRESOLVED']);
  });

  test('that the engine lets expire frees its own terms and no others', () => {
    const desk = new Desk();
    const change = desk.change({ quantity: units(80) });
    desk.take(change);
    const { strategyId, token, trace, at } = change;
    const expired = { type: 'expired_change', broker, strategyId, token, trace, at, code: 'EXPIRED' } as const;
    desk.take({ ...expired, change: { ...change, trace: knownTrace('another' as EventId) } });
    assert.equal(desk.room(), 19);
    desk.take({ ...expired, change });
    assert.equal(desk.room(), 39);
  });

  test('does not pass while halted', () => {
    const desk = new Desk();
    desk.take(controlled('killed', { broker, subject: 'global' }));
    assert.deepEqual(desk.take(desk.change({ quantity: units(50) })), ['NAMESPACE_HALTED']);
  });

  test('to another type of order leaves the prices that the type does not have', () => {
    const desk = new Desk();
    const [market, stop] = ['market', 'stop_limit'] as const;
    assert.deepEqual(desk.take(desk.change({ orderType: market })), ['validated_change']);
    desk.modified({ orderType: market, limitPrice: undefined });
    assert.equal(desk.room(), 39);
    assert.deepEqual(desk.take(desk.change({ orderType: stop, limitPrice: rs(110) })), ['RISK_STOP_LIMIT']);
    const prices = { limitPrice: rs(110), triggerPrice: rs(105) };
    assert.deepEqual(desk.take(desk.change({ orderType: stop, ...prices })), ['validated_change']);
    desk.modified({ orderType: stop, ...prices });
    assert.equal(desk.room(), 33, '6,666 of 10,000 are reserved');
  });

  test('that somebody else made is in force too, and one of ours beside it stays at its worse', () => {
    const desk = new Desk();
    desk.modified({ quantity: units(50) });
    assert.equal(desk.room(), 49);
    desk.take(desk.change({ quantity: units(90) }));
    desk.modified({ quantity: units(40) });
    assert.equal(desk.room(), 9);
    desk.refused('modify');
    assert.equal(desk.room(), 59);
  });

  test('down to what is filled meanwhile ends what is reserved, whichever news comes first', () => {
    const first = new Desk();
    first.take(first.change({ quantity: units(30) }));
    first.take(filled(first.order, { quantity: units(30) }));
    first.modified({ quantity: units(30) });
    assert.deepEqual(first.gate.snapshot().reservations, []);
    const second = new Desk();
    second.take(second.change({ quantity: units(70) }));
    second.take(filled(second.order, { quantity: units(60) }));
    second.refused('modify');
    assert.deepEqual(second.gate.snapshot().reservations, []);
  });

  test('of an order that is over changes nothing', () => {
    const desk = new Desk();
    desk.take(filled(desk.order));
    desk.modified({ quantity: units(50) });
    desk.refused('modify');
    assert.deepEqual(desk.gate.snapshot().reservations, []);
  });
});

describe('an order whose outcome is open', () => {
  const unknown = (desk: Desk, type: 'order_unknown' | 'order_placed'): void => {
    const { strategyId, token, trace, at, order } = desk.order;
    const about = { broker, strategyId, token, trace, at, order };
    if (type === 'order_unknown') desk.take({ type, ...about, message: 'lost' });
    else desk.take({ type, ...about, brokerOrderId: 'B1' });
  };

  test('keeps its worst case reserved, and bars its side of the instrument to everybody', () => {
    const desk = new Desk();
    unknown(desk, 'order_unknown');
    desk.restart();
    assert.deepEqual(desk.take(signal({ id: 'same' })), ['RISK_UNRESOLVED']);
    assert.deepEqual(desk.take(signal({ id: 'other', strategyId: BETA })), ['RISK_UNRESOLVED']);
    assert.deepEqual(desk.take(signal({ id: 'elsewhere', token: 2, quantity: units(40) })), ['RISK_CASH']);
    assert.deepEqual(desk.take(signal({ id: 'sale', side: 'SELL' })), ['RISK_NO_POSITION']);
    unknown(desk, 'order_placed');
    assert.deepEqual(desk.take(signal({ id: 'settled' })), ['validated_signal']);
  });

  test('is settled by a fill, and twice unknown is unknown once', () => {
    const desk = new Desk();
    unknown(desk, 'order_unknown');
    unknown(desk, 'order_unknown');
    desk.take(filled(desk.order, { quantity: units(1) }));
    assert.deepEqual(desk.take(signal({ id: 'settled' })), ['validated_signal']);
  });

  test('of a sale takes from what an exit may sell', () => {
    const desk = new Desk();
    desk.take(filled(desk.order));
    const sale = signal({ id: 'sale', side: 'SELL', quantity: units(20) });
    desk.take(sale);
    desk.order = submitted(sale, 'sale order');
    desk.take(desk.order);
    const exit = (id: string, quantity: number) =>
      desk.take(signal({ id, side: 'SELL', quantity: units(quantity), purpose: 'square_off' }));
    unknown(desk, 'order_unknown');
    assert.deepEqual(exit('too much', 41), ['RISK_REDUCE_ONLY']);
    assert.deepEqual(exit('the rest', 40), ['validated_signal']);
  });

  test('that was proved absent and is there after all is reserved again', () => {
    const desk = new Desk();
    const { strategyId, token, trace, at, order } = desk.order;
    const about = { broker, strategyId, token, trace, at, order, message: 'not there' };
    desk.take({ type: 'order_failed', ...about, code: 'ABSENT', rejectCode: undefined });
    assert.equal(desk.room(), 99);
    unknown(desk, 'order_placed');
    assert.equal(desk.room(), 39);
  });
});

describe('slices', () => {
  test('take their part of the signal’s reservation, and the rest stays until it goes too or expires', () => {
    const desk = new Desk({}, { quantity: units(1), id: 'small' } as never);
    const whole = signal({ id: 'whole', quantity: units(70), limitPrice: rs(100) });
    assert.deepEqual(desk.take(whole), ['validated_signal']);
    const slice = (k: number, quantity: number): OrderSubmitted => {
      const made = submitted(whole, `slice ${k}`);
      return { ...made, order: { ...made.order, quantity: units(quantity) }, slice: { index: k, count: 3 } };
    };
    const [first, second] = [slice(0, 30), slice(1, 30)];
    desk.take(first);
    desk.take(second);
    desk.restart();
    assert.equal(desk.room(), 28);
    const { strategyId, token, trace, at } = whole;
    desk.take({ type: 'expired_signal', broker, strategyId, token, trace, at, signal: whole, code: 'EXPIRED' });
    assert.equal(desk.room(), 38);
    desk.take(filled(first));
    assert.equal(desk.room(), 38, 'paid with what was reserved, but for the reserve of 1 %');
  });
});
