import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  after,
  exchangeTerms,
  instrument,
  OPEN,
  reread,
  rs,
  signal,
  submitted,
  tick,
  units,
} from '../../../test/support/builders.ts';
import { price, type Ppm, type Price } from '../decimal.ts';
import { type Side, type TradingSignal } from '../events.ts';
import { type BrokerReport } from '../execution/report.ts';
import { NO_VOLUME } from '../market/tick.ts';
import { type ExchangeTerms } from '../plan.ts';
import { type EpochMs } from '../time.ts';
import { SimulatedExchange } from './exchange.ts';

const S1 = instrument();

/** An exchange and what it says, in short: `a 10@100.00` is a fill of order `a`. */
class Floor {
  readonly terms: ExchangeTerms;
  exchange: SimulatedExchange;

  constructor(terms: Partial<ExchangeTerms> = {}) {
    this.terms = exchangeTerms(terms);
    this.exchange = new SimulatedExchange(this.terms);
  }

  submit(
    orderId: string,
    wanted: Partial<TradingSignal> = {},
    at: EpochMs = OPEN,
    reference: Price = rs(100),
  ): readonly string[] {
    const reports: BrokerReport[] = [];
    const order = submitted(signal({ quantity: units(10), ...wanted }), orderId, reference);
    this.exchange.submit(order, (wanted.token ?? 1) - 1, S1, at, reports);
    return reports.map(short);
  }

  tick(rupees: number, { traded = NO_VOLUME, at = after(1), on = 0 } = {}): readonly string[] {
    const reports: BrokerReport[] = [];
    this.exchange.onTick(tick({ instrument: on, price: rs(rupees), traded, time: at }), S1, at, reports);
    return reports.map(short);
  }

  close(): readonly string[] {
    const reports: BrokerReport[] = [];
    this.exchange.onClose(() => true, reports);
    return reports.map(short);
  }

  /** Goes on from what a snapshot of the present book gives back. */
  restart(): void {
    const state = reread(this.exchange.snapshot());
    this.exchange = new SimulatedExchange(this.terms);
    this.exchange.restore(state);
    assert.deepEqual(this.exchange.snapshot(), state);
  }
}

function short(report: BrokerReport): string {
  if (report.kind === 'fill') return `${report.orderId}#${report.tradeId} ${report.quantity}@${report.price / 10_000}`;
  return `${report.orderId} ${report.kind}${report.kind === 'accepted' ? ` ${report.brokerOrderId}` : ''}`;
}

describe('market orders', () => {
  test('an order is accepted under a number of its own and filled in full at the next tick', () => {
    const floor = new Floor();
    assert.deepEqual(floor.submit('a'), ['a accepted SIM1']);
    assert.deepEqual(floor.submit('b', { side: 'SELL' }), ['b accepted SIM2']);
    assert.ok(floor.exchange.rests(0));
    assert.deepEqual(floor.tick(101), ['a#0 10@101', 'b#0 10@101']);
    assert.ok(!floor.exchange.rests(0));
    assert.deepEqual(floor.tick(102), []);
  });

  test('a tick of another instrument fills nothing', () => {
    const floor = new Floor();
    floor.submit('a', { token: 2 });
    assert.deepEqual(floor.tick(101, { on: 0 }), []);
    assert.deepEqual([floor.exchange.rests(0), floor.exchange.rests(1), floor.exchange.rests(9)], [false, true, false]);
    assert.deepEqual(floor.tick(101, { on: 1 }), ['a#0 10@101']);
  });

  test('the price moves against the trader by the slippage, rounded half up', () => {
    const floor = new Floor({ slippage: 500 as Ppm });
    floor.submit('a');
    floor.submit('b', { side: 'SELL' });
    assert.deepEqual(floor.tick(100.01), ['a#0 10@100.06', 'b#0 10@99.96']);
    floor.submit('c');
    floor.submit('d', { side: 'SELL' });
    assert.deepEqual(floor.tick(0.1), ['c#0 10@0.1001', 'd#0 10@0.1'], 'half a unit rounds up');
  });

  test('prices are rounded to the tick size against the trader, and a sale never to nothing', () => {
    const floor = new Floor({ slippage: 500 as Ppm, roundToTick: true });
    floor.submit('a');
    floor.submit('b', { side: 'SELL' });
    assert.deepEqual(floor.tick(100.01), ['a#0 10@100.1', 'b#0 10@99.95']);
    floor.submit('c', { side: 'SELL' });
    assert.deepEqual(floor.tick(0.05), ['c#0 10@0.05']);
  });

  test('without a tick size there is nothing to round to', () => {
    const exchange = new SimulatedExchange(exchangeTerms({ slippage: 500 as Ppm, roundToTick: true }));
    const reports: BrokerReport[] = [];
    const free = instrument({ tickSize: price(0) });
    exchange.submit(submitted(signal()), 0, free, OPEN, reports);
    exchange.onTick(tick({ price: rs(100.01) }), free, after(1), reports);
    assert.deepEqual(reports.map(short), ['order accepted SIM1', 'order#0 1@100.06']);
  });
});

