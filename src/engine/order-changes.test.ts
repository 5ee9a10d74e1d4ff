// Changes of orders on their way out of the cascade: to the simulated exchange at once, to a gateway as intents.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type OrderTerms } from '#core/events.ts';
import { knownTrace, type EventId } from '#core/ids.ts';
import { type NamespacePlan } from '#core/plan.ts';
import { after, namespacePlan, ofType, OPEN, PAPER, plan, rs, signal } from '../../test/support/builders.ts';
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
});
