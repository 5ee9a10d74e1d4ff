// What a network and a broker can do to one order: whatever the answer, it is sent once, and the book settles it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type EventId } from '#core/ids.ts';
import { type FaultKind } from '#kite-simulator/faults/fault-list.ts';
import { type KiteGateway } from '#adapters/zerodha/kite-gateway.ts';
import { type SubmitOutcome } from '#ports/broker.ts';
import { buyInfy, gatewayWorld, type GatewayWorld } from '../support/kite-gateway-world.ts';
import { INFY } from '../support/kite-world.ts';

const QUIET_MS = 180_000;
const ID = 'one' as EventId;

/** How the attempt ends, and what the book then says. */
const PLACING: Partial<Record<FaultKind, readonly [SubmitOutcome['kind'], 'found' | 'absent']>> = {
  'lost-request': ['unknown', 'absent'],
  'refuse-reset': ['unknown', 'absent'],
  'refuse-500': ['unknown', 'absent'],
  'refuse-502': ['unknown', 'absent'],
  'refuse-503': ['unknown', 'absent'],
  'refuse-timed-out-400': ['unknown', 'absent'],
  'too-many-requests': ['not_sent', 'absent'],
  'token-expires': ['unknown', 'absent'],
  'unregistered-ip': ['unknown', 'absent'],
  'permission-denied': ['unknown', 'absent'],
  'no-answer': ['unknown', 'found'],
  reset: ['unknown', 'found'],
  'bad-gateway': ['unknown', 'found'],
  'gateway-timeout': ['unknown', 'found'],
  'timed-out-400': ['unknown', 'found'],
  'html-200': ['unknown', 'found'],
  'truncated-json': ['unknown', 'found'],
  'no-order-id': ['unknown', 'found'],
  'unquoted-order-id': ['accepted', 'found'],
  'token-expires-mid-call': ['accepted', 'found'],
  'accepted-then-403': ['unknown', 'found'],
};

async function signInAgain({ client, session, kite }: GatewayWorld): Promise<void> {
  if (session.state !== 'active') await client.signIn(kite.simulator.control.requestToken());
}

/** Asks as often as it takes to be sure. */
async function settled(world: GatewayWorld, gateway: KiteGateway): Promise<string> {
  await world.kite.clock.advance(QUIET_MS);
  let answer = await gateway.lookUp(ID);
  for (let k = 0; k < 3 && answer.kind === 'no_evidence'; k++) {
    await signInAgain(world);
    answer = await gateway.lookUp(ID);
  }
  return answer.kind;
}

describe('one attempt to place', () => {
  for (const [fault, [kind, book]] of Object.entries(PLACING)) {
    test(`${fault}: ${kind}, then ${book}`, async (t) => {
      const world = await gatewayWorld(t);
      const { kite, gateway, placed } = world;
      kite.tick(INFY, 1500);
      kite.simulator.control.arm(fault as FaultKind, { count: 1, route: 'place' });
      const outcome = await gateway.submit(buyInfy(ID));
      assert.equal(outcome.kind, kind, JSON.stringify(outcome));
      const { counts, orders } = kite.simulator.control.truth();
      assert.equal(counts.faults[fault], 1);
      if (outcome.kind === 'accepted') assert.equal(outcome.brokerOrderId, orders[0]?.['order_id']);
      assert.equal(await settled(world, gateway), book);
      assert.equal(kite.simulator.control.truth().counts.requests['place'], 1);
      assert.equal(placed(), book === 'found' ? 1 : 0);
    });
  }

  test('with no connection at all proves that nothing left', async (t) => {
    const { kite, gateway, stopServer } = await gatewayWorld(t);
    await stopServer();
    // The connection that was kept is found broken by this.
    assert.notEqual(await gateway.read(), undefined);
    const outcome = await gateway.submit(buyInfy(ID));
    assert.equal(outcome.kind, 'not_sent');
    assert.equal(kite.simulator.control.truth().counts.requests['place'] ?? 0, 0);
  });

  test('that is carried out only later is found when it is, also after it was proved absent', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway, told } = world;
    kite.tick(INFY, 1500);
    kite.simulator.control.arm('late-request', { count: 1, route: 'place', ms: QUIET_MS * 2 });
    assert.equal((await gateway.submit(buyInfy(ID))).kind, 'unknown');
    assert.equal(await settled(world, gateway), 'absent');
    assert.deepEqual(told, []);
    await kite.clock.advance(QUIET_MS);
    await kite.clock.settle();
    assert.equal((await gateway.lookUp(ID)).kind, 'found');
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['accepted'],
    );
  });
});

