import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ALPHA } from '../../../test/support/builders.ts';
import { type Money } from '../decimal.ts';
import { type DayNumber } from '../time.ts';
import { Book } from './book.ts';
import { type Disposal, holdingOf, type LotFill, Lots } from './lots.ts';

function fill(
  day: number,
  side: 'BUY' | 'SELL',
  quantity: number,
  price: number,
  more: Partial<LotFill> = {},
): LotFill {
  return { token: 1, kind: 'equity', product: 'CNC', day: day as DayNumber, side, quantity, price, fees: 0, ...more };
}

/** The lots after the fills, with every disposal up to the given day. */
function play(until: number, ...fills: readonly LotFill[]): { lots: Lots; disposals: readonly Disposal[] } {
  const disposals: Disposal[] = [];
  const lots = new Lots((disposal) => disposals.push(disposal));
  for (const each of fills) lots.onFill(each);
  lots.startDay(until as DayNumber);
  return { lots, disposals };
}

/** Quantity, days and values of disposals in short. */
function short(disposals: readonly Disposal[]): readonly string[] {
  return disposals.map(
    (it) => `${it.quantity}: ${it.buyDay} ${it.buyValue} to ${it.sellDay} ${it.sellValue}, ${it.fees}`,
  );
}

describe('deliveries', () => {
  test('a sale takes the oldest lot first, and the fees of both sides go along', () => {
    const { lots, disposals } = play(
      9,
      fill(1, 'BUY', 10, 100, { fees: 9 }),
      fill(2, 'BUY', 10, 120, { fees: 6 }),
      fill(5, 'SELL', 15, 150, { fees: 30 }),
    );
    assert.deepEqual(short(disposals), ['10: 1 1000 to 5 1500, 29', '5: 2 600 to 5 750, 13']);
    assert.deepEqual(lots.carried(1, 'CNC'), [{ side: 'BUY', day: 2, quantity: 5, value: 600, fees: 3 }]);
  });

  test('what is bought and sold on one day is matched first, in whatever order it came', () => {
    const { lots, disposals } = play(9, fill(1, 'BUY', 10, 100), fill(5, 'SELL', 12, 150), fill(5, 'BUY', 4, 140));
    assert.deepEqual(short(disposals), ['4: 5 560 to 5 600, 0', '8: 1 800 to 5 1200, 0']);
    assert.deepEqual(lots.carried(1, 'CNC'), [{ side: 'BUY', day: 1, quantity: 2, value: 200, fees: 0 }]);
  });

  test('products and instruments do not touch each other, and nothing is matched before the day ends', () => {
    const { lots, disposals } = play(
      1,
      fill(1, 'BUY', 10, 100),
      fill(1, 'SELL', 10, 110, { product: 'MIS' }),
      fill(1, 'SELL', 10, 120, { token: 2 }),
    );
    assert.deepEqual(disposals, []);
    assert.equal(lots.positions().length, 3);
    assert.deepEqual(lots.carried(3, 'CNC'), []);
  });
});

describe('what is not delivered', () => {
  test('intraday and derivatives close in the order of the fills, through zero and short', () => {
    for (const more of [{ product: 'MIS' }, { product: 'NRML', kind: 'future' }] as const) {
      const { lots, disposals } = play(
        9,
        fill(1, 'SELL', 10, 100, more),
        fill(1, 'BUY', 25, 90, more),
        fill(2, 'SELL', 5, 95, more),
      );
      assert.deepEqual(short(disposals), ['10: 1 900 to 1 1000, 0', '5: 1 450 to 2 475, 0']);
      const [lot] = lots.carried(1, more.product);
      assert.deepEqual([lot?.side, lot?.quantity, lot?.value], ['BUY', 10, 900]);
    }
  });
});

