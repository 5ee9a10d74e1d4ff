import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, rs, units } from '../../../test/support/builders.ts';
import { Floor, type Shown } from '../../../test/support/exchange-floor.ts';
import { type Ppm } from '../decimal.ts';
import { type ExchangeTerms } from '../plan.ts';

const TERMS: Partial<ExchangeTerms> = { book: 'depth', partialFills: true, slippage: 10_000 as Ppm };
const BOOK: Shown = {
  bids: [
    [99.95, 30],
    [99.9, 40],
    [99.85, 50],
    [99.8, 60],
    [99.75, 70],
  ],
  offers: [
    [100.05, 5],
    [100.1, 4],
    [100.2, 50],
  ],
};

describe('orders that take', () => {
  test('a market order takes the levels at their prices, one trade a level, without slippage', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(12) });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 5@100.05', 'a#1 4@100.1', 'a#2 3@100.2']);
  });

  test('a sale takes the bids', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(35), side: 'SELL' });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 30@99.95', 'a#1 5@99.9']);
  });

  test('what one order took of a level is not there for the next', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(3) });
    floor.submit('b', { quantity: units(3) });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 3@100.05', 'b#0 2@100.05', 'b#1 1@100.1']);
  });

  test('a limit order takes no level beyond its limit and rests with what is left', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(20), limitPrice: rs(100.1) });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 5@100.05', 'a#1 4@100.1']);
    assert.ok(floor.exchange.rests(0));
  });

  test('an immediate order ends with what the levels do not hold', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(20), limitPrice: rs(100.1), validity: 'IOC' });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 5@100.05', 'a#1 4@100.1', 'a cancelled']);
  });

  test('a market order that empties the shown side goes on at the next tick', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { quantity: units(60) });
    assert.deepEqual(floor.tick(100, BOOK).length, 3);
    assert.deepEqual(floor.tick(100, { offers: [[101, 9]], at: after(2) }), ['a#3 1@101']);
  });

  test('a market order with a band goes no farther than its edge', () => {
    const floor = new Floor({ ...TERMS, marketProtection: 1_000 as Ppm });
    floor.submit('a', { quantity: units(12) });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 5@100.05', 'a#1 4@100.1', 'a is limit 12 at 100.1']);
  });

  test('without partial fills the best level holds any quantity', () => {
    const floor = new Floor({ ...TERMS, partialFills: false });
    floor.submit('a', { quantity: units(500) });
    floor.submit('b', { quantity: units(500) });
    assert.deepEqual(floor.tick(100, BOOK), ['a#0 500@100.05', 'b#0 500@100.05']);
  });

  test('a side that shows nothing fills nothing', () => {
    const floor = new Floor(TERMS);
    floor.submit('a');
    assert.deepEqual(floor.tick(100, { bids: [[100, 10]] }), []);
  });
});

