import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { after, ALPHA, filled, inr, reread, rs, signal, submitted, units } from '../../../test/support/builders.ts';
import { type OrderEvent, type OrderSubmitted, type TradingSignal } from '../events.ts';
import { type EventId } from '../ids.ts';
import { Book } from '../portfolio/book.ts';
import { OwnBook } from './own-book.ts';
import { OwnBooks } from './own-books.ts';

function fill(book: OwnBook, signed: number, rupees: number, seconds = 0): void {
  const side = signed > 0 ? 'BUY' : 'SELL';
  const order = submitted(signal({ side, quantity: units(Math.abs(signed)), at: after(seconds) }));
  book.onOrder(filled(order, { fillPrice: rs(rupees) }));
}

/** News of an order that says no more than its type. */
function news(
  type: 'order_claimed' | 'order_modified',
  of: OrderSubmitted,
  more?: Partial<OrderSubmitted['order']>,
): OrderEvent;
function news(type: 'modify_submitted' | 'cancel_submitted', of: OrderSubmitted): OrderEvent;
function news(type: OrderEvent['type'], of: OrderSubmitted, more: Partial<OrderSubmitted['order']> = {}): OrderEvent {
  const { broker, strategyId, token, trace, at, order } = of;
  const base = { broker, strategyId, token, trace, at, order: { ...order, ...more } };
  return { ...base, type, changeId: 'change' as EventId, message: 'test', brokerOrderId: 'B1' } as OrderEvent;
}

/** The end of an order, or news of it that carries a message. */
function said(type: OrderEvent['type'], of: OrderSubmitted): OrderEvent {
  return news(type as 'order_claimed', of);
}

function ordered(
  side: 'BUY' | 'SELL',
  quantity: number,
  id: string,
  more: Partial<TradingSignal> = {},
): OrderSubmitted {
  return submitted(signal({ id: `signal-${id}`, side, quantity: units(quantity), ...more }), id);
}