describe('the day', () => {
  test('a position tells what was carried from what was traded', () => {
    const { lots } = play(5, fill(1, 'BUY', 3, 230), fill(5, 'BUY', 1, 233), fill(5, 'SELL', 4, 234));
    assert.deepEqual(lots.positions(), [
      {
        token: 1,
        product: 'CNC',
        overnightQuantity: 3,
        overnightValue: 690,
        buyQuantity: 1,
        buyValue: 233,
        sellQuantity: 4,
        sellValue: 936,
      },
    ]);
    lots.startDay(6 as DayNumber);
    assert.deepEqual(lots.positions(), []);
  });

  test('a short that is carried is below zero in units and in value', () => {
    const { lots } = play(2, fill(1, 'SELL', 3, 230, { kind: 'future', product: 'NRML' }));
    const [position] = lots.positions();
    assert.deepEqual([position?.overnightQuantity, position?.overnightValue], [-3, -690]);
  });

  test('what was bought yesterday is on its way, and is held once it is settled', () => {
    const carried = play(9, fill(7, 'BUY', 5, 100), fill(8, 'BUY', 2, 100)).lots.carried(1, 'CNC');
    assert.deepEqual(
      holdingOf(carried, (day) => day < 8),
      { quantity: 5, t1Quantity: 2 },
    );
    assert.deepEqual(
      holdingOf(carried, () => true),
      { quantity: 7, t1Quantity: 0 },
    );
    const owed = play(9, fill(7, 'SELL', 5, 100)).lots.carried(1, 'CNC');
    assert.deepEqual(
      holdingOf(owed, () => true),
      { quantity: -5, t1Quantity: 0 },
    );
  });

  test('a split changes the units of every lot and leaves their cost and their day', () => {
    const { lots } = play(
      9,
      fill(1, 'BUY', 3, 100, { fees: 2 }),
      fill(2, 'BUY', 1, 130),
      fill(2, 'BUY', 1, 7, { token: 2 }),
    );
    lots.split(1, 1, 5);
    assert.deepEqual(lots.carried(1, 'CNC'), [
      { side: 'BUY', day: 1, quantity: 15, value: 300, fees: 2 },
      { side: 'BUY', day: 2, quantity: 5, value: 130, fees: 0 },
    ]);
    assert.equal(lots.carried(2, 'CNC')[0]?.quantity, 1);
  });
});

test('lots and average cost tell the same P&L in total, and lots are the folded fills', () => {
  const traded = fc.record({
    day: fc.integer({ min: 1, max: 6 }).map((day) => day as DayNumber),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    quantity: fc.integer({ min: 1, max: 40 }),
    price: fc.integer({ min: 1, max: 5_000_000 }),
    fees: fc.integer({ min: 0, max: 999 }),
    product: fc.constantFrom('CNC' as const, 'MIS' as const, 'NRML' as const),
  });
  fc.assert(
    fc.property(fc.array(traded, { maxLength: 30 }), fc.integer({ min: 1, max: 5_000_000 }), (list, mark) => {
      const fills = list.map((each) => fill(each.day, each.side, each.quantity, each.price, each));
      const sorted = fills.toSorted((a, b) => a.day - b.day);
      const { lots, disposals } = play(1_000, ...sorted);
      const book = new Book(ALPHA, 1_000_000 as Money, 1);
      for (const { side, quantity, price, fees } of sorted)
        book.fill(0, side === 'BUY' ? quantity : -quantity, price, fees, mark);
      const open = (['CNC', 'MIS', 'NRML'] as const).flatMap((product) => lots.carried(1, product));
      const signed = (side: string, amount: number): number => (side === 'BUY' ? amount : -amount);
      const held = open.reduce((sum, { side, quantity }) => sum + signed(side, quantity), 0);
      const cost = open.reduce((sum, { side, value }) => sum + signed(side, value), 0);
      const realised = disposals.reduce((sum, it) => sum + it.sellValue - it.buyValue, 0);
      const fees = disposals.reduce((sum, it) => sum + it.fees, 0) + open.reduce((sum, it) => sum + it.fees, 0);
      assert.equal(held, book.quantity[0]);
      assert.equal(fees, book.fees);
      assert.equal(realised + held * mark - cost, book.realised + book.unrealised);
    }),
    { numRuns: 1_000 },
  );
});
