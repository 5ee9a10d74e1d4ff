// The dashboard's files beside the API: where they answer, what a browser may do with them and how long it keeps them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { dashboardFiles } from '#app/serving/dashboard-files.ts';
import { apiWorld } from '../support/api-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';

test('the dashboard answers under every path that is nobody else’s, and under no other', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Alpha Panda</title>');
  writeFileSync(join(folder, 'assets', 'index-1a2b.js'), `// ${'x'.repeat(4_000)}\n`);
  const world = await apiWorld(t, { pages: dashboardFiles(folder) }, { playing: false });
  for (const path of ['/', '/orders', '/why?id=a:1', '/healthy']) {
    const { status, headers, text } = await world.ask(path);
    assert.equal(status, 200, path);
    assert.match(text, /<title>Alpha Panda/);
    assert.equal(headers['cache-control'], 'no-cache');
    const policy = String(headers['content-security-policy']);
    assert.match(policy, /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
  }
  for (const path of ['/api', '/api/v1/nothing', '/docs/nothing', '/health/nothing', '/metrics/nothing']) {
    const { status, headers } = await world.ask(path);
    assert.equal(status, 404, path);
    assert.match(String(headers['content-type']), /^application\/problem\+json/, path);
  }
  const asset = await world.ask('/assets/index-1a2b.js');
  assert.equal(asset.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal(asset.headers['content-type'], 'text/javascript; charset=utf-8');
  const zipped = await fetch(`http://127.0.0.1:${world.port}/assets/index-1a2b.js`);
  assert.equal(zipped.headers.get('content-encoding'), 'gzip');
  assert.equal(await zipped.text(), asset.text);
  assert.throws(() => gunzipSync(asset.text), 'asked for without, it comes as it is');
  for (const path of ['/assets/other.js', '/../package.json', '/assets/%2e%2e/index.html', '/nothing.png']) {
    assert.equal((await world.ask(path)).status, 404, path);
  }
  assert.equal((await world.ask('/orders', { method: 'POST' })).status, 404);
  assert.equal((await world.ask('/', { headers: { host: 'elsewhere.example' } })).status, 421);
});

test('a platform whose dashboard was not built says what to run', async (t) => {
  const world = await apiWorld(t, { pages: dashboardFiles(join(temporaryFolder(t), 'none')) }, { playing: false });
  const { status, text } = await world.ask('/');
  assert.equal(status, 503);
  assert.match(text, /npm run dashboard/);
  assert.equal((await world.ask('/api/v1/brokers')).status, 200);
});
