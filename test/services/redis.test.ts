// Redis under the suite of its port, and what happens when it goes away. The server is a real one.
import assert from 'node:assert/strict';
import { after, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { connectRedis } from '#adapters/redis/connection.ts';
import { openRedis, type RedisKeyValue } from '#adapters/redis/key-value.ts';
import { ViewServer, type ViewChange } from '#adapters/redis/view-server.ts';
import { type BrokerId } from '#core/ids.ts';
import { keyOf } from '#wire/keys.ts';
import { keyValueContract } from '../contracts/key-value-contract.ts';
import { startRedis } from '../../tools/services/redis.ts';

const given = process.env['ALPHA_PANDA_TEST_REDIS'];
const redis = given === undefined ? await startRedis() : { url: given, stop: async () => undefined };
const skip = 'missing' in redis ? redis.missing : false;
const url = 'missing' in redis ? '' : redis.url;
if (!('missing' in redis)) after(() => redis.stop());
if (skip !== false && process.env['CI'] === 'true') throw new Error(skip);
const TIMEOUT_MS = 2_000;
const KEY = keyOf('paper' as BrokerId, 'a');

async function open(t: TestContext, at = url): Promise<RedisKeyValue> {
  const values = await openRedis({ url: at, timeoutMs: TIMEOUT_MS, trouble: () => undefined });
  t.after(() => values.close());
  return values;
}

if (skip === false) {
  let database = 0;
  // A database of its own for each test, so that it is empty.
  keyValueContract('Redis', (t) => open(t, `${url}/${database++ % 16}`));
}

test('what is set by one process is there for another, and closing refuses later use', { skip }, async (t) => {
  const [one, other] = [await open(t, `${url}/15`), await open(t, `${url}/15`)];
  await one.set(KEY, 'x');
  assert.equal(await other.get(KEY), 'x');
  await one.close();
  await assert.rejects(one.get(KEY), { code: 'CLOSED' });
});

test('a server that is not there is said with its place and what to do, without the password', { skip }, async () => {
  const wrong = 'redis://someone:secret-word@127.0.0.1:1/3';
  await assert.rejects(openRedis({ url: wrong, timeoutMs: TIMEOUT_MS, trouble: () => undefined }), (error: Error) => {
    assert.match(error.message, /127\.0\.0\.1:1\/3 cannot be used: .*REDIS__URL/);
    assert.doesNotMatch(`${error.message}${error.stack}`, /secret-word/);
    return true;
  });
});

test('wrong credentials are told apart from a server that is not there', { skip }, async () => {
  const wrong = url.replace('redis://', 'redis://someone:secret-word@');
  await assert.rejects(openRedis({ url: wrong, timeoutMs: TIMEOUT_MS, trouble: () => undefined }), {
    code: 'AUTHENTICATION',
  });
});

test('views are replaced as a whole or by entries, told of, and gone when nobody keeps them', { skip }, async (t) => {
  const at = `${url}/14`;
  const server = new ViewServer({ url: at, timeoutMs: TIMEOUT_MS, trouble: () => undefined });
  const { use, close } = await connectRedis({ url: at, timeoutMs: TIMEOUT_MS, trouble: () => undefined });
  const heard: string[] = [];
  const ear = await createClient({ url: at }).connect();
  t.after(async () => {
    ear.destroy();
    await close();
    await server.close();
  });
  const [key, other] = [keyOf('paper' as BrokerId, 'views', 'a'), keyOf('paper' as BrokerId, 'views', 'b')];
  const channel = keyOf('paper' as BrokerId, 'views', 'changes');
  await ear.subscribe(channel, (told) => heard.push(told));
  const held = async (of = key): Promise<object> => ({ ...(await use((client) => client.hGetAll(of))) });
  await server.replace(new Map([[key, new Map([['1', 'x']])]]));
  await server.replace(
    new Map([
      [key, new Map([['2', 'y']])],
      [other, new Map()],
    ]),
  );
  assert.deepEqual([await held(), await held(other)], [{ '2': 'y' }, {}]);
  const change = (id: string, value: string | undefined): ViewChange => ({
    key,
    id,
    value,
    channel,
    told: `${id} ${value}`,
  });
  assert.equal(await server.change([change('3', 'z'), change('2', undefined)], [key]), true);
  assert.deepEqual(await held(), { '3': 'z' });
  while (heard.length < 2) await sleep(10);
  assert.deepEqual(heard, ['3 z', '2 undefined']);
  const left = await use((client) => client.ttl(key));
  assert.ok(left > 0 && left <= 15, `${left}`);
  await use((client) => client.flushDb());
  assert.equal(await server.change([change('4', 'w')], [key]), false, 'what was there is gone');
});
