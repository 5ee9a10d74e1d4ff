// Orders and alerts that wait at the broker for a price.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INFY, kiteWorld, NIFTY, type KiteWorld } from '../../test/support/kite-world.ts';
import { memoryStorage } from '../account/storage.ts';

const leg = {
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  product: 'CNC',
  order_type: 'LIMIT',
  transaction_type: 'SELL',
  quantity: 1,
  price: 1390,
};

function trigger(values: readonly number[], last = 1500, overrides: Readonly<Record<string, unknown>> = {}) {
  const condition = { exchange: 'NSE', tradingsymbol: 'INFY', trigger_values: values, last_price: last };
  return {
    type: values.length === 1 ? 'single' : 'two-leg',
    condition: JSON.stringify(condition),
    orders: JSON.stringify(values.map(() => ({ ...leg, ...overrides }))),
  };
}

async function placed(world: KiteWorld, fields: Readonly<Record<string, unknown>>): Promise<number> {
  const { data, message } = await world.call('POST', '/gtt/triggers', fields);
  assert.equal(message, '');
  return (data as { trigger_id: number }).trigger_id;
}

interface Waiting {
  readonly status: string;
  readonly orders: readonly { readonly result: { readonly order_result: Record<string, string> } | null }[];
}

async function read(world: KiteWorld, id: number): Promise<Waiting> {
  return (await world.call('GET', `/gtt/triggers/${id}`)).data as Waiting;
}

describe('a trigger that waits for a price', () => {
  test('fires from the side on which it was set, once, and its order may fail then', async () => {
    const world = kiteWorld();
    const above = await placed(world, trigger([1600]));
    const below = await placed(world, trigger([1400], 1500, { transaction_type: 'BUY', price: 1405 }));
    world.tick(INFY, 1500);
    assert.deepEqual([(await read(world, above)).status, (await read(world, below)).status], ['active', 'active']);
    world.tick(INFY, 1399);
    world.tick(INFY, 1398);
    const bought = await read(world, below);
    assert.deepEqual([bought.status, bought.orders[0]?.result?.order_result['status']], ['triggered', 'success']);
    assert.equal(((await world.call('GET', '/orders')).data as unknown[]).length, 1);
    world.tick(INFY, 1601);
    const sold = await read(world, above);
    assert.equal(sold.orders[0]?.result?.order_result['status'], 'success', 'the share bought above is there to sell');
    const naked = await placed(world, trigger([1500], 1601));
    world.tick(INFY, 1499);
    const failed = (await read(world, naked)).orders[0]?.result?.order_result;
    assert.deepEqual([failed?.['status'], failed?.['order_id']], ['failed', '']);
    assert.match(failed?.['rejection_reason'] ?? '', /holding/);
  });

  test('of two legs the one whose price comes', async () => {
    const world = kiteWorld();
    const id = await placed(world, trigger([1400, 1600]));
    world.tick(INFY, 1600);
    const { orders } = await read(world, id);
    assert.deepEqual(
      orders.map(({ result }) => result === null),
      [true, false],
    );
  });

  test('is there again after a restart, and not after it was deleted', async () => {
    const storage = memoryStorage();
    const before = kiteWorld({ storage });
    const kept = await placed(before, trigger([1400]));
    const gone = await placed(before, trigger([1400]));
    await before.call('DELETE', `/gtt/triggers/${gone}`);
    const after = kiteWorld({ storage });
    assert.deepEqual(
      ((await after.call('GET', '/gtt/triggers')).data as { id: number }[]).map(({ id }) => id),
      [kept],
    );
    assert.equal((await after.call('DELETE', `/gtt/triggers/${gone}`)).status, 400);
  });

  test('is refused when it makes no sense, and when there are 250', async () => {
    const world = kiteWorld();
    const wrong = [
      { type: 'three-leg' },
      { condition: '{' },
      { orders: '[]' },
      trigger([1400], 1500, { order_type: 'MARKET' }),
      trigger([1400], 1500, { quantity: 0 }),
    ];
    for (const fields of wrong) {
      assert.equal((await world.call('POST', '/gtt/triggers', { ...trigger([1400]), ...fields })).status, 400);
    }
    for (let k = 0; k < 250; k++) await placed(world, trigger([1400]));
    assert.match((await world.call('POST', '/gtt/triggers', trigger([1400]))).message, /250/);
    assert.equal((await world.call('GET', '/gtt/triggers/1')).status, 404);
  });
});

describe('an alert', () => {
  const alert = {
    name: 'up',
    lhs_exchange: 'INDICES',
    lhs_tradingsymbol: 'NIFTY 50',
    operator: '>=',
    rhs_type: 'constant',
    rhs_constant: 26_100,
  };

  test('fires once, and one with orders sends them', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500);
    const params = { transaction_type: 'BUY', order_type: 'LIMIT', product: 'CNC', quantity: 2, price: 1500 };
    const basket = JSON.stringify({ items: [{ exchange: 'NSE', tradingsymbol: 'INFY', params }] });
    const { data } = await world.call('POST', '/alerts', { ...alert, type: 'ato', basket });
    const { uuid } = data as { uuid: string };
    world.tick(NIFTY, 26_099.95);
    assert.equal(((await world.call('GET', `/alerts/${uuid}/history`)).data as unknown[]).length, 0);
    world.tick(NIFTY, 26_100);
    world.tick(NIFTY, 26_200);
    assert.equal(((await world.call('GET', `/alerts/${uuid}/history`)).data as unknown[]).length, 1);
    assert.equal(((await world.call('GET', '/orders')).data as unknown[]).length, 1);
  });

  test('compares in five ways', async () => {
    for (const [operator, fires] of [
      ['<=', true],
      ['>=', true],
      ['==', true],
      ['<', false],
      ['>', false],
    ] as const) {
      const world = kiteWorld();
      const { data } = await world.call('POST', '/alerts', { ...alert, operator });
      world.tick(NIFTY, 26_100);
      const after = await world.call('GET', `/alerts/${(data as { uuid: string }).uuid}`);
      assert.equal((after.data as { status: string }).status, fires ? 'disabled' : 'enabled', operator);
    }
  });

  test('is refused for what it cannot watch', async () => {
    const world = kiteWorld();
    for (const wrong of [
      { operator: '!=' },
      { rhs_type: 'instrument' },
      { lhs_tradingsymbol: 'X' },
      { type: 'loud' },
    ]) {
      assert.equal((await world.call('POST', '/alerts', { ...alert, ...wrong })).status, 400);
    }
    assert.equal((await world.call('POST', '/alerts', { ...alert, type: 'ato', basket: '{' })).status, 400);
    assert.equal((await world.call('POST', '/alerts', { ...alert, type: 'ato', basket: '{}' })).status, 400);
    assert.equal((await world.call('GET', '/alerts/none')).status, 404);
  });
});
