import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { describe, test, type TestContext } from 'node:test';
import { INFY, kiteWorld } from '../test/support/kite-world.ts';
import { sha256 } from './rest/sessions.ts';

type Body = Readonly<Record<string, unknown>>;

/** A server of the client's that keeps what is posted to it. */
async function receiver(t: TestContext): Promise<{ url: string; next: () => Promise<Body> }> {
  const bodies: Promise<Body>[] = [];
  const server = createServer((request, response) => {
    bodies.push(read(request));
    response.end();
    server.emit('posted');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const next = async (): Promise<Body> => {
    while (bodies.length === 0) await once(server, 'posted');
    return bodies.shift() ?? {};
  };
  return { url: `http://127.0.0.1:${port}/postback`, next };
}

async function read(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text) as Body;
}

function signature(body: Body, secret: string): string {
  return sha256(String(body['order_id']) + String(body['order_timestamp']) + secret);
}

describe('postbacks', { timeout: 30_000 }, () => {
  test('are signed, and sent for fills, cancellations and modifications, not for an order that only rests', async (t) => {
    const { url, next } = await receiver(t);
    const world = kiteWorld({ postbackUrl: url });
    t.after(() => world.simulator.close());
    const { apiSecret } = world.simulator.broker.sessions.credentials;
    world.tick(INFY, 1510);
    const id = await world.placed({ price: 1400, quantity: 2 });
    await world.call('PUT', `/orders/regular/${id}`, { price: 1401 });
    const modified = await next();
    assert.deepEqual([modified['status'], modified['price']], ['UPDATE', 1401]);
    assert.equal(modified['checksum'], signature(modified, apiSecret));
    world.tick(INFY, 1401, { depth: [0, 0, 1401, 1] });
    assert.deepEqual(pick(await next()), ['UPDATE', 1, 1]);
    await world.call('DELETE', `/orders/regular/${id}`);
    assert.deepEqual(pick(await next()), ['CANCELLED', 1, 0]);
  });

  test('may carry a wrong checksum, and one that does not arrive is counted and reported', async (t) => {
    const { url, next } = await receiver(t);
    const world = kiteWorld({ postbackUrl: url });
    world.simulator.control.arm('bad-checksum', { count: 1 });
    world.tick(INFY, 1490);
    await world.placed();
    const body = await next();
    assert.notEqual(body['checksum'], signature(body, world.simulator.broker.sessions.credentials.apiSecret));
    await world.simulator.close();

    const problems: string[] = [];
    const lost = kiteWorld({ postbackUrl: 'http://127.0.0.1:1/', onProblem: (problem) => problems.push(problem) });
    lost.tick(INFY, 1490);
    const id = await lost.placed();
    await lost.simulator.close();
    assert.match(problems.join(), new RegExp(`the postback of order ${id} did not arrive`));
  });

  test('go to the application that placed the order, not to it for an order from elsewhere', async (t) => {
    const { url, next } = await receiver(t);
    const world = kiteWorld({ postbackUrl: url });
    t.after(() => world.simulator.close());
    world.tick(INFY, 1490);
    const fields = { exchange: 'NSE', tradingsymbol: 'INFY', transaction_type: 'BUY', order_type: 'LIMIT' };
    world.simulator.control.placeElsewhere('regular', { ...fields, product: 'CNC', quantity: '1', price: '1500' });
    const own = await world.placed({ tag: 'own' });
    assert.equal((await next())['order_id'], own);
  });
});

function pick(body: Body): unknown[] {
  return [body['status'], body['filled_quantity'], body['unfilled_quantity']];
}
