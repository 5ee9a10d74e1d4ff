import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { after, instrument, OPEN, rs, units } from '../../../test/support/builders.ts';
import { Floor } from '../../../test/support/exchange-floor.ts';
import { price, type Ppm } from '../decimal.ts';
import { type TradingSignal } from '../events.ts';

function stop(side: 'BUY' | 'SELL', trigger: number, limit?: number): Partial<TradingSignal> {
  const limitPrice = limit === undefined ? undefined : rs(limit);
  return { side, orderType: limit === undefined ? 'stop' : 'stop_limit', triggerPrice: rs(trigger), limitPrice };
}

describe('stop orders', () => {
  test('a sale waits until the price falls to its trigger, and is then a market order at that price', () => {
    const floor = new Floor({ slippage: 1_000 as Ppm });
    assert.deepEqual(floor.submit('a', stop('SELL', 95)), ['a accepted SIM1']);
    assert.deepEqual(floor.tick(100), []);
    assert.deepEqual(floor.tick(95.05), []);
    assert.deepEqual(floor.tick(95), ['a#0 10@94.905']);
    assert.ok(!floor.exchange.rests(0));
  });

  test('a purchase waits until the price rises to its trigger', () => {
    const floor = new Floor();
    floor.submit('a', stop('BUY', 105));
    assert.deepEqual([floor.tick(104.95), floor.tick(105)], [[], ['a#0 10@105']]);
  });

  test('a market that jumps over the trigger fills at the price that it jumped to', () => {
    const floor = new Floor();
    floor.submit('a', stop('SELL', 95));
    assert.deepEqual(floor.tick(88), ['a#0 10@88']);
  });

  test('a tick before the order arrives does not set it off', () => {
    const floor = new Floor({ latencyMsMean: 2_000 });
    floor.submit('a', stop('SELL', 95));
    assert.deepEqual(floor.tick(90, { at: after(1) }), []);
    assert.deepEqual(floor.tick(96, { at: after(2) }), []);
    assert.deepEqual(floor.tick(95, { at: after(3) }), ['a#0 10@95']);
  });

  test('one that is set off comes after the orders that were at work before it', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', stop('BUY', 105));
    floor.submit('b', { limitPrice: rs(106) });
    assert.deepEqual(floor.tick(105, { traded: 12 }), ['b#0 10@105', 'a#0 2@105', 'a is market 10']);
  });

  test('what rests of it is told to be a market order, once', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', stop('SELL', 95));
    assert.deepEqual(floor.tick(95, { traded: 4 }), ['a#0 4@95', 'a is market 10']);
    assert.deepEqual(floor.tick(94, { traded: 4 }), ['a#1 4@94']);
  });

  test('an immediate one waits for its trigger, and then for nothing', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { ...stop('SELL', 95), validity: 'IOC' });
    assert.deepEqual(floor.tick(96, { traded: 4 }), []);
    assert.deepEqual(floor.tick(95, { traded: 4 }), ['a#0 4@95', 'a cancelled']);
  });

  test('with fills at the last price it is filled at once when that price has reached the trigger', () => {
    const floor = new Floor({ fillAt: 'last' });
    assert.deepEqual(floor.submit('a', stop('SELL', 100)), ['a accepted SIM1', 'a#0 10@100']);
    assert.deepEqual(floor.submit('b', stop('SELL', 99.95)), ['b accepted SIM2']);
    assert.deepEqual(floor.submit('c', stop('SELL', 100, 100)), ['c accepted SIM3', 'c#0 10@100']);
    assert.deepEqual(floor.submit('d', stop('SELL', 105, 102)), ['d accepted SIM4']);
    assert.deepEqual(floor.tick(101), ['d is limit 10 at 102'], 'it was set off and is a limit order');
  });

  test('a stop without a trigger stops the program', () => {
    assert.throws(() => new Floor().submit('a', { orderType: 'stop' }), /a: the stop order has no trigger price/);
  });
});

