import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ALPHA, reread } from '../../../test/support/builders.ts';
import { type Money } from '../decimal.ts';
import { InvariantError } from '../invariant.ts';
import { Book, grown } from './book.ts';

const CASH = 1_000_000;

function bookOf(cash = CASH): Book {
  return new Book(ALPHA, cash as Money, 2);
}

/** What a reader of the book sees of instrument 0. */
function view(book: Book) {
  const { cash, realised, fees, costTotal, marketValue, unrealised } = book;
  return { held: book.quantity[0], cost: book.cost[0], cash, realised, fees, costTotal, marketValue, unrealised };
}

describe('fills', () => {
  test('a purchase turns cash into a position at cost, and fees are apart', () => {
    const book = bookOf();
    book.fill(0, 10, 100, 7, 101);
    assert.deepEqual(view(book), {
      held: 10,
      cost: 1_000,
      cash: CASH - 1_007,
      realised: 0,
      fees: 7,
      costTotal: 1_000,
      marketValue: 1_010,
      unrealised: 10,
    });
    assert.equal(book.averagePrice(0), 100);
  });

  test('selling a part realises against the average cost, and the rest keeps that average', () => {
    const book = bookOf();
    book.fill(0, 10, 100, 0, 100);
    book.fill(0, 10, 110, 0, 100);
    book.fill(0, -5, 120, 3, 100);
    assert.equal(book.realised, 5 * (120 - 105));
    assert.equal(book.quantity[0], 15);
    assert.equal(book.averagePrice(0), 105);
    assert.equal(book.cash, CASH - 2_100 + 600 - 3);
  });

  test('selling everything leaves no cost behind, however the average was rounded', () => {
    const book = bookOf();
    book.fill(0, 3, 100, 0, 100);
    book.fill(0, 4, 101, 0, 100);
    book.fill(0, -2, 100, 0, 100);
    book.fill(0, -5, 100, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.costTotal], [0, 0, 0]);
    assert.equal(book.realised, 7 * 100 - 3 * 100 - 4 * 101);
    assert.equal(book.averagePrice(0), 0);
    assert.equal(book.equity, book.cash);
  });

  test('the cost of the part that is sold is rounded half away from zero', () => {
    const book = bookOf();
    book.fill(0, 1, 100, 0, 100);
    book.fill(0, 1, 101, 0, 100);
    book.fill(0, -1, 100, 0, 100);
    assert.deepEqual([book.cost[0], book.realised], [100, 100 - 101]);
  });

  test('selling short takes in cash, and buying back realises the fall', () => {
    const book = bookOf();
    book.fill(0, -10, 100, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.cash], [-10, -1_000, CASH + 1_000]);
    assert.equal(book.averagePrice(0), 100);
    assert.equal(book.equity, CASH);
    book.fill(0, 4, 90, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.realised], [-6, -600, 40]);
    book.fill(0, 6, 120, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.realised], [0, 0, 40 - 120]);
  });

  test('one fill may go through zero, from long to short and back', () => {
    const book = bookOf();
    book.fill(0, 10, 100, 0, 100);
    book.fill(0, -25, 110, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.realised], [-15, -15 * 110, 100]);
    assert.equal(book.averagePrice(0), 110);
    book.fill(0, 20, 105, 0, 100);
    assert.deepEqual([book.quantity[0], book.cost[0], book.realised], [5, 5 * 105, 100 + 75]);
  });

  test('an amount beyond the safe integers stops the program instead of rounding', () => {
    const book = bookOf();
    assert.throws(() => book.fill(0, 2 ** 30, 2 ** 30, 1, 1), InvariantError);
    assert.throws(() => book.fill(0, 1, 0.3, 0.1, 1), /a posting of alpha sums to .* not to zero/);
    const rich = bookOf(Number.MAX_SAFE_INTEGER);
    assert.throws(() => rich.adjust(1), /the book alpha is off by 0 with 9007199254740992 in cash/);
    assert.throws(() => bookOf(Number.MAX_SAFE_INTEGER).adjust(2), /the book alpha is off by -1 with/);
  });
});

