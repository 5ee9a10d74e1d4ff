import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { INFY, kiteWorld, type KiteWorld, type Reply } from '../../test/support/kite-world.ts';
import { FAULTS, type FaultKind } from '../faults/fault-list.ts';
import { KITE_LIMITS } from './limits.ts';
import { sha256 } from './sessions.ts';

const DAY_MS = 86_400_000;

async function statuses(count: number, ask: () => Promise<Reply>): Promise<number[]> {
  const result: number[] = [];
  for (let k = 0; k < count; k++) result.push((await ask()).status);
  return result;
}

function refused(all: readonly number[]): number {
  return all.filter((status) => status === 429).length;
}

function world(): KiteWorld {
  const made = kiteWorld();
  made.tick(INFY, 1510);
  return made;
}

describe('routes', () => {
  test('a path that nobody has is 404, another method 405', async () => {
    assert.equal((await world().call('GET', '/nowhere')).status, 404);
    const { status, text } = await world().call('DELETE', '/trades');
    assert.equal(status, 405);
    assert.deepEqual(JSON.parse(text), {
      status: 'error',
      message: 'Method not allowed',
      data: null,
      error_type: 'GeneralException',
    });
  });
});

describe('limits', () => {
  test('ten orders in a calendar second, and ten more in the next', async () => {
    const limited = kiteWorld({ limits: KITE_LIMITS });
    limited.tick(INFY, 1510);
    const place = () => limited.place({ price: 1400 });
    assert.deepEqual(refused(await statuses(12, place)), 2);
    await limited.clock.advance(999);
    assert.deepEqual(refused(await statuses(1, place)), 1);
    await limited.clock.advance(1);
    assert.deepEqual(refused(await statuses(10, place)), 0);
    const { status, errorType, message } = await place();
    assert.deepEqual([status, errorType, message], [429, 'NetworkException', 'Too many requests']);
    assert.equal(limited.simulator.control.truth().orders.length, 20);
    assert.equal(limited.simulator.control.truth().counts.tooMany, 4);
  });

  test('each class has its own: one quote, three histories, ten of the rest', async () => {
    const limited = kiteWorld({ limits: KITE_LIMITS });
    const history = `/instruments/historical/${INFY}/minute?from=2026-01-05&to=2026-01-05`;
    assert.equal(refused(await statuses(2, () => limited.call('GET', '/quote/ltp?i=NSE:INFY'))), 1);
    assert.equal(refused(await statuses(4, () => limited.call('GET', history))), 1);
    assert.equal(refused(await statuses(11, () => limited.call('GET', '/orders'))), 1);
  });

  test('400 orders a minute', async () => {
    const limited = kiteWorld({ limits: { ...KITE_LIMITS, order: 1_000 } });
    limited.tick(INFY, 1510);
    assert.equal(refused(await statuses(402, () => limited.place({ quantity: 0 }))), 2);
    await limited.clock.advance(60_000);
    assert.equal(refused(await statuses(1, () => limited.place({ quantity: 0 }))), 0);
  });

  test('a day’s orders, refused ones too, but not modifications and cancellations', async () => {
    const limited = kiteWorld({ limits: { ...KITE_LIMITS, order: 1e6, ordersAMinute: 1e6, ordersADay: 5 } });
    limited.tick(INFY, 1510);
    const id = await limited.placed({ price: 1400 });
    await limited.call('PUT', `/orders/regular/${id}`, { price: 1401 });
    await limited.call('DELETE', `/orders/regular/${id}`);
    assert.deepEqual(await statuses(5, () => limited.place({ quantity: 0 })), [400, 400, 400, 400, 429]);
    await limited.clock.advance(DAY_MS);
    limited.simulator.control.login();
    limited.tick(INFY, 1510);
    assert.equal((await limited.place()).status, 200);
  });

  test('a strict one closes for a while after a 429', async () => {
    const limited = kiteWorld({ limits: { ...KITE_LIMITS, coolDownMs: 10_000 } });
    limited.tick(INFY, 1510);
    await statuses(11, () => limited.place({ price: 1400 }));
    await limited.clock.advance(9_999);
    assert.equal((await limited.place({ price: 1400 })).status, 429);
    await limited.clock.advance(1);
    assert.equal((await limited.place({ price: 1400 })).status, 200);
  });
});