describe('stop-limit orders', () => {
  test('one is a limit order from its trigger on', () => {
    const floor = new Floor();
    floor.submit('a', stop('SELL', 95, 94));
    assert.deepEqual(floor.tick(95), ['a#0 10@95']);
  });

  test('a market that jumps over trigger and limit leaves it resting at its limit', () => {
    const floor = new Floor();
    floor.submit('a', stop('SELL', 95, 94));
    assert.deepEqual(floor.tick(90), ['a is limit 10 at 94']);
    assert.deepEqual([floor.tick(93.95), floor.tick(94)], [[], ['a#0 10@94']]);
  });
});

describe('market orders within a band', () => {
  const protection = { marketProtection: 10_000 as Ppm };

  test('a price within the band around the last one fills', () => {
    const floor = new Floor(protection);
    floor.submit('a');
    floor.submit('b', { side: 'SELL' });
    assert.deepEqual(floor.tick(101), ['a#0 10@101', 'b#0 10@101']);
  });

  test('beyond it the order rests as a limit at the edge, and says so', () => {
    const floor = new Floor(protection);
    floor.submit('a');
    assert.deepEqual(floor.tick(101.05), ['a is limit 10 at 101']);
    assert.deepEqual([floor.tick(102), floor.tick(101)], [[], ['a#0 10@101']]);
    floor.submit('b', { side: 'SELL' });
    assert.deepEqual(floor.tick(98.95), ['b is limit 10 at 99']);
  });

  test('slippage does not go past the edge', () => {
    const floor = new Floor({ ...protection, slippage: 20_000 as Ppm });
    floor.submit('a');
    assert.deepEqual(floor.tick(100), ['a#0 10@101']);
  });

  test('what one tick does not fill rests as a limit at the edge', () => {
    const floor = new Floor({ ...protection, partialFills: true });
    floor.submit('a');
    assert.deepEqual(floor.tick(100.5, { traded: 4 }), ['a#0 4@100.5', 'a is limit 10 at 101']);
    assert.deepEqual(floor.tick(103, { traded: 4 }), []);
  });

  test('the edge is counted from the last price when the order arrives, and lies on the tick within the band', () => {
    const floor = new Floor({ ...protection, latencyMsMean: 1_500 });
    floor.submit('a');
    assert.deepEqual(floor.tick(110, { at: after(1) }), []);
    assert.deepEqual(floor.tick(113, { at: after(2) }), ['a is limit 10 at 111.1']);
    floor.submit('b', {}, after(2), rs(113.35));
    assert.deepEqual(floor.tick(120, { at: after(4) }), ['b is limit 10 at 114.45'], '114.4835 is not on the tick');
  });

  test('an instrument without a tick has its edge anywhere', () => {
    const floor = new Floor(protection, [instrument({ tickSize: price(0) })]);
    floor.submit('a', {}, OPEN, rs(113.35));
    assert.deepEqual(floor.tick(120), ['a is limit 10 at 114.4835']);
  });

  test('a cheap instrument keeps a price', () => {
    const floor = new Floor({ marketProtection: 1_000_000 as Ppm, partialFills: true });
    floor.submit('a', { side: 'SELL' }, OPEN, rs(0.05));
    assert.deepEqual(floor.tick(0.05, { traded: 4 }), ['a#0 4@0.05', 'a is limit 10 at 0.05']);
  });

  test('a stop counts it from its trigger, so that a jump can leave the order open', () => {
    const floor = new Floor(protection);
    floor.submit('a', stop('SELL', 95));
    assert.deepEqual(floor.tick(94), ['a is limit 10 at 94.05']);
    assert.deepEqual(floor.tick(94.05), ['a#0 10@94.05']);
    floor.submit('b', stop('SELL', 95));
    assert.deepEqual(floor.tick(94.5), ['b#0 10@94.5']);
  });

  test('with fills at the last price the whole order fills there', () => {
    const floor = new Floor({ ...protection, fillAt: 'last', slippage: 20_000 as Ppm });
    assert.deepEqual(floor.submit('a', { quantity: units(3) }), ['a accepted SIM1', 'a#0 3@101']);
  });
});
