import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, instrument, instruments, rs, units } from '../../../test/support/builders.ts';
import { Floor } from '../../../test/support/exchange-floor.ts';
import { type Ppm } from '../decimal.ts';
import { type OrderType } from '../events.ts';

const CALL: readonly OrderType[] = ['market', 'limit'];
const EVERY: readonly OrderType[] = ['market', 'limit', 'stop', 'stop_limit'];

describe('an opening call', () => {
  test('collects orders and matches them at the first price of the session, without slippage', () => {
    const floor = new Floor({ slippage: 20_000 as Ppm });
    floor.phase('opening_call', CALL);
    floor.submit('a', { limitPrice: rs(105) });
    floor.submit('b', { limitPrice: rs(99) });
    floor.submit('c');
    floor.submit('d', { side: 'SELL', limitPrice: rs(100) });
    assert.deepEqual(floor.tick(98), [], 'a price of the call matches nothing');
    assert.deepEqual(floor.phase('closed', []), []);
    assert.deepEqual(floor.tick(98), []);
    assert.deepEqual(floor.phase('continuous', EVERY), []);
    assert.deepEqual(floor.tick(101), ['c#0 10@101', 'a#0 10@101', 'd#0 10@101']);
    assert.deepEqual(floor.tick(99), ['b#0 10@99'], 'what did not cross the first price rests');
  });

  test('fills market orders first, then limits by how far they go, up to the volume of the first tick', () => {
    const floor = new Floor({ partialFills: true });
    floor.phase('opening_call', CALL);
    floor.submit('a', { limitPrice: rs(102) });
    floor.submit('b', { limitPrice: rs(103) });
    floor.submit('c', { quantity: units(4) });
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.tick(101, { traded: 16 }), ['c#0 4@101', 'b#0 10@101', 'a#0 2@101']);
  });

  test('a market order that the volume does not reach rests as a limit at the first price', () => {
    const floor = new Floor({ partialFills: true });
    floor.phase('opening_call', CALL);
    floor.submit('a');
    floor.submit('b');
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.tick(101, { traded: 6 }), ['a#0 6@101', 'a is limit 10 at 101', 'b is limit 10 at 101']);
    assert.deepEqual(floor.tick(102, { traded: 50 }), []);
    assert.deepEqual(floor.tick(101, { traded: 50 }), ['a#1 4@101', 'b#0 10@101']);
  });

  test('orders that come after the call take what the first tick leaves, at their own terms', () => {
    const floor = new Floor({ partialFills: true, slippage: 10_000 as Ppm });
    floor.phase('opening_call', CALL);
    floor.submit('a');
    floor.phase('continuous', EVERY);
    floor.submit('b');
    assert.deepEqual(floor.tick(100, { traded: 14 }), ['a#0 10@100', 'b#0 4@101']);
  });

  test('a market order with a band is a limit order from the start', () => {
    const floor = new Floor({ marketProtection: 10_000 as Ppm });
    floor.phase('opening_call', CALL);
    floor.submit('a');
    floor.submit('b', { limitPrice: rs(90) });
    assert.deepEqual(floor.modify('b', { orderType: 'market' }), ['b is limit 10 at 101']);
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.tick(102), ['a is limit 10 at 101']);
    assert.deepEqual(floor.tick(101), ['a#0 10@101', 'b#0 10@101']);
  });

  test('an order that arrives after the first tick is no longer of the call', () => {
    const floor = new Floor({ latencyMsMean: 2_000, slippage: 10_000 as Ppm });
    floor.phase('opening_call', CALL);
    floor.submit('a');
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.tick(100, { at: after(1) }), []);
    assert.deepEqual(floor.tick(100, { at: after(2) }), ['a#0 10@101']);
  });

  test('is survived by a restart', () => {
    const floor = new Floor();
    floor.phase('opening_call', CALL);
    floor.submit('a');
    floor.restart();
    assert.deepEqual(floor.tick(100), []);
    floor.phase('continuous', EVERY);
    floor.restart();
    assert.deepEqual(floor.tick(100), ['a#0 10@100']);
  });
});

