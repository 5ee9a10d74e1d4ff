import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, ofType, OPEN, rs, units } from '../../../test/support/builders.ts';
import { EngineDesk, fillOf } from '../../../test/support/engine-desk.ts';
import { type DomainEvent, type OrderSubmitted, type OrderType } from '../events.ts';
import { type DayNumber } from '../time.ts';
import { type Pacing } from './order-scheduler.ts';
import { type BrokerReport } from './report.ts';
import { type WorkingOrder } from './working-order.ts';

const GATEWAY = { answeredBy: 'gateway' } as const;
const PACED: Pacing = {
  from: 0 as DayNumber,
  to: 100_000 as DayNumber,
  perSecond: 1,
  perMinute: 0,
  perDay: 0,
  modifiesPerOrder: 1,
  slices: 0,
};

/** A working limit order to buy 10 that the broker knows. */
function working(desk: EngineDesk): { readonly order: OrderSubmitted; readonly accepted: BrokerReport } {
  const order = desk.order({ limitPrice: rs(100) });
  const accepted: BrokerReport = { kind: 'accepted', orderId: order.order.orderId, brokerOrderId: 'B1' };
  desk.report(accepted);
  return { order, accepted };
}

function typesOf(events: readonly DomainEvent[]): readonly string[] {
  return events.map((event) => (event.type === 'expired_change' ? `${event.type} ${event.code}` : event.type));
}

function kept(desk: EngineDesk): WorkingOrder | undefined {
  return desk.engine.snapshot().tracker.orders[0];
}

function modified(order: OrderSubmitted, quantity: number, rupees = 100): BrokerReport {
  const terms = { quantity: units(quantity), orderType: 'limit' as OrderType, limitPrice: rs(rupees) };
  return { kind: 'modified', orderId: order.order.orderId, terms: { ...terms, triggerPrice: undefined } };
}

describe('a change of an order', () => {
  test('leaves with the terms that are asked for, and is in force when the broker says so', () => {
    const desk = new EngineDesk(GATEWAY);
    const { order } = working(desk);
    const [sent] = ofType(desk.change(order.order.orderId, { limitPrice: rs(101) }), 'modify_submitted');
    assert.deepEqual([sent?.order.limitPrice, sent?.order.quantity, sent?.changeId], [rs(101), 10, 'change']);
    assert.equal(kept(desk)?.terms.limitPrice, rs(100));
    assert.deepEqual(typesOf(desk.report(modified(order, 10, 101))), ['order_modified']);
    assert.equal(kept(desk)?.terms.limitPrice, rs(101));
    assert.deepEqual(desk.report(modified(order, 10, 101)), [], 'told once');
  });

  test('to another order type leaves out the prices that the type does not have', () => {
    const desk = new EngineDesk(GATEWAY);
    const { orderId } = working(desk).order.order;
    const terms = { orderType: 'stop', triggerPrice: rs(103) } as const;
    const [sent] = ofType(desk.change(orderId, terms), 'modify_submitted');
    assert.deepEqual(
      [sent?.order.orderType, sent?.order.limitPrice, sent?.order.triggerPrice],
      ['stop', undefined, rs(103)],
    );
  });

  test('that the broker refuses leaves the order as it is', () => {
    const desk = new EngineDesk(GATEWAY);
    const { orderId } = working(desk).order.order;
    desk.change(orderId, { quantity: units(20) });
    const refused = { kind: 'change_refused', orderId, message: 'no' } as const;
    assert.deepEqual(desk.report({ ...refused, action: 'cancel' }), [], 'nobody asked for a cancel');
    assert.deepEqual(typesOf(desk.report({ ...refused, action: 'modify' })), ['change_refused']);
    assert.deepEqual([kept(desk)?.terms.quantity, kept(desk)?.changing], [10, undefined]);
  });

  test('waits for the one before, the newest wins, and a modify never takes the place of a cancel', () => {
    const desk = new EngineDesk(GATEWAY);
    const { order } = working(desk);
    const { orderId } = order.order;
    desk.change(orderId, { quantity: units(12) }, after(1), 'a');
    assert.deepEqual(desk.change(orderId, { quantity: units(13) }, after(1), 'b'), []);
    assert.deepEqual(typesOf(desk.change(orderId, undefined, after(1), 'c')), ['expired_change SUPERSEDED']);
    const [late] = ofType(desk.change(orderId, { quantity: units(14) }, after(1), 'd'), 'expired_change');
    assert.equal(late?.change.trace.id, 'd');
    desk.restart();
    assert.deepEqual(typesOf(desk.report(modified(order, 12))), ['order_modified', 'cancel_submitted']);
  });

  test('waits until the broker knows the order, and ends with the order', () => {
    const desk = new EngineDesk(GATEWAY);
    const { orderId } = desk.order().order;
    assert.deepEqual(desk.change(orderId, undefined), []);
    assert.deepEqual(typesOf(desk.report({ kind: 'unanswered', orderId, message: '' })), ['order_unknown']);
    assert.deepEqual(typesOf(desk.report({ kind: 'proved_absent', orderId, message: '' })), ['order_failed']);
    const appeared = desk.report({ kind: 'accepted', orderId, brokerOrderId: 'B1' });
    assert.deepEqual(typesOf(appeared), ['order_placed', 'cancel_submitted']);
    desk.change(orderId, undefined, after(2), 'again');
    const ended = desk.report({ kind: 'cancelled', orderId, message: '' });
    assert.deepEqual(typesOf(ended), ['order_cancelled', 'expired_change SUPERSEDED']);
    assert.deepEqual(typesOf(desk.change(orderId, undefined, after(3), 'late')), ['expired_change SUPERSEDED']);
  });

  test('that is too old is not sent', () => {
    const desk = new EngineDesk(GATEWAY);
    const { orderId } = working(desk).order.order;
    assert.deepEqual(typesOf(desk.change(orderId, { expiresAt: after(1) })), ['expired_change EXPIRED']);
  });

  test('beyond what the broker takes of one order is refused here', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [{ ...PACED, perSecond: 0 }] });
    const { order } = working(desk);
    const { orderId } = order.order;
    desk.change(orderId, { quantity: units(12) });
    desk.report(modified(order, 12));
    assert.deepEqual(typesOf(desk.change(orderId, { quantity: units(13) })), ['change_refused']);
    assert.deepEqual(typesOf(desk.change(orderId, undefined)), ['cancel_submitted'], 'a cancel still goes');
  });
});

