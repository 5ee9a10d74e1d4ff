// Subscriptions and webhooks over HTTP: who may change them, and what is told of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listOf } from '#api/contract.ts';
import { delivery, subscribed, subscription, webhook } from '#api/subscription-contract.ts';
import { accessWorld, jsonOf } from '../support/access-world.ts';

const URL = 'https://example.org/T0/s3cret';
const WANTED = { id: 'desk', url: URL, kinds: ['fills', 'alerts'], brokers: ['paper'], why: 'the desk wants to know' };

test('a subscription is added by an admin who has just signed in, and its secret and path are told nowhere again', async (t) => {
  const world = await accessWorld(t);
  const admin = await world.tokenOf('admin');
  const add = async (body: object, credential = admin) =>
    world.askAs(credential, '/api/v1/subscriptions', jsonOf(body));
  const { status, text } = await add(WANTED);
  assert.equal(status, 201, text);
  const { secret } = subscribed.parse(JSON.parse(text));
  assert.ok(secret.length > 30);
  const answer = await world.askAs(await world.tokenOf('viewer'), '/api/v1/subscriptions');
  const { items } = listOf(subscription).parse(JSON.parse(answer.text));
  assert.deepEqual(
    items.map(({ id, address, kinds, brokers, state }) => ({ id, address, kinds, brokers, state })),
    [{ id: 'desk', address: 'https://example.org/…', kinds: ['fills', 'alerts'], brokers: ['paper'], state: 'active' }],
  );
  for (const hidden of ['s3cret', secret]) {
    assert.ok(!answer.text.includes(hidden), hidden);
    assert.ok(!JSON.stringify(world.audited).includes(hidden), hidden);
  }
  assert.equal((await add(WANTED)).status, 409, 'there is one of this id');
  for (const wrong of [
    { url: 'http://example.org/' },
    { url: 'https://user:pass@example.org/' },
    { brokers: ['Not One'] },
  ]) {
    assert.equal((await add({ ...WANTED, id: 'other', ...wrong })).status, 422, JSON.stringify(wrong));
  }
  assert.equal((await add({ ...WANTED, id: 'other', kinds: [] })).status, 400);
  assert.equal((await add({ ...WANTED, id: 'other' }, await world.tokenOf('risk'))).status, 403);
  assert.equal((await add({ ...WANTED, id: 'other' }, await world.tokenOf('admin_foreign'))).status, 403);
  world.clock.now += 6 * 60_000;
  assert.equal((await add({ ...WANTED, id: 'other' })).status, 403, 'the password was entered too long ago');

  const change = async (what: string) =>
    world.askAs(await world.tokenOf('admin'), `/api/v1/subscriptions/${what}`, jsonOf({ why: 'no more' }));
  assert.equal((await change('desk/resume')).status, 409, 'it has not died');
  assert.equal((await change('nobody/remove')).status, 422);
  assert.equal((await change('desk/remove')).status, 200);
  assert.deepEqual(
    world.audited.map(([event]) => event).filter((event) => event.startsWith('A subscription')),
    ['A subscription was added', 'A subscription was removed'],
  );
});

test('deliveries are of a subscription that is there, and webhooks are listed without their secrets', async (t) => {
  const world = await accessWorld(t);
  const viewer = await world.tokenOf('viewer');
  const ask = async (path: string, credential = viewer) => world.askAs(credential, `/api/v1/${path}`);
  assert.equal((await ask('subscriptions/nobody/deliveries')).status, 404);
  await world.askAs(await world.tokenOf('admin'), '/api/v1/subscriptions', jsonOf(WANTED));
  const { text } = await ask('subscriptions/desk/deliveries');
  assert.deepEqual(listOf(delivery).parse(JSON.parse(text)).items, []);
  const secret = world.hooks.add({
    id: 'momentum',
    form: 'generic',
    broker: 'paper',
    strategy_id: 'mine',
    max_quantity: 3,
    addresses: null,
    instruments: new Map([['INFY', 408_065]]),
  });
  const hooks = await ask('webhooks');
  assert.ok(!hooks.text.includes(secret));
  const [hook] = listOf(webhook).parse(JSON.parse(hooks.text)).items;
  assert.deepEqual([hook?.id, hook?.instruments, hook?.max_quantity], ['momentum', ['INFY'], 3]);
  const foreign = await world.tokenOf('viewer_foreign');
  for (const path of ['subscriptions', 'subscriptions/desk/deliveries', 'webhooks']) {
    assert.equal((await ask(path, foreign)).status, 403, path);
  }
});