describe('a read that meets a 429', () => {
  /** The outcome, with the virtual clock going on while it is under way. */
  async function read({ kite, client }: GatewayWorld): Promise<string> {
    let outcome: string | undefined;
    void client.orders().then((found) => (outcome = found.kind === 'read' ? 'read' : found.message));
    while (outcome === undefined) {
      await kite.clock.advance(100);
      await setImmediate();
    }
    return outcome;
  }

  test('is asked again when its class has rested', async (t) => {
    const world = await gatewayWorld(t);
    const { kite } = world;
    kite.simulator.control.arm('too-many-requests', { count: 1, route: 'orders', ms: 500 });
    assert.equal(await read(world), 'read');
    assert.equal(kite.simulator.control.truth().counts.requests['orders'], 2);
  });

  test('fails after three times', async (t) => {
    const world = await gatewayWorld(t);
    const { kite } = world;
    kite.simulator.control.arm('too-many-requests', { count: 1, route: 'orders', ms: 60_000 });
    assert.equal(await read(world), '429 NetworkException: Too many requests');
    assert.equal(kite.simulator.control.truth().counts.requests['orders'], 3);
    await kite.clock.advance(60_000);
    assert.equal(await read(world), 'read');
  });
});

describe('a book that says nothing', () => {
  test('is no proof while an order may hide', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway } = world;
    kite.tick(INFY, 1500);
    kite.simulator.control.arm('no-answer', { count: 1, route: 'place' });
    kite.simulator.control.arm('hidden-order', { count: 1, ms: QUIET_MS - 1_000 });
    await gateway.submit(buyInfy(ID));
    for (let k = 0; k < 10; k++) assert.equal((await gateway.lookUp(ID)).kind, 'no_evidence');
    assert.equal(await settled(world, gateway), 'found');
  });

  for (const fault of ['empty-list', 'missing-rows', 'html-200', 'truncated-json', 'no-answer'] as const) {
    test(`${fault} does not prove an order absent`, async (t) => {
      const world = await gatewayWorld(t);
      const { kite, gateway, told } = world;
      kite.tick(INFY, 1500);
      await gateway.submit(buyInfy('other'));
      await gateway.submit(buyInfy(ID));
      assert.equal(await gateway.read(), undefined);
      const before = told.length;
      kite.simulator.control.arm(fault, { route: 'orders' });
      await kite.clock.advance(QUIET_MS);
      for (let k = 0; k < 5; k++) {
        const answer = await gateway.lookUp(ID);
        assert.equal(answer.kind, 'no_evidence', JSON.stringify(answer));
      }
      kite.simulator.control.clear();
      assert.equal((await gateway.lookUp(ID)).kind, 'found');
      assert.equal(told.length, before);
    });
  }

  test('of the next day does not prove an order of this one absent', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway, client } = world;
    kite.tick(INFY, 1480);
    kite.simulator.control.arm('no-answer', { count: 1, route: 'place' });
    assert.equal((await gateway.submit(buyInfy(ID))).kind, 'unknown');
    assert.ok(kite.simulator.control.truth().trades.length > 0);
    await kite.clock.advance(86_400_000);
    kite.simulator.control.endDay();
    await client.signIn(kite.simulator.control.requestToken());
    for (let k = 0; k < 5; k++) {
      const answer = await gateway.lookUp(ID);
      assert.ok(answer.kind === 'no_evidence' && /of another day/.test(answer.message), JSON.stringify(answer));
    }
  });

  test('of a later day ends what the broker had at the end of an earlier one, and says that it was not seen', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway, client, told, troubles } = world;
    kite.tick(INFY, 1500);
    await gateway.submit(buyInfy(ID));
    await gateway.read();
    told.splice(0);
    await kite.clock.advance(86_400_000);
    kite.simulator.control.endDay();
    await client.signIn(kite.simulator.control.requestToken());
    for (let k = 0; k < 2; k++) await gateway.read();
    assert.deepEqual(told, []);
    for (let k = 0; k < 3; k++) await gateway.read();
    assert.deepEqual(told, [
      { kind: 'expired', orderId: ID, message: 'its day is over, and what became of it was not seen' },
    ]);
    assert.match(troubles.join(), /ended before what became of it was read; compare positions/);
  });

  test('is not whole after a restart without the orders that the broker has', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway, restarted } = world;
    kite.tick(INFY, 1500);
    const [other, order] = [buyInfy('other'), buyInfy(ID)];
    await gateway.submit(other);
    kite.simulator.control.arm('no-answer', { count: 1, route: 'place' });
    await gateway.submit(order);
    const next = restarted();
    next.follow([
      { submitted: other, state: 'new' },
      { submitted: order, state: 'unknown' },
    ]);
    kite.simulator.control.arm('empty-list', { route: 'orders' });
    await kite.clock.advance(QUIET_MS);
    for (let k = 0; k < 5; k++) {
      const answer = await next.lookUp(ID);
      assert.ok(answer.kind === 'no_evidence' && /lacks the order other/.test(answer.message), JSON.stringify(answer));
    }
    kite.simulator.control.clear();
    assert.equal((await next.lookUp(ID)).kind, 'found');
  });

  test('of trades keeps the end of an order back until its trades are told', async (t) => {
    const { kite, gateway, told, troubles } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    const order = buyInfy(ID);
    await gateway.submit(order);
    kite.simulator.control.arm('partial-fill', { count: 1 });
    kite.tick(INFY, 1490, { depth: [1489, 50, 1490, 10] });
    const { counts: _counts, trades } = kite.simulator.control.truth();
    assert.ok(trades.length > 0);
    kite.simulator.control.arm('empty-list', { route: 'trades' });
    for (let k = 0; k < 3; k++) {
      await gateway.read();
      await kite.clock.advance(20_000);
    }
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['accepted'],
    );
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /trades do not add up/);
    kite.simulator.control.clear();
    await gateway.read();
    assert.equal(told[1]?.kind, 'fill');
  });
});

