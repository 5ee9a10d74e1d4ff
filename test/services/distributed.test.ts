// The platform on Kafka, PostgreSQL and Redis, as a program of its own: it ends where the embedded profile ends, killed or
// not, and what it has committed stands in the shared log, each message once or again as it was.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { type EventLog, type LogMessage } from '#ports/event-log.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { Place, playing } from '../e2e/support/place.ts';
import { lastWords, PROJECT } from '../e2e/support/processes.ts';
import { signalMessage } from '../e2e/support/signals.ts';
import { syntheticTape, TRADED } from '../e2e/support/synthetic-tape.ts';
import { Deployment, skipped } from './deployment.ts';

const ROWS = 3_000;
const KILLS = 6;
const ECHO = join(PROJECT, 'examples', 'services', 'echo-signal.ts');
const BROKERS = ['paper', 'zerodha', 'desk_four'];
const options = { timeout: 240_000, skip: skipped };
const trading = { RISK__MAX_TRADES_PER_DAY: '200' };

test(
  'a tape ends on three servers where it ends on one file, and every message stands in the log',
  options,
  async (t) => {
    const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
    const embedded = new Place(t, trading);
    const deployment = await Deployment.make(t, trading);
    await embedded.play(tape);
    await deployment.place.play(tape);
    assert.deepEqual(deployment.place.digests(), embedded.digests());
    assert.equal(deployment.place.sha256(), embedded.sha256());
    for (const topic of Object.keys(embedded.digests())) {
      const [published, committed] = [await deployment.published(topic), embedded.values(topic)];
      assert.deepEqual(published.map(({ value }) => value).toSorted(), committed.toSorted(), topic);
      assertOrdered(published, embedded, topic);
    }
    assert.match(await deployment.place.output('verify'), /equal/);
  },
);

test('a run that is killed again and again ends as if it never was, and the log lacks nothing', options, async (t) => {
  const tape = syntheticTape(t, { rows: ROWS, symbols: TRADED });
  const embedded = new Place(t, trading);
  const busy = { ...trading, FEED__BATCH_TICKS: '200', STORE__SNAPSHOT_EVERY_TICKS: '2000' };
  const deployment = await Deployment.make(t, busy);
  const { place } = deployment;
  await embedded.play(tape);
  const moments: number[] = [];
  await place.output('migrate');
  for (let k = 0; k < KILLS; k++) {
    const program = place.program(playing(tape));
    const until = ((k + Math.random()) / KILLS) * ROWS * TRADED.length * 0.9;
    await program.until(`${until} ticks`, () => (place.ticks() >= until ? true : undefined));
    await sleep(Math.random() * 20);
    program.kill('SIGKILL');
    await program.ended;
    moments.push(place.ticks());
  }
  await place.play(tape);
  assert.deepEqual(place.digests(), embedded.digests(), `killed at ${moments.join(', ')}`);
  assert.equal(place.sha256(), embedded.sha256());
  for (const topic of Object.keys(embedded.digests())) {
    // Published again after a crash: the same message under the same id.
    const published = new Set((await deployment.published(topic)).map(({ id, value }) => `${id} ${value}`));
    assert.equal(published.size, new Set(embedded.values(topic)).size, topic);
    const held = new Set([...published].map((each) => each.slice(each.indexOf(' ') + 1)));
    for (const value of embedded.values(topic)) assert.ok(held.has(value), `${topic} lacks ${value}`);
  }
});

test(
  'a signal of an outside producer is filled in its namespace, once, and leaves no trace in another',
  options,
  async (t) => {
    const deployment = await Deployment.make(t, {
      BROKERS__DESK_FOUR__KIND: 'paper',
      ACTIVE_BROKERS: BROKERS.join(','),
    });
    const { place, log } = deployment;
    const platform = place.program(['start', '--feed', 'simulator']);
    await platform.until('prices', () => (place.ticks() > 60 ? true : undefined));
    for (const broker of BROKERS) {
      const signal = signalMessage(broker, { id: `outside.${broker}` });
      await log.append([signal, signal, { ...signal, id: undefined, value: `{"broken ${broker}` }]);
    }
    for (const broker of BROKERS) {
      await platform.until(`a fill for ${broker}`, () => (fillsOf(place, broker).length > 0 ? true : undefined));
      while (!(await booksIn(place.env['REDIS__URL'], broker)).includes('"quantity":')) await sleep(50);
      await platform.until(`a dead letter of ${broker}`, () =>
        place.values(`${broker}.signals.raw.dlq`).length > 0 ? true : undefined,
      );
    }
    for (const broker of BROKERS) {
      for (const group of ['risk_manager.signals', 'strategy_runner.ticks'].map((name) => `alpha-panda.${name}`)) {
        const topic = group.endsWith('ticks') ? 'market.ticks' : `${broker}.signals.raw`;
        await shown(log, group, topic);
      }
    }
    const ended = await platform.stop('SIGINT');
    assert.equal(ended.code, 0, lastWords(ended));
    for (const broker of BROKERS) {
      assert.equal(fillsOf(place, broker).length, 1, broker);
      const raw = await deployment.published(`${broker}.signals.raw`);
      // What came from the log is not published again: the two copies of the producer stay two.
      assert.equal(raw.filter(({ id }) => id === `outside.${broker}`).length, 2);
      const topics = Object.keys(place.digests()).filter((topic) => follows(place, topic, `outside.${broker}`));
      assert.ok(topics.length >= 3 && topics.every((topic) => topic.startsWith(`${broker}.`)), topics.join(', '));
      const letters = await deployment.published(`${broker}.signals.raw.dlq`);
      assert.deepEqual(
        letters.map(({ value }) => value.includes(`broken ${broker}`)),
        [true],
      );
      const shared = await deployment.published(`${broker}.orders.filled`);
      assert.equal(shared.filter(({ value }) => value.includes(`"outside.${broker}"`)).length, 1);
    }
  },
);

