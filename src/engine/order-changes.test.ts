// Changes of orders on their way out of the cascade: to the simulated exchange at once, to a gateway as intents.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type CancelSubmitted,
  type ModifySubmitted,
  type OrderChange,
  type OrderSubmitted,
  type OrderTerms,
} from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { knownTrace, type EventId } from '#core/ids.ts';
import { type NamespacePlan } from '#core/plan.ts';
import {
  after,
  namespacePlan,
  ofType,
  OPEN,
  PAPER,
  plan,
  reread,
  rs,
  signal,
  units,
  controlled,
} from '../../test/support/builders.ts';
import { CascadeRun, short } from '../../test/support/cascade-run.ts';

function modifyOf(sent: OrderSubmitted, terms: Partial<OrderTerms>): ModifySubmitted {
  return { ...cancelOf(sent), type: 'modify_submitted', order: { ...sent.order, ...terms } };
}

function cancelOf(sent: OrderSubmitted): CancelSubmitted {
  const { broker, strategyId, token, at, order } = sent;
  const trace = knownTrace('change' as EventId);
  return { type: 'cancel_submitted', broker, strategyId, token, trace, at, order, changeId: trace.id };
}

/** A namespace with one order to buy at 99 at work. */
function resting(answeredBy: NamespacePlan['answeredBy']): { readonly run: CascadeRun; readonly sent: OrderSubmitted } {
  const run = new CascadeRun(plan({ namespaces: [namespacePlan({ answeredBy })] }));
  run.message(controlled('armed'));
  run.tick(0, 100, OPEN);
  const [sent] = ofType(run.message(signal({ limitPrice: rs(99) })), 'order_submitted');
  assert.ok(sent !== undefined);
  return { run, sent };
}

describe('at the simulated exchange', () => {
  test('a cancel ends the order at once, and it fills no more', () => {
    const { run, sent } = resting('simulated');
    assert.deepEqual(short(run.message(cancelOf(sent))), ['order_cancelled']);
    assert.deepEqual(short(run.tick(0, 98, after(1))), []);
  });

  test('a modify puts other terms in force', () => {
    const { run, sent } = resting('simulated');
    run.message(modifyOf(sent, { limitPrice: rs(98) }));
    assert.deepEqual(short(run.tick(0, 99, after(1))), []);
    assert.deepEqual(short(run.tick(0, 98, after(2))), ['order_filled 1@98']);
  });

  test('a wish for another limit, and then for the end, goes through the gate and comes back in force', () => {
    const { run, sent } = resting('simulated');
    const { broker, strategyId, token, order } = sent;
    const base = { type: 'order_change', broker, strategyId, token, orderId: order.orderId, purpose: 'trade' } as const;
    const none = { quantity: undefined, orderType: undefined, limitPrice: undefined, triggerPrice: undefined };
    const wish = (id: string, rest: Partial<OrderChange> & Pick<OrderChange, 'action'>): OrderChange => {
      return { ...base, ...none, trace: knownTrace(id as EventId), at: OPEN, expiresAt: after(30), ...rest };
    };
    assert.deepEqual(short(run.message(wish('lower', { action: 'modify', limitPrice: rs(98) }))), [
      'validated_change',
      'modify_submitted',
      'order_modified',
    ]);
    assert.deepEqual(short(run.tick(0, 99, after(1))), []);
    assert.deepEqual(short(run.message(wish('end', { action: 'cancel' }), after(1))), [
      'validated_change',
      'cancel_submitted',
      'order_cancelled',
    ]);
  });

  test('a change of an order that has ended comes too late, and nothing follows from it', () => {
    const { run, sent } = resting('simulated');
    run.tick(0, 99, after(1));
    assert.deepEqual(short(run.message(cancelOf(sent), after(2))), []);
    assert.deepEqual(short(run.message(modifyOf(sent, { limitPrice: rs(98) }), after(2))), []);
  });
});

describe('behind a gateway', () => {
  test('a change is handed out, and only what the broker reports is told', () => {
    const { run, sent } = resting('gateway');
    const changes = [modifyOf(sent, { limitPrice: rs(98) }), cancelOf(sent)];
    for (const change of changes) {
      run.cascade.pause = false;
      assert.deepEqual(short(run.message(change)), []);
      assert.ok(run.cascade.pause, 'it may leave before the next tick');
    }
    assert.deepEqual(run.changes, changes);
    const { orderId } = sent.order;
    run.cascade.onReport(PAPER, { kind: 'cancelled', orderId, message: 'as asked' }, after(1));
    assert.deepEqual(short(run.take()), ['order_cancelled']);
  });

  test('terms in force are the same whether a report is heard or read back from the log', () => {
    const limit = { quantity: units(1), orderType: 'limit', limitPrice: rs(94), triggerPrice: undefined } as const;
    for (const asHeard of [true, false]) {
      const run = new CascadeRun(plan({ namespaces: [namespacePlan({ answeredBy: 'gateway' })] }));
      run.message(controlled('armed'));
      run.tick(0, 100, OPEN);
      run.message(signal({ orderType: 'stop', triggerPrice: rs(105), limitPrice: undefined }));
      const orderId = run.intents[0]?.order.orderId ?? ('' as EventId);
      run.cascade.onReport(PAPER, { kind: 'accepted', orderId, brokerOrderId: 'B1' }, after(1));
      const report: BrokerReport = { kind: 'modified', orderId, terms: limit };
      run.cascade.onReport(PAPER, asHeard ? report : reread(report), after(1));
      const [modified] = ofType(run.take(), 'order_modified');
      assert.equal(modified?.order.orderType, 'limit');
      assert.equal(modified.order.triggerPrice, undefined, asHeard ? 'heard' : 'read back');
    }
  });
});
