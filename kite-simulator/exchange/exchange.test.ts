import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { memoryStorage, type Entry } from '../account/storage.ts';
import { INFY, kiteWorld, SBIN, type KiteWorld } from '../../test/support/kite-world.ts';

async function statuses(world: KiteWorld, orderId: string): Promise<unknown[]> {
  const { data } = await world.call('GET', `/orders/${orderId}`);
  return (data as Record<string, unknown>[]).map((row) => row['status']);
}

function holding(quantity: number) {
  return { opening: { holdings: [{ token: INFY, quantity, t1: 0, averagePrice: 14_000_000 as never }] } };
}

describe('an order at the simulated exchange', () => {
  test('rests until the price meets its limit, and its history tells every step', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1500, quantity: 10, tag: 'first' });
    assert.equal((await world.order(id))['status'], 'OPEN');
    world.tick(INFY, 1499.5);
    const order = await world.order(id);
    assert.deepEqual(
      [order['status'], order['filled_quantity'], order['average_price'], order['tag']],
      ['COMPLETE', 10, 1500, 'first'],
    );
    assert.deepEqual(await statuses(world, id), [
      'PUT ORDER REQ RECEIVED',
      'VALIDATION PENDING',
      'OPEN PENDING',
      'OPEN',
      'COMPLETE',
    ]);
  });

  test('one that meets the market on arrival trades at the market’s price', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1490);
    const id = await world.placed({ price: 1500 });
    assert.equal((await world.order(id))['average_price'], 1490);
  });

  test('depth fills it in parts, and no share of a level is sold twice', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500, { depth: [1499, 100, 1500, 30] });
    const first = await world.placed({ price: 1500, quantity: 20 });
    const second = await world.placed({ price: 1500, quantity: 20 });
    assert.equal((await world.order(first))['status'], 'COMPLETE');
    const part = await world.order(second);
    assert.deepEqual([part['status'], part['filled_quantity'], part['pending_quantity']], ['OPEN', 10, 10]);
    world.tick(INFY, 1500, { depth: [1499, 100, 1500, 30] });
    assert.equal((await world.order(second))['status'], 'COMPLETE');
    const { data } = await world.call('GET', `/orders/${second}/trades`);
    assert.deepEqual(
      (data as { quantity: number }[]).map(({ quantity }) => quantity),
      [10, 10],
    );
  });

  test('a market order with protection is shown as a limit order with its marks', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500, { depth: [1499, 100, 1500.5, 1] });
    const id = await world.placed({ order_type: 'MARKET', market_protection: 2, quantity: 3 });
    const order = await world.order(id);
    assert.deepEqual(
      [order['order_type'], order['price'], order['market_protection'], order['tags'], order['status']],
      ['LIMIT', 1530, 0, ['mktp', 'mktp:2.00'], 'OPEN'],
    );
    assert.equal(order['filled_quantity'], 1);
  });

  test('a stop waits for its trigger, then trades within its protection', async () => {
    const world = kiteWorld(holding(5));
    world.tick(INFY, 1500);
    const id = await world.placed({
      order_type: 'SL-M',
      transaction_type: 'SELL',
      trigger_price: 1490,
      market_protection: -1,
      quantity: 5,
    });
    assert.equal((await world.order(id))['status'], 'TRIGGER PENDING');
    world.tick(INFY, 1489);
    const order = await world.order(id);
    assert.deepEqual([order['status'], order['order_type'], order['average_price']], ['COMPLETE', 'LIMIT', 1489]);
  });

  test('a stop whose cancellation is on its way neither triggers nor trades', async () => {
    const world = kiteWorld(holding(5));
    world.tick(INFY, 1500);
    const stop = { order_type: 'SL-M', transaction_type: 'SELL', trigger_price: 1490, market_protection: -1 };
    const id = await world.placed({ ...stop, quantity: 5 });
    world.simulator.control.arm('slow-cancel', { count: 1, ms: 1_000 });
    await world.call('DELETE', `/orders/regular/${id}`);
    world.tick(INFY, 1480);
    assert.equal((await world.order(id))['filled_quantity'], 0);
    await world.clock.advance(1_000);
    assert.equal((await world.order(id))['status'], 'CANCELLED');
    await world.simulator.close();
  });

  test('one that came before the first price arrives with it', async () => {
    const world = kiteWorld();
    const id = await world.placed({ order_type: 'MARKET', market_protection: 5 });
    assert.deepEqual([(await world.order(id))['status'], (await world.order(id))['price']], ['OPEN', 1575]);
    world.tick(INFY, 1510);
    assert.equal((await world.order(id))['average_price'], 1510, 'not its own limit');
  });

  test('a modification is told once, before what follows from it', async () => {
    const world = kiteWorld();
    const told: string[] = [];
    world.simulator.broker.onUpdates.push((updates) => told.push(...updates.map(({ status }) => status)));
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400 });
    await world.call('PUT', `/orders/regular/${id}`, { price: 1520 });
    assert.deepEqual(told, ['UPDATE', 'COMPLETE']);
  });

  test('what an immediate order does not get is cancelled', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500, { depth: [1499, 100, 1500, 4] });
    const id = await world.placed({ quantity: 10, validity: 'IOC' });
    const order = await world.order(id);
    assert.deepEqual([order['status'], order['filled_quantity'], order['cancelled_quantity']], ['CANCELLED', 4, 6]);
  });

  test('an iceberg shows one leg after the other', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    await world.placed({ quantity: 10, iceberg_legs: 4, iceberg_quantity: 3, tag: 'ice' }, 'iceberg');
    for (let k = 0; k < 4; k++) world.tick(INFY, 1500, { depth: [0, 0, 1500, 3] });
    const { data } = await world.call('GET', '/orders');
    const rows = data as { quantity: number; status: string; meta: { iceberg: { leg: number } } }[];
    assert.deepEqual(
      rows.map(({ quantity, status, meta }) => [meta.iceberg.leg, quantity, status]),
      [
        [1, 3, 'COMPLETE'],
        [2, 3, 'COMPLETE'],
        [3, 3, 'COMPLETE'],
        [4, 1, 'COMPLETE'],
      ],
    );
  });

  test('a cover order brings its stop as soon as it has traded', async () => {
    const world = kiteWorld();
    world.tick(SBIN, 800);
    const id = await world.placed(
      { tradingsymbol: 'SBIN', product: 'MIS', price: 800, trigger_price: 790, quantity: 2 },
      'co',
    );
    const { data } = await world.call('GET', '/orders');
    const stop = (data as Record<string, unknown>[])[1];
    assert.deepEqual(
      [stop?.['parent_order_id'], stop?.['status'], stop?.['transaction_type'], stop?.['trigger_price']],
      [id, 'TRIGGER PENDING', 'SELL', 790],
    );
    const { data: held } = await world.call('GET', '/portfolio/positions');
    assert.equal((held as { net: { product: string }[] }).net[0]?.product, 'CO');
  });

  test('an order after hours waits for the open', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1490);
    assert.equal((await world.place({}, 'amo')).status, 400);
    world.simulator.control.setPhase('closed');
    assert.match((await world.place()).message, /closed/);
    const id = await world.placed({}, 'amo');
    assert.equal((await world.order(id))['status'], 'AMO REQ RECEIVED');
    world.simulator.control.setPhase('open');
    assert.equal((await world.order(id))['status'], 'COMPLETE');
  });

  test('minutes of validity run out', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ validity: 'TTL', validity_ttl: 2 });
    await world.clock.advance(120_000);
    world.tick(INFY, 1510);
    assert.equal((await world.order(id))['status'], 'CANCELLED');
  });

  test('a modification is seen in the history; a refused one leaves the order as it was', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400 });
    await world.call('PUT', `/orders/regular/${id}`, { price: 1450, quantity: 2 });
    const order = await world.order(id);
    assert.deepEqual([order['price'], order['quantity'], order['modified']], [1450, 2, true]);
    world.simulator.control.arm('modify-refused', { count: 1 });
    assert.equal((await world.call('PUT', `/orders/regular/${id}`, { price: 1460 })).status, 200);
    assert.equal((await world.order(id))['price'], 1450);
    assert.deepEqual((await statuses(world, id)).slice(4), [
      'MODIFY VALIDATION PENDING',
      'MODIFY PENDING',
      'MODIFIED',
      'OPEN',
      'MODIFY VALIDATION PENDING',
      'MODIFY PENDING',
      'NOT MODIFIED',
      'OPEN',
    ]);
  });

  test('it can be modified 25 times, no more', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400 });
    for (let k = 1; k <= 25; k++) {
      assert.equal((await world.call('PUT', `/orders/regular/${id}`, { price: 1400 + k })).status, 200);
    }
    const refused = await world.call('PUT', `/orders/regular/${id}`, { price: 1430 });
    assert.deepEqual([refused.status, refused.message], [400, 'Maximum allowed order modifications exceeded.']);
  });

  test('a cancelled order cannot be cancelled again, and an unknown one not at all', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400 });
    assert.equal((await world.call('DELETE', `/orders/regular/${id}`)).status, 200);
    const order = await world.order(id);
    assert.deepEqual([order['status'], order['cancelled_quantity'], order['pending_quantity']], ['CANCELLED', 1, 1]);
    assert.equal((await world.call('DELETE', `/orders/regular/${id}`)).status, 400);
    assert.match((await world.call('DELETE', '/orders/regular/1')).message, /find that `order_id`/);
  });

  test('autoslice cuts at the freeze quantity, and one slice may fail alone', async () => {
    const world = kiteWorld({ opening: { cash: { equity: 200_000_000_000, commodity: 0 } } });
    const future = { exchange: 'NFO', tradingsymbol: 'NIFTY26JANFUT', product: 'NRML', price: 26250, autoslice: true };
    const quantity = 65 * 81;
    const whole = await world.place({ ...future, autoslice: false, quantity });
    assert.match(whole.message, /freeze quantity 1800/);
    const { data } = await world.call('POST', '/orders/regular', {
      ...future,
      transaction_type: 'BUY',
      order_type: 'LIMIT',
      quantity,
    });
    const { children } = data as { children: { order_id?: string; error?: { error_type: string } }[] };
    assert.deepEqual(
      children.map(({ order_id: id, error }) => (id === undefined ? error?.error_type : 'accepted')),
      ['accepted', 'accepted', 'MarginException'],
    );
  });
});

