import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { exchangeTerms, ofType, root, units } from '../../../test/support/builders.ts';
import { EngineDesk, fillOf } from '../../../test/support/engine-desk.ts';
import { price, type Ppm } from '../decimal.ts';
import { type DomainEvent } from '../events.ts';
import { type EventId } from '../ids.ts';
import { type BrokerReport } from './report.ts';

describe('reports', () => {
  const cases: readonly (readonly [BrokerReport['kind'], string, string])[] = [
    ['accepted', 'order_placed', 'new'],
    ['refused', 'order_failed REFUSED', 'rejected'],
    ['not_sent', 'order_failed NOT_SENT', 'rejected'],
    ['unanswered', 'order_unknown', 'unknown'],
    ['cancelled', 'order_cancelled', 'cancelled'],
    ['expired', 'order_expired', 'expired'],
  ];
  for (const [kind, said, state] of cases) {
    test(`${kind} is told as ${said}`, () => {
      const desk = new EngineDesk({ answeredBy: 'gateway' });
      const { orderId } = desk.order().order;
      const report = { kind, orderId, message: 'why', brokerOrderId: 'B1' } as BrokerReport;
      const [event] = desk.report(report);
      assert.equal(event?.type === 'order_failed' ? `${event.type} ${event.code}` : event?.type, said);
      assert.equal(desk.engine.snapshot().tracker.orders[0]?.state, state);
      assert.deepEqual(desk.report(report), [], 'the same news again is not told');
    });
  }

  test('an order of unknown fate may be proved absent, and may yet appear', () => {
    const desk = new EngineDesk({ answeredBy: 'gateway' });
    const order = desk.order();
    const { orderId } = order.order;
    const types = (report: BrokerReport): readonly string[] => desk.report(report).map(({ type }) => type);
    assert.deepEqual(types({ kind: 'unanswered', orderId, message: 'timed out' }), ['order_unknown']);
    const [absent] = desk.report({ kind: 'proved_absent', orderId, message: 'not in the book' });
    assert.deepEqual([absent?.type, absent?.type === 'order_failed' && absent.code], ['order_failed', 'ABSENT']);
    assert.equal(desk.engine.working().length, 1, 'it is still followed');
    assert.deepEqual(types({ kind: 'accepted', orderId, brokerOrderId: 'B1' }), ['order_placed']);
    assert.equal(desk.engine.working()[0]?.state, 'resurrected');
    assert.deepEqual(types(fillOf(order, 'T1', 10)), ['order_filled']);
    assert.deepEqual(desk.engine.working(), []);
  });

  test('the same trade told twice is one fill', () => {
    const desk = new EngineDesk();
    const order = desk.order();
    assert.equal(desk.report(fillOf(order, 'T1', 4)).length, 1);
    assert.equal(desk.report(fillOf(order, 'T1', 4)).length, 0);
    assert.equal(desk.engine.working()[0]?.filled, 4);
  });

  test('a late acknowledgement after a fill changes nothing', () => {
    const desk = new EngineDesk();
    const order = desk.order();
    desk.report(fillOf(order, 'T1', 4));
    assert.deepEqual(desk.report({ kind: 'accepted', orderId: order.order.orderId, brokerOrderId: 'B1' }), []);
    assert.equal(desk.engine.working()[0]?.state, 'partially_filled');
  });

  test('a fill that comes after the cancellation is told and counted: a fill is never lost', () => {
    const desk = new EngineDesk({ answeredBy: 'gateway' });
    const order = desk.order();
    desk.report({ kind: 'cancelled', orderId: order.order.orderId, message: 'by the trader' });
    assert.deepEqual(
      desk.report(fillOf(order, 'T1', 3)).map(({ type }) => type),
      ['order_filled'],
    );
    const [kept] = desk.engine.snapshot().tracker.orders;
    assert.deepEqual([kept?.state, kept?.filled], ['cancelled', 3]);
  });

  test('news of an order that is not followed changes nothing, and the caller learns it', () => {
    const desk = new EngineDesk();
    const { orderId } = desk.order().order;
    const report: BrokerReport = { kind: 'accepted', orderId, brokerOrderId: 'B9' };
    assert.equal(desk.engine.onReport({ ...report, orderId: 'nobody' as EventId }, root(), desk.out), false);
    assert.deepEqual(desk.out.take(), []);
    assert.equal(desk.engine.onReport(report, root(), desk.out), true);
    assert.equal(desk.engine.onReport(report, root(), desk.out), true, 'known, though it changes nothing');
    assert.equal(desk.engine.onReport(fillOf(desk.order({ id: 'two' }), 'T1', 1), root(), desk.out), true);
  });

  test('more filled than ordered stops the program', () => {
    const desk = new EngineDesk();
    const order = desk.order();
    desk.report(fillOf(order, 'T1', 6));
    assert.throws(() => desk.report(fillOf(order, 'T2', 5)), /is filled 11 of 10/);
  });

  test('a settled order of the simulated exchange is forgotten, one of a gateway is kept until the close', () => {
    for (const answeredBy of ['simulated', 'gateway'] as const) {
      const desk = new EngineDesk({ answeredBy });
      const done = desk.order();
      desk.report(fillOf(done, 'T1', 10));
      const open = desk.order({ id: 'two' });
      assert.equal(desk.engine.snapshot().tracker.orders.length, answeredBy === 'gateway' ? 2 : 1);
      desk.close();
      assert.deepEqual(
        desk.engine.snapshot().tracker.orders.map(({ submitted: { order } }) => order.orderId),
        [open.order.orderId],
      );
    }
  });

  test('fees are the commission of the plan in force, rounded half up', () => {
    const desk = new EngineDesk({ exchange: exchangeTerms({ commission: 1_000 as Ppm }) });
    const order = desk.order();
    const odd: BrokerReport = {
      kind: 'fill',
      orderId: order.order.orderId,
      tradeId: 'T1',
      quantity: units(1),
      price: price(500),
    };
    const fees = (events: readonly DomainEvent[]): readonly number[] =>
      ofType(events, 'order_filled').map((one) => one.fees);
    assert.deepEqual(fees(desk.report(odd)), [1]);
    const plan = { ...desk.plan, exchange: exchangeTerms({ commission: 10_000 as Ppm }) };
    desk.engine.replan(plan, desk.context);
    assert.deepEqual(fees(desk.report({ ...odd, tradeId: 'T2' })), [5]);
  });
});