/** The books of a namespace as Redis shows them to other programs. */
async function booksIn(url: string | undefined, broker: string): Promise<string> {
  const client = await createClient({ url: url ?? '' }).connect();
  try {
    return Object.values(await client.hGetAll(`alpha-panda:${broker}:views:portfolio`)).join();
  } finally {
    client.destroy();
  }
}

/** Waits until the log says that a group has read something of a topic. */
async function shown(log: EventLog, group: string, topic: string): Promise<void> {
  const partitions = (await log.partitions?.(topic)) ?? 1;
  for (let read = 0; read === 0; await sleep(200)) {
    for (let partition = 0; partition < partitions; partition++)
      read += (await log.committed(group, topic, partition)) ?? 0;
  }
}

test('a service of a user reads and writes the shared log from a process of its own', options, async (t) => {
  const deployment = await Deployment.make(t);
  const { place } = deployment;
  const platform = place.program(['start', '--feed', 'simulator']);
  await platform.until('prices', () => (place.ticks() > 60 ? true : undefined));
  for (const broker of ['paper', 'zerodha']) {
    const service = place.program(['service', ECHO], { ACTIVE_BROKERS: broker });
    assert.equal((await service.said('Filled'))['broker'], broker);
    assert.equal((await service.stop('SIGINT')).code, 0);
    const raw = await deployment.published(`${broker}.signals.raw`);
    assert.equal(raw.filter(({ id }) => id === `echo-1.${broker}`).length, 1);
  }
  assert.equal((await platform.stop('SIGINT')).code, 0);
});

test('a start without its topics, its server or its lock says what is missing and what to do', options, async (t) => {
  const { place } = await Deployment.make(t);
  const stranger = { ACTIVE_BROKERS: 'paper,other_one', BROKERS__OTHER_ONE__KIND: 'paper' };
  const without = await place.run(['start', '--feed', 'simulator', '--once'], stranger);
  assert.equal(without.code, 1);
  assert.match(without.stderr, /lacks the topics other_one\.signals\.raw, .*alpha-panda topics bootstrap/);
  const unreachable = await place.run(['start'], { REDPANDA__BOOTSTRAP_SERVERS: '127.0.0.1:1' });
  assert.equal(unreachable.code, 1);
  assert.match(unreachable.stderr, /127\.0\.0\.1:1/);
  const first = place.program(['start', '--feed', 'simulator'], { REDIS__URL: 'redis://127.0.0.1:1' });
  await first.said('All services started successfully.');
  assert.match((await first.said('Health check FAILED for redis')).event, /REDIS__URL/);
  const second = await place.run(['start', '--feed', 'simulator'], { API__PORT: '0' });
  assert.equal(second.code, 1);
  assert.match(second.stderr, /is in use by alpha-panda store/);
  assert.equal((await first.stop('SIGTERM')).code, 0);
});

function fillsOf(place: Place, broker: string): readonly string[] {
  return place.values(`${broker}.orders.filled`).filter((value) => value.includes(`"outside.${broker}"`));
}

function follows(place: Place, topic: string, id: string): boolean {
  return place.values(topic).some((value) => value.includes(`"correlation_id":"${id}"`));
}

/** Messages of one key stand in the log in the order of the store. */
function assertOrdered(published: readonly LogMessage[], place: Place, topic: string): void {
  const orders = new Map(place.values(topic).map((value, order) => [value, order]));
  const last = new Map<string, number>();
  for (const { key, value } of published) {
    const order = orders.get(value) ?? Number.NaN;
    assert.ok(order > (last.get(key) ?? -1), `${topic}, ${key}: ${value}`);
    last.set(key, order);
  }
  assert.ok(topic !== MARKET_TICKS || last.size === TRADED.length);
}
