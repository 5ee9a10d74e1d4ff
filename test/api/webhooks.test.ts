// Signals as webhooks: what proves itself reaches the gate once, and everything else is refused before it costs anything.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { openAccess } from '#adapters/sqlite/access.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { Sealer } from '#app/access/sealed.ts';
import { Hooks, type NewHook } from '#app/webhooks/hooks.ts';
import { receive } from '#app/webhooks/receive.ts';
import { taken } from '#api/webhook-routes.ts';
import { problem } from '#api/contract.ts';
import { accessWorld, orderOf, type AccessWorld } from '../support/access-world.ts';
import { settingsOf } from '../settings/settings-run.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { signed } from '../support/webhook.ts';

const HOOK: NewHook = {
  id: 'momentum',
  form: 'generic',
  broker: 'paper',
  strategy_id: 'mine',
  instruments: new Map([
    ['INFY', 408_065],
    ['RELIANCE', 738_561],
  ]),
  max_quantity: 10,
  addresses: null,
};
const MESSAGE = { id: 'm-1', instrument: 'INFY', side: 'BUY', quantity: 2 };
const PATH = '/api/v1/webhooks/momentum';

async function send(world: AccessWorld, secret: string, message: object, ageMs = 0) {
  return world.ask(PATH, signed(secret, message, world.clock.now - ageMs));
}

test('a signed message becomes a signal of its namespace, and its correlation id leads to what became of it', async (t) => {
  const world = await accessWorld(t);
  const secret = world.hooks.add(HOOK);
  const answer = await send(world, secret, { ...MESSAGE, order_type: 'limit', limit_price: '1400.05' });
  assert.equal(answer.status, 202, answer.text);
  const { correlation_id: correlationId, broker } = taken.parse(JSON.parse(answer.text));
  assert.equal(broker, 'paper');
  world.takeWaiting();
  const credential = await world.tokenOf('viewer');
  const found = await world.askAs(credential, `/api/v1/messages/correlation/${correlationId}?broker=paper`);
  const { items } = JSON.parse(found.text) as {
    items: { topic: string; envelope: { data: Record<string, unknown> } }[];
  };
  assert.equal(items[0]?.topic, 'paper.signals.raw');
  const { data } = items[0].envelope;
  assert.deepEqual(
    [data['strategy_id'], data['instrument_token'], data['signal_type'], data['quantity'], data['limit_price']],
    ['mine', 408_065, 'BUY', 2, '1400.05'],
  );
  assert.match(items[1]?.topic ?? '', /^paper\.signals\.(validated|rejected|expired)$/, 'the gate decided');
  assert.ok(world.audited.some(([event, { who }]) => event === 'A webhook was taken' && who === 'webhook:momentum'));
});

test('with a gate that refuses everything a webhook asks in vain', async (t) => {
  const world = await accessWorld(t);
  const secret = world.hooks.add(HOOK);
  const credential = await world.tokenOf('operator');
  const killed = await world.askAs(credential, '/api/v1/control/kill', orderOf({ broker: 'paper' }));
  assert.equal(killed.status, 202, killed.text);
  world.takeWaiting();
  const { correlation_id: correlationId } = taken.parse(JSON.parse((await send(world, secret, MESSAGE)).text));
  world.takeWaiting();
  const { text } = await world.askAs(credential, `/api/v1/messages/correlation/${correlationId}?broker=paper`);
  const { items } = JSON.parse(text) as { items: { topic: string }[] };
  assert.deepEqual(
    items.map(({ topic }) => topic),
    ['paper.signals.raw', 'paper.signals.rejected'],
  );
});

