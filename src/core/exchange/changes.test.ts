import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, instrument, rs, units } from '../../../test/support/builders.ts';
import { Floor } from '../../../test/support/exchange-floor.ts';
import { type Ppm } from '../decimal.ts';

const GONE = 'the order is not at work at the exchange: it has ended, or it never was';

describe('cancelling', () => {
  test('an order that rests ends, and never fills afterwards', () => {
    const floor = new Floor();
    floor.submit('a', { limitPrice: rs(99) });
    assert.deepEqual(floor.cancel('a'), ['a cancelled']);
    assert.ok(!floor.exchange.rests(0));
    assert.deepEqual(floor.tick(98), []);
  });

  test('what is filled stays filled', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a');
    floor.tick(100, { traded: 4 });
    assert.deepEqual(floor.cancel('a'), ['a cancelled']);
    assert.deepEqual(floor.tick(100, { traded: 4 }), []);
  });

  test('an order that is filled, or that nobody knows, is not cancelled', () => {
    const floor = new Floor();
    floor.submit('a');
    floor.tick(100);
    assert.deepEqual(floor.cancel('a'), [`a not cancelled: ${GONE}`]);
    assert.deepEqual(floor.cancel('b'), [`b not cancelled: ${GONE}`]);
    assert.deepEqual(floor.modify('b', { quantity: units(3) }), [`b not modified: ${GONE}`]);
  });
});

