// Subscriptions against a real server: what it is told, in which order, again, and no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { openMemoryAccess } from '#adapters/memory/access.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { Sealer } from '#app/access/sealed.ts';
import { Dispatcher } from '#app/subscriptions/dispatcher.ts';
import { Subscriptions, type NewSubscription } from '#app/subscriptions/subscriptions.ts';
import { AlertBook } from '#core/alerts/alert-book.ts';
import type { EpochMs } from '#core/time.ts';
import { INTAKE } from '#engine/from-outside.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import type { BrokerId } from '#core/ids.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { commitOf, message } from '../contracts/commits.ts';
import { StepClock } from '../settings/platform-run.ts';
import { receiver, type Receiver } from '../support/receiver.ts';

const BROKERS = ['paper', 'zerodha'] as BrokerId[];
const SECRET_KEY = 'a-secret-key-of-thirty-two-letters';

/** Everything but the log, which the runs of one test share. */
function worldOf(secretKey = SECRET_KEY) {
  const clock = new StepClock();
  const access = openMemoryAccess();
  const store = openMemoryStore(new MemoryDisk());
  const subscriptions = new Subscriptions(access, new Sealer(secretKey), () => clock.now());
  const alerts = new AlertBook({ quietUntil: 0 as EpochMs, repeatMs: 0, escalateMs: [], keep: 100 });
  let count = 0;
  return {
    clock,
    access,
    store,
    subscriptions,
    alerts,
    /** One more message of a topic; its id. */
    happen: (topic: string): string => {
      store.commit(commitOf({ messages: [message(topic, `m${++count}`)] }));
      return `${topic}:${(store.topics().find((each) => each.topic === topic)?.end ?? 0) - 1}`;
    },
    /** Runs the dispatcher until `holds`. */
    running: async (holds: (dispatcher: Dispatcher) => boolean): Promise<Dispatcher> => {
      const options = { subscriptions, store, brokers: BROKERS, alerts: () => alerts.list(), clock };
      const dispatcher = new Dispatcher({ ...options, logger: silentLogger });
      const stop = new AbortController();
      const run = dispatcher.run(stop.signal);
      const deadline = performance.now() + 20_000;
      while (!holds(dispatcher)) {
        if (performance.now() > deadline) assert.fail(JSON.stringify(dispatcher.list()));
        await setImmediate();
      }
      stop.abort();
      await run;
      return dispatcher;
    },
  };
}

function subscribe(world: ReturnType<typeof worldOf>, to: Receiver, wanted: Partial<NewSubscription> = {}): void {
  const usual = { id: 'desk', url: to.url, kinds: ['fills'], brokers: undefined, allowHttp: false } as const;
  to.secret = world.subscriptions.add({ ...usual, ...wanted });
}

const seen = (dispatcher: Dispatcher, id = 'desk'): boolean =>
  dispatcher.list().some((line) => line.id === id && line.behind === 0 && dispatcher.deliveries(id) !== undefined);

test('what happens from then on is told, each topic in its order, signed and as it stands in the log', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  world.happen('paper.orders.filled');
  subscribe(world, to, { kinds: ['fills', 'orders'] });
  await world.running((dispatcher) => seen(dispatcher) && world.access.all('progress').length === 8);
  assert.equal(to.received.length, 0, 'what was before is not told');
  const fills = Array.from({ length: 120 }, () => world.happen('paper.orders.filled'));
  const order = world.happen('zerodha.orders.submitted');
  world.happen('paper.pnl.snapshots');
  await world.running(() => to.received.length >= 121);
  assert.deepEqual(
    to.ids().filter((id) => id.startsWith('paper.')),
    fills,
  );
  assert.ok(to.ids().includes(order));
  assert.equal(to.received.length, 121);
  for (const { isSigned, headers, body } of to.received) {
    assert.ok(isSigned, body.id);
    assert.equal(headers['x-alpha-panda-id'], body.id);
    assert.equal(headers['content-type'], 'application/json');
  }
  const body = to.received.find((each) => each.body.id === fills[0])?.body ?? assert.fail('nothing came');
  const [kept] = world.store.read('paper.orders.filled', 1, 1);
  assert.deepEqual(body['message'], JSON.parse(kept?.value ?? ''));
  assert.deepEqual(
    [body['subscription'], body['kind'], body['topic'], body['offset']],
    ['desk', 'fills', 'paper.orders.filled', 1],
  );
});