describe('a session', () => {
  test('that is dead sends nothing more, and goes on with a new token', async (t) => {
    const world = await gatewayWorld(t);
    const { kite, gateway, session } = world;
    kite.tick(INFY, 1500);
    kite.simulator.control.expireToken();
    assert.match((await gateway.read()) ?? '', /TokenException/);
    assert.equal(session.state, 'dead');
    for (let k = 0; k < 20; k++) {
      assert.equal((await gateway.submit(buyInfy(`dead ${k}`))).kind, 'not_sent');
      assert.match((await gateway.read()) ?? '', /sign in/);
    }
    const { counts } = kite.simulator.control.truth();
    assert.equal(counts.authenticationFailures, 1);
    assert.equal(counts.requests['place'] ?? 0, 0);
    await signInAgain(world);
    assert.equal((await gateway.submit(buyInfy(ID))).kind, 'accepted');
  });

  test('does not begin with a request token that was used', async (t) => {
    const { kite, client, session } = await gatewayWorld(t);
    const token = kite.simulator.control.requestToken();
    assert.equal((await client.signIn(token)).kind, 'read');
    const again = await client.signIn(token);
    assert.ok(again.kind === 'failed' && /TokenException/.test(again.message));
    assert.equal(session.state, 'active');
    assert.equal((await client.profile()).kind, 'read');
  });
});

describe('whether orders are taken from this address', () => {
  test('is tried with an order of nothing, which never gets into the book', async (t) => {
    const { kite, client, placed } = await gatewayWorld(t);
    kite.tick(INFY, 1500);
    assert.equal(await client.tryAddress(), undefined);
    kite.simulator.control.registerIps(['192.0.2.1']);
    assert.match((await client.tryAddress()) ?? '', /does not show that orders are taken from this machine's address/);
    kite.simulator.control.registerIps(['127.0.0.1', '::1', '::ffff:127.0.0.1']);
    assert.equal(await client.tryAddress(), undefined);
    assert.deepEqual([placed(), kite.simulator.control.truth().orders], [0, []]);
  });

  for (const fault of ['permission-denied', 'refuse-503', 'refuse-reset', 'refuse-timed-out-400'] as const) {
    test(`is not shown by ${fault}`, async (t) => {
      const { kite, client } = await gatewayWorld(t);
      kite.tick(INFY, 1500);
      kite.simulator.control.arm(fault, { count: 1, route: 'place' });
      assert.match((await client.tryAddress()) ?? '', /does not show/);
    });
  }
});

test('a book that says the same is not read anew, and one that does not is', async (t) => {
  const { kite, client, gateway } = await gatewayWorld(t);
  kite.tick(INFY, 1500);
  await gateway.submit(buyInfy(ID));
  const read = async (): Promise<unknown> => {
    const outcome = await client.orders();
    return outcome.kind === 'read' ? outcome.value : outcome.message;
  };
  const first = await read();
  assert.equal(await read(), first);
  kite.simulator.control.arm('refuse-503', { count: 1, route: 'orders' });
  assert.match(String(await read()), /503/);
  assert.deepEqual(await read(), first);
  kite.tick(INFY, 1480);
  assert.notDeepEqual(await read(), first);
});

test('reads of the account: positions, holdings and funds in exact units', async (t) => {
  const { kite, client, gateway } = await gatewayWorld(t);
  kite.tick(INFY, 1480.05);
  await gateway.submit(buyInfy(ID));
  const positions = await client.positions();
  assert.deepEqual(positions, {
    kind: 'read',
    value: [{ exchange: 'NSE', symbol: 'INFY', token: INFY, product: 'CNC', quantity: 10 }],
  });
  assert.deepEqual(await client.holdings(), { kind: 'read', value: [] });
  const funds = await client.funds();
  assert.ok(funds.kind === 'read' && funds.value.equity === 10_000_000_000 - 148_005_000);
});