describe('whatever a broker says', () => {
  const trades = [
    ['T1', 3],
    ['T2', 1],
    ['T3', 4],
    ['T4', 2],
  ] as const;
  const news = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...trades) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'accepted',
        'refused',
        'not_sent',
        'unanswered',
        'proved_absent',
        'cancelled',
        'expired',
      ),
    },
  );

  test('each trade counts once: the filled quantity depends on which trades were told, not how often or when', () => {
    let complete = 0;
    fc.assert(
      fc.property(fc.array(news, { maxLength: 25, size: 'max' }), fc.nat({ max: 25 }), (said, stop) => {
        const desk = new EngineDesk({ answeredBy: 'gateway' });
        const order = desk.order();
        const { orderId } = order.order;
        const told = new Set<string>();
        let filledSum = 0;
        let ended: string | undefined;
        for (const [k, one] of said.entries()) {
          if (k === stop) desk.restart();
          const report =
            typeof one === 'string'
              ? ({ kind: one, orderId, message: 'why', brokerOrderId: 'B1' } as BrokerReport)
              : fillOf(order, one[0], one[1]);
          const events = desk.report(report);
          if (typeof one !== 'string') told.add(one[0]);
          filledSum += ofType(events, 'order_filled').reduce((sum, { quantity }) => sum + quantity, 0);
          const state = desk.engine.snapshot().tracker.orders[0]?.state;
          if (ended !== undefined) assert.equal(state, ended, 'nothing leaves a terminal state');
          if (desk.engine.working().length === 0) ended = state;
        }
        const expected = trades.filter(([id]) => told.has(id)).reduce((sum, [, quantity]) => sum + quantity, 0);
        const [kept] = desk.engine.snapshot().tracker.orders;
        assert.equal(kept?.filled, expected);
        assert.equal(filledSum, expected);
        assert.ok(expected <= order.order.quantity);
        if (expected === 10 && ended === 'filled') complete++;
      }),
      { numRuns: 500 },
    );
    assert.ok(complete > 20, `only ${complete} orders were filled whole`);
  });
});
