// The last resort against the Kite simulator: what it ends, what it leaves alone, and what it says when it could not.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { panic, type Aftermath, type PanicOptions } from '#adapters/zerodha/panic.ts';
import { buyInfy, gatewayWorld, type GatewayWorld } from '../support/kite-gateway-world.ts';
import { INFY, SBIN } from '../support/kite-world.ts';

const FOREIGN = {
  exchange: 'NSE',
  tradingsymbol: 'SBIN',
  transaction_type: 'BUY',
  order_type: 'LIMIT',
  product: 'CNC',
  quantity: '3',
  price: '790',
  validity: 'DAY',
};

interface Panicked {
  readonly world: GatewayWorld;
  readonly said: string[];
  readonly panicked: (how?: Partial<PanicOptions>) => Promise<Aftermath>;
  /** Statuses of the orders in the simulator's own truth, oldest first. */
  readonly statuses: () => readonly string[];
}

/** Two orders of ours that rest, ten INFY that were bought, and an order of somebody else. */
async function inTrouble(t: TestContext): Promise<Panicked> {
  const world = await gatewayWorld(t);
  const { kite, gateway, client } = world;
  kite.tick(INFY, 1500);
  kite.tick(SBIN, 800);
  for (const id of ['one', 'two']) assert.equal((await gateway.submit(buyInfy(id))).kind, 'accepted');
  assert.equal((await gateway.submit(buyInfy('filled', { limitPrice: 15_100_000 as never }))).kind, 'accepted');
  kite.tick(INFY, 1500);
  kite.simulator.control.placeElsewhere('regular', FOREIGN);
  const said: string[] = [];
  const panicked = async (how: Partial<PanicOptions> = {}): Promise<Aftermath> => {
    const tell = (text: string): void => void said.push(text);
    let ended = false;
    const ending = panic({ client, clock: kite.clock, everything: false, flatten: false, tell, ...how }).finally(
      () => (ended = true),
    );
    for (let k = 0; k < 200 && !ended; k++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await kite.clock.advance(100);
    }
    return ending;
  };
  const statuses = (): readonly string[] => kite.simulator.control.truth().orders.map(({ status }) => String(status));
  return { world, said, panicked, statuses };
}

describe('panic', () => {
  test('cancels what is ours and works, leaves the rest, and says what is held', async (t) => {
    const { panicked, said, statuses } = await inTrouble(t);
    const { orders, positions } = await panicked();
    assert.deepEqual(orders, []);
    assert.deepEqual(statuses(), ['CANCELLED', 'CANCELLED', 'COMPLETE', 'OPEN']);
    assert.deepEqual(
      positions?.map(({ symbol, product, quantity }) => `${symbol} ${product} ${quantity}`),
      ['INFY CNC 10'],
    );
    assert.equal(said.filter((text) => text.startsWith('cancel is asked: BUY 10 INFY')).length, 2);
  });

  test('cancels what is not ours too when it is asked to', async (t) => {
    const { panicked, statuses } = await inTrouble(t);
    assert.deepEqual((await panicked({ everything: true })).orders, []);
    assert.deepEqual(statuses(), ['CANCELLED', 'CANCELLED', 'COMPLETE', 'CANCELLED']);
  });

  test('ends positions once, in the product in which they are held', async (t) => {
    const { world, panicked, said } = await inTrouble(t);
    const ticking = setInterval(() => world.kite.tick(INFY, 1499), 3);
    t.after(() => clearInterval(ticking));
    assert.deepEqual((await panicked({ flatten: true })).positions, []);
    assert.deepEqual(
      said.filter((text) => text.includes('SELL')),
      ['ordered: SELL 10 INFY CNC'],
    );
    const sold = world.kite.simulator.control.truth().orders.filter(({ tag }) => tag === 'PANIC');
    assert.deepEqual([sold.length, sold[0]?.['product']], [1, 'CNC']);
  });

  test('tries again what was not cancelled, and is honest about what is left', async (t) => {
    const { world, panicked, said, statuses } = await inTrouble(t);
    const { control } = world.kite.simulator;
    control.arm('refuse-503', { count: 2, route: 'cancel' });
    assert.deepEqual((await panicked()).orders, []);
    assert.equal(said.filter((text) => text.startsWith('not cancelled')).length, 2);
    assert.deepEqual(statuses().slice(0, 2), ['CANCELLED', 'CANCELLED']);
    control.arm('refuse-503', { route: 'orders' });
    const blind = await panicked();
    assert.equal(blind.orders, undefined);
    assert.match(said.at(-1) ?? '', /the orders cannot be read: 503/);
  });

  for (const route of ['cancel', 'orders'] as const) {
    test(`ends no position while orders may still work: ${route} is refused`, async (t) => {
      const { world, panicked, said } = await inTrouble(t);
      world.kite.simulator.control.arm('refuse-503', { route });
      const { positions } = await panicked({ flatten: true });
      assert.equal(positions?.length, 1);
      assert.match(said.join(), /no position is ended, because orders may still work/);
      assert.deepEqual(
        world.kite.simulator.control.truth().orders.filter(({ tag }) => tag === 'PANIC'),
        [],
      );
    });
  }

  test('never sends the end of a position twice, whatever came of it', async (t) => {
    const { world, panicked, said } = await inTrouble(t);
    world.kite.simulator.control.arm('no-order-id', { count: 1, route: 'place' });
    await panicked({ flatten: true });
    assert.match(said.join('\n'), /^unknown: SELL 10 INFY CNC/m);
    assert.equal(world.kite.simulator.control.truth().orders.filter(({ tag }) => tag === 'PANIC').length, 1);
  });
});