describe('modifying', () => {
  test('a limit order takes another price', () => {
    const floor = new Floor();
    floor.submit('a', { limitPrice: rs(99) });
    assert.deepEqual(floor.modify('a', { limitPrice: rs(98) }), ['a is limit 10 at 98']);
    assert.deepEqual([floor.tick(99), floor.tick(98)], [[], ['a#0 10@98']]);
  });

  test('the quantity is the new total, what is filled included', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a');
    floor.tick(100, { traded: 4 });
    const refused = 'expected a quantity above the 4 that are filled, found';
    for (const quantity of [3, 4]) {
      assert.deepEqual(floor.modify('a', { quantity: units(quantity) }), [
        `a not modified: ${refused} ${quantity}: cancel the order to end it there`,
      ]);
    }
    assert.deepEqual(floor.modify('a', { quantity: units(6) }), ['a is market 6']);
    assert.deepEqual(floor.tick(101, { traded: 9 }), ['a#1 2@101']);
  });

  test('a decrease keeps the place in time; an increase or another price loses it', () => {
    const floor = new Floor({ partialFills: true });
    for (const id of ['a', 'b', 'c', 'd']) floor.submit(id, { limitPrice: rs(99) });
    floor.modify('a', { quantity: units(9) });
    floor.modify('b', { quantity: units(11) });
    floor.modify('c', { limitPrice: rs(99.5) });
    floor.modify('d', {});
    assert.deepEqual(floor.tick(99, { traded: 100 }), ['a#0 9@99', 'd#0 10@99', 'b#0 11@99', 'c#0 10@99']);
  });

  test('a stop takes another trigger, and becomes a limit or a market order', () => {
    const floor = new Floor();
    const stop = { side: 'SELL', orderType: 'stop', triggerPrice: rs(95) } as const;
    for (const id of ['a', 'b', 'c']) floor.submit(id, stop);
    floor.submit('d', { ...stop, orderType: 'stop_limit', limitPrice: rs(94) });
    assert.deepEqual(floor.modify('a', { triggerPrice: rs(97) }), ['a is stop 10 from 97']);
    assert.deepEqual(floor.modify('b', { orderType: 'market', triggerPrice: undefined }), ['b is market 10']);
    const limit = { orderType: 'limit', triggerPrice: undefined, limitPrice: rs(99) } as const;
    assert.deepEqual(floor.modify('c', limit), ['c is limit 10 at 99']);
    assert.deepEqual(floor.modify('d', { limitPrice: rs(93) }), ['d is stop_limit 10 at 93 from 95']);
    assert.deepEqual(floor.tick(98), ['b#0 10@98']);
    assert.deepEqual(floor.tick(97), ['a#0 10@97']);
  });

  test('a stop that becomes something else goes behind what was at work before', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { side: 'SELL', orderType: 'stop', triggerPrice: rs(95) });
    floor.submit('b', { side: 'SELL', limitPrice: rs(99) });
    floor.modify('a', { orderType: 'market', triggerPrice: undefined });
    assert.deepEqual(floor.tick(100, { traded: 12 }), ['b#0 10@100', 'a#0 2@100']);
  });

  test('a limit order becomes a market order but never a stop, and a market order a limit order', () => {
    const floor = new Floor();
    floor.submit('a', { limitPrice: rs(90) });
    floor.submit('b');
    assert.deepEqual(floor.modify('a', { orderType: 'stop', triggerPrice: rs(110), limitPrice: undefined }), [
      'a not modified: expected limit or market of an order that is limit now, found stop',
    ]);
    assert.deepEqual(floor.modify('a', { orderType: 'market', limitPrice: undefined }), ['a is market 10']);
    assert.deepEqual(floor.modify('b', { orderType: 'limit', limitPrice: rs(101) }), ['b is limit 10 at 101']);
    assert.deepEqual(floor.tick(101.05), ['a#0 10@101.05']);
  });

  test('a stop that was set off is no stop any more', () => {
    const floor = new Floor();
    floor.submit('a', { side: 'SELL', orderType: 'stop_limit', triggerPrice: rs(95), limitPrice: rs(94) });
    assert.deepEqual(floor.tick(90), ['a is limit 10 at 94']);
    assert.deepEqual(floor.modify('a', { limitPrice: rs(93) }, after(2)), [
      'a not modified: expected limit or market of an order that is limit now, found stop_limit',
    ]);
  });

  test('terms that an order could not have are refused, and the order stays as it was', () => {
    const floor = new Floor({}, [instrument({ lotSize: units(5) })]);
    floor.submit('a', { limitPrice: rs(90) });
    const tried = [
      floor.modify('a', { limitPrice: undefined }),
      floor.modify('a', { limitPrice: rs(90.01) }),
      floor.modify('a', { limitPrice: rs(91), quantity: units(12) }),
    ];
    assert.deepEqual(tried.flat(), [
      'a not modified: the limit order has no limit price',
      'a not modified: expected a multiple of 0.05, found the limit price 90.01',
      'a not modified: expected a multiple of the lot size 5, found the quantity 12',
    ]);
    assert.deepEqual(floor.tick(91), []);
    assert.deepEqual(floor.tick(90), ['a#0 10@90']);
  });

  test('made a market order again, it has a band around the price of the moment', () => {
    const floor = new Floor({ marketProtection: 10_000 as Ppm });
    floor.submit('a');
    assert.deepEqual(floor.tick(110), ['a is limit 10 at 101']);
    assert.deepEqual(floor.modify('a', { orderType: 'market' }), ['a is market 10']);
    assert.deepEqual(floor.tick(112), ['a is limit 10 at 111.1']);
    assert.deepEqual(floor.tick(111.1), ['a#0 10@111.1']);
  });
});

