import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { instrument, rs, units } from '../../../test/support/builders.ts';
import { Floor } from '../../../test/support/exchange-floor.ts';
import { price, quantity, type Ppm } from '../decimal.ts';
import { type TradingSignal } from '../events.ts';
import { type Instrument } from '../market/instrument.ts';

function answerTo(wanted: Partial<TradingSignal>, of: Partial<Instrument> = {}): string {
  return new Floor({}, [instrument(of)]).submit('a', wanted).join();
}

const TAKEN = 'a accepted SIM1';

describe('an order is refused', () => {
  test('off the tick, in its limit or its trigger', () => {
    assert.equal(answerTo({ limitPrice: rs(99.95) }), TAKEN);
    assert.equal(
      answerTo({ limitPrice: rs(99.96) }),
      'a refused TICK_SIZE: expected a multiple of 0.05, found the limit price 99.96',
    );
    assert.equal(
      answerTo({ orderType: 'stop', triggerPrice: rs(99.96) }),
      'a refused TICK_SIZE: expected a multiple of 0.05, found the trigger price 99.96',
    );
    assert.equal(answerTo({ limitPrice: rs(99.96) }, { tickSize: price(0) }), TAKEN);
    assert.match(answerTo({ limitPrice: price(0) }, { tickSize: price(0) }), /^a refused TICK_SIZE/);
  });

  test('off the lot, or for nothing', () => {
    const lot = { lotSize: quantity(25) };
    assert.equal(answerTo({ quantity: units(50) }, lot), TAKEN);
    assert.equal(
      answerTo({ quantity: units(51) }, lot),
      'a refused LOT_SIZE: expected a multiple of the lot size 25, found the quantity 51',
    );
    assert.match(answerTo({ quantity: units(0) }, lot), /^a refused LOT_SIZE/);
    assert.equal(answerTo({ quantity: units(51) }, { lotSize: quantity(0) }), TAKEN);
  });

  test('above the freeze quantity', () => {
    const freeze = { freezeQuantity: quantity(1_800) };
    assert.equal(answerTo({ quantity: units(1_800) }, freeze), TAKEN);
    assert.equal(
      answerTo({ quantity: units(1_801) }, freeze),
      'a refused FREEZE_QUANTITY: expected at most 1800 in one order, found 1801: slice it',
    );
  });

  test('outside the price band around the previous close', () => {
    const banded = { priceBand: 100_000 as Ppm, previousClose: rs(100.55) };
    assert.equal(answerTo({ limitPrice: rs(110.6) }, banded), TAKEN);
    assert.equal(answerTo({ limitPrice: rs(90.5) }, banded), TAKEN);
    assert.equal(
      answerTo({ limitPrice: rs(110.65) }, banded),
      'a refused PRICE_BAND: expected a limit price within the band 90.4950 to 110.6050, found 110.65',
    );
    assert.match(answerTo({ limitPrice: rs(90.45) }, banded), /^a refused PRICE_BAND/);
    assert.match(
      answerTo({ orderType: 'stop', triggerPrice: rs(120) }, banded),
      /^a refused PRICE_BAND.*trigger price/,
    );
    assert.equal(answerTo({ limitPrice: rs(120) }, { priceBand: 100_000 as Ppm }), TAKEN, 'no close, no band');
  });

  test('with a stop-limit whose limit lies on the wrong side of its trigger', () => {
    const stopLimit = (side: 'BUY' | 'SELL', trigger: number, limit: number): string =>
      answerTo({ side, orderType: 'stop_limit', triggerPrice: rs(trigger), limitPrice: rs(limit) });
    assert.equal(stopLimit('BUY', 105, 105), TAKEN);
    assert.equal(stopLimit('SELL', 95, 95), TAKEN);
    assert.equal(
      stopLimit('BUY', 105, 104),
      'a refused OTHER: expected the limit of a stop-limit order at or above its trigger 105.00, found 104.00',
    );
    assert.equal(
      stopLimit('SELL', 95, 96),
      'a refused OTHER: expected the limit of a stop-limit order at or below its trigger 95.00, found 96.00',
    );
  });

  test('and a refused order leaves nothing behind', () => {
    const floor = new Floor();
    assert.match(floor.submit('a', { limitPrice: rs(99.96) }).join(), /refused/);
    assert.ok(!floor.exchange.rests(0));
    assert.deepEqual(floor.submit('b'), ['b accepted SIM1']);
  });
});

describe('refusals that the terms ask for', () => {
  test('by place, counted over all orders that the exchange was handed', () => {
    const floor = new Floor({ rejectOrders: [{ place: 3, code: 'FUNDS' }] });
    assert.deepEqual(floor.submit('a'), ['a accepted SIM1']);
    assert.match(floor.submit('b', { limitPrice: rs(99.96) }).join(), /TICK_SIZE/);
    floor.restart();
    assert.deepEqual(floor.submit('c'), ['c refused FUNDS: the order at place 3 is refused']);
    assert.deepEqual(floor.submit('d'), ['d accepted SIM2']);
  });

  function refusedOf(rejects: number, seed = 1): readonly string[] {
    const floor = new Floor({ rejects: rejects as Ppm, seed });
    const ids = Array.from({ length: 1_000 }, (_, k) => `order ${k}`);
    return ids.filter((id) => floor.submit(id).join().includes('refused OTHER: refused by chance'));
  }

  test('by chance, as often as the terms say, decided by the seed and the order alone', () => {
    assert.equal(refusedOf(0).length, 0);
    assert.equal(refusedOf(1_000_000).length, 1_000);
    const tenth = refusedOf(100_000);
    assert.ok(tenth.length > 60 && tenth.length < 140, `${tenth.length}`);
    assert.deepEqual(refusedOf(100_000), tenth);
    assert.notDeepEqual(refusedOf(100_000, 2), tenth);
    const [first = ''] = tenth;
    assert.match(new Floor({ rejects: 100_000 as Ppm, seed: 1 }).submit(first).join(), /refused by chance/);
  });
});