test('what is forged, late, strange or too much is refused, and no signal follows', async (t) => {
  const world = await accessWorld(t);
  const secret = world.hooks.add(HOOK);
  const now = world.clock.now;
  const good = signed(secret, MESSAGE, now);
  const { headers } = good;
  const header = (name: string, value: string) => ({ ...good, headers: { ...headers, [name]: value } });
  const mark = headers['x-alpha-panda-signature'] ?? '';
  const refused: readonly (readonly [status: number, what: string, init: typeof good, path?: string])[] = [
    [401, 'another secret', signed(`${secret}x`, MESSAGE, now)],
    [401, 'another body', { ...good, body: good.body.replace('"quantity":2', '"quantity":9') }],
    [401, 'another time', header('x-alpha-panda-timestamp', `${Math.floor(now / 1_000) + 1}`)],
    [401, 'no mark', header('x-alpha-panda-signature', '')],
    [401, 'a short mark', header('x-alpha-panda-signature', mark.slice(0, -2))],
    [401, 'another version of the mark', header('x-alpha-panda-signature', mark.replace('v1', 'v0'))],
    [
      401,
      'a mark over the body alone',
      header('x-alpha-panda-signature', `v1=${createHmac('sha256', secret).update(good.body).digest('hex')}`),
    ],
    [401, 'five minutes late', signed(secret, MESSAGE, now - 301_000)],
    [401, 'five minutes early', signed(secret, MESSAGE, now + 301_000)],
    [
      401,
      'the secret in the body of one that is signed',
      { ...good, body: JSON.stringify({ ...MESSAGE, secret }), headers: { 'content-type': 'application/json' } },
    ],
    [401, 'no such webhook', good, '/api/v1/webhooks/other'],
    [401, 'a name of every object', good, '/api/v1/webhooks/__proto__'],
    [422, 'another instrument', signed(secret, { ...MESSAGE, instrument: 'TCS' }, now)],
    [422, 'too many', signed(secret, { ...MESSAGE, quantity: 11 }, now)],
    [400, 'none', signed(secret, { ...MESSAGE, quantity: 0 }, now)],
    [400, 'less than none', signed(secret, { ...MESSAGE, quantity: -1 }, now)],
    [400, 'a half', signed(secret, { ...MESSAGE, quantity: 1.5 }, now)],
    [400, 'more than a number holds', signed(secret, { ...MESSAGE, quantity: 2 ** 53 }, now)],
    [400, 'another namespace', signed(secret, { ...MESSAGE, namespace: 'zerodha' }, now)],
    [400, 'an id of none', signed(secret, { ...MESSAGE, id: '' }, now)],
    [400, 'a limit without a price in words', signed(secret, { ...MESSAGE, limit_price: 'NaN' }, now)],
    [413, 'too long', signed(secret, { ...MESSAGE, id: 'x'.repeat(20_000) }, now)],
    [415, 'no JSON', { ...good, headers: { ...headers, 'content-type': 'text/plain' } }],
  ];
  for (const [status, what, init, path = PATH] of refused) {
    const answer = await world.ask(path, init);
    assert.equal(answer.status, status, `${what}: ${answer.text}`);
    assert.equal(problem.safeParse(JSON.parse(answer.text)).success, true, what);
    assert.ok(!answer.text.includes(secret), what);
  }
  world.takeWaiting();
  const raw = world.pipeline.store.topics().find(({ topic }) => topic === 'paper.signals.raw');
  const { end = 0, start = 0 } = raw ?? {};
  const made = world.pipeline.store.read('paper.signals.raw', start, end - start);
  assert.ok(!made.some(({ value }) => value.includes('"webhook"')));
  assert.ok(world.audited.filter(([event]) => event === 'A webhook was refused').length >= 20);
  assert.ok(!JSON.stringify(world.audited).includes(secret));
  assert.deepEqual(world.failures, []);
});

test('a message is taken once, and after a restart not again', async (t) => {
  const world = await accessWorld(t);
  const secret = world.hooks.add(HOOK);
  assert.equal((await send(world, secret, MESSAGE)).status, 202);
  assert.equal((await send(world, secret, MESSAGE)).status, 409);
  assert.equal((await send(world, secret, { ...MESSAGE, quantity: 1 }, 60_000)).status, 409);
  assert.equal((await send(world, secret, { ...MESSAGE, id: 'm-2' })).status, 202);

  const { hooks, open, incoming } = apart(t);
  const apartSecret = hooks(open()).add(HOOK);
  const inbox = openMemoryInbox();
  const take = (store: ReturnType<typeof open>) =>
    receive({ hooks: hooks(store), store, inbox, now: () => NOW }, incoming(apartSecret));
  assert.equal(take(open()).broker, 'paper');
  assert.throws(() => take(open()), { status: 409 });
  assert.equal(inbox.after(0, 10).length, 1);
});

