// What must always hold of the account book, whatever is asked of it: random days of orders, ticks, modifications and
// cancellations, with a simulator that dies in between and goes on from what it has committed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { INFY, KITE_START, kiteWorld, SBIN, shares, type KiteWorld } from '../../test/support/kite-world.ts';
import { rehearsalContracts } from '../catalogue.ts';
import { KiteSimulator } from '../simulator.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { isTerminal } from './order.ts';
import { Positions, quantityOf } from './positions.ts';
import { memoryStorage } from './storage.ts';

type Step =
  | { readonly kind: 'place'; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'tick'; readonly token: number; readonly rupees: number; readonly available: number }
  | { readonly kind: 'modify' | 'cancel'; readonly which: number; readonly quantity: number };

const prices = fc.integer({ min: 28, max: 32 }).map((k) => k * 50);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .record({
      transaction_type: fc.constantFrom('BUY', 'SELL'),
      order_type: fc.constantFrom('LIMIT', 'MARKET', 'SL', 'SL-M'),
      product: fc.constantFrom('CNC', 'MIS'),
      quantity: fc.integer({ min: 1, max: 900 }),
      price: prices,
      trigger_price: prices,
      validity: fc.constantFrom('DAY', 'DAY', 'IOC'),
      market_protection: fc.constantFrom(-1, 2, 5),
    })
    .map((fields) => ({ kind: 'place' as const, fields })),
  fc.record({
    kind: fc.constant('tick' as const),
    token: fc.constant(INFY),
    rupees: prices,
    available: fc.integer({ min: 0, max: 300 }),
  }),
  fc.record({
    kind: fc.constantFrom('modify' as const, 'cancel' as const),
    which: fc.nat(20),
    quantity: fc.integer({ min: 1, max: 900 }),
  }),
);

async function run(world: KiteWorld, steps: readonly Step[]): Promise<void> {
  for (const each of steps) {
    if (each.kind === 'place') await world.place(each.fields);
    else if (each.kind === 'tick') {
      world.tick(each.token, each.rupees, { depth: [each.rupees, each.available, each.rupees, each.available] });
    } else {
      const orders = world.simulator.broker.book.orders();
      const order = orders[each.which % Math.max(1, orders.length)];
      if (order === undefined) continue;
      if (each.kind === 'cancel') await world.call('DELETE', `/orders/regular/${order.orderId}`);
      else await world.call('PUT', `/orders/regular/${order.orderId}`, { quantity: each.quantity });
    }
    check(world.simulator);
  }
}

function check({ broker }: KiteSimulator): void {
  const { book, catalogue } = broker;
  const filled = new Map<string, number>();
  for (const { orderId, quantity } of book.trades) filled.set(orderId, (filled.get(orderId) ?? 0) + quantity);
  for (const order of book.orders()) {
    assert.ok(order.filled <= order.quantity, `${order.orderId} filled ${order.filled} of ${order.quantity}`);
    assert.equal(filled.get(order.orderId) ?? 0, order.filled, 'the trades of an order come to what it filled');
    assert.equal(order.status === 'COMPLETE', order.filled === order.quantity);
    assert.equal(book.history(order.orderId).at(-1)?.status, order.status);
    assert.equal(isTerminal(order), !book.working().includes(order));
  }
  const folded = new Positions(catalogue);
  for (const trade of book.trades) folded.add(trade);
  assert.deepEqual(book.positions.list(), folded.list(), 'positions are folded trades');
  assert.equal(new Set(book.trades.map(({ tradeId }) => tradeId)).size, book.trades.length);
  const held = quantityOf(book.positions.of(INFY, 'CNC'));
  assert.ok(held >= 0, `${-held} shares for delivery were sold that nobody had`);
}