describe('what is durable', () => {
  test('an order is on the disk before its answer, and a trade before anybody is told', async () => {
    const kept = memoryStorage();
    const committed = new Set<string>();
    const storage = {
      ...kept,
      commit: (entries: readonly Entry[]) => {
        kept.commit(entries);
        for (const { kind, key } of entries) committed.add(`${kind} ${key}`);
      },
    };
    const world = kiteWorld({ storage });
    world.tick(INFY, 1510);
    const told: string[] = [];
    world.simulator.broker.onUpdates.push((updates) => {
      for (const { status } of updates) told.push(`${status} ${committed.has('trade 000000001')}`);
    });
    const id = await world.placed({ price: 1500 });
    assert.ok(committed.has(`order ${id}`));
    world.tick(INFY, 1500);
    assert.deepEqual(told, ['COMPLETE true']);
  });

  test('when the disk fails, nobody is told, and the next commit has it all', async () => {
    const kept = memoryStorage();
    let isBroken = false;
    const storage = {
      ...kept,
      commit: (entries: readonly Entry[]) => {
        if (isBroken) throw new Error('the disk is full');
        kept.commit(entries);
      },
    };
    const world = kiteWorld({ storage });
    let told = 0;
    world.simulator.broker.onUpdates.push(() => told++);
    world.tick(INFY, 1490);
    isBroken = true;
    await assert.rejects(world.place({ tag: 'unkept' }), /disk is full/);
    assert.equal(told, 0);
    isBroken = false;
    await world.placed({ tag: 'kept' });
    const again = kiteWorld({ storage: kept });
    const { orders, trades } = again.simulator.control.truth();
    assert.deepEqual([orders.map(({ tag }) => tag), trades.length], [['unkept', 'kept'], 2]);
  });
});