describe('changes take their time', () => {
  const slow = { latencyMsMean: 1_000, latencyMsStd: 0, partialFills: true };

  test('a fill that comes first wins the race', () => {
    const floor = new Floor(slow);
    floor.submit('a');
    assert.deepEqual(floor.cancel('a', after(0.5)), []);
    assert.deepEqual(floor.tick(100, { traded: 10, at: after(1) }), ['a#0 10@100']);
    assert.ok(floor.exchange.rests(0), 'the change is still on its way');
    assert.deepEqual(floor.tick(100, { at: after(1.5) }), [`a not cancelled: ${GONE}`]);
    assert.ok(!floor.exchange.rests(0));
  });

  test('a cancel that comes between two fills ends the order there', () => {
    const floor = new Floor(slow);
    floor.submit('a');
    floor.cancel('a', after(0.5));
    assert.deepEqual(floor.tick(100, { traded: 4, at: after(1.4) }), ['a#0 4@100']);
    assert.deepEqual(floor.tick(100, { traded: 4, at: after(1.5) }), ['a cancelled']);
  });

  test('a change does not overtake its order', () => {
    const floor = new Floor(slow);
    floor.submit('a', { limitPrice: rs(99) });
    floor.exchange.replan({ ...floor.terms, latencyMsMean: 0 });
    assert.deepEqual(floor.cancel('a'), []);
    assert.deepEqual(floor.tick(97, { at: after(0.9) }), []);
    assert.deepEqual(floor.tick(97, { at: after(1) }), ['a cancelled']);
  });

  test('nor does it overtake the change before it', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { limitPrice: rs(99) });
    floor.exchange.replan({ ...floor.terms, latencyMsMean: 1_000 });
    floor.modify('a', { limitPrice: rs(98) }, after(1));
    floor.exchange.replan(floor.terms);
    assert.deepEqual(floor.cancel('a', after(1)), []);
    assert.deepEqual(floor.tick(98.5, { at: after(1.9), traded: 4 }), ['a#0 4@98.5']);
    assert.deepEqual(floor.tick(97, { at: after(2) }), ['a is limit 10 at 98', 'a cancelled']);
  });

  test('a change that has arrived is in force before a later one, though no tick came between', () => {
    const floor = new Floor(slow);
    floor.submit('a', { limitPrice: rs(99) });
    floor.modify('a', { limitPrice: rs(98) });
    floor.exchange.replan({ ...floor.terms, latencyMsMean: 0 });
    assert.deepEqual(floor.modify('a', { limitPrice: rs(97) }, after(3)), [
      'a is limit 10 at 98',
      'a is limit 10 at 97',
    ]);
  });

  test('changes of another instrument wait for their own ticks', () => {
    const floor = new Floor(slow);
    floor.submit('a', { token: 2, limitPrice: rs(99) });
    floor.cancel('a');
    assert.deepEqual(floor.tick(100, { at: after(2) }), []);
    assert.deepEqual([floor.exchange.rests(0), floor.exchange.rests(1)], [false, true]);
    assert.deepEqual(floor.tick(100, { at: after(2), on: 1 }), ['a cancelled']);
  });

  test('each change has a delay of its own, which the order and its number alone decide', () => {
    const spread = { latencyMsMean: 500, latencyMsStd: 200 };
    const arrivals = (before: number): readonly number[] => {
      const floor = new Floor(spread);
      for (let k = 0; k < before; k++) floor.submit(`other ${k}`);
      floor.submit('a', { limitPrice: rs(99) });
      return [1, 2, 3, 4, 5].map((k) => {
        floor.modify('a', { quantity: units(9 - k) }, after(10 * k));
        return (floor.exchange.snapshot().changes[0]?.from ?? Number.NaN) - after(10 * k);
      });
    };
    const alone = arrivals(0);
    assert.deepEqual(arrivals(7), alone);
    assert.ok(new Set(alone).size > 3, alone.join());
  });

  test('what has not arrived when the session closes is refused before its order expires', () => {
    const floor = new Floor(slow);
    floor.submit('a', { limitPrice: rs(99) });
    floor.submit('b', { limitPrice: rs(99) });
    floor.cancel('a', after(22_499.5));
    floor.modify('b', { quantity: units(5) }, after(22_499));
    floor.restart();
    assert.deepEqual(floor.close(), [
      'b is limit 5 at 99',
      'a not cancelled: the session closed before the change arrived',
      'a expired',
      'b expired',
    ]);
    assert.deepEqual(floor.exchange.snapshot().changes, []);
  });
});
