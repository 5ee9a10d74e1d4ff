import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INFY, kiteWorld, NIFTY } from '../../test/support/kite-world.ts';

/** What is wrong, and what the refusal says of it. */
const wrong: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, RegExp]>> = {
  'an unknown instrument': [{ tradingsymbol: 'NOBODY' }, /tradingsymbol/],
  'an index': [{ tradingsymbol: 'NIFTY 50', price: 26_000 }, /not tradable/],
  'a side of its own': [{ transaction_type: 'HOLD' }, /transaction_type/],
  'an order type of its own': [{ order_type: 'ICE' }, /order_type/],
  'a product of another segment': [{ product: 'NRML' }, /product/],
  'no quantity': [{ quantity: 0 }, /quantity/],
  'half a share': [{ quantity: 1.5 }, /quantity/],
  'a price off the tick': [{ price: 1500.02 }, /Tick size for this script is 0\.05/],
  'a price beyond the circuit': [{ price: 1900 }, /higher than the current upper circuit limit of 1800/],
  'a price below the circuit': [{ price: 1000 }, /lower than the current lower circuit limit of 1200/],
  'no price': [{ price: '' }, /price/],
  'a price that is no number': [{ price: '1e3' }, /price/],
  'a market order without protection': [{ order_type: 'MARKET' }, /market protection/],
  'a market order with a protection of 0': [{ order_type: 'MARKET', market_protection: 0 }, /market protection/],
  'a stop at market without protection': [{ order_type: 'SL-M', trigger_price: 1510 }, /market protection/],
  'a protection above 100': [{ order_type: 'MARKET', market_protection: 101 }, /market_protection/],
  'a stop without a trigger': [{ order_type: 'SL' }, /trigger_price/],
  'a stop whose trigger lies beyond its price': [{ order_type: 'SL', trigger_price: 1510, price: 1505 }, /trigger/],
  'a tag of 21 characters': [{ tag: 'x'.repeat(21) }, /tag/],
  'more disclosed than ordered': [{ disclosed_quantity: 2 }, /Disclosed/],
  'minutes without a number': [{ validity: 'TTL' }, /validity_ttl/],
  'more than one order may carry': [{ quantity: 10_000_001 }, /freeze/],
};

describe('an order that is refused in the answer', () => {
  for (const [what, [fields, message]] of Object.entries(wrong)) {
    test(`${what} is refused, and nobody finds it in the book`, async () => {
      const world = kiteWorld();
      world.tick(INFY, 1500);
      world.tick(NIFTY, 26_000);
      const reply = await world.place(fields);
      assert.deepEqual([reply.status, reply.errorType], [400, 'InputException'], reply.message);
      assert.match(reply.message, message);
      assert.deepEqual(world.simulator.control.truth().orders, []);
    });
  }

  test('a variety that is gone is refused, and legs outside 2 to 50', async () => {
    const world = kiteWorld();
    assert.match((await world.place({}, 'bo')).message, /variety/);
    for (const legs of [1, 51]) {
      const reply = await world.place({ quantity: 510, iceberg_legs: legs, iceberg_quantity: 10 }, 'iceberg');
      assert.equal(reply.status, 400, `${legs} legs`);
    }
  });

  test('a tag of 20 characters with odd ones among them is accepted', async () => {
    const world = kiteWorld();
    assert.equal((await world.place({ tag: 'a-b_c.d e!f0123456789'.slice(0, 20) })).status, 200);
  });

  test('a quantity that is no multiple of the lot is refused', async () => {
    const world = kiteWorld();
    const future = { exchange: 'NFO', tradingsymbol: 'NIFTY26JANFUT', product: 'NRML', price: 26_250 };
    assert.match((await world.place({ ...future, quantity: 64 })).message, /multiple of 65/);
    assert.equal((await world.place({ ...future, quantity: 65 })).status, 200);
  });

  test('a modification must keep to the rules as well', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400, quantity: 10 });
    const modify = (fields: Readonly<Record<string, unknown>>) => world.call('PUT', `/orders/regular/${id}`, fields);
    assert.match((await modify({ order_type: 'MARKET' })).message, /market protection/);
    assert.match(
      (await modify({ order_type: 'SL', trigger_price: 1500 })).message,
      /cannot be changed from LIMIT to SL/,
    );
    assert.match((await modify({ price: 1400.01 })).message, /Tick size/);
    assert.match((await modify({ quantity: 1_000_000 })).message, /Insufficient funds/);
    assert.equal((await modify({ order_type: 'MARKET', market_protection: 1 })).status, 200);
    assert.equal((await world.order(id))['status'], 'COMPLETE');
  });

  test('shares that nobody has are not sold for delivery', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500);
    await world.placed({ quantity: 5 });
    const sell = { transaction_type: 'SELL', price: 1600 };
    assert.equal((await world.place({ ...sell, quantity: 6 })).errorType, 'HoldingException');
    assert.equal((await world.place({ ...sell, quantity: 3 })).status, 200);
    assert.equal((await world.place({ ...sell, quantity: 3 })).errorType, 'HoldingException');
  });

  test('too little money is said in the answer, or in the book where that is the policy', async () => {
    const cash = { equity: 10_000_000, commodity: 0 };
    const world = kiteWorld({ opening: { cash } });
    const reply = await world.place();
    assert.match(reply.message, /Required margin is 1500\.00 but available margin is 1000\.00/);
    const other = kiteWorld({ opening: { cash }, marginRefusal: 'book' });
    const order = await other.order(await other.placed());
    assert.deepEqual([order['status'], order['filled_quantity']], ['REJECTED', 0]);
    assert.match(String(order['status_message']), /Insufficient funds/);
  });
});
