import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { filled, rs, signal, submitted, units } from '../../../test/support/builders.ts';
import { type OrderEvent, type Purpose, type Side } from '../events.ts';
import { type EventId } from '../ids.ts';
import { OwnBook } from './own-book.ts';
import { towards } from './target.ts';
import { type WantedTarget } from './wanted.ts';

/** A book that holds so many, with orders at work: positive buys. */
function bookOf(held: number, orders: readonly number[] = [], purpose: Purpose = 'trade'): OwnBook {
  const book = new OwnBook();
  if (held !== 0) book.onOrder(filled(order(held, 'held')));
  for (const [k, signed] of orders.entries()) book.onOrder(order(signed, `order-${k}`, purpose));
  return book;
}

function order(signed: number, id: string, purpose: Purpose = 'trade') {
  const side: Side = signed > 0 ? 'BUY' : 'SELL';
  return submitted(signal({ id: `signal-${id}`, side, quantity: units(Math.abs(signed)), purpose }), id);
}

const MIS = { product: 'MIS' } as const;

function steps(target: WantedTarget, own: OwnBook): readonly string[] {
  return towards(target, own).map((each) =>
    'side' in each ? `${each.side} ${each.quantity}` : `cancel ${each.cancel}`,
  );
}

describe('a target position', () => {
  test('becomes the difference to what is held', () => {
    assert.deepEqual(steps({ target: 50 }, bookOf(0)), ['BUY 50']);
    assert.deepEqual(steps({ target: 50 }, bookOf(20)), ['BUY 30']);
    assert.deepEqual(steps({ target: 50 }, bookOf(80)), ['SELL 30']);
    assert.deepEqual(steps({ target: 50 }, bookOf(50)), []);
    assert.deepEqual(steps({ target: 0 }, bookOf(50)), ['SELL 50']);
  });

  test('counts what is at work already', () => {
    assert.deepEqual(steps({ target: 50 }, bookOf(20, [10, 5])), ['BUY 15']);
    assert.deepEqual(steps({ target: 50 }, bookOf(0, [50])), []);
    assert.deepEqual(steps({ target: 0 }, bookOf(50, [-50])), []);
  });

  test('is reversed by one order where that may be sold short, and with delivery ends flat', () => {
    assert.deepEqual(steps({ target: -50, ...MIS }, bookOf(50)), ['SELL 100']);
    assert.deepEqual(steps({ target: 50, product: 'NRML' }, bookOf(-50)), ['BUY 100']);
    assert.deepEqual(steps({ target: -50 }, bookOf(50)), ['SELL 50']);
    assert.deepEqual(steps({ target: -50, product: 'CNC' }, bookOf(0)), []);
  });

  test('first cancels own orders that work against it, each once', () => {
    const own = bookOf(0, [50, 20]);
    assert.deepEqual(steps({ target: 0 }, own), ['cancel order-0', 'cancel order-1']);
    const { broker, strategyId, token, trace, at, order: terms } = order(50, 'order-0');
    const base = { broker, strategyId, token, trace, at, order: terms };
    own.onOrder({ type: 'cancel_submitted', ...base, changeId: 'change' as EventId } satisfies OrderEvent);
    assert.deepEqual(steps({ target: 0 }, own), ['cancel order-1']);
  });

  test('waits for a signal that works against it and is not an order yet', () => {
    const own = bookOf(0);
    own.onSignal(signal({ id: 'said', quantity: units(50) }));
    assert.deepEqual(steps({ target: 0 }, own), []);
    assert.deepEqual(steps({ target: 60 }, own), ['BUY 10']);
  });

  test('leaves the engine’s own exits alone', () => {
    assert.deepEqual(steps({ target: 50 }, bookOf(50, [-50], 'bracket')), []);
    assert.deepEqual(steps({ target: 0 }, bookOf(50, [-50], 'bracket')), ['SELL 50']);
    const waiting = bookOf(0, [-5], 'bracket');
    waiting.onSignal(signal({ id: 'said', quantity: units(50) }));
    assert.deepEqual(steps({ target: 60 }, waiting), ['BUY 10']);
  });

  test('brackets what it opens, and not what it brings down', () => {
    const bracket = { stop: rs(95) };
    const brackets = (target: WantedTarget, own: OwnBook) => towards(target, own).map((each) => 'bracket' in each);
    assert.deepEqual(brackets({ target: 50, bracket }, bookOf(20)), [true]);
    assert.deepEqual(brackets({ target: 50, bracket }, bookOf(80)), [false]);
    assert.deepEqual(brackets({ target: -50, bracket, ...MIS }, bookOf(50)), [true]);
    assert.deepEqual(brackets({ target: -50, bracket, ...MIS }, bookOf(-80)), [false]);
    assert.deepEqual(brackets({ target: 0, bracket }, bookOf(80)), [false]);
    const [order_] = towards({ target: 5, confidence: 0.5, metadata: { a: 1 }, ttlMs: 9, ...MIS }, bookOf(0));
    assert.deepEqual(order_, { side: 'BUY', quantity: 5, confidence: 0.5, metadata: { a: 1 }, ttlMs: 9, ...MIS });
  });

  test('is reached by what it becomes, once that has filled', () => {
    const any = fc.integer({ min: -100, max: 100 });
    fc.assert(
      fc.property(any, any, (target, held) => {
        const own = bookOf(held);
        for (const each of towards({ target, ...MIS }, own)) {
          assert.ok('side' in each);
          own.onOrder(filled(order(each.side === 'BUY' ? each.quantity : -each.quantity, 'now')));
        }
        assert.equal(own.quantity, target);
        assert.deepEqual(towards({ target, ...MIS }, own), []);
      }),
      { numRuns: 1_000 },
    );
  });
});