describe('the account book', () => {
  test('never fills more than was ordered, and positions are the fold of its trades', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = kiteWorld();
        world.tick(INFY, 1500);
        await run(world, steps);
      }),
      { numRuns: 60 },
    );
  });

  test('takes no order that the money does not reach for: without a move of the price, net stays above zero', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
        const world = kiteWorld({ opening: { cash: { equity: 5_000_000_000, commodity: 0 } } });
        world.tick(INFY, 1500);
        for (const each of steps) {
          const before = world.simulator.broker.margins.of('equity').net;
          await run(world, [each]);
          const after = world.simulator.broker.margins.of('equity').net;
          // Only the market takes it below zero, and then the account says so.
          if (each.kind !== 'tick') assert.ok(after >= 0 || after >= before, `net fell from ${before} to ${after}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('is the same again after a death at any moment', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const storage = memoryStorage();
        const world = kiteWorld({ storage });
        world.tick(INFY, 1500);
        world.tick(SBIN, 800);
        await run(world, steps);
        const clock = new VirtualClock(KITE_START);
        const contracts = [...shares(), ...rehearsalContracts()];
        const again = new KiteSimulator({ clock, contracts, storage });
        assert.deepEqual(again.control.truth().orders, world.simulator.control.truth().orders);
        assert.deepEqual(again.control.truth().trades, world.simulator.control.truth().trades);
        assert.deepEqual(again.control.truth().positions, world.simulator.control.truth().positions);
        assert.equal(again.broker.sessions.current?.accessToken, world.simulator.broker.sessions.current?.accessToken);
      }),
      { numRuns: 40 },
    );
  });

  test('begins a new day without yesterday’s orders, with delivered shares and derivatives marked to market', async () => {
    const world = kiteWorld();
    world.tick(INFY, 1500);
    await world.placed({ quantity: 10 });
    await world.placed({ quantity: 4, product: 'MIS' });
    await world.placed({ price: 1300 });
    const gold = { exchange: 'MCX', tradingsymbol: 'CRUDEOIL26JANFUT', product: 'NRML', price: 5300 };
    world.simulator.control.setPrice('MCX:CRUDEOIL26JANFUT', 53_000_000);
    await world.placed({ ...gold, quantity: 2 });
    world.simulator.control.setPrice('MCX:CRUDEOIL26JANFUT', 54_000_000);
    await world.clock.advance(86_400_000);
    world.simulator.control.login();
    world.tick(INFY, 1510);
    const { data } = await world.call('GET', '/orders');
    assert.deepEqual(data, []);
    const { data: held } = await world.call('GET', '/portfolio/holdings');
    const [holding] = held as { t1_quantity: number; quantity: number }[];
    assert.deepEqual([holding?.quantity, holding?.t1_quantity], [0, 10]);
    const { data: positions } = await world.call('GET', '/portfolio/positions');
    const { net } = positions as { net: Record<string, unknown>[] };
    assert.deepEqual(
      net.map((row) => [row['tradingsymbol'], row['overnight_quantity'], row['multiplier'], row['pnl']]),
      [['CRUDEOIL26JANFUT', 2, 100, 0]],
    );
    // 2 lots of 100 gained 100 rupees each.
    assert.equal(world.simulator.broker.book.account.cash.commodity, 10_000_000_000 + 200_000_000);
  });

  test('shows lots and their multiplier in positions of the commodity exchange', async () => {
    const world = kiteWorld();
    world.simulator.control.setPrice('MCX:CRUDEOIL26JANFUT', 53_000_000);
    await world.placed({
      exchange: 'MCX',
      tradingsymbol: 'CRUDEOIL26JANFUT',
      product: 'NRML',
      price: 5300,
      quantity: 3,
    });
    const { data } = await world.call('GET', '/portfolio/positions');
    const [row] = (data as { net: Record<string, number>[] }).net;
    assert.deepEqual([row?.['quantity'], row?.['multiplier'], row?.['buy_value']], [3, 100, 1_590_000]);
    const crude = { exchange: 'MCX', tradingsymbol: 'CRUDEOIL26JANFUT', product: 'NRML', price: 5300 };
    const ioc = await world.place({ ...crude, validity: 'IOC' });
    assert.match(ioc.message, /IOC/);
  });
});
