import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { adjusted, ALPHA, BETA, filled, reread, rs, signal, submitted, units } from '../../../test/support/builders.ts';
import { type Money } from '../decimal.ts';
import { type OrderFilled } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { type BookState } from './book.ts';
import { Ledger, type BookShelf } from './ledger.ts';

const CASH = 1_000_000_000 as Money;

function fillOf(strategyId: StrategyId, signed: number, rupees: number, fees = 0): OrderFilled {
  const order = submitted(signal({ strategyId, side: signed < 0 ? 'SELL' : 'BUY', quantity: units(Math.abs(signed)) }));
  return filled(order, { fillPrice: rs(rupees), fees: fees as Money });
}

describe('books of a namespace', () => {
  test('a book is opened once, with the starting cash, and books keep the order of their opening', () => {
    const ledger = new Ledger(CASH, 2);
    const beta = ledger.book(BETA);
    ledger.book(ALPHA);
    assert.equal(ledger.book(BETA), beta);
    assert.equal(beta.cash, CASH);
    assert.deepEqual(
      ledger.books.map(({ strategyId }) => strategyId),
      [BETA, ALPHA],
    );
  });

  test('fills and adjustments go to the book of their strategy alone', () => {
    const ledger = new Ledger(CASH, 2);
    ledger.onFill(fillOf(ALPHA, 10, 100, 5), 0);
    ledger.onFill(fillOf(BETA, -3, 100), 1);
    ledger.onAdjusted(adjusted(777, { strategyId: BETA }));
    assert.deepEqual([...ledger.book(ALPHA).quantity], [10, 0]);
    assert.deepEqual([...ledger.book(BETA).quantity], [0, -3]);
    assert.equal(ledger.book(ALPHA).cash, CASH - 10_000_000 - 5);
    assert.equal(ledger.book(BETA).cash, CASH + 3_000_000 + 777);
  });

  test('under a new plan, new books open with its cash and old ones keep theirs', () => {
    const ledger = new Ledger(CASH, 1);
    ledger.book(ALPHA);
    ledger.replan(5_000 as Money, 3);
    assert.deepEqual([ledger.book(ALPHA).cash, ledger.book(BETA).cash], [CASH, 5_000]);
    ledger.onFill(fillOf(ALPHA, 1, 100), 2);
    assert.deepEqual([...ledger.book(ALPHA).quantity], [0, 0, 1]);
  });
});

describe('marks', () => {
  test('a mark values every position in the instrument, and no other', () => {
    const ledger = new Ledger(CASH, 2);
    ledger.mark(0, rs(100));
    ledger.onFill(fillOf(ALPHA, 10, 100), 0);
    ledger.onFill(fillOf(BETA, -2, 100), 0);
    ledger.mark(0, rs(101));
    assert.equal(ledger.markOf(0), rs(101));
    assert.equal(ledger.markOf(1), 0);
    assert.equal(ledger.book(ALPHA).unrealised, rs(10));
    assert.equal(ledger.book(BETA).unrealised, -rs(2));
    ledger.mark(1, rs(500));
    assert.equal(ledger.book(ALPHA).equity, CASH + rs(10));
  });

  test('a fill is valued at the last mark, and what it cost counts at the next one of any instrument', () => {
    const ledger = new Ledger(CASH, 2);
    ledger.mark(0, rs(100));
    ledger.onFill(fillOf(ALPHA, 1, 102, 30), 0);
    const book = ledger.book(ALPHA);
    assert.deepEqual([book.drawdown, book.maxDrawdown], [rs(2) + 30, 0]);
    ledger.mark(1, rs(7));
    assert.equal(book.maxDrawdown, rs(2) + 30);
  });

  test('an instrument without a mark is valued at zero until its first', () => {
    const ledger = new Ledger(CASH, 2);
    ledger.onFill(fillOf(ALPHA, 1, 100), 0);
    assert.equal(ledger.book(ALPHA).marketValue, 0);
    ledger.mark(0, rs(100));
    assert.equal(ledger.book(ALPHA).equity, CASH);
  });

  test('an index outside the table has no mark', () => {
    assert.equal(new Ledger(CASH, 1).markOf(5), 0);
  });
});

const anyStep = fc.oneof(
  fc.record({
    book: fc.constantFrom(ALPHA, BETA),
    signed: fc.integer({ min: -5, max: 5 }).filter((signed) => signed !== 0),
    price: fc.integer({ min: 1, max: 300 }),
    on: fc.nat({ max: 2 }),
  }),
  fc.record({ mark: fc.integer({ min: 1, max: 300 }), on: fc.nat({ max: 2 }) }),
  fc.record({ amount: fc.integer({ min: -100, max: 100 }), charges: fc.boolean() }),
);
type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function take(ledger: Ledger, step: Step): void {
  if ('mark' in step) ledger.mark(step.on, rs(step.mark));
  else if ('amount' in step) ledger.onAdjusted(adjusted(step.amount, step.charges ? { kind: 'charges' } : {}));
  else ledger.onFill(fillOf(step.book, step.signed, step.price, 3), step.on);
}