describe('equity and drawdown', () => {
  test('the peak follows a rising equity, and the deepest fall from it is kept', () => {
    const book = bookOf();
    book.fill(0, 10, 100, 0, 100);
    const seen = [50, 60, 20, 40].map((change) => {
      book.mark(0, (change - book.unrealised) / 10);
      return [book.peak - CASH, book.drawdown, book.maxDrawdown];
    });
    assert.deepEqual(seen, [
      [50, 0, 0],
      [60, 0, 0],
      [60, 40, 40],
      [60, 20, 40],
    ]);
  });

  test('a fill waits for the next mark before its fees count as a drawdown', () => {
    const book = bookOf();
    assert.equal(book.atRest, true);
    book.fill(0, 1, 100, 30, 100);
    assert.deepEqual([book.snapshot().unsettled, book.maxDrawdown, book.drawdown], [true, 0, 30]);
    book.mark(1, 5);
    assert.deepEqual([book.snapshot().unsettled, book.maxDrawdown], [false, 30]);
  });

  test('a deposit and a withdrawal are no gain and no drawdown', () => {
    const book = bookOf();
    book.adjust(500);
    assert.deepEqual([book.cash, book.adjustments, book.peak, book.equity], [CASH + 500, 500, CASH + 500, CASH + 500]);
    book.adjust(-700);
    book.measure();
    assert.deepEqual([book.cash, book.adjustments, book.peak, book.maxDrawdown], [CASH - 200, -200, CASH - 200, 0]);
  });
});

/** A fill of a long, short or flat position; sizes overlap so that positions often close and flip. */
const anyFill = fc.record({
  instrument: fc.nat({ max: 1 }),
  signed: fc.integer({ min: -12, max: 12 }).filter((signed) => signed !== 0),
  price: fc.integer({ min: 1, max: 5_000 }),
  fees: fc.nat({ max: 50 }),
  mark: fc.integer({ min: 1, max: 5_000 }),
});
const anyAction = fc.oneof(
  { weight: 6, arbitrary: anyFill },
  { weight: 1, arbitrary: fc.record({ amount: fc.integer({ min: -900, max: 900 }) }) },
  { weight: 1, arbitrary: fc.record({ settled: fc.integer({ min: -90, max: 90 }) }) },
  { weight: 4, arbitrary: fc.record({ change: fc.integer({ min: -90, max: 90 }) }) },
);
type Action = typeof anyAction extends fc.Arbitrary<infer T> ? T : never;

function apply(book: Book, action: Action): void {
  if ('amount' in action) book.adjust(action.amount);
  else if ('settled' in action) book.settle(action.settled);
  else if ('change' in action) book.mark(0, action.change);
  else book.fill(action.instrument, action.signed, action.price, action.fees, action.mark);
}

