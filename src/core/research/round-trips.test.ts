import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { type FillFact, roundTrips } from './round-trips.ts';

function fill(at: number, signed: number, price: number, fees = 0, token = 1): FillFact {
  return { at, token, signed, price, fees };
}

test('a position from flat to flat is one trip, with all its charges', () => {
  const trips = roundTrips([fill(1, 10, 100, 3), fill(2, 5, 110, 2), fill(3, -15, 120, 4)]);
  assert.deepEqual(trips, [
    {
      token: 1,
      side: 'LONG',
      openedAt: 1,
      closedAt: 3,
      quantity: 15,
      entryValue: 1_550,
      exitValue: 1_800,
      fees: 9,
      net: 241,
    },
  ]);
});

test('a fill that turns a position around closes one trip and opens the next', () => {
  const trips = roundTrips([fill(1, 10, 100), fill(2, -15, 90, 6), fill(3, 5, 80, 1)]);
  assert.deepEqual(
    trips.map(({ side, quantity, fees, net }) => [side, quantity, fees, net]),
    [
      ['LONG', 10, 4, -104],
      ['SHORT', 5, 3, 47],
    ],
  );
});

test('the gains of closed trips and the cash of fills are the same once everything is flat', () => {
  const fills = fc.array(
    fc.record({
      signed: fc.integer({ min: -20, max: 20 }).filter((n) => n !== 0),
      price: fc.integer({ min: 1, max: 1e6 }),
      fees: fc.integer({ min: 0, max: 500 }),
    }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(fills, (drawn) => {
      const facts = drawn.map(({ signed, price, fees }, at) => fill(at, signed, price, fees));
      const held = facts.reduce((sum, { signed }) => sum + signed, 0);
      if (held !== 0) facts.push(fill(drawn.length, -held, 777, 5));
      const cash = facts.reduce((sum, { signed, price, fees }) => sum - signed * price - fees, 0);
      const net = roundTrips(facts).reduce((sum, trip) => sum + trip.net, 0);
      assert.equal(net, cash);
    }),
  );
});