describe('whatever happens', () => {
  test('the value of every book is its positions at their marks', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40, size: 'max' }), (steps) => {
        const ledger = new Ledger(CASH, 3);
        for (const step of steps) take(ledger, step);
        for (const book of ledger.books) {
          const value = [...book.quantity].reduce((sum, held, on) => sum + held * ledger.markOf(on), 0);
          assert.equal(book.marketValue, value);
          assert.equal(book.equity, book.cash + value);
          assert.equal(book.unrealised, value - book.costTotal);
          assert.equal(book.equity, CASH + book.adjustments + book.realised + book.unrealised - book.fees);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('a ledger that was written and read back goes on as if it never stopped', () => {
    const steps = fc.array(anyStep, { maxLength: 20 });
    fc.assert(
      fc.property(steps, steps, (past, future) => {
        const ledger = new Ledger(CASH, 3);
        for (const step of past) take(ledger, step);
        const again = new Ledger(CASH, 3);
        again.book('before the restore' as StrategyId);
        again.restore(reread(ledger.snapshot()));
        for (const step of future) {
          take(ledger, step);
          take(again, step);
        }
        assert.deepEqual(again.snapshot(), ledger.snapshot());
      }),
      { numRuns: 300 },
    );
  });
});

/** A shelf in memory, and what was done with it. */
class Shelf implements BookShelf {
  readonly booksMax: number;
  readonly texts = new Map<StrategyId, string>();
  looks = 0;

  constructor(booksMax: number) {
    this.booksMax = booksMax;
  }

  put(state: BookState): void {
    this.texts.set(state.strategyId, JSON.stringify(state));
  }

  look(strategyId: StrategyId): BookState {
    this.looks++;
    return JSON.parse(this.texts.get(strategyId) ?? '') as BookState;
  }
}

const GAMMA = 'gamma' as StrategyId;
const MANY = ['a', 'b', 'c', 'd', 'e', 'f'] as readonly string[] as readonly StrategyId[];

describe('books that are put away', () => {
  test('of the books at rest the least recently used goes to the shelf, and comes back when it is asked for', () => {
    const shelf = new Shelf(2);
    const ledger = new Ledger(CASH, 2, shelf);
    ledger.book(ALPHA).adjust(5);
    ledger.mark(0, rs(100));
    ledger.book(BETA);
    ledger.book(ALPHA);
    ledger.book(GAMMA);
    assert.deepEqual([...shelf.texts.keys()], [BETA]);
    assert.deepEqual(ledger.counts, { opened: 3, inMemory: 2 });
    assert.deepEqual(
      [BETA, GAMMA, 'nobody' as StrategyId].map((strategyId) => ledger.has(strategyId)),
      [true, true, false],
    );
    assert.equal(ledger.book(BETA).cash, CASH);
    assert.deepEqual([...shelf.texts.keys()], [BETA, ALPHA]);
    assert.equal(ledger.book(ALPHA).adjustments, 5);
    assert.deepEqual(
      ledger.books.map(({ strategyId }) => strategyId),
      [ALPHA, BETA, GAMMA],
    );
  });

  test('a book that holds something, or waits to be measured, stays in memory', () => {
    const shelf = new Shelf(1);
    const ledger = new Ledger(CASH, 2, shelf);
    ledger.onFill(fillOf(ALPHA, 1, 100), 0);
    ledger.onAdjusted(adjusted(1, { strategyId: BETA }));
    ledger.book(GAMMA);
    assert.deepEqual(ledger.counts, { opened: 3, inMemory: 3 });
    ledger.mark(1, rs(100));
    ledger.onFill(fillOf(ALPHA, -1, 100), 0);
    ledger.mark(1, rs(100));
    ledger.book(MANY[0] as StrategyId);
    assert.deepEqual([...shelf.texts.keys()], [BETA, GAMMA, ALPHA], 'in the order of their last use');
  });

  test('whatever the bound, every book and every snapshot is the same, after a restoring too', () => {
    const step = fc.record({
      kind: fc.constantFrom('fill', 'close', 'adjust', 'mark', 'ask', 'restore'),
      who: fc.integer({ min: 0, max: MANY.length - 1 }),
      instrument: fc.integer({ min: 0, max: 1 }),
      size: fc.integer({ min: 1, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, booksMax) => {
        let free = new Ledger(CASH, 2);
        let bound = new Ledger(CASH, 2, new Shelf(booksMax));
        for (const { kind, who, instrument, size } of steps) {
          const strategyId = MANY[who] as StrategyId;
          if (kind === 'restore') {
            const [a, b] = [new Ledger(CASH, 2), new Ledger(CASH, 2, new Shelf(booksMax))];
            a.restore(reread(free.snapshot()));
            b.restore(reread(bound.snapshot()));
            [free, bound] = [a, b];
          }
          for (const ledger of [free, bound]) {
            if (kind === 'fill')
              ledger.onFill(fillOf(strategyId, size % 2 === 0 ? size : -size, 100 + size, size), instrument);
            else if (kind === 'adjust') ledger.onAdjusted(adjusted(size, { strategyId }));
            else if (kind === 'mark') ledger.mark(instrument, rs(90 + size));
            else if (kind === 'ask') ledger.book(strategyId);
            else if (kind === 'close') {
              const held = ledger.book(strategyId).quantity[instrument] as number;
              if (held !== 0) ledger.onFill(fillOf(strategyId, -held, 100), instrument);
            }
          }
          assert.equal(JSON.stringify(bound.snapshot()), JSON.stringify(free.snapshot()));
          assert.deepEqual(
            reread(bound.books.map((book) => book.snapshot())),
            reread(free.books.map((book) => book.snapshot())),
          );
        }
      }),
      { numRuns: 200 },
    );
  });
});
