// What somebody sends who wants to get in, or to keep others out: the server answers as to anybody, and goes on.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { problem } from '#api/contract.ts';
import { settingsOf } from '../settings/settings-run.ts';
import { accessWorld, jsonOf, PASSWORD } from '../support/access-world.ts';
import { apiWorld, type Answer } from '../support/api-world.ts';

test('every answer of every route has the headers that keep it out of caches, frames and other pages', async (t) => {
  const world = await apiWorld(t);
  const paths = world.routes.filter(({ path }) => !path.endsWith('/stream')).map(({ path }) => path);
  const answers: Answer[] = [];
  for (const path of [...paths, '/', '/none', '/api/v1/%zz']) {
    for (const method of ['GET', 'POST']) answers.push(await world.ask(path, { method }));
  }
  for (const { headers } of answers) {
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
    for (const name of ['set-cookie', 'server', 'x-powered-by']) assert.equal(headers[name], undefined, name);
  }
  assert.ok(new Set(answers.map(({ status }) => status)).size > 3);
});

test('a credential in the address is refused on every route, and not repeated', async (t) => {
  const world = await accessWorld(t);
  const credential = await world.tokenOf('admin');
  for (const { method, path, role } of world.routes) {
    if (method !== 'GET' || role === 'anyone' || path.includes('{')) continue;
    for (const name of ['apikey', 'api_key', 'token', 'access_token', 'password']) {
      const { status, text } = await world.askAs(credential, `${path}?${name}=canary-in-query`);
      assert.equal(status, 400, `${path}?${name}`);
      assert.ok(!text.includes('canary-in-query'), path);
    }
    const alone = await world.ask(`${path}?access_token=${credential}`);
    assert.equal(alone.status, 401, path);
  }
});

test('of forty forged tokens none is taken', async (t) => {
  const world = await accessWorld(t);
  const good = await world.tokenOf('admin');
  const [header = '', body = '', mark = ''] = good.split('.');
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
  const secret = settingsOf({}).auth.secretKey;
  const made = (head: unknown, said: object = claims, key: string | Buffer = secret, digest = 'sha256'): string => {
    const text = `${part(head)}.${part(said)}`;
    return `${text}.${createHmac(digest, key).update(text).digest('base64url')}`;
  };
  const hs = { alg: 'HS256', typ: 'JWT' };
  const forged = [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg) => `${part({ alg, typ: 'JWT' })}.${body}.`),
    ...['none', 'None', ''].map((alg) => `${part({ alg })}.${body}.${mark}`),
    ...['RS256', 'ES256', 'PS256', 'EdDSA', 'HS384', 'HS512', 'HS1'].map((alg) => made({ alg, typ: 'JWT' })),
    ...['', 'secret', 'your-secret-key', 'changeme', secret.toUpperCase()].map((key) => made(hs, claims, key)),
    ...['/dev/null', '../../etc/passwd', "x' UNION SELECT 'a", 'http://169.254.169.254/'].map((kid) =>
      made({ ...hs, kid }),
    ),
    ...['jku', 'x5u', 'jwk', 'crit'].map((name) => made({ ...hs, [name]: ['http://127.0.0.1/keys'] })),
    made(hs, claims, secret, 'sha512'),
    made(hs, { ...claims, sub: 'nobody' }),
    made(hs, { ...claims, aud: 'another' }),
    made(hs, { ...claims, iss: 'another' }),
    `${header}.${part({ ...claims, exp: 99_999_999_999 })}.${mark}`,
    `${header}.${part({ ...claims, gen: 99 })}.${mark}`,
    `${header}.${body}`,
    `${header}.${body}.`,
    `${header}.${body}.${mark.slice(0, -3)}`,
    `${good}.${mark}`,
    `${header}..${mark}`,
    `${good.slice(0, -6)}AAAAAA`,
    'x'.repeat(8_000),
  ];
  assert.ok(forged.length >= 40, `${forged.length}`);
  for (const token of forged) {
    const { status, text } = await world.askAs(token, '/api/v1/brokers');
    assert.equal(status, 401, token.slice(0, 80));
    assert.equal(problem.parse(JSON.parse(text)).status, 401);
  }
  assert.equal((await world.askAs(good, '/api/v1/brokers')).status, 200);
});