describe('the session', () => {
  test('a request token is used once, within five minutes, with the right checksum', async () => {
    const { simulator, clock, call } = world();
    const { apiKey, apiSecret } = simulator.broker.sessions.credentials;
    const exchange = (token: string, secret = apiSecret) =>
      call('POST', '/session/token', {
        api_key: apiKey,
        request_token: token,
        checksum: sha256(apiKey + token + secret),
      });
    const token = simulator.control.requestToken();
    assert.equal((await exchange(token, 'wrong')).status, 403);
    assert.equal((await exchange(token)).status, 200);
    assert.deepEqual([(await exchange(token)).errorType, (await exchange('made-up')).status], ['TokenException', 403]);
    const late = simulator.control.requestToken();
    await clock.advance(300_001);
    assert.equal((await exchange(late)).status, 403);
  });

  test('dies at six in the morning of the next day', async () => {
    const { clock, call } = world();
    const untilSix = (24 - 9 + 6) * 3_600_000 - 20 * 60_000;
    await clock.advance(untilSix - 1);
    assert.equal((await call('GET', '/user/profile')).status, 200);
    await clock.advance(1);
    const { status, errorType } = await call('GET', '/user/profile');
    assert.deepEqual([status, errorType], [403, 'TokenException']);
  });

  test('a second login gives the same token, or a new one where that is the policy', async () => {
    for (const secondLogin of ['same', 'new'] as const) {
      const { simulator, call } = kiteWorld({ secondLogin });
      const { apiKey, apiSecret } = simulator.broker.sessions.credentials;
      const before = simulator.broker.sessions.current?.accessToken;
      const token = simulator.control.requestToken();
      const { data } = await call('POST', '/session/token', {
        api_key: apiKey,
        request_token: token,
        checksum: sha256(apiKey + token + apiSecret),
      });
      assert.equal((data as { access_token: string }).access_token === before, secondLogin === 'same');
    }
  });

  test('an application without approval cannot refresh it', async () => {
    assert.equal((await world().call('POST', '/session/refresh_token')).errorType, 'PermissionException');
  });
});