describe('whatever is booked', () => {
  test('the trial balance is zero, positions are the sums of their fills, and cash is what was paid and received', () => {
    let flips = 0;
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 30, size: 'max' }), (actions) => {
        const book = bookOf();
        const held = [0, 0];
        const expected = { cash: CASH, fees: 0, adjustments: 0, settled: 0 };
        for (const action of actions) {
          apply(book, action);
          if ('amount' in action) {
            expected.cash += action.amount;
            expected.adjustments += action.amount;
          } else if ('settled' in action) {
            expected.cash += action.settled;
            expected.adjustments += action.settled;
            expected.settled += action.settled;
          } else if ('signed' in action) {
            const before = held[action.instrument] ?? 0;
            held[action.instrument] = before + action.signed;
            if (before * (before + action.signed) < 0) flips++;
            expected.cash -= action.signed * action.price + action.fees;
            expected.fees += action.fees;
          }
          const { cash, costTotal, fees, realised, adjustments, settled } = book;
          assert.equal(cash + costTotal + fees - realised - CASH - adjustments, 0);
          assert.equal(costTotal, (book.cost[0] ?? NaN) + (book.cost[1] ?? NaN));
          assert.deepEqual([...book.quantity], held);
          assert.deepEqual({ cash, fees, adjustments, settled }, expected);
          assert.equal(book.netPnl, book.equity - CASH - (adjustments - settled), 'deposits are no gain');
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(flips > 500, `only ${flips} fills went through zero`);
  });

  test('the peak and the deepest fall are those of measuring the equity at every mark', () => {
    let falls = 0;
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 30, size: 'max' }), (actions) => {
        const book = bookOf();
        let [peak, deepest] = [CASH, 0];
        for (const action of actions) {
          apply(book, action);
          if ('amount' in action) peak += action.amount;
          else if ('change' in action) {
            peak = Math.max(peak, book.equity);
            if (peak - book.equity > deepest) falls++;
            deepest = Math.max(deepest, peak - book.equity);
          }
          assert.deepEqual([book.peak, book.maxDrawdown], [peak, deepest]);
        }
      }),
      { numRuns: 1_000 },
    );
    assert.ok(falls > 500, `only ${falls} marks were a new deepest fall`);
  });

  test('a flat position has no cost, and a held one costs between its cheapest and its dearest entry', () => {
    fc.assert(
      fc.property(fc.array(anyFill, { maxLength: 20, size: 'max' }), (fills) => {
        const book = bookOf();
        const prices = fills.map(({ price }) => price);
        for (const each of fills) {
          apply(book, each);
          for (const instrument of [0, 1]) {
            if (book.quantity[instrument] === 0) assert.equal(book.cost[instrument], 0);
            else {
              const average = book.averagePrice(instrument);
              // Rounding the cost of each part that was sold may shift the rest by a unit or two.
              assert.ok(average >= Math.min(...prices) - 10 && average <= Math.max(...prices) + 10);
            }
          }
        }
      }),
    );
  });

  test('a book that was written and read back goes on as if it never stopped', () => {
    fc.assert(
      fc.property(fc.array(anyAction, { maxLength: 15 }), fc.array(anyAction, { maxLength: 15 }), (past, future) => {
        const book = bookOf();
        for (const action of past) apply(book, action);
        const again = Book.restore(reread(book.snapshot()), 2);
        assert.deepEqual(again.snapshot(), book.snapshot());
        for (const action of future) {
          apply(book, action);
          apply(again, action);
        }
        assert.deepEqual(again.snapshot(), book.snapshot());
        assert.equal(again.costTotal, book.costTotal);
      }),
      { numRuns: 300 },
    );
  });
});

describe('exposure', () => {
  test('longs and shorts add up in gross and stand against each other in net', () => {
    const book = bookOf();
    book.fill(0, 10, 100, 0, 100);
    book.fill(1, -4, 50, 0, 50);
    assert.equal(
      book.grossExposure((instrument) => [110, 60][instrument] ?? 0),
      1_100 + 240,
    );
    assert.equal(book.marketValue, 1_000 - 200);
  });

  test('what is settled beside fills is a loss or a gain, and the peak stays where it was', () => {
    const book = bookOf();
    book.settle(-300);
    book.measure();
    assert.deepEqual([book.cash, book.adjustments, book.netPnl, book.peak], [CASH - 300, -300, -300, CASH]);
    assert.equal(book.maxDrawdown, 300);
    const { settled, ...before } = book.snapshot();
    assert.equal(settled, -300);
    assert.equal(Book.restore(before, 2).settled, 0, 'a snapshot from before anything was settled');
  });
});

describe('room for instruments', () => {
  test('a book grows without losing what it holds', () => {
    const book = bookOf();
    book.fill(1, 5, 100, 0, 100);
    book.grow(4);
    book.fill(3, 2, 50, 0, 50);
    assert.deepEqual([...book.quantity], [0, 5, 0, 2]);
    assert.deepEqual(book.snapshot().positions, [
      [1, 5, 500],
      [3, 2, 100],
    ]);
  });

  test('an array never shrinks, and an instrument outside it is not held', () => {
    const before = new Float64Array([1, 2]);
    assert.equal(grown(before, 1), before);
    assert.deepEqual([...grown(before, 3)], [1, 2, 0]);
    assert.equal(bookOf().averagePrice(9), 0);
  });
});
