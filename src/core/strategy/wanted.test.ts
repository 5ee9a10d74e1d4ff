import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { OPEN, rs } from '../../../test/support/builders.ts';
import { checkWanted, type Wanted } from './wanted.ts';

const BUY = { side: 'BUY', quantity: 1 };

function refuses(refused: readonly (readonly [object | string | null, RegExp])[]): void {
  for (const [wish, message] of refused) assert.throws(() => checkWanted(wish as Wanted), message);
}

function accepts(...wishes: readonly object[]): void {
  for (const wish of wishes) assert.doesNotThrow(() => checkWanted(wish as Wanted));
}

describe('a wish', () => {
  test('is an order, a target, a cancel or a modify', () => {
    accepts(BUY, { target: -50 }, { target: 0 }, { cancel: 'order-1' }, { modify: 'order-1', quantity: 5 });
    refuses([
      [null, /wants null: a wish is an order, a target, a cancel or a modify/],
      ['BUY', /wants BUY: a wish is/],
      [{}, /wants to undefined undefined/],
    ]);
  });

  test('needs a side and a whole quantity above zero', () => {
    refuses([
      [{ ...BUY, quantity: 0 }, /wants to BUY 0: a signal needs BUY or SELL and a whole quantity above zero/],
      [{ side: 'SELL', quantity: -5 }, /wants to SELL -5/],
      [{ ...BUY, quantity: 1.5 }, /wants to BUY 1\.5/],
      [{ ...BUY, quantity: NaN }, /wants to BUY NaN/],
      [{ ...BUY, quantity: 2 ** 53 }, /wants to BUY 9007199254740992/],
      [{ side: 'HOLD', quantity: 1 }, /wants to HOLD 1/],
      [{ target: 0.5 }, /wants to hold 0\.5: a target is a whole number of units/],
    ]);
  });

  test('has the prices of its order type, and no other', () => {
    const [limitPrice, triggerPrice] = [rs(100), rs(99)];
    accepts(
      { ...BUY, orderType: 'market' },
      { ...BUY, orderType: 'limit', limitPrice },
      { ...BUY, orderType: 'stop', triggerPrice },
      { ...BUY, orderType: 'stop_limit', triggerPrice, limitPrice },
    );
    refuses([
      [{ ...BUY, orderType: 'limit' }, /wants a limit order without a limit price/],
      [{ ...BUY, limitPrice }, /wants a market order with a limit price/],
      [{ ...BUY, orderType: 'stop' }, /wants a stop order without a trigger price/],
      [{ ...BUY, triggerPrice }, /wants a market order with a trigger price/],
      [{ ...BUY, orderType: 'limit', limitPrice: 0 }, /wants a limit price of 0/],
      [{ ...BUY, orderType: 'limit', limitPrice: 99.5 }, /limit price of 99\.5/],
      [{ ...BUY, orderType: 'stop', triggerPrice: -5 }, /wants a trigger price of -5/],
      [
        { ...BUY, orderType: 'iceberg' },
        /wants a iceberg order: an order is of the type market, limit, stop, stop_limit/,
      ],
    ]);
  });

  test('names a product, a validity and a life that there are', () => {
    accepts({ ...BUY, product: 'NRML', validity: 'IOC', ttlMs: 1 }, { target: 1, product: 'MIS' });
    refuses([
      [{ ...BUY, product: 'BO' }, /wants the product BO: it is CNC, MIS or NRML/],
      [{ ...BUY, validity: 'GTC' }, /wants the validity GTC: it is DAY or IOC/],
      [{ ...BUY, ttlMs: 0 }, /wants a life of 0 ms: it is a whole number from 1 to 86400000/],
      [{ ...BUY, ttlMs: 86_400_001 }, /wants a life of 86400001 ms/],
    ]);
  });

  test('has a confidence and metadata that the log can hold', () => {
    accepts({ ...BUY, confidence: 0 }, { ...BUY, confidence: 1 });
    accepts({ ...BUY, metadata: { text: 'x'.repeat(256), number: -1.5, yes: true, none: null } });
    const many = Object.fromEntries(Array.from({ length: 33 }, (_, k) => [`n${k}`, k]));
    refuses([
      [{ ...BUY, confidence: NaN }, /gives the confidence NaN: it is a number from 0 to 1/],
      [{ ...BUY, confidence: -0.1 }, /gives the confidence -0\.1/],
      [{ ...BUY, confidence: 1.1 }, /gives the confidence 1\.1/],
      [{ ...BUY, confidence: 1n }, /gives the confidence 1/],
      [
        { ...BUY, metadata: { big: 1n } },
        /gives metadata that cannot be written: big must be one of at most 32 numbers/,
      ],
      [{ ...BUY, metadata: { deep: {} } }, /cannot be written: deep/],
      [{ ...BUY, metadata: { nan: NaN } }, /cannot be written: nan/],
      [{ ...BUY, metadata: { long: 'x'.repeat(257) } }, /cannot be written: long/],
      [{ ...BUY, metadata: many }, /cannot be written: n32/],
    ]);
  });
});

