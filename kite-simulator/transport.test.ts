// What only a socket shows: faults that break it, upgrades that are refused, answers that are zipped.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { WebSocket } from 'ws';
import { INFY, kiteWorld, type KiteWorld } from '../test/support/kite-world.ts';
import { serveKite, type KiteServer } from './transport.ts';

async function served(
  t: TestContext,
  world: KiteWorld = kiteWorld(),
): Promise<{ world: KiteWorld; server: KiteServer }> {
  const server = await serveKite(world.simulator);
  t.after(async () => {
    await server.close();
    await world.simulator.close();
  });
  return { world, server };
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly encoding: string | undefined;
  readonly location: string | undefined;
  readonly bytes: Buffer;
}

/** A plain request, so that nothing zips, follows or repeats behind the test's back. */
function ask(server: KiteServer, path: string, how: { method?: string; body?: string; headers?: object } = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const { method = 'GET', body, headers = {} } = how;
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const asked = httpRequest(`${server.url}${path}`, { method, headers: { ...form, ...headers }, agent: false });
    asked.on('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => {
        const { 'content-type': type, 'content-encoding': encoding, location } = response.headers;
        resolve({ status: response.statusCode ?? 0, type, encoding, location, bytes: Buffer.concat(parts) });
      });
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function authorization(world: KiteWorld) {
  const { credentials, current } = world.simulator.broker.sessions;
  return { authorization: `token ${credentials.apiKey}:${current?.accessToken}` };
}

const order =
  'exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&order_type=LIMIT&product=CNC&quantity=1&price=1400&tag=wire';

async function socketOf(server: KiteServer, world: KiteWorld): Promise<WebSocket> {
  const { credentials, current } = world.simulator.broker.sessions;
  const query = new URLSearchParams({ api_key: credentials.apiKey, access_token: current?.accessToken ?? '' });
  const socket = new WebSocket(`${server.tickerUrl}?${query.toString()}`);
  await once(socket, 'open');
  return socket;
}