describe('limit orders', () => {
  test('a buy waits for a price at or below its limit, a sale for one at or above', () => {
    const floor = new Floor();
    floor.submit('a', { limitPrice: rs(99) });
    floor.submit('b', { limitPrice: rs(101), side: 'SELL' });
    assert.deepEqual(floor.tick(100), []);
    assert.deepEqual(floor.tick(99.05), []);
    assert.deepEqual(floor.tick(99), ['a#0 10@99']);
    assert.deepEqual(floor.tick(100.95), []);
    assert.deepEqual(floor.tick(102), ['b#0 10@102'], 'the market may be better than the limit');
  });

  test('a limit order without a limit stops the program instead of becoming a market order', () => {
    assert.throws(() => new Floor().submit('a', { orderType: 'limit' }), /the limit order a has no limit price/);
  });

  test('slippage never moves a price past the limit', () => {
    const floor = new Floor({ slippage: 10_000 as Ppm });
    floor.submit('a', { limitPrice: rs(100) });
    floor.submit('b', { limitPrice: rs(100), side: 'SELL' });
    assert.deepEqual(floor.tick(100), ['a#0 10@100', 'b#0 10@100']);
  });

  test('no fill is ever worse than the limit, whatever the terms', () => {
    let fills = 0;
    const cases = fc.record({
      side: fc.constantFrom<Side>('BUY', 'SELL'),
      limit: fc.integer({ min: 1, max: 400 }),
      prices: fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 20 }),
      slippage: fc.constantFrom(0, 1, 500, 20_000, 900_000),
      roundToTick: fc.boolean(),
      fillAt: fc.constantFrom('next' as const, 'last' as const),
    });
    fc.assert(
      fc.property(cases, ({ side, limit, prices, slippage, roundToTick, fillAt }) => {
        const exchange = new SimulatedExchange(exchangeTerms({ slippage: slippage as Ppm, roundToTick, fillAt }));
        const reports: BrokerReport[] = [];
        const limitPrice = price(limit * 500);
        const order = submitted(signal({ side, limitPrice, quantity: units(3) }), 'order', price(prices[0] ?? 1));
        exchange.submit(order, 0, S1, OPEN, reports);
        for (const [k, at] of prices.entries()) {
          exchange.onTick(tick({ price: price(at * 10) }), S1, after(k + 1), reports);
        }
        const filled = reports.filter((report) => report.kind === 'fill');
        fills += filled.length;
        for (const fill of filled) assert.ok(side === 'BUY' ? fill.price <= limitPrice : fill.price >= limitPrice);
        assert.ok(filled.reduce((sum, fill) => sum + fill.quantity, 0) <= 3);
      }),
      { numRuns: 1_000 },
    );
    assert.ok(fills > 300, `only ${fills} fills`);
  });
});