describe('faults of requests', () => {
  test('before: nothing is accepted', async () => {
    const expected: Partial<Record<FaultKind, number | 'silence' | 'reset'>> = {
      'lost-request': 'silence',
      'refuse-reset': 'reset',
      'refuse-500': 500,
      'refuse-502': 502,
      'refuse-503': 503,
      'refuse-timed-out-400': 400,
      'too-many-requests': 429,
      'token-expires': 403,
      'unregistered-ip': 403,
      'permission-denied': 403,
    };
    for (const [kind, outcome] of Object.entries(expected)) {
      const made = world();
      made.simulator.control.arm(kind as FaultKind, { route: 'place', count: 1 });
      const answer = await made.raw('POST', '/orders/regular', order);
      assert.equal(answer.kind === 'answer' ? answer.status : answer.kind, outcome, kind);
      assert.equal(made.simulator.control.truth().orders.length, 0, kind);
    }
  });

  test('after: what was accepted stands', async () => {
    const expected: Partial<Record<FaultKind, number | 'silence' | 'reset'>> = {
      'no-answer': 'silence',
      reset: 'reset',
      'bad-gateway': 502,
      'gateway-timeout': 504,
      'timed-out-400': 400,
      'html-200': 200,
      'truncated-json': 200,
      'unquoted-order-id': 200,
      'no-order-id': 200,
      'token-expires-mid-call': 200,
      'accepted-then-403': 403,
    };
    for (const [kind, outcome] of Object.entries(expected)) {
      const made = world();
      made.simulator.control.arm(kind as FaultKind, { route: 'place', count: 1 });
      const answer = await made.raw('POST', '/orders/regular', order);
      assert.equal(answer.kind === 'answer' ? answer.status : answer.kind, outcome, kind);
      assert.equal(made.simulator.control.truth().orders.length, 1, kind);
    }
  });

  test('an unquoted order id is rounded by whoever reads it as a number', async () => {
    const made = world();
    made.simulator.control.arm('unquoted-order-id', { count: 1 });
    const { data } = await made.place();
    const [accepted] = made.simulator.control.truth().orders;
    const { order_id: read } = data as { order_id: unknown };
    assert.equal(typeof read, 'number');
    assert.notEqual(BigInt(read as number).toString(), accepted?.['order_id']);
  });

  test('a late request is carried out after its client has given up', async () => {
    const made = world();
    made.simulator.control.arm('late-request', { route: 'place', count: 1, ms: 12_000 });
    const asked = made.place();
    await made.clock.advance(11_000);
    assert.equal(made.simulator.control.truth().orders.length, 0);
    await made.clock.advance(1_000);
    assert.equal((await asked).status, 200);
    assert.equal(made.simulator.control.truth().orders.length, 1);
  });

  test('a cool-down refuses what comes meanwhile', async () => {
    const made = world();
    made.simulator.control.arm('too-many-requests', { route: 'place', count: 1, ms: 10_000 });
    assert.equal((await made.place()).status, 429);
    await made.clock.advance(9_000);
    assert.equal((await made.place()).status, 429);
    await made.clock.advance(1_000);
    assert.equal((await made.place()).status, 200);
  });

  test('an order hides from the book for a while, and the simulator knows it all the time', async () => {
    const made = world();
    made.simulator.control.arm('hidden-order', { count: 1, ms: 90_000 });
    const id = await made.placed({ price: 1400 });
    assert.deepEqual((await made.call('GET', '/orders')).data, []);
    assert.equal((await made.call('GET', `/orders/${id}`)).status, 400);
    assert.equal(made.simulator.control.truth().orders.length, 1);
    await made.clock.advance(90_000);
    assert.equal((await made.order(id))['status'], 'OPEN');
  });

  test('a stuck order goes on by itself', async () => {
    const made = world();
    made.simulator.control.arm('stuck-order', { count: 1, ms: 90_000 });
    const id = await made.placed({ price: 1520 });
    await made.clock.advance(89_000);
    assert.equal((await made.order(id))['status'], 'PUT ORDER REQ RECEIVED');
    await made.clock.advance(1_000);
    assert.equal((await made.order(id))['status'], 'COMPLETE');
    await made.simulator.close();
  });

  test('rejects come after the acceptance, from risk management or from the exchange', async () => {
    for (const kind of ['rms-reject', 'late-reject'] as const) {
      const made = world();
      made.simulator.control.arm(kind, { count: 1 });
      const order = await made.order(await made.placed({ price: 1400 }));
      assert.deepEqual([order['status'], order['pending_quantity']], ['REJECTED', 0], kind);
      assert.ok(order['status_message'], kind);
    }
  });

  test('a cancellation loses against a fill, whole or in part, or takes its time', async () => {
    const outcomes = { 'fill-wins-cancel': ['COMPLETE', 8, 0], 'partial-fill-then-cancel': ['CANCELLED', 4, 4] };
    for (const [kind, outcome] of Object.entries(outcomes)) {
      const made = world();
      const id = await made.placed({ price: 1400, quantity: 8 });
      made.simulator.control.arm(kind as FaultKind, { count: 1 });
      assert.equal((await made.call('DELETE', `/orders/regular/${id}`)).status, 200);
      const order = await made.order(id);
      assert.deepEqual([order['status'], order['filled_quantity'], order['cancelled_quantity']], outcome);
    }
    const made = world();
    const id = await made.placed({ price: 1400, quantity: 8 });
    made.simulator.control.arm('slow-cancel', { count: 1, ms: 60_000 });
    await made.call('DELETE', `/orders/regular/${id}`);
    assert.equal((await made.order(id))['status'], 'CANCEL PENDING');
    made.tick(INFY, 1400);
    await made.clock.advance(60_000);
    assert.equal((await made.order(id))['status'], 'COMPLETE', 'the fill won the race');
    await made.simulator.close();
  });

  test('fills come in pieces', async () => {
    const made = world();
    made.simulator.control.arm('partial-fill');
    const id = await made.placed({ price: 1400, quantity: 100 });
    for (let k = 0; k < 40; k++) made.tick(INFY, 1399);
    assert.equal((await made.order(id))['status'], 'COMPLETE');
    assert.ok(((await made.call('GET', `/orders/${id}/trades`)).data as unknown[]).length > 3);
  });

  test('a list comes back empty or short', async () => {
    const made = world();
    for (let k = 0; k < 4; k++) await made.placed({ price: 1400 });
    made.simulator.control.arm('empty-list', { route: 'orders', count: 1 });
    made.simulator.control.arm('missing-rows', { route: 'orders', count: 1 });
    assert.deepEqual((await made.call('GET', '/orders')).data, []);
    assert.equal(((await made.call('GET', '/orders')).data as unknown[]).length, 2);
    assert.equal(((await made.call('GET', '/orders')).data as unknown[]).length, 4);
  });

  test('a bad instruments dump is bad in five ways', async () => {
    const made = world();
    const whole = (await made.call('GET', '/instruments')).text;
    const dump = async (kind: FaultKind): Promise<Reply> => {
      made.simulator.control.arm(kind, { count: 1 });
      return made.call('GET', '/instruments');
    };
    assert.equal((await dump('instruments-502')).status, 502);
    assert.equal((await dump('instruments-empty')).text.split('\n').length, 2);
    assert.ok(whole.startsWith((await dump('instruments-truncated')).text));
    assert.match((await dump('instruments-lot-size')).text, /,130,FUT,/);
    const tokens = (await dump('instruments-reused-token')).text.split('\n').map((line) => line.split(',')[0]);
    assert.equal(tokens[1], tokens[2]);
    assert.equal((await made.call('GET', '/instruments')).text, whole);
  });

  test('each has a place and says what it does', () => {
    for (const [kind, { does }] of Object.entries(FAULTS)) assert.match(does, /\.$/, kind);
  });
});

describe('addresses', () => {
  test('orders are taken from registered ones only, and everything else from anywhere', async () => {
    const made = world();
    made.simulator.control.registerIps(['198.51.100.7']);
    assert.deepEqual(
      [(await made.place()).errorType, (await made.call('GET', '/orders')).status],
      ['PermissionException', 200],
    );
    made.simulator.control.registerIps(['127.0.0.1']);
    assert.equal((await made.place()).status, 200);
  });
});

const order = {
  exchange: 'NSE',
  tradingsymbol: 'INFY',
  transaction_type: 'BUY',
  order_type: 'LIMIT',
  product: 'CNC',
  quantity: 1,
  price: 1500,
};
