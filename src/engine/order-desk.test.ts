import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CancelSubmitted, type ModifySubmitted } from '#core/events.ts';
import { type OrderState } from '#core/execution/order.ts';
import { type ChangeableTerms } from '#core/execution/report.ts';
import { newOrder, type PendingChange, type WorkingOrder } from '#core/execution/working-order.ts';
import { type EventId } from '#core/ids.ts';
import { type BookAnswer, type ChangeOutcome, type Gateway } from '#ports/broker.ts';
import { rs, signal, submitted, units } from '../../test/support/builders.ts';
import { inShort } from '../../test/support/exchange-floor.ts';
import { OrderDesk } from './order-desk.ts';

const ORDER = submitted(signal({ quantity: units(10), limitPrice: rs(99) }), 'a');
const { strategyId, token, trace, at, broker, order } = ORDER;
const base = { strategyId, token, trace, at, broker, order, changeId: 'change' as EventId };
const MODIFY: ModifySubmitted = { type: 'modify_submitted', ...base };
const CANCEL: CancelSubmitted = { type: 'cancel_submitted', ...base };
const CHANGING: PendingChange = { action: 'modify', changeId: base.changeId, terms: order };
const TERMS: ChangeableTerms = { ...order, limitPrice: rs(98) };

function atWork(state: OrderState, changing?: PendingChange): readonly WorkingOrder[] {
  return [{ ...newOrder(ORDER), state, changing }];
}

/** A desk before a broker whose answers are written down beforehand. */
function deskWith(outcome: ChangeOutcome, ...answers: readonly BookAnswer[]) {
  const calls: string[] = [];
  const left = [...answers];
  const gateway: Gateway = {
    submit: async () => ({ kind: 'accepted', brokerOrderId: 'B1' }),
    modify: async ({ changeId }) => (calls.push(`modify ${changeId}`), outcome),
    cancel: async ({ changeId }) => (calls.push(`cancel ${changeId}`), outcome),
    lookUp: async () => (calls.push('look up'), left.shift() ?? { kind: 'no_evidence', message: 'no more answers' }),
    reports: () => () => undefined,
  };
  const desk = new OrderDesk(gateway);
  return { desk, calls, heard: () => desk.take().map(inShort) };
}

const answered = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a change that is asked of a gateway', () => {
  test('is asked for once, and that it was taken concludes nothing', async () => {
    const { desk, calls, heard } = deskWith({ kind: 'accepted' });
    desk.send(MODIFY);
    desk.send(CANCEL);
    assert.equal(desk.inFlight, 2);
    await answered();
    await desk.settle(atWork('new'));
    assert.equal(desk.inFlight, 0);
    assert.deepEqual(calls, ['modify change', 'cancel change']);
    assert.deepEqual(heard(), []);
  });

  test('ends as refused when the broker refuses it, or when it did not leave', async () => {
    const refused = deskWith({ kind: 'refused', message: 'too many' });
    refused.desk.send(MODIFY);
    await answered();
    assert.deepEqual(refused.heard(), ['a not modified: too many']);
    const lost = deskWith({ kind: 'not_sent', message: 'no connection' });
    lost.desk.send(CANCEL);
    await answered();
    assert.deepEqual(lost.heard(), ['a not cancelled: not sent: no connection']);
  });

  test('stays open without an answer until the book shows the terms in force', async () => {
    const found = { kind: 'found', brokerOrderId: 'B1' } as const;
    const { desk, calls, heard } = deskWith(
      { kind: 'unknown', message: 'timed out' },
      { kind: 'no_evidence', message: 'the book came empty' },
      found,
      { ...found, terms: TERMS },
    );
    desk.send(MODIFY);
    await answered();
    for (const expected of [[], [], ['a is limit 10 at 98'], []]) {
      await desk.settle(atWork('new'));
      assert.deepEqual(heard(), expected);
    }
    assert.deepEqual(calls, ['modify change', 'look up', 'look up', 'look up']);
  });

  test('is looked up no more once its order has ended', async () => {
    const { desk, calls } = deskWith({ kind: 'unknown', message: 'timed out' });
    desk.send(CANCEL);
    await answered();
    await desk.settle([]);
    await desk.settle(atWork('new'));
    assert.deepEqual(calls, ['cancel change']);
  });
});

describe('after a restart', () => {
  const found: BookAnswer = { kind: 'found', brokerOrderId: 'B1', terms: TERMS };

  test('the terms of an order that was being changed are read from the book, once', async () => {
    const { desk, calls, heard } = deskWith({ kind: 'accepted' }, found);
    desk.afterRestart(atWork('new', CHANGING));
    await desk.settle(atWork('new', CHANGING));
    await desk.settle(atWork('new'));
    assert.deepEqual(heard(), ['a is limit 10 at 98']);
    assert.deepEqual(calls, ['look up']);
  });

  test('an order that was being sent is unknown, until the book has it', async () => {
    const { desk, heard } = deskWith({ kind: 'accepted' }, found);
    desk.afterRestart(atWork('sending'));
    assert.deepEqual(heard(), ['a unanswered']);
    await desk.settle(atWork('unknown'));
    assert.deepEqual(heard(), ['a accepted B1']);
  });

  test('an order of which nothing was on its way is not looked up', async () => {
    const { desk, calls } = deskWith({ kind: 'accepted' });
    for (const state of ['pending_new', 'new', 'partially_filled'] as const) desk.afterRestart(atWork(state));
    await desk.settle(atWork('new'));
    assert.deepEqual(calls, []);
  });
});