describe('a closing call', () => {
  function closing(): Floor {
    const floor = new Floor({ partialFills: true, slippage: 20_000 as Ppm });
    floor.phase('continuous', EVERY);
    floor.submit('a', { limitPrice: rs(99) });
    floor.submit('b', { side: 'SELL', orderType: 'stop', triggerPrice: rs(95) });
    floor.phase('closing_call', CALL);
    return floor;
  }

  test('matches what rested and what it collected at the last price when it ends', () => {
    const floor = closing();
    floor.submit('c', { side: 'SELL' });
    floor.submit('d', { limitPrice: rs(98) });
    assert.deepEqual(floor.tick(94), [], 'no stop is set off in a call');
    assert.deepEqual(floor.tick(98.5), []);
    floor.restart();
    assert.deepEqual(floor.phase('closing_call', ['limit']), [], 'it goes on');
    assert.deepEqual(floor.phase('closed', []), ['c#0 10@98.5', 'a#0 10@98.5']);
    assert.deepEqual(floor.close(), ['b expired', 'd expired']);
  });

  test('ends with the session at the latest', () => {
    const floor = closing();
    floor.tick(99);
    assert.ok(floor.exchange.isInClosingCall(0));
    assert.deepEqual(floor.close(), ['a#0 10@99', 'b expired']);
    assert.ok(!floor.exchange.isInClosingCall(0), 'what comes next trades continuously unless it is told otherwise');
    assert.deepEqual(floor.phase('closed', []), []);
  });

  test('without a price in the call takes the last one before', () => {
    const floor = new Floor();
    floor.phase('closing_call', CALL);
    floor.submit('a', { limitPrice: rs(100.05) });
    assert.deepEqual(floor.phase('continuous', EVERY), ['a#0 10@100']);
  });
});

describe('what a phase takes', () => {
  test('a closed segment takes no order and no change', () => {
    const floor = new Floor();
    floor.submit('a', { limitPrice: rs(99) });
    floor.phase('closed', []);
    assert.deepEqual(floor.submit('b'), ['b refused MARKET_CLOSED: NSE takes no orders in its phase closed']);
    assert.deepEqual(floor.cancel('a'), ['a not cancelled: NSE takes no changes in its phase closed']);
    assert.deepEqual(floor.modify('a', { limitPrice: rs(98) }), [
      'a not modified: NSE takes no changes in its phase closed',
    ]);
    assert.deepEqual(floor.tick(99), []);
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.tick(99), ['a#0 10@99']);
  });

  test('a call takes only its own types of orders, and none that is for the moment', () => {
    const floor = new Floor();
    floor.phase('opening_call', CALL);
    assert.deepEqual(floor.submit('a', { orderType: 'stop', triggerPrice: rs(105) }), [
      'a refused ORDER_TYPE: NSE takes market, limit in its phase opening_call, found stop',
    ]);
    assert.deepEqual(floor.submit('b', { validity: 'IOC' }), [
      'b refused ORDER_TYPE: NSE matches nothing at once in its phase opening_call, found an IOC order',
    ]);
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.submit('c', { validity: 'IOC' }), ['c accepted SIM1']);
  });

  test('with fills at the last price a call still collects', () => {
    const floor = new Floor({ fillAt: 'last' });
    floor.phase('opening_call', CALL);
    assert.deepEqual(floor.submit('a'), ['a accepted SIM1']);
    floor.phase('continuous', EVERY);
    assert.deepEqual(floor.submit('b'), ['b accepted SIM2', 'b#0 10@100']);
    assert.deepEqual(floor.tick(101), ['a#0 10@101']);
  });
});

describe('segments', () => {
  const TWO = [instrument(), { ...(instruments(2)[1] ?? instrument()), segment: 'MCX' }];

  test('a phase and a close concern the instruments of their own segment', () => {
    const floor = new Floor({ latencyMsMean: 1_000 }, TWO);
    for (const token of [1, 2]) floor.submit(`o${token}`, { token, limitPrice: rs(99) });
    floor.cancel('o2', after(22_499.5));
    floor.phase('closing_call', CALL);
    assert.deepEqual(floor.tick(99, { on: 1 }), ['o2#0 10@99']);
    floor.submit('p2', { token: 2, limitPrice: rs(90) });
    assert.deepEqual(floor.close('NSE'), ['o1 expired']);
    assert.deepEqual(floor.phase('closed', [], after(22_501)), []);
    assert.deepEqual(floor.close('BSE'), []);
    assert.ok(floor.exchange.rests(1));
    const gone = 'the order is not at work at the exchange: it has ended, or it never was';
    assert.deepEqual(floor.tick(90, { on: 1, at: after(22_502) }), [`o2 not cancelled: ${gone}`, 'p2#0 10@90']);
    assert.deepEqual(floor.close('MCX'), []);
  });
});