test('a crash between the signal and its note lets the sender try again, under the same id', (t) => {
  const { hooks, open, incoming } = apart(t);
  const store = open();
  const secret = hooks(store).add(HOOK);
  const inbox = openMemoryInbox();
  const crashing = { ...store, get: store.get.bind(store), forget: () => assert.fail('the power is gone') };
  const options = { hooks: hooks(store), inbox, now: () => NOW };
  assert.throws(() => receive({ ...options, store: crashing }, incoming(secret)), /power/);
  receive({ ...options, store }, incoming(secret));
  const ids = inbox.after(0, 10).map(({ id }) => id);
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
});

test('a webhook that is removed takes nothing more, and its secret lies nowhere in the clear', (t) => {
  const { hooks, open, incoming, file } = apart(t);
  const store = open();
  const mine = hooks(store);
  const secret = mine.add(HOOK);
  assert.ok(!readFileSync(file).includes(secret) && !readFileSync(`${file}-wal`).includes(secret));
  assert.throws(() => mine.add(HOOK), { name: 'RefusedError' });
  mine.remove('momentum');
  assert.throws(() => mine.remove('momentum'), { name: 'RequestError' });
  const options = { hooks: mine, store, inbox: openMemoryInbox(), now: () => NOW };
  assert.throws(() => receive(options, incoming(secret)), { status: 401 });
  for (const [bad, expected] of [
    [{ id: 'No' }, /expected an id/],
    [{ broker: 'No' }, /cannot name a namespace/],
    [{ strategy_id: '../x' }, /expected --strategy/],
    [{ addresses: ['example.com'] }, /IP addresses/],
  ] as const) {
    assert.throws(() => mine.add({ ...HOOK, ...bad }), { name: 'RequestError', message: expected });
  }
});

test('TradingView proves itself with the secret in the body, its time, and the addresses that are listed', (t) => {
  const { hooks, open } = apart(t);
  const store = open();
  const mine = hooks(store);
  const secret = mine.add({ ...HOOK, form: 'tradingview', addresses: ['52.89.214.238'] });
  const options = { hooks: mine, store, inbox: openMemoryInbox(), now: () => NOW };
  const body = { ...MESSAGE, side: 'buy', quantity: '2', time: new Date(NOW - 1_000).toISOString(), secret };
  const asked = (message: object, from = '52.89.214.238') =>
    receive(options, { webhook: 'momentum', headers: {}, raw: Buffer.from(JSON.stringify(message)), from });
  for (const [status, message, from] of [
    [401, { ...body, secret: `${secret}x` }],
    [401, { ...body, secret: '' }],
    [401, { ...body, secret: null }],
    [401, MESSAGE],
    [401, { ...body, time: new Date(NOW - 301_000).toISOString() }],
    [400, { ...body, time: 'now' }],
    [403, body, '10.0.0.9'],
  ] as const) {
    assert.throws(() => asked(message, from), { status }, JSON.stringify(message));
  }
  assert.equal(asked(body).broker, 'paper');
  assert.throws(() => asked(body), { status: 409 });
  const [message] = options.inbox.after(0, 10);
  assert.ok(message !== undefined && !message.value.includes(secret));
});

const NOW = 1_790_000_000_000;

function apart(t: TestContext) {
  const folder = temporaryFolder(t);
  const opened: ReturnType<typeof openAccess>[] = [];
  t.after(() => opened.forEach((store) => store.close()));
  const open = () => {
    const store = openAccess(folder);
    opened.push(store);
    return store;
  };
  const sealer = new Sealer(settingsOf({}).auth.secretKey);
  const incoming = (secret: string) => {
    const { headers, body } = signed(secret, MESSAGE, NOW);
    return { webhook: 'momentum', headers, raw: Buffer.from(body), from: '127.0.0.1' };
  };
  return {
    open,
    incoming,
    file: join(folder, 'access.sqlite'),
    hooks: (store: ReturnType<typeof open>) => new Hooks(store, sealer, () => NOW),
  };
}