describe('what waits for the budget', () => {
  test('an order leaves with the terms that it was changed to while it waited', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [PACED] });
    desk.order({ id: 'first' });
    const order = desk.order({ id: 'queued', limitPrice: rs(100) });
    const { orderId } = order.order;
    assert.ok(order.queued);
    assert.deepEqual(typesOf(desk.change(orderId, { limitPrice: rs(99) }, OPEN)), ['order_modified']);
    desk.restart();
    assert.equal(desk.engine.wakeAt(OPEN), after(1));
    assert.deepEqual(desk.passTo(after(1)), ['order_claimed']);
    assert.equal(desk.engine.submittedOf(orderId).order.limitPrice, rs(99));
  });

  test('an order is cancelled without being sent', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [PACED] });
    desk.order({ id: 'first' });
    const { orderId } = desk.order({ id: 'queued' }).order;
    assert.deepEqual(typesOf(desk.change(orderId, undefined, OPEN)), ['order_cancelled']);
    assert.deepEqual(desk.passTo(after(1)), []);
  });

  test('an order expires with its signal, and a signal in parts once', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [PACED] });
    desk.order({ id: 'first' });
    desk.order({ id: 'queued', expiresAt: after(0.5) });
    assert.equal(desk.engine.wakeAt(OPEN), after(0.5));
    assert.deepEqual(desk.passTo(after(0.5)), ['order_expired', 'EXPIRED queued']);
  });

  test('a change goes when its turn comes, gives way to a newer one, and expires', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [PACED] });
    const { order } = working(desk);
    const { orderId } = order.order;
    assert.deepEqual(desk.change(orderId, { quantity: units(11) }, OPEN, 'a'), []);
    assert.deepEqual(typesOf(desk.change(orderId, { quantity: units(12) }, OPEN, 'b')), ['expired_change SUPERSEDED']);
    desk.restart();
    assert.equal(desk.engine.snapshot().tracker.scheduler.waiting.length, 1);
    assert.deepEqual(desk.passTo(after(1)), ['modify_submitted']);
    assert.equal(kept(desk)?.changing?.terms.quantity, 12);
    desk.report(modified(order, 12));
    desk.change(orderId, { expiresAt: after(1.2) }, after(1.1), 'c');
    assert.equal(desk.engine.wakeAt(after(1.1)), after(1.2));
    assert.deepEqual(desk.passTo(after(1.2)), ['expired_change']);
    desk.change(orderId, undefined, after(1.3), 'd');
    assert.deepEqual(typesOf(desk.report(fillOf(order, 'T1', 12))), ['order_filled', 'expired_change SUPERSEDED']);
    assert.deepEqual(desk.passTo(after(2)), [], 'it went with its order');
  });

  test('what was never sent ends with the session', () => {
    const desk = new EngineDesk({ ...GATEWAY, pacing: [PACED] });
    desk.order({ id: 'first' });
    desk.order({ id: 'queued' });
    assert.deepEqual(desk.close(), ['order_cancelled']);
  });
});