describe('the position of an own book', () => {
  test('has its quantity at average cost, and the time since when it is held', () => {
    const book = new OwnBook();
    assert.deepEqual([book.quantity, book.averagePrice, book.realised, book.enteredAt], [0, 0, 0, undefined]);
    fill(book, 10, 100, 1);
    fill(book, 20, 103, 2);
    assert.deepEqual([book.quantity, book.averagePrice, book.enteredAt], [30, rs(102), after(1)]);
    fill(book, -15, 104, 3);
    assert.deepEqual(
      [book.quantity, book.averagePrice, book.realised, book.enteredAt],
      [15, rs(102), inr(30), after(1)],
    );
    fill(book, -20, 101, 4);
    assert.deepEqual(
      [book.quantity, book.averagePrice, book.realised, book.enteredAt],
      [-5, rs(101), inr(15), after(4)],
    );
    fill(book, 5, 100, 5);
    assert.deepEqual([book.quantity, book.averagePrice, book.realised, book.enteredAt], [0, 0, inr(20), undefined]);
  });

  test('equals that of the ledger after any fills', () => {
    const fills = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 900 })));
    fc.assert(
      fc.property(fills, (taken) => {
        const own = new OwnBook();
        const book = new Book(ALPHA, inr(1_000_000), 1);
        for (const [signed, rupees] of taken) {
          if (signed === 0) continue;
          fill(own, signed, rupees);
          book.fill(0, signed, rs(rupees), 0, rs(rupees));
        }
        const expected = [book.quantity[0], book.averagePrice(0), book.realised];
        assert.deepEqual([own.quantity, own.averagePrice, own.realised], expected);
        assert.equal(own.enteredAt === undefined, own.quantity === 0);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('own orders', () => {
  test('are followed from the signal to their end', () => {
    const book = new OwnBook();
    const order = ordered('BUY', 10, 'one', { limitPrice: rs(99) });
    book.onSignal(signal({ id: 'signal-one', quantity: units(10) }));
    assert.deepEqual([book.orders, book.working], [[], 10]);
    book.onOrder(order);
    const terms = { orderId: 'one', side: 'BUY', quantity: 10, orderType: 'limit', limitPrice: rs(99) };
    const made = {
      ...terms,
      triggerPrice: undefined,
      purpose: 'trade',
      remaining: 10,
      state: 'sent',
      asked: undefined,
    };
    assert.deepEqual([book.orders, book.working], [[made], 10]);
    book.onOrder(said('order_placed', order));
    assert.equal(book.orders[0]?.state, 'working');
    book.onOrder(said('order_unknown', order));
    assert.equal(book.orders[0]?.state, 'unknown');
    book.onOrder(filled(order, { quantity: units(4) }));
    assert.deepEqual([book.orders[0]?.state, book.orders[0]?.remaining, book.working], ['working', 6, 6]);
    book.onOrder(filled(order, { quantity: units(6) }));
    assert.deepEqual([book.orders, book.working, book.quantity], [[], 0, 10]);
    assert.equal(book.blank, false);
  });

  test('a queued order is sent when it is claimed', () => {
    const book = new OwnBook();
    const order = ordered('SELL', 5, 'one');
    book.onOrder({ ...order, queued: true });
    assert.equal(book.orders[0]?.state, 'queued');
    book.onOrder(news('order_claimed', order));
    assert.deepEqual([book.orders[0]?.state, book.working], ['sent', -5]);
  });

  test('a change is asked for, and made or refused', () => {
    const book = new OwnBook();
    const order = ordered('BUY', 10, 'one', { limitPrice: rs(99) });
    book.onOrder(order);
    book.onOrder(filled(order, { quantity: units(4) }));
    book.onOrder(news('modify_submitted', order));
    assert.equal(book.orders[0]?.asked, 'modify');
    book.onOrder(news('order_modified', order, { quantity: units(7), limitPrice: rs(98) }));
    const [changed] = book.orders;
    assert.deepEqual(
      [changed?.quantity, changed?.remaining, changed?.limitPrice, changed?.asked],
      [7, 3, rs(98), undefined],
    );
    assert.equal(book.working, 3);
    book.onOrder(news('cancel_submitted', order));
    assert.equal(book.orders[0]?.asked, 'cancel');
    book.onOrder(said('change_refused', order));
    assert.equal(book.orders[0]?.asked, undefined);
  });

  for (const type of ['order_failed', 'order_cancelled', 'order_expired'] as const) {
    test(`${type} ends one order, and the others stay in their order`, () => {
      const book = new OwnBook();
      const orders = [ordered('BUY', 1, 'one'), ordered('BUY', 2, 'two'), ordered('SELL', 4, 'three')];
      for (const order of orders) book.onOrder(order);
      book.onOrder(said(type, orders[0] as OrderSubmitted));
      assert.deepEqual([book.orders.map(({ orderId }) => orderId), book.working], [['two', 'three'], -2]);
      book.onOrder(said(type, orders[0] as OrderSubmitted));
      assert.equal(book.working, -2, 'an end that comes twice ends nothing else');
    });
  }

  test('a signal that ended without an order is not at work any more', () => {
    const book = new OwnBook();
    for (const id of ['one', 'two']) book.onSignal(signal({ id, quantity: units(3) }));
    book.onSignalEnded('two' as EventId);
    book.onSignalEnded('unheard-of' as EventId);
    assert.equal(book.working, 3);
    book.onSignalEnded('one' as EventId);
    assert.deepEqual([book.working, book.blank], [0, true]);
  });

  test('what the engine sends to end a position is among the orders, and not at work for the strategy', () => {
    const book = new OwnBook();
    book.onOrder(ordered('SELL', 10, 'stop', { purpose: 'bracket', orderType: 'stop', triggerPrice: rs(95) }));
    assert.deepEqual([book.orders[0]?.purpose, book.orders[0]?.triggerPrice, book.working], ['bracket', rs(95), 0]);
  });
});

test('books that are written and read back go on as before', () => {
  const books = new OwnBooks();
  const order = ordered('BUY', 10, 'one');
  books.onEvent(order, 2);
  books.onEvent(filled(order, { quantity: units(4) }), 2);
  books.onEvent(filled(ordered('SELL', 3, 'sold')), 0);
  books.at(1).onSignal(signal({ id: 'said', quantity: units(7), side: 'SELL' }));
  const again = new OwnBooks();
  again.restore(reread(books.snapshot()));
  assert.deepEqual(reread(again.snapshot()), reread(books.snapshot()));
  for (const index of [0, 1, 2, 3]) {
    const [before, restored] = [books.at(index), again.at(index)];
    const facts = ({ quantity, averagePrice, realised, enteredAt, orders, working }: OwnBook) =>
      [quantity, averagePrice, realised, enteredAt, orders, working] as const;
    assert.deepEqual(facts(restored), facts(before));
  }
  const { strategyId, broker, token, trace, at } = order;
  const late = signal({ id: 'said', side: 'SELL', quantity: units(7) });
  const base = { broker, strategyId, token, trace, at, signal: late };
  again.onEvent({ type: 'expired_signal', ...base, code: 'EXPIRED' }, 1);
  books.onEvent({ type: 'rejected_signal', ...base, checks: {}, reasons: [] }, 1);
  assert.deepEqual([again.at(1).working, books.at(1).working], [0, 0]);
});