describe('partial fills', () => {
  test('the volume that traded is shared in order of arrival, and each part is a trade of its own', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a');
    floor.submit('b', { side: 'SELL' });
    floor.submit('c');
    assert.deepEqual(floor.tick(100, { traded: 7 }), ['a#0 7@100']);
    assert.deepEqual(floor.tick(101, { traded: 0 }), []);
    assert.deepEqual(floor.tick(102, { traded: 9 }), ['a#1 3@102', 'b#0 6@102']);
    assert.deepEqual(floor.tick(103, { traded: 1_000 }), ['b#1 4@103', 'c#0 10@103']);
  });

  test('an order that does not match leaves the volume to those behind it', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { limitPrice: rs(90) });
    floor.submit('b');
    assert.deepEqual(floor.tick(100, { traded: 12 }), ['b#0 10@100']);
    assert.deepEqual(floor.tick(90, { traded: 12 }), ['a#0 10@90']);
  });

  test('a source that gives no volume does not limit, and neither does a setting that says so', () => {
    const unlimited = new Floor({ partialFills: true });
    unlimited.submit('a', { quantity: units(1_000_000) });
    assert.deepEqual(unlimited.tick(100), ['a#0 1000000@100']);
    const off = new Floor({ partialFills: false });
    off.submit('a');
    assert.deepEqual(off.tick(100, { traded: 1 }), ['a#0 10@100']);
  });
});

describe('validity', () => {
  test('an immediate order takes what it finds at once, and the rest of it is cancelled', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { validity: 'IOC' });
    floor.submit('b', { validity: 'IOC' });
    floor.submit('c', { validity: 'IOC', limitPrice: rs(90) });
    assert.deepEqual(floor.tick(100, { traded: 14 }), ['a#0 10@100', 'b#0 4@100', 'b cancelled', 'c cancelled']);
    assert.ok(!floor.exchange.rests(0));
  });

  test('what rests at the close expires, instrument by instrument in order of arrival', () => {
    const floor = new Floor({ partialFills: true });
    floor.submit('a', { token: 3 });
    floor.submit('b', { token: 1, limitPrice: rs(1) });
    floor.submit('c', { token: 1 });
    floor.tick(100, { traded: 4 });
    assert.deepEqual(floor.close(), ['b expired', 'c expired', 'a expired']);
    assert.deepEqual(floor.close(), []);
    assert.deepEqual(floor.tick(1), []);
  });
});

describe('delay', () => {
  test('an order takes part from its arrival on, and what came first waits behind nobody', () => {
    const floor = new Floor({ latencyMsMean: 1_500, latencyMsStd: 0 });
    floor.submit('a');
    assert.deepEqual(floor.tick(100, { at: after(1) }), []);
    assert.deepEqual(floor.tick(101, { at: after(1.499) }), []);
    assert.deepEqual(floor.tick(102, { at: after(1.5) }), ['a#0 10@102']);
  });

  test('an immediate order that has not arrived yet is not cancelled by a tick', () => {
    const floor = new Floor({ latencyMsMean: 1_500, latencyMsStd: 0 });
    floor.submit('a', { validity: 'IOC', limitPrice: rs(90) });
    assert.deepEqual(floor.tick(100, { at: after(1) }), []);
    assert.deepEqual(floor.tick(100, { at: after(2) }), ['a cancelled']);
  });

  /** When each of a hundred orders has arrived, under a seed. */
  function arrivals(seed: number): readonly number[] {
    const floor = new Floor({ latencyMsMean: 200, latencyMsStd: 150, seed });
    for (let k = 0; k < 100; k++) floor.submit(`order ${k}`);
    return floor.exchange.snapshot().book.flatMap(([, orders]) => orders.map(({ from }) => from - OPEN));
  }

  test('the draw depends on the seed and the order alone, and is never negative', () => {
    assert.deepEqual(arrivals(1), arrivals(1));
    assert.notDeepEqual(arrivals(1), arrivals(2));
    const drawn = arrivals(1);
    assert.ok(drawn.every((ms) => Number.isInteger(ms) && ms >= 0));
    assert.ok(new Set(drawn).size > 50);
    assert.ok(drawn.includes(0), 'a draw below zero is no delay');
    const alone = new Floor({ latencyMsMean: 200, latencyMsStd: 150, seed: 1 });
    alone.submit('order 42');
    assert.equal(alone.exchange.snapshot().book[0]?.[1][0]?.from, OPEN + (drawn[42] ?? NaN));
  });
});

