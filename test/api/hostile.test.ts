// Requests that nobody who means well sends: each is refused with a problem document that says what to do, and nothing of
// the program's inside.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { problem } from '#api/contract.ts';
import { apiWorld, type Answer, type Asked } from '../support/api-world.ts';

function assertProblem({ status, headers, text }: Answer, expected: number, path: string): void {
  assert.equal(status, expected, `${path}: ${text}`);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
  assert.equal(headers['cache-control'], 'no-store');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  const document = problem.parse(JSON.parse(text));
  assert.equal(document.status, expected);
  assert.equal(document.instance, path.split('?')[0]);
  assert.doesNotMatch(text, /\/(tmp|home|root|work)\b|node_modules|\.ts\b|at \w+ \(|FST_|SELECT|sqlite/);
}

const cursorOf = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const REFUSED: readonly (readonly [status: number, path: string, asked?: Asked])[] = [
  [404, '/'],
  [404, '/api/v1'],
  [404, '/api/v1/'],
  [404, '/api/v1/orders/'],
  [404, '/api/v1/orders/none'],
  [404, '/api/v1/orders/..%2f..%2f..%2fetc%2fpasswd'],
  [404, '/api/v1/orders/__proto__'],
  [404, `/api/v1/orders/${'x'.repeat(4_000)}`],
  [404, '/api/v1/topics/none/messages'],
  [404, '/api/v1/topics/__proto__/messages'],
  [404, `/api/v1/topics/${'x'.repeat(4_000)}/messages`],
  [404, "/api/v1/topics/x'%20OR%201=1--/messages"],
  [404, '/api/v1/portfolios?broker=none'],
  [404, '/api/v1/positions?broker=constructor'],
  [404, "/api/v1/orders?broker=paper'%20OR%20'1'='1"],
  [404, '/API/V1/brokers'],
  [404, '//api/v1/brokers'],
  [404, '/api/v1/../v1/brokers'],
  [400, '/api/v1/%zz'],
  [400, '/api/v1/orders/%ff'],
  [400, '/api/v1/orders?limit=0'],
  [400, '/api/v1/orders?limit=1001'],
  [400, '/api/v1/orders?limit=-1'],
  [400, '/api/v1/orders?limit=1e2'],
  [400, '/api/v1/orders?limit=0x10'],
  [400, '/api/v1/orders?limit='],
  [400, '/api/v1/orders?limit=1&limit=2'],
  [400, '/api/v1/orders?limit[]=1'],
  [400, '/api/v1/orders?state=paid'],
  [400, '/api/v1/orders?__proto__=1'],
  [400, '/api/v1/orders?sort=price'],
  [400, '/api/v1/brokers?broker=paper'],
  [400, '/api/v1/health?verbose=1'],
  [400, '/api/v1/orders?cursor=none'],
  [400, `/api/v1/orders?cursor=${'x'.repeat(3_000)}`],
  [400, `/api/v1/orders?cursor=${cursorOf(['portfolios', 'paper', 'x'])}`],
  [400, `/api/v1/orders?cursor=${cursorOf(['orders', 1, 2, 3])}`],
  [400, `/api/v1/orders?cursor=${cursorOf({ length: 4, 0: 'orders' })}`],
  [400, `/api/v1/topics/market.ticks/messages?cursor=${cursorOf(['messages market.ticks', -1])}`],
  [400, `/api/v1/topics/market.ticks/messages?cursor=${cursorOf(['messages market.ticks', 1.5])}`],
  [400, `/api/v1/topics/market.ticks/messages?cursor=${cursorOf(['messages paper.orders.filled', 1])}`],
  [400, '/api/v1/topics/market.ticks/messages?from=-1'],
  [400, '/api/v1/topics/market.ticks/messages?from=99999999999999999999'],
  [405, '/api/v1/orders', { method: 'POST', body: '{"quantity":1}' }],
  [405, '/api/v1/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' }],
  [405, '/api/v1/orders/x', { method: 'DELETE' }],
  [405, '/api/v1/brokers', { method: 'PUT' }],
  [405, '/api/v1/brokers', { method: 'PATCH' }],
  [405, '/api/v1/brokers', { method: 'OPTIONS', headers: { origin: 'http://localhost:3000' } }],
  [405, '/api/v1/brokers', { method: 'TRACE' }],
  [405, '/api/v1/brokers', { method: 'PROPFIND' }],
  [404, '/api/v1/none', { method: 'POST', body: 'x'.repeat(100_000) }],
  [421, '/api/v1/brokers', { headers: { host: 'evil.example' } }],
  [421, '/api/v1/brokers', { headers: { host: 'localhost.evil.example:8000' } }],
  [421, '/health/ready', { headers: { host: '127.0.0.1.evil.example' } }],
  [421, '/api/v1/brokers', { headers: { host: '192.168.1.7:8000' } }],
];

test('what is wrong is refused with a problem that says why', async (t) => {
  const world = await apiWorld(t);
  for (const [status, path, asked] of REFUSED) assertProblem(await world.ask(path, asked), status, path);
  const { headers } = await world.ask('/api/v1/orders', { method: 'POST' });
  assert.equal(headers['allow'], 'GET, HEAD');
  for (const host of ['localhost', 'localhost:9000', '127.0.0.1', '[::1]:8000']) {
    const { status, text } = await world.ask('/api/v1/brokers', { headers: { host } });
    assert.equal(status, 200, text);
  }
  const head = await world.ask('/api/v1/brokers', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.deepEqual(world.failures, []);
});

test('an address that asks without end is told when to come again; health goes on answering', async (t) => {
  let now = 0;
  const world = await apiWorld(t, { nowMs: () => now });
  for (let k = 0; k < 200; k++) assert.equal((await world.ask('/api/v1/pipeline')).status, 200);
  const refused = await world.ask('/api/v1/pipeline');
  assertProblem(refused, 429, '/api/v1/pipeline');
  assert.equal(refused.headers['retry-after'], '1');
  assert.equal((await world.ask('/health')).status, 200);
  now += 1_000;
  assert.equal((await world.ask('/api/v1/pipeline')).status, 200);
});

test('where other machines can come, only health is told', async (t) => {
  const world = await apiWorld(t, { loopback: false });
  for (const path of ['/api/v1/brokers', '/api/v1/orders', '/api/v1/topics/market.ticks/messages', '/api/v1/health']) {
    assertProblem(await world.ask(path), 403, path);
  }
  assert.equal((await world.ask('/health', { headers: { host: 'trading.example' } })).status, 200);
});

test('a defect of ours is told to the log, and not to the client', async (t) => {
  const world = await apiWorld(t, { stages: () => assert.fail('SELECT secret FROM store.ts') });
  assertProblem(await world.ask('/api/v1/pipeline'), 500, '/api/v1/pipeline');
  assert.match(world.failures[0]?.message ?? '', /SELECT secret/);
});

test('what is no HTTP is answered once, and the connection ends', async (t) => {
  const { port, ask } = await apiWorld(t);
  for (const bytes of ['GARBAGE\r\n\r\n', `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`]) {
    const text = await new Promise<string>((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
      socket.setEncoding('utf8');
      socket.on('data', (part: string) => (answer += part));
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
    assert.match(text, /^HTTP\/1\.1 4(00|31) [^]*application\/problem\+json[^]*"status":4/);
  }
  assert.equal((await ask('/health')).status, 200);
});