test('what was refused on a topic is told to nobody, and holds nothing up', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to);
  await world.running((dispatcher) => seen(dispatcher) && world.access.all('progress').length === 2);
  const topic = 'paper.orders.filled';
  for (const [offset, value] of ['no JSON', '{"type":"order_filled","forged":true}'].entries()) {
    const failed = { topic, offset, key: '', value, code: 'NOT_FROM_OUTSIDE', message: 'refused', attempts: 1 };
    const letter = deadLetter({ ...failed, service: INTAKE, at: 0 as EpochMs });
    world.store.commit(commitOf({ messages: [{ topic, key: '', id: undefined, value }, letter] }));
  }
  const fill = world.happen(topic);
  await world.running((dispatcher) => to.received.length > 0 && seen(dispatcher));
  assert.deepEqual(to.ids(), [fill]);
  assert.equal(to.received[0]?.body['offset'], 2);
});

test('what did not arrive is sent again under the same id, and nothing after it before it has', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to);
  await world.running(() => world.access.all('progress').length === 2);
  const [first, second] = [world.happen('paper.orders.filled'), world.happen('paper.orders.filled')];
  let left = 3;
  to.answer = () => (left-- > 0 ? 503 : 200);
  const began = world.clock.ms;
  const dispatcher = await world.running(() => to.ids().length === 2);
  assert.deepEqual(
    to.received.map(({ body, status }) => [body.id, status]),
    [...Array.from({ length: 3 }, () => [first, 503]), [first, 200], [second, 200]],
  );
  assert.ok(world.clock.ms - began >= 1_000 + 2_000 + 5_000, 'longer and longer between attempts');
  assert.deepEqual(
    dispatcher.deliveries('desk')?.map(({ attempt, trouble }) => [attempt, trouble]),
    [1, 2, 3]
      .map((k) => [k, 'expected an answer of 2xx, found 503'])
      .concat([
        [4, null],
        [1, null],
      ] as never),
  );
  assert.equal(dispatcher.list()[0]?.state, 'active');
  // A redirect could lead anywhere: it is no success, and is not followed.
  world.happen('paper.orders.filled');
  to.answer = () => 302;
  const redirected = await world.running((each) => each.list()[0]?.trouble?.includes('302') === true);
  assert.equal(redirected.list()[0]?.state, 'failing');
});

test('after eight attempts nothing more is sent, also after a restart, until somebody resumes it', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to);
  await world.running(() => world.access.all('progress').length === 2);
  const ids = [world.happen('paper.orders.filled'), world.happen('paper.orders.filled')];
  to.answer = () => 500;
  const dead = await world.running((dispatcher) => dispatcher.dead().length === 1);
  assert.equal(to.received.length, 8);
  assert.deepEqual(dead.dead(), [{ id: 'desk', trouble: 'expected an answer of 2xx, found 500' }]);
  to.answer = () => 200;
  ids.push(world.happen('paper.orders.filled'));
  let looks = 0;
  await world.running((dispatcher) => dispatcher.list()[0]?.state === 'dead' && ++looks > 50);
  assert.equal(to.received.length, 8, 'dead is dead');
  world.subscriptions.resume('desk');
  assert.throws(() => world.subscriptions.resume('desk'), /only one that has died is resumed/);
  await world.running(() => to.ids().length >= 3);
  assert.deepEqual(to.ids(), ids, 'nothing was lost');
});

test('one that hangs or is dead holds up no other, and one that is removed is told nothing more', async (t) => {
  const [world, good, bad] = [worldOf(), await receiver(t), await receiver(t)];
  bad.answer = () => 500;
  subscribe(world, good, { id: 'good', brokers: ['paper'] });
  subscribe(world, bad, { id: 'bad' });
  await world.running(() => world.access.all('progress').length === 3);
  const ids = Array.from({ length: 20 }, () => world.happen('paper.orders.filled'));
  world.happen('zerodha.orders.filled');
  await world.running(() => good.ids().length >= 20);
  assert.deepEqual(good.ids(), ids, 'of its own namespaces alone');
  world.subscriptions.remove('good');
  assert.ok(!world.access.all('progress').some(({ name }) => name.startsWith('good|')));
  world.happen('paper.orders.filled');
  let looks = 0;
  await world.running((dispatcher) => dispatcher.list().length === 1 && ++looks > 50);
  assert.equal(good.received.length, 20);
});