test('a thousand guesses at a password are stopped after five, and the right one then waits as well', async (t) => {
  const world = await accessWorld(t, { nowMs: () => 0 });
  const tried = async (password: string): Promise<number> =>
    (await world.ask('/api/v1/auth/token', jsonOf({ name: 'admin', password }))).status;
  const answers: number[] = [];
  for (let k = 0; k < 1_000; k++) answers.push(await tried(`guess number ${k}`));
  assert.deepEqual(answers.slice(0, 6), [401, 401, 401, 401, 401, 429]);
  assert.equal(answers.filter((status) => status === 429).length, 995);
  assert.equal(await tried(PASSWORD), 429);
});

test('an address that a header claims changes nothing: the socket’s counts', async (t) => {
  const world = await accessWorld(t, { nowMs: () => 0 });
  const statuses: number[] = [];
  for (let k = 0; k < 8; k++) {
    const init = jsonOf({ name: 'admin', password: 'wrong password' });
    const forwarded = { 'x-forwarded-for': `10.0.0.${k}`, 'x-real-ip': `10.0.1.${k}`, forwarded: `for=10.0.2.${k}` };
    statuses.push(
      (await world.ask('/api/v1/auth/token', { ...init, headers: { ...init.headers, ...forwarded } })).status,
    );
  }
  assert.deepEqual(statuses.slice(5), [429, 429, 429]);
  assert.ok(world.audited.every(([, { from }]) => from === '127.0.0.1'));
});

test('a body that is packed, too long or too deep is refused as it comes, and unpacks nothing', async (t) => {
  const world = await accessWorld(t);
  const post = async (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<number> => {
    const { status } = await world.ask('/api/v1/auth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return status;
  };
  const bomb = gzipSync(Buffer.alloc(5_000_000, '{"name":"'));
  assert.ok(bomb.length < 16_384, `${bomb.length}`);
  for (const encoding of ['gzip', 'deflate', 'br'])
    assert.equal(await post(bomb, { 'content-encoding': encoding }), 400);
  assert.equal(await post(JSON.stringify({ name: 'x', password: 'y'.repeat(20_000) })), 413);
  assert.equal(await post(`${'['.repeat(8_000)}${']'.repeat(8_000)}`), 400);
  assert.equal(await post('{"name":"admin","__proto__":{"role":"admin"},"password":"x"}'), 400);
  assert.equal(await post('{"name":"admin","password":"x","role":"admin"}'), 400);
  assert.deepEqual(world.failures, []);
});

const PATIENCE_MS = 300;

function opened(port: number, bytes: string): { readonly socket: Socket; readonly closed: Promise<string> } {
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.setEncoding('utf8');
  const closed = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (part: string) => (text += part));
    // A connection that is turned away at once ends with an error; it ends all the same.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
  return { socket, closed };
}

test('whoever sends a request letter by letter, or none at all, is let go of, and others are answered', async (t) => {
  const { port, ask } = await apiWorld(t, { patienceMs: PATIENCE_MS });
  const slow = opened(port, 'POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n');
  const dripping = setInterval(() => slow.socket.write('x: y\r\n'), PATIENCE_MS / 10);
  t.after(() => clearInterval(dripping));
  assert.match(await slow.closed, /^HTTP\/1\.1 408 /);
  clearInterval(dripping);
  const half = opened(
    port,
    'POST /api/v1/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
  );
  assert.match(await half.closed, /408/);
  // In waves that fit into the queue of the system: what it lets fall never hears that it ended.
  for (let wave = 0; wave < 5; wave++) {
    const idle = Array.from({ length: 300 }, () => opened(port, ''));
    await Promise.all(idle.map(async ({ closed }) => closed));
  }
  assert.equal((await ask('/health')).status, 200);
});