describe('a simulator on the network', { timeout: 30_000 }, () => {
  test('answers a form over HTTP, and a refusal with Kite’s body', async (t) => {
    const { world, server } = await served(t);
    world.tick(INFY, 1500);
    const headers = authorization(world);
    const placed = await ask(server, '/orders/regular', { method: 'POST', body: order, headers });
    assert.deepEqual([placed.status, placed.type], [200, 'application/json']);
    const refused = await ask(server, '/orders/regular', { method: 'POST', body: order });
    assert.equal(refused.status, 403);
    assert.deepEqual(JSON.parse(refused.bytes.toString()), {
      status: 'error',
      message: 'Incorrect `api_key` or `access_token`.',
      data: null,
      error_type: 'TokenException',
    });
  });

  test('zips the instruments for who can read that', async (t) => {
    const { world, server } = await served(t);
    const headers = authorization(world);
    const plain = await ask(server, '/instruments', { headers });
    const zipped = await ask(server, '/instruments', { headers: { ...headers, 'accept-encoding': 'gzip' } });
    assert.deepEqual([plain.type, plain.encoding, zipped.encoding], ['text/csv', undefined, 'gzip']);
    assert.deepEqual(gunzipSync(zipped.bytes), plain.bytes);
  });

  test('resets a connection whose order it has accepted', async (t) => {
    const { world, server } = await served(t);
    world.tick(INFY, 1500);
    world.simulator.control.arm('reset', { route: 'place', count: 1 });
    const asked = ask(server, '/orders/regular', { method: 'POST', body: order, headers: authorization(world) });
    await assert.rejects(asked, { code: 'ECONNRESET' });
    assert.equal(world.simulator.control.truth().orders.length, 1);
  });

  test('keeps a connection whose request it does not answer, and closes it at the end', async (t) => {
    const { world, server } = await served(t);
    world.tick(INFY, 1500);
    const accepted = new Promise<void>((resolve) => world.simulator.broker.onUpdates.push(() => resolve()));
    world.simulator.control.arm('no-answer', { route: 'place', count: 1 });
    const body = order.replace('price=1400', 'price=1500');
    const asked = ask(server, '/orders/regular', { method: 'POST', body, headers: authorization(world) });
    const ended = asked.then(
      () => 'answered',
      () => 'cut',
    );
    await accepted;
    await server.close();
    assert.equal(await ended, 'cut');
  });

  test('leads through the login page back to the application', async (t) => {
    const { world, server } = await served(t, kiteWorld({ redirectUrl: 'http://127.0.0.1:1/back?from=kite' }));
    const page = await ask(server, '/connect/login?api_key=simulator&v=3&redirect_params=a%3D%22b%22');
    assert.equal(page.status, 200);
    assert.match(page.bytes.toString(), /value="a=&#34;b&#34;"/);
    const done = await ask(server, '/connect/finish?api_key=simulator&redirect_params=some%3Dx');
    assert.equal(done.status, 302);
    const back = new URL(done.location ?? '');
    assert.deepEqual([back.searchParams.get('status'), back.searchParams.get('some')], ['success', 'x']);
    assert.match(back.searchParams.get('request_token') ?? '', /^[a-z0-9]{20,}$/);
    assert.equal((await ask(server, '/connect/login?api_key=nobody')).status, 400);
    assert.equal(world.simulator.broker.sessions.failures, 0);
  });

  test('refuses an upgrade with a dead token by 403, and a fourth by 429', async (t) => {
    const { world, server } = await served(t);
    const sockets = [await socketOf(server, world), await socketOf(server, world), await socketOf(server, world)];
    await assert.rejects(socketOf(server, world), /429/);
    world.simulator.control.expireToken();
    await assert.rejects(socketOf(server, world), /403/);
    for (const socket of sockets) assert.equal(socket.readyState, WebSocket.OPEN, 'those that are open live on');
    const [first] = sockets;
    first?.close();
    if (first !== undefined) await once(first, 'close');
    world.simulator.control.login();
    await socketOf(server, world);
  });

  test('cuts a socket without a closing frame', async (t) => {
    const { world, server } = await served(t);
    const socket = await socketOf(server, world);
    const subscribed = once(socket, 'message');
    world.tick(INFY, 1500);
    socket.send(JSON.stringify({ a: 'subscribe', v: [INFY] }));
    await subscribed;
    const closed = once(socket, 'close');
    // The subscription and a tick may still be on their way; the fault waits for the first tick that is wanted.
    world.simulator.control.arm('drop', { count: 1 });
    while (world.simulator.ticker.connections > 0) {
      world.tick(INFY, 1501);
      await new Promise(setImmediate);
    }
    assert.equal(((await closed) as [number])[0], 1006);
  });

  test('gives faults, truth and prices over the control API', async (t) => {
    const { world, server } = await served(t);
    const control = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const answer = await ask(server, `/simulator${path}`, { method, body: text });
      return { status: answer.status, ...(JSON.parse(answer.bytes.toString()) as object) };
    };
    const { kinds } = await control('GET', '/faults');
    assert.ok('no-answer' in (kinds as object));
    const { id } = await control('POST', '/faults', { kind: 'reset', route: 'place', count: 2 });
    const { armed } = await control('GET', '/faults');
    assert.deepEqual(armed, [{ id, kind: 'reset', route: 'place', count: 2, chances: 0, struck: 0 }]);
    assert.deepEqual(await control('DELETE', `/faults/${String(id)}`), { status: 200, disarmed: true });
    assert.equal((await control('POST', '/faults', { kind: 'earthquake' }))['status'], 400);
    assert.equal((await control('POST', '/faults', { kind: 'reset', cuont: 1 }))['status'], 400);
    assert.equal((await control('POST', '/price', { instrument: 'NSE:INFY', price: '1490.05' }))['price'], 1490.05);
    assert.equal((await control('POST', '/price', { instrument: 'NSE:NOBODY', price: 1 }))['status'], 400);
    const { access_token: token } = await control('POST', '/login');
    assert.equal(token, world.simulator.broker.sessions.current?.accessToken);
    const fields = Object.fromEntries(new URLSearchParams(order));
    const { order_id: orderId } = await control('POST', '/orders', fields);
    const { orders, counts } = await control('GET', '/truth');
    assert.equal((orders as { order_id: unknown }[])[0]?.order_id, orderId);
    assert.ok(typeof counts === 'object');
    assert.equal((await control('GET', '/nowhere'))['status'], 404);
    for (const path of ['/request-token', '/expire-token', '/end-day', '/square-off']) {
      assert.equal((await control('POST', path))['status'], 200, path);
    }
    assert.equal((await control('POST', '/phase', { phase: 'closed' }))['phase'], 'closed');
    assert.equal((await control('POST', '/say', { type: 'error', data: 'Too loud.' }))['said'], 'error');
    assert.equal((await control('POST', '/price', undefined))['status'], 400);
    assert.equal((await control('POST', '/price', { instrument: 'NSE:INFY', price: '-1' }))['status'], 400);
    assert.equal((await control('POST', '/ips', { ips: ['10.0.0.1'] }))['status'], 200);
    assert.equal((await control('DELETE', '/faults'))['cleared'], true);
  });

  test('refuses a body that is too large in Kite’s shape', async (t) => {
    const { server } = await served(t);
    const { status, bytes } = await ask(server, '/orders/regular', {
      method: 'POST',
      body: 'x'.repeat(1024 * 1024 + 1),
    });
    assert.deepEqual([status, (JSON.parse(bytes.toString()) as { status: string }).status], [413, 'error']);
  });

  test('is told when its port is taken', async (t) => {
    const { server } = await served(t);
    const other = kiteWorld();
    t.after(() => other.simulator.close());
    await assert.rejects(serveKite(other.simulator, server.port), { code: 'EADDRINUSE' });
  });
});
