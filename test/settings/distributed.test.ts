// The servers of the distributed profile, by what a start without them says and by what they are told. None is needed here:
// sockets of this test stand for them.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { openDistributed, tablesOf } from '#app/distributed.ts';
import { checkRedis } from '#app/redis-check.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { makeTopics } from '#app/topics.ts';
import { settingsOf, type Env } from './settings-run.ts';

/** A server that takes connections and never answers; `heard` resolves to the first bytes that it was sent. */
async function silentServer(t: TestContext): Promise<{ readonly port: number; readonly heard: Promise<Buffer> }> {
  const sockets: Socket[] = [];
  let tell: (bytes: Buffer) => void = () => undefined;
  const heard = new Promise<Buffer>((resolve) => (tell = resolve));
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined).once('data', (bytes) => tell(bytes));
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, heard };
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

function opening(env: Env): Promise<unknown> {
  const settings = settingsOf({ PROFILE: 'distributed', ...env });
  return openDistributed({ settings, clock: systemClock(), logger: silentLogger });
}

test('REDPANDA__BOOTSTRAP_SERVERS are the brokers that are asked first', async () => {
  const server = `127.0.0.1:${await closedPort()}`;
  await assert.rejects(opening({ REDPANDA__BOOTSTRAP_SERVERS: server }), (error: Error) => {
    assert.ok(error.message.includes(server), error.message);
    return true;
  });
});

test('REDPANDA__CLIENT_ID is the name that the brokers are told', async (t) => {
  const { port, heard } = await silentServer(t);
  const asked = makeTopics(
    settingsOf({ REDPANDA__BOOTSTRAP_SERVERS: `127.0.0.1:${port}`, REDPANDA__CLIENT_ID: 'night-desk' }),
    { multiplier: undefined, replication: undefined },
  );
  // It fails when the server goes; what counts was said before.
  void Promise.allSettled([asked]);
  assert.ok((await heard).includes('night-desk'));
});

test('DATABASE__POSTGRES_URL is where the store of the distributed profile is', async () => {
  const { openReader } = await import('#app/open-place.ts');
  const { placeOf } = await import('#app/place.ts');
  const url = `postgresql+asyncpg://desk:hush@127.0.0.1:${await closedPort()}/day`;
  const settings = settingsOf({ PROFILE: 'distributed', DATABASE__POSTGRES_URL: url });
  assert.throws(
    () => openReader(placeOf(settings)),
    (error: Error) => {
      assert.ok(error.message.includes(new URL(url).port), error.message);
      assert.ok(!error.message.includes('hush'));
      return true;
    },
  );
});

test('DATABASE__SCHEMA_MANAGEMENT decides who makes the tables, and DATABASE__VERIFY_MIGRATIONS whether they are looked at', () => {
  const strong = { AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef', AUTH__ENABLE_USER_AUTH: 'true' };
  const made = (DATABASE__SCHEMA_MANAGEMENT: string, ENVIRONMENT: string): string =>
    tablesOf(settingsOf({ ...strong, ENVIRONMENT, DATABASE__SCHEMA_MANAGEMENT })).schemaManagement;
  assert.deepEqual([made('auto', 'development'), made('auto', 'production')], ['auto', 'migrations_only']);
  assert.deepEqual([made('create_all', 'development'), made('create_all', 'production')], ['auto', 'auto']);
  assert.deepEqual([made('migrations_only', 'development')], ['migrations_only']);
  const looked = (text: string): boolean =>
    tablesOf(settingsOf({ DATABASE__VERIFY_MIGRATIONS: text })).verifyMigrations;
  assert.deepEqual([looked('true'), looked('false')], [true, false]);
});

test('REDIS__URL is where Redis is, and its loss holds nothing up', async () => {
  const port = await closedPort();
  const redis = checkRedis(settingsOf({ REDIS__URL: `redis://127.0.0.1:${port}/2` }), silentLogger);
  const { passed, message } = await redis.check.run();
  assert.deepEqual([passed, redis.check.scope], [false, 'information']);
  assert.match(message, new RegExp(`127.0.0.1:${port}/2 cannot be used: .*REDIS__URL`));
  await redis.close();
});

test('HEALTH_CHECKS__REDIS_CONNECTION_TIMEOUT_SECONDS is how long Redis may take to answer', async (t) => {
  const { port } = await silentServer(t);
  for (const seconds of ['0.1', '0.2']) {
    const env = { REDIS__URL: `redis://127.0.0.1:${port}`, HEALTH_CHECKS__REDIS_CONNECTION_TIMEOUT_SECONDS: seconds };
    const redis = checkRedis(settingsOf(env), silentLogger);
    const { passed, message } = await redis.check.run();
    assert.equal(passed, false);
    assert.ok(message.includes(`no answer within ${Number(seconds) * 1_000} ms`), message);
    await redis.close();
  }
});
