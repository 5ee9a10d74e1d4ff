import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ALPHA, BETA, reread } from '../../../test/support/builders.ts';
import { type EventId, type StrategyId } from '../ids.ts';
import { InvariantError } from '../invariant.ts';
import { Reservations, type InFlight, type Reservation } from './reservations.ts';

const SIGNAL = 'signal' as EventId;
const ORDER = 'order' as EventId;

function reservation(overrides: Partial<Reservation> = {}): Reservation {
  return {
    strategyId: ALPHA,
    token: 1,
    side: 'BUY',
    product: 'CNC',
    purpose: 'trade',
    orderType: 'market',
    limitPrice: undefined,
    triggerPrice: undefined,
    price: 100,
    quantity: 10,
    base: 0,
    cash: 1_005,
    filled: 0,
    unknown: false,
    working: false,
    pending: undefined,
    ...overrides,
  };
}

type Units = Pick<InFlight, 'buying' | 'selling' | 'reservedOfBook'>;

function allInFlight(reservations: Reservations, strategyId: StrategyId, token: number): InFlight {
  const units = { buying: -1, selling: -1, exitBuying: -1, exitSelling: -1, peakBuying: -1, peakSelling: -1 };
  const into: InFlight = { ...units, product: 'NRML', reservedOfBook: -1 };
  reservations.inFlight(strategyId, token, into);
  return into;
}

/** What is in flight of the strategies' own orders. */
function inFlight(reservations: Reservations, strategyId: StrategyId, token: number): Units {
  const { buying, selling, reservedOfBook } = allInFlight(reservations, strategyId, token);
  return { buying, selling, reservedOfBook };
}

describe('reservations', () => {
  test('a buy sets cash and units aside, a sale units only, each for its own book and instrument', () => {
    const reservations = new Reservations();
    reservations.reserve('buy' as EventId, reservation());
    reservations.reserve('sale' as EventId, reservation({ side: 'SELL', quantity: 4, cash: 0 }));
    reservations.reserve('other' as EventId, reservation({ strategyId: BETA, token: 2, cash: 7 }));
    assert.deepEqual(inFlight(reservations, ALPHA, 1), { buying: 10, selling: 4, reservedOfBook: 1_005 });
    assert.deepEqual(inFlight(reservations, ALPHA, 2), { buying: 0, selling: 0, reservedOfBook: 1_005 });
    assert.deepEqual(inFlight(reservations, BETA, 2), { buying: 10, selling: 0, reservedOfBook: 7 });
    assert.equal(reservations.size, 3);
  });

  test('a book that never traded has nothing in flight', () => {
    const nothing = { buying: 0, selling: 0, reservedOfBook: 0 };
    assert.deepEqual(inFlight(new Reservations(), ALPHA, 1), nothing);
  });

  test('partial fills release in proportion, rounded so that what is left is never too little', () => {
    const reservations = new Reservations();
    reservations.reserve(SIGNAL, reservation());
    reservations.submit(SIGNAL, ORDER, 10);
    const left = [3, 3, 3, 1].map((quantity) => {
      reservations.fill(ORDER, quantity);
      return inFlight(reservations, ALPHA, 1);
    });
    assert.deepEqual(
      left.map(({ buying, reservedOfBook }) => [buying, reservedOfBook]),
      [
        [7, 704],
        [4, 402],
        [1, 101],
        [0, 0],
      ],
    );
    assert.equal(reservations.size, 0);
  });

  test('an ended order releases the whole of its rest', () => {
    const reservations = new Reservations();
    reservations.reserve(ORDER, reservation());
    reservations.fill(ORDER, 4);
    reservations.release(ORDER);
    assert.deepEqual(inFlight(reservations, ALPHA, 1), { buying: 0, selling: 0, reservedOfBook: 0 });
    assert.equal(reservations.size, 0);
  });

  test('after a signal became an order, only the order’s id moves it', () => {
    const reservations = new Reservations();
    reservations.reserve(SIGNAL, reservation());
    reservations.submit(SIGNAL, ORDER, 10);
    reservations.fill(SIGNAL, 5);
    reservations.release(SIGNAL);
    assert.equal(inFlight(reservations, ALPHA, 1).buying, 10);
    reservations.release(ORDER);
    assert.equal(inFlight(reservations, ALPHA, 1).buying, 0);
  });

  test('news of what was never reserved, or is settled, changes nothing', () => {
    const reservations = new Reservations();
    reservations.submit(SIGNAL, ORDER, 10);
    reservations.fill(ORDER, 5);
    reservations.release(ORDER);
    reservations.reserve(ORDER, reservation());
    reservations.release(ORDER);
    reservations.release(ORDER);
    assert.deepEqual(inFlight(reservations, ALPHA, 1), { buying: 0, selling: 0, reservedOfBook: 0 });
  });

  test('the same signal twice, or a fill beyond the order, stops the program', () => {
    const reservations = new Reservations();
    reservations.reserve(SIGNAL, reservation());
    assert.throws(() => reservations.reserve(SIGNAL, reservation()), /the signal signal is reserved already/);
    assert.throws(() => reservations.fill(SIGNAL, 11), InvariantError);
  });
});

const BOOKS: readonly StrategyId[] = [ALPHA, BETA];
const STARTING_CASH = 1_500;

/** One thing that happens: a new signal, a fill of some open order, or the end of one. */
const anyStep = fc.oneof(
  fc.record({
    book: fc.nat({ max: 1 }),
    token: fc.nat({ max: 1 }),
    side: fc.constantFrom<'BUY' | 'SELL'>('BUY', 'BUY', 'SELL'),
    quantity: fc.integer({ min: 1, max: 9 }),
    price: fc.integer({ min: 1, max: 200 }),
  }),
  fc.record({ fill: fc.nat({ max: 40 }), part: fc.integer({ min: 1, max: 9 }), better: fc.nat({ max: 50 }) }),
  fc.record({ end: fc.nat({ max: 40 }) }),
  fc.record({ submit: fc.nat({ max: 40 }) }),
);