describe('a modify in flight', () => {
  test('may have raised the quantity before the broker says so', () => {
    const desk = new EngineDesk(GATEWAY);
    const { order } = working(desk);
    desk.change(order.order.orderId, { quantity: units(15) });
    desk.report(fillOf(order, 'T1', 12));
    assert.deepEqual([kept(desk)?.state, kept(desk)?.filled], ['partially_filled', 12]);
    desk.report(modified(order, 15));
    desk.report(fillOf(order, 'T2', 3));
    assert.equal(kept(desk)?.state, 'filled');
  });

  test('that lowers the quantity to what is filled fills the order', () => {
    const desk = new EngineDesk(GATEWAY);
    const { order } = working(desk);
    desk.change(order.order.orderId, { quantity: units(6) });
    desk.report(fillOf(order, 'T1', 6));
    assert.equal(kept(desk)?.state, 'partially_filled');
    desk.report(modified(order, 6));
    assert.equal(kept(desk)?.state, 'filled');
  });

  test('of an order that is filled before is refused, and the order is filled', () => {
    const desk = new EngineDesk(GATEWAY);
    const { order } = working(desk);
    const { orderId } = order.order;
    desk.change(orderId, { quantity: units(15) });
    desk.report(fillOf(order, 'T1', 10));
    assert.equal(kept(desk)?.state, 'partially_filled');
    desk.report({ kind: 'change_refused', orderId, action: 'modify', message: 'too late' });
    assert.equal(kept(desk)?.state, 'filled');
  });
});

test('reports of an order in any order, and more than once, end in the same state and quantity', () => {
  const life = fc.record({
    modify: fc.option(fc.integer({ min: 5, max: 15 }), { nil: undefined }),
    takes: fc.boolean(),
    parts: fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 4 }),
    end: fc.constantFrom('cancelled' as const, 'expired' as const, 'unanswered' as const),
    seed: fc.array(fc.nat({ max: 1_000 }), { minLength: 24, maxLength: 24 }),
  });
  const seen = { filled: 0, cancelled: 0, partially_filled: 0 };
  fc.assert(
    fc.property(life, ({ modify, takes, parts, end, seed }) => {
      const desk = new EngineDesk(GATEWAY);
      const { order, accepted } = working(desk);
      const { orderId } = order.order;
      if (modify !== undefined) desk.change(orderId, { quantity: units(modify) });
      const ordered = modify !== undefined && takes ? modify : 10;
      const reports: BrokerReport[] = [accepted];
      let filled = 0;
      for (const [k, part] of parts.entries()) {
        if (filled + part > ordered) continue;
        filled += part;
        reports.push(fillOf(order, `T${k}`, part));
      }
      if (modify !== undefined) {
        const refused = { kind: 'change_refused', orderId, action: 'modify', message: 'no' } as const;
        reports.push(takes ? modified(order, modify) : refused);
      }
      if (filled < ordered) reports.push({ kind: end, orderId, message: 'why' });
      const open = filled === 0 ? 'new' : 'partially_filled';
      const state = filled === ordered ? 'filled' : end === 'unanswered' ? open : end;
      // Every report, some of them twice, in an order of chance.
      const twice = [...reports, ...reports.filter((_, k) => (seed[k] ?? 0) % 2 === 0)];
      const shuffled = twice.map((report, k) => ({ report, key: seed[(k * 7) % 24] ?? 0 }));
      let ended = false;
      for (const { report } of shuffled.toSorted((a, b) => a.key - b.key)) {
        if ((seed[0] ?? 0) % 3 === 0) desk.restart();
        desk.report(report);
        const now = kept(desk);
        assert.ok((now?.filled ?? 0) <= ordered);
        if (ended) assert.equal(now?.state, state, 'nothing leaves a terminal state');
        ended = desk.engine.working().length === 0;
      }
      assert.deepEqual([kept(desk)?.state, kept(desk)?.filled], [state, filled]);
      if (state in seen) seen[state as keyof typeof seen]++;
    }),
    { numRuns: 1_000 },
  );
  for (const [state, count] of Object.entries(seen)) assert.ok(count > 30, `only ${count} orders ended ${state}`);
});