describe('a bracket', () => {
  test('has its target on the winning side and its stop on the other', () => {
    const limit = { orderType: 'limit', limitPrice: rs(100) };
    accepts(
      { ...BUY, ...limit, bracket: { target: rs(110), stop: rs(95) } },
      { ...BUY, side: 'SELL', ...limit, bracket: { target: rs(90), stop: rs(105) } },
      { ...BUY, bracket: { trail: rs(1) } },
      { target: -5, product: 'MIS', bracket: { target: rs(90), stop: rs(105) } },
    );
    refuses([
      [
        { ...BUY, bracket: { target: rs(95), stop: rs(110) } },
        /wants to BUY with a target of 950000 and a stop of 1100000 around the market/,
      ],
      [
        { ...BUY, ...limit, bracket: { target: rs(100) } },
        /a target of 1000000 and a stop of undefined around 1000000/,
      ],
      [{ ...BUY, ...limit, bracket: { stop: rs(101) } }, /its stop on the other/],
      [{ ...BUY, side: 'SELL', bracket: { target: rs(110), stop: rs(95) } }, /wants to SELL with/],
      [{ target: 5, bracket: { target: rs(95), stop: rs(110) } }, /wants to BUY with/],
    ]);
  });

  test('is made of prices and a time, of one of them at least', () => {
    accepts({ ...BUY, bracket: { exitAt: '15:10' } }, { ...BUY, bracket: { exitAt: OPEN } });
    refuses([
      [{ ...BUY, bracket: {} }, /wants a bracket of nothing/],
      [{ ...BUY, bracket: { target: 0 } }, /wants a target of 0/],
      [{ ...BUY, bracket: { stop: 1.5 } }, /wants a stop of 1\.5/],
      [{ ...BUY, bracket: { trail: -1 } }, /wants a trail of -1/],
      [
        { ...BUY, bracket: { exitAt: 'noon' } },
        /wants to exit at noon: it is an instant in milliseconds or a clock time/,
      ],
      [{ ...BUY, bracket: { exitAt: 1.5 } }, /wants to exit at 1\.5/],
      [{ ...BUY, bracket: { exitAt: 0 } }, /wants to exit at 0/],
    ]);
  });
});

test('a change names an order and something new', () => {
  accepts({ modify: 'a', limitPrice: rs(1) }, { modify: 'a', triggerPrice: rs(1) });
  refuses([
    [{ cancel: '' }, /names the order : an order has an id/],
    [{ cancel: 7 }, /names the order 7/],
    [{ modify: undefined, quantity: 1 }, /names the order undefined/],
    [{ modify: 'a' }, /wants to modify a without a new quantity, limit price or trigger price/],
    [{ modify: 'a', quantity: 0 }, /wants to modify a to 0 units/],
    [{ modify: 'a', quantity: 1.5 }, /wants to modify a to 1\.5 units/],
    [{ modify: 'a', limitPrice: 0 }, /wants a limit price of 0/],
    [{ modify: 'a', triggerPrice: 0 }, /wants a trigger price of 0/],
  ]);
});