describe('fills at the last price', () => {
  test('an order is filled at once, in full, at the price that it was made at', () => {
    const floor = new Floor({ fillAt: 'last', slippage: 500 as Ppm });
    assert.deepEqual(floor.submit('a', {}, OPEN, rs(200)), ['a accepted SIM1', 'a#0 10@200.1']);
    assert.ok(!floor.exchange.rests(0));
  });

  test('a limit order that the last price does not reach waits for a tick that does', () => {
    const floor = new Floor({ fillAt: 'last' });
    assert.deepEqual(floor.submit('a', { limitPrice: rs(99) }), ['a accepted SIM1']);
    assert.deepEqual(floor.tick(98), ['a#0 10@98']);
  });
});

describe('the book survives', () => {
  test('a restart, with parts filled, trades counted and orders still on their way', () => {
    const floor = new Floor({ partialFills: true, latencyMsMean: 5_000, latencyMsStd: 0 });
    floor.submit('a', { limitPrice: rs(100) });
    floor.tick(100, { traded: 4, at: after(5) });
    floor.submit('b', { token: 2, side: 'SELL', validity: 'IOC' }, after(5));
    floor.restart();
    assert.deepEqual(floor.tick(100, { traded: 50, at: after(9), on: 1 }), []);
    assert.deepEqual(floor.tick(100, { traded: 50, at: after(10), on: 1 }), ['b#0 10@100']);
    assert.deepEqual(floor.tick(99, { traded: 50, at: after(10) }), ['a#1 6@99']);
    assert.deepEqual(floor.submit('c', {}, after(11)), ['c accepted SIM3'], 'numbers go on');
  });

  test('a new plan, which changes the terms of what rests', () => {
    const floor = new Floor();
    floor.submit('a');
    floor.exchange.replan(exchangeTerms({ slippage: 10_000 as Ppm }));
    assert.deepEqual(floor.tick(100), ['a#0 10@101']);
  });

  test('and a book that was read back does the same as one that never stopped', () => {
    const orders = fc.record({
      limit: fc.option(fc.integer({ min: 95, max: 105 }), { nil: undefined }),
      side: fc.constantFrom<Side>('BUY', 'SELL'),
      quantity: fc.integer({ min: 1, max: 20 }),
      validity: fc.constantFrom('DAY' as const, 'IOC' as const),
      token: fc.integer({ min: 1, max: 2 }),
    });
    const ticks = fc.record({
      at: fc.integer({ min: 95, max: 105 }),
      traded: fc.nat({ max: 15 }),
      on: fc.nat({ max: 1 }),
    });
    const steps = fc.array(fc.oneof(orders, ticks), { maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(steps, fc.nat({ max: 40 }), (all, stop) => {
        const terms = { partialFills: true, latencyMsMean: 1_000, latencyMsStd: 800 };
        const [straight, stopped] = [new Floor(terms), new Floor(terms)];
        for (const [k, step] of all.entries()) {
          if (k === stop) stopped.restart();
          const at = after(k);
          const say = (floor: Floor): readonly string[] => {
            if ('at' in step) return floor.tick(step.at, { traded: step.traded, on: step.on, at });
            const { limit, side, quantity, validity, token } = step;
            const wanted = { side, quantity: units(quantity), validity, token };
            return floor.submit(`o${k}`, limit === undefined ? wanted : { ...wanted, limitPrice: rs(limit) }, at);
          };
          assert.deepEqual(say(stopped), say(straight));
        }
        assert.deepEqual(stopped.close(), straight.close());
      }),
      { numRuns: 300 },
    );
  });
});
