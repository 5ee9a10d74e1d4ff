// What a connection says when there is no PostgreSQL at the other end; test/services has the tests with one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { StoreError } from '#ports/store.ts';
import { openPostgresStore } from './store.ts';

/** What opening says; no part of the error holds the password. */
function refusal(url: string, schema?: string): string {
  try {
    openPostgresStore(url, { now: () => 0, connectTimeoutMs: 300, ...(schema === undefined ? {} : { schema }) });
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    for (const secret of ['hush', 'h%75sh']) assert.ok(!inspect(error, { showHidden: true }).includes(secret));
    return `${error.code}: ${error.message}`;
  }
  return assert.fail('it opened');
}

async function listening(): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => void server.close() };
}

test('a server that is not there is named, with what to do', async () => {
  const { port, close } = await listening();
  close();
  const said = refusal(`postgresql://me:h%75sh@127.0.0.1:${port}/x`);
  assert.match(said, /^UNREACHABLE: PostgreSQL at 127\.0\.0\.1:\d+ does not take a connection \(.*ECONNREFUSED/);
  assert.match(said, /Start it, or correct DATABASE__POSTGRES_URL\.$/);
});

test('a server that takes a connection and says nothing is given up', async () => {
  const { port, close } = await listening();
  const said = refusal(`postgresql://me:hush@127.0.0.1:${port}/x`);
  assert.match(said, /^UNREACHABLE: .*does not take a connection \(timeout/);
  close();
});

test('a URL that is none is refused without being repeated', () => {
  for (const wrong of ['mysql://me:hush@db/x', 'hush', 'postgresql://me:hush@db:port/x']) {
    assert.match(refusal(wrong), /^UNREACHABLE: The URL of PostgreSQL cannot be read: expected postgresql:/);
  }
});

test('a schema has a name that needs no quotes', () => {
  for (const schema of ['', 'A', 'a; DROP TABLE x', 'a"b', 'a'.repeat(64)]) {
    assert.match(refusal('postgresql://me:hush@127.0.0.1/x', schema), /^MISSING: A schema has a name of small letters/);
  }
});