test('over any interleaving, reserved and used cash together never pass the cash, and nothing is ever negative', () => {
  let releases = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: 'max' }), (steps) => {
      let reservations = new Reservations();
      const open = new Map<EventId, { terms: Reservation; price: number; filled: number }>();
      const cash = BOOKS.map(() => STARTING_CASH);
      const pick = (number: number): EventId | undefined => [...open.keys()][number % Math.max(1, open.size)];
      steps.forEach((step, at) => {
        if ('quantity' in step) {
          const strategyId = BOOKS[step.book] ?? ALPHA;
          const needed = step.side === 'BUY' ? step.quantity * step.price : 0;
          const free = (cash[step.book] ?? 0) - inFlight(reservations, strategyId, step.token).reservedOfBook;
          if (free < needed) {
            refused++;
            return;
          }
          const { token, side, quantity } = step;
          const terms = reservation({ strategyId, token, side, quantity, cash: needed });
          const id = `signal ${at}` as EventId;
          reservations.reserve(id, { ...terms });
          open.set(id, { terms, price: step.price, filled: 0 });
        } else if ('fill' in step) {
          const id = pick(step.fill);
          const order = id === undefined ? undefined : open.get(id);
          if (id === undefined || order === undefined) return;
          const part = Math.min(step.part, order.terms.quantity - order.filled);
          reservations.fill(id, part);
          order.filled += part;
          const book = BOOKS.indexOf(order.terms.strategyId);
          const paid = part * Math.max(1, order.price - step.better);
          cash[book] = (cash[book] ?? 0) + (order.terms.side === 'BUY' ? -paid : paid);
          if (order.filled === order.terms.quantity) open.delete(id);
        } else if ('end' in step) {
          const id = pick(step.end);
          if (id === undefined) return;
          reservations.release(id);
          releases++;
          open.delete(id);
        } else {
          const id = pick(step.submit);
          const order = id === undefined ? undefined : open.get(id);
          if (id === undefined || order === undefined) return;
          const orderId = `${id}/order` as EventId;
          reservations.submit(id, orderId, order.terms.quantity);
          open.delete(id);
          open.set(orderId, order);
        }
        for (const [index, strategyId] of BOOKS.entries()) {
          const mine = [...open.values()].filter(({ terms }) => terms.strategyId === strategyId);
          const worst = mine.reduce(
            (sum, { terms, filled }) => sum + terms.cash - Math.floor((terms.cash * filled) / terms.quantity),
            0,
          );
          for (const token of [0, 1]) {
            const { buying, selling, reservedOfBook } = inFlight(reservations, strategyId, token);
            const left = (side: string): number =>
              mine
                .filter(({ terms }) => terms.token === token && terms.side === side)
                .reduce((sum, { terms, filled }) => sum + terms.quantity - filled, 0);
            assert.deepEqual([buying, selling, reservedOfBook], [left('BUY'), left('SELL'), worst]);
            assert.ok(reservedOfBook >= 0 && reservedOfBook <= (cash[index] ?? 0));
          }
        }
        assert.equal(reservations.size, open.size);
        if (at % 10 === 9) {
          const again = new Reservations();
          again.restore(reread(reservations.snapshot()));
          assert.deepEqual(reread(again.snapshot()), reread(reservations.snapshot()));
          reservations = again;
        }
      });
    }),
    { numRuns: 1_000 },
  );
  assert.ok(releases > 500 && refused > 200, `${releases} releases and ${refused} refusals`);
});

test('two changes of an order at a time stop the program', () => {
  const reservations = new Reservations();
  reservations.reserve(ORDER, reservation());
  reservations.propose(ORDER, 'first' as EventId, reservation());
  assert.throws(() => reservations.propose(ORDER, 'second' as EventId, reservation()), /not answered/);
});

test('a slice of a signal that was never reserved, and a lifted order, leave nothing behind', () => {
  const reservations = new Reservations();
  reservations.submit(SIGNAL, ORDER, 1);
  assert.equal(reservations.size, 0);
  reservations.reserve(ORDER, reservation({ product: 'MIS', cash: 0 }));
  reservations.lift(ORDER);
  assert.deepEqual([...reservations.marginLines(ALPHA)], []);
  reservations.putBack(ORDER);
  assert.deepEqual(
    reservations.marginLines(ALPHA).map(({ token, product }) => [token, product]),
    [[1, 'MIS']],
  );
  const { peakBuying, product } = allInFlight(reservations, ALPHA, 1);
  assert.deepEqual([peakBuying, product], [100, 'MIS']);
});

test('units whose outcome is open are counted in their own instrument, whatever else a book has', () => {
  const reservations = new Reservations();
  reservations.reserve(ORDER, reservation({ unknown: true }));
  reservations.reserve('elsewhere' as EventId, reservation({ strategyId: BETA, token: 2, unknown: true }));
  assert.deepEqual(
    [1, 2, 3].map((token) => reservations.unresolved(token, 'BUY')),
    [10, 10, 0],
  );
  assert.deepEqual([reservations.unresolved(1, 'BUY', BETA), reservations.unresolved(1, 'SELL')], [0, 0]);
  reservations.setUnknown('nobody' as EventId, true);
  reservations.withdraw('nobody' as EventId);
  reservations.adopt('nobody' as EventId, reservation());
  assert.equal(reservations.settle('nobody' as EventId), false);
});
