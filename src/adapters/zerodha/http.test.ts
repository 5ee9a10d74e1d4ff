import assert from 'node:assert/strict';
import { createServer, type RequestListener, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeCertificate } from '../../../tools/services/certificate.ts';
import { HttpClient, type HttpOptions } from './http.ts';

async function serverOf(t: TestContext, answer: RequestListener): Promise<{ server: Server; root: string }> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, root: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function clientOf(t: TestContext, root: string, options: Partial<HttpOptions> = {}): HttpClient {
  const client = new HttpClient({ root, timeoutMs: 2_000, bytesMax: 1_000, ...options });
  t.after(() => client.close());
  return client;
}

test('sends fields as a form or in the query, once, whatever comes back', async (t) => {
  const seen: string[] = [];
  const { root } = await serverOf(t, (request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${body}`);
      if (request.url === '/broken') request.socket.destroy();
      else response.end('fine');
    });
  });
  const client = clientOf(t, root);
  const fields = { a: 'x y', b: 5, left_out: undefined };
  for (const method of ['GET', 'DELETE', 'POST', 'PUT'] as const) {
    assert.deepEqual(await client.request({ method, path: '/p', fields, headers: {} }), {
      kind: 'answered',
      status: 200,
      text: 'fine',
    });
  }
  const broken = await client.request({ method: 'POST', path: '/broken', fields, headers: {} });
  assert.equal(broken.kind, 'no_answer');
  assert.deepEqual(seen, [
    'GET /p?a=x+y&b=5 ',
    'DELETE /p?a=x+y&b=5 ',
    'POST /p a=x+y&b=5',
    'PUT /p a=x+y&b=5',
    'POST /broken a=x+y&b=5',
  ]);
});

test('gives up an answer that is too long, breaks off, or does not come', async (t) => {
  const { root } = await serverOf(t, (request, response) => {
    if (request.url === '/long') response.end('x'.repeat(5_000));
    if (request.url === '/half') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => request.socket.destroy());
    }
  });
  const client = clientOf(t, root, { timeoutMs: 100 });
  for (const [path, words] of [
    ['/long', /more than 1000 bytes/],
    ['/half', /abort|broke off|hang up/],
    ['/never', /no answer within 100 ms/],
  ] as const) {
    const outcome = await client.request({ method: 'GET', path, headers: {} });
    assert.ok(outcome.kind === 'no_answer' && words.test(outcome.message), JSON.stringify(outcome));
  }
});

test('proves that nothing left when no connection came about', async (t) => {
  const { server, root } = await serverOf(t, () => undefined);
  await new Promise((resolve) => server.close(resolve));
  for (const at of [root, 'http://no-such-host.invalid']) {
    const outcome = await clientOf(t, at).request({ method: 'POST', path: '/orders', headers: {} });
    assert.equal(outcome.kind, 'not_sent', at);
  }
});

test('tells what was under way when it is closed', async (t) => {
  let arrived: () => void = () => undefined;
  const there = new Promise<void>((resolve) => (arrived = resolve));
  const { root } = await serverOf(t, () => arrived());
  const client = clientOf(t, root);
  const asked = client.request({ method: 'POST', path: '/', headers: {} });
  await there;
  client.close();
  assert.deepEqual(await asked, { kind: 'no_answer', message: 'the client was closed' });
});

test('follows no redirect, wherever it leads, and unpacks nothing', async (t) => {
  let reached = 0;
  const elsewhere = await serverOf(t, (_request, response) => {
    reached++;
    response.end('inside');
  });
  const packed = gzipSync('x'.repeat(100_000));
  const { root } = await serverOf(t, (request, response) => {
    if (request.url === '/packed') response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed);
    else response.writeHead(307, { location: `${elsewhere.root}/latest/meta-data` }).end();
  });
  const client = clientOf(t, root);
  const outcome = await client.request({ method: 'POST', path: '/orders', fields: { a: 1 }, headers: {} });
  assert.deepEqual([outcome.kind, outcome.kind === 'answered' && outcome.status], ['answered', 307]);
  assert.equal(reached, 0);
  const bomb = await client.request({ method: 'GET', path: '/packed', headers: {} });
  assert.ok(bomb.kind === 'answered' && bomb.text.length <= packed.length, bomb.kind);
});

test('sends nothing to a server whose certificate nobody vouches for', async (t) => {
  const made = makeCertificate();
  t.after(() => made.remove());
  let reached = 0;
  const server = createTlsServer(
    { cert: readFileSync(made.certificate), key: readFileSync(made.key) },
    (_request, response) => {
      reached++;
      response.end();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const client = clientOf(t, `https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const outcome = await client.request({ method: 'POST', path: '/orders', headers: { authorization: 'token' } });
  assert.ok(outcome.kind === 'not_sent' && /certificate/.test(outcome.message), JSON.stringify(outcome));
  assert.equal(reached, 0);
});