describe('orders that rest', () => {
  test('one waits behind the volume at its price, which what is traded there uses up', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.95) });
    assert.deepEqual(floor.tick(100, { ...BOOK, traded: 500 }), [], 'it comes behind 30');
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 20 }), [], '10 are left ahead of it');
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 14 }), ['a#0 4@99.95']);
    assert.deepEqual(floor.tick(100, { ...BOOK, traded: 500 }), [], 'at another price it takes no part');
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 5 }), ['a#1 5@99.95']);
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 5 }), ['a#2 1@99.95']);
  });

  test('those ahead who give up shorten the queue', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.95) });
    floor.tick(100, BOOK);
    assert.deepEqual(floor.tick(100, { ...BOOK, bids: [[99.95, 2]] }), []);
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 6 }), ['a#0 4@99.95']);
  });

  test('a price where nobody waits has no queue', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(100) });
    floor.tick(100, { ...BOOK, traded: 500 });
    assert.deepEqual(floor.tick(100, { ...BOOK, traded: 6 }), ['a#0 6@100']);
  });

  test('below a book that shows fewer levels than it could, nobody waits', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99) });
    const thin = { ...BOOK, bids: [[99.95, 30]] as const };
    floor.submit('b', { limitPrice: rs(101), side: 'SELL' });
    floor.tick(100, thin);
    assert.deepEqual(floor.tick(99, { ...thin, traded: 6 }), ['a#0 6@99']);
    assert.deepEqual(floor.tick(101, { ...thin, traded: 6 }), ['b#0 6@101']);
  });

  test('beyond the levels that are shown its place is not known until its price comes into sight', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.7) });
    floor.tick(100, BOOK);
    assert.deepEqual(floor.tick(99.7, { ...BOOK, traded: 1_000 }), [], 'it is taken for the last');
    assert.deepEqual(floor.tick(99.75, { ...BOOK, bids: [[99.7, 8]], traded: 50 }), []);
    assert.deepEqual(floor.tick(99.7, { ...BOOK, traded: 11 }), ['a#0 3@99.7']);
  });

  test('a market that trades through the price fills it, up to the volume', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.95) });
    floor.tick(100, BOOK);
    assert.deepEqual(floor.tick(99.9, { ...BOOK, traded: 6 }), ['a#0 6@99.95']);
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 3 }), ['a#1 3@99.95'], 'who waits there now came later');
  });

  test('an offer that comes down to a resting bid trades at the price of the bid', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.95) });
    floor.tick(100, BOOK);
    assert.deepEqual(floor.tick(100, { offers: [[99.9, 7]] }), ['a#0 7@99.95']);
  });

  test('the volume of a tick is shared by price, then by time, and orders of ours queue behind each other', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(99.9), quantity: units(3) });
    floor.submit('b', { limitPrice: rs(100), quantity: units(3) });
    floor.submit('c', { limitPrice: rs(100), quantity: units(3) });
    floor.submit('s', { limitPrice: rs(100.3), quantity: units(3), side: 'SELL' });
    floor.tick(100, BOOK);
    const all = floor.tick(99.85, { bids: [[99.8, 1]], offers: [[100.4, 1]], traded: 8 });
    assert.deepEqual(all, ['b#0 3@100', 'c#0 3@100', 'a#0 2@99.9']);
  });

  test('time counts from the arrival, from a change for more, and from being set off', () => {
    const floor = new Floor(TERMS);
    const tick = (k: number, traded: number): readonly string[] =>
      floor.tick(100, { bids: [[99, 1]], offers: [[101, 1]], at: after(k), traded });
    const wanted = { limitPrice: rs(100.5), quantity: units(2) };
    floor.submit('more', wanted, after(1));
    floor.submit('stop', { ...wanted, orderType: 'stop_limit', triggerPrice: rs(100) }, after(2));
    floor.exchange.replan({ ...floor.terms, latencyMsMean: 4_000 });
    floor.submit('late', wanted, after(3));
    floor.exchange.replan(floor.terms);
    floor.submit('soon', wanted, after(5));
    floor.modify('more', { quantity: units(3) }, after(6));
    assert.deepEqual(tick(8, 0), ['stop is limit 2 at 100.5']);
    assert.deepEqual(tick(9, 50), ['soon#0 2@100.5', 'more#0 3@100.5', 'late#0 2@100.5', 'stop#0 2@100.5']);
  });

  test('a market order comes before every limit', () => {
    const floor = new Floor(TERMS);
    floor.submit('a', { limitPrice: rs(100.1) });
    floor.submit('b', { quantity: units(7) });
    assert.deepEqual(floor.tick(100, BOOK), ['b#0 5@100.05', 'b#1 2@100.1', 'a#0 2@100.1']);
  });

  test('another price or a greater quantity sends it to the back of the queue, a smaller one does not', () => {
    const floor = new Floor(TERMS);
    for (const id of ['a', 'b']) floor.submit(id, { limitPrice: rs(99.95) });
    floor.tick(100, BOOK);
    floor.tick(99.95, { ...BOOK, traded: 25 });
    floor.modify('a', { quantity: units(8) }, after(1));
    floor.modify('b', { quantity: units(12) }, after(1));
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 7 }), ['a#0 2@99.95']);
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 20 }), ['a#1 6@99.95']);
    assert.deepEqual(floor.tick(99.95, { ...BOOK, traded: 20 }), ['b#0 10@99.95'], '30 were ahead, 40 were traded');
  });
});

describe('without what the book needs', () => {
  test('a tick that shows no levels matches by its price', () => {
    const floor = new Floor(TERMS);
    floor.submit('a');
    floor.submit('b');
    assert.deepEqual(floor.tick(100, { traded: 14 }), ['a#0 10@101', 'b#0 4@101']);
    assert.deepEqual(floor.tick(100, { bids: [], offers: [], traded: 14 }), ['b#1 6@101'], 'levels of nothing');
  });

  test('a tick that gives no volume fills whatever rests at its price', () => {
    const floor = new Floor(TERMS);
    for (const id of ['a', 'b']) floor.submit(id, { limitPrice: rs(99.95) });
    floor.tick(100, BOOK);
    assert.deepEqual(floor.tick(99.95, BOOK), ['a#0 10@99.95', 'b#0 10@99.95']);
  });

  test('terms that ask for ticks read no levels', () => {
    const floor = new Floor({ ...TERMS, book: 'ticks' });
    floor.submit('a');
    assert.deepEqual(floor.tick(100, { ...BOOK, traded: 50 }), ['a#0 10@101']);
  });
});