test('a log that cannot be read for a moment ends nothing', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to);
  await world.running(() => world.access.all('progress').length === 2);
  const id = world.happen('paper.orders.filled');
  const read = world.store.read.bind(world.store);
  let left = 2;
  world.store.read = (...asked) => {
    if (left-- > 0) throw new Error('the server is away');
    return read(...asked);
  };
  const dispatcher = await world.running(() => to.ids().length === 1);
  assert.deepEqual(to.ids(), [id]);
  assert.equal(dispatcher.list()[0]?.state, 'active');
});

test('alerts are told when they begin and when they end', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to, { kinds: ['alerts'], brokers: ['paper'] });
  await world.running(() => world.access.all('progress').length === 1);
  world.clock.ms += 5_000;
  const at = world.clock.now();
  const about = { subject: 'order', text: 'lost' };
  for (const [code, broker] of [
    ['ORDER_UNKNOWN', 'paper'],
    ['ORDER_STUCK', 'paper'],
    ['ORDER_UNKNOWN', 'zerodha'],
    ['DISK_FULL', undefined],
  ] as const) {
    world.alerts.raise({ ...about, code, broker }, at);
  }
  world.alerts.due(at);
  await world.running(() => to.received.length >= 2);
  world.clock.ms += 5_000;
  world.alerts.end({ ...about, code: 'ORDER_UNKNOWN', broker: 'paper' }, world.clock.now());
  await world.running(() => to.received.length >= 3);
  const told = to.received.map(({ body }) => body['alert'] as { readonly code: string; readonly state: string });
  assert.deepEqual(
    told.map(({ code, state }) => [code, state]),
    [
      ['ORDER_UNKNOWN', 'firing'],
      ['ORDER_STUCK', 'firing'],
      ['ORDER_UNKNOWN', 'resolved'],
    ],
  );
});

test('only what is encrypted on its way, or does not leave the machine, may be subscribed', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  const adding =
    (url: string, allowHttp = false) =>
    () =>
      subscribe(world, to, { url, allowHttp, id: 'x' });
  for (const url of [
    'http://example.org/hook',
    'http://127.0.0.1.example.org/',
    'http://10.0.0.1/',
    'ftp://localhost/',
    'file:///etc/passwd',
    'nonsense',
    `https://example.org/${'x'.repeat(2_048)}`,
  ]) {
    assert.throws(adding(url), /expected a URL with https/, url);
  }
  assert.throws(adding('https://user:pass@example.org/'), /without a name and a password/);
  assert.throws(() => subscribe(world, to, { id: 'Not An Id' }), /expected an id/);
  for (const url of ['https://example.org/T0/s3cret?x=1', 'http://localhost:1/', 'http://[::1]:1/']) {
    adding(url)();
    world.subscriptions.remove('x');
  }
  adding('http://10.0.0.1/', true)();
  world.subscriptions.remove('x');
  adding('https://example.org/T0/s3cret')();
  assert.throws(adding('https://example.org/'), /there is a subscription x already/);
  assert.equal(world.subscriptions.list()[0]?.address, 'https://example.org/…');
  const kept = JSON.stringify([world.access.all('subscription'), world.subscriptions.list()]);
  for (const secret of ['s3cret', to.secret])
    assert.ok(!kept.includes(secret), 'what is kept has no secret in the clear');
});

test('under another AUTH__SECRET_KEY nothing is sent, and the reason is told', async (t) => {
  const [world, to] = [worldOf(), await receiver(t)];
  subscribe(world, to);
  const other = new Subscriptions(world.access, new Sealer('another-key-of-thirty-two-letters!'), () =>
    world.clock.now(),
  );
  const options = { store: world.store, brokers: BROKERS, alerts: () => [], clock: world.clock, logger: silentLogger };
  const dispatcher = new Dispatcher({ ...options, subscriptions: other });
  const stop = new AbortController();
  const run = dispatcher.run(stop.signal);
  while (world.access.all('progress').length < 2) await setImmediate();
  world.happen('paper.orders.filled');
  while (dispatcher.dead().length === 0) await setImmediate();
  stop.abort();
  await run;
  assert.match(dispatcher.dead()[0]?.trouble ?? '', /another AUTH__SECRET_KEY/);
  assert.deepEqual(to.received, []);
});
