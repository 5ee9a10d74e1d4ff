// Web pages elsewhere: those on the list may call, and a browser is told so; all others are told nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiWorld } from '../support/api-world.ts';

const CORS = {
  origins: ['http://localhost:3000'],
  methods: ['GET', 'POST'],
  headers: ['Authorization', 'Content-Type'],
  credentials: true,
};
const ASKS = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

test('a page on the list may read answers and send what the settings allow', async (t) => {
  const world = await apiWorld(t, { cors: CORS }, { playing: false });
  const origin = { origin: 'http://localhost:3000' };
  const asked = await world.ask('/api/v1/orders', { method: 'OPTIONS', headers: { ...origin, ...ASKS } });
  assert.deepEqual([asked.status, asked.text], [204, '']);
  assert.equal(asked.headers['access-control-allow-origin'], 'http://localhost:3000');
  assert.equal(asked.headers['access-control-allow-methods'], 'GET, POST');
  assert.equal(asked.headers['access-control-allow-headers'], 'Authorization, Content-Type');
  assert.equal(asked.headers['access-control-allow-credentials'], 'true');
  const read = await world.ask('/api/v1/brokers', { headers: origin });
  assert.deepEqual([read.status, read.headers['access-control-allow-origin']], [200, 'http://localhost:3000']);
  assert.equal(read.headers['vary'], 'Origin');
  const refused = await world.ask('/api/v1/orders?limit=0', { headers: origin });
  assert.deepEqual([refused.status, refused.headers['access-control-allow-origin']], [400, 'http://localhost:3000']);
  const stream = await fetch(`http://127.0.0.1:${world.port}/api/v1/stream?topics=market.ticks`, { headers: origin });
  assert.equal(stream.headers.get('access-control-allow-origin'), 'http://localhost:3000');
  await stream.body?.cancel();
});

test('any other page is told nothing', async (t) => {
  const world = await apiWorld(t, { cors: CORS }, { playing: false });
  for (const origin of [
    'http://localhost:3001',
    'https://localhost:3000',
    'http://localhost:3000.evil.example',
    'null',
  ]) {
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await world.ask('/api/v1/brokers', { method, headers: { origin, ...ASKS } });
      assert.ok(!Object.keys(headers).some((name) => name.startsWith('access-control-')), origin);
      assert.equal(headers['vary'], 'Origin');
    }
  }
});

test('when any page may, none may with credentials', async (t) => {
  const world = await apiWorld(t, { cors: { ...CORS, origins: ['*'] } }, { playing: false });
  const { headers } = await world.ask('/api/v1/brokers', { headers: { origin: 'http://anywhere.example' } });
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.equal(headers['access-control-allow-credentials'], undefined);
});
