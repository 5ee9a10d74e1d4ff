// The log while its brokers restart, die or lose one of three. Each test starts brokers of its own:
// the shared one must not be taken from the other tests.
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { LogError, type EventLog, type LogMessage } from '#ports/event-log.ts';
import { startBroker, type DevBroker, type DevBrokerOptions } from '../../tools/dev-broker/broker.ts';
import { kafkaPlace, settingsFor, skipped } from './kafka-place.ts';

describe('a log whose brokers fail', { skip: skipped }, () => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`loses and doubles nothing while its broker ends by ${signal} and comes back`, async (t) => {
      const broker = await ownBroker(t);
      const place = kafkaPlace(t, settingsFor(broker.bootstrapServers));
      const topic = await place.create('orders', 2);
      const log = place.open();
      await appendThrough(log, topic, async () => {
        await broker.halt(signal);
        await broker.start();
      });
      await assertWhole(log, topic, 2);
      // A reader that saw the broker go reads on, and so does a new one.
      await assertWhole(place.open(), topic, 2);
    });
  }

  it('tells a reader that the broker is away, and wakes it when there is something again', async (t) => {
    const broker = await ownBroker(t);
    const place = kafkaPlace(t, settingsFor(broker.bootstrapServers));
    const topic = await place.create('orders', 1);
    const log = place.open();
    let woken = 0;
    log.subscribe([topic], () => woken++);
    await log.append([{ topic, key: 'k', id: '1', value: 'one' }]);
    assert.equal((await log.read(topic, 0, 1)).length, 1);
    await broker.halt();
    await until(async () => {
      const told = await log.read(topic, 1, 1).catch((error: unknown) => error);
      return told instanceof LogError && told.code === 'UNREACHABLE';
    });
    await broker.start();
    const before = woken;
    await place.open().append([{ topic, key: 'k', id: '2', value: 'two' }]);
    for (let waited = 0; woken === before; waited += 50) {
      assert.ok(waited < 20_000, 'the reader was not woken');
      await delay(50);
    }
    await until(async () => (await log.read(topic, 1, 1)).length === 1);
  });

  it('goes on with two of three brokers', async (t) => {
    const broker = await ownBroker(t, { nodes: 3 });
    const place = kafkaPlace(t, settingsFor(broker.bootstrapServers));
    await place.admin.createTopics({ topics: [place.name('orders')], partitions: 3, replicas: 3 });
    const topic = place.name('orders');
    const log = place.open();
    let woken = 0;
    place.open().subscribe([topic], () => woken++);
    await appendThrough(log, topic, () => broker.halt('SIGKILL', 2));
    await assertWhole(log, topic, 3);
    for (let number = 0; number < 5; number++) {
      const before = woken;
      await log.append([{ topic, key: `${number}`, id: `after ${number}`, value: 'x' }]);
      await until(async () => woken > before);
    }
  });
});

async function ownBroker(t: TestContext, options: DevBrokerOptions = {}): Promise<DevBroker> {
  const broker = await startBroker(options);
  assert.ok('bootstrapServers' in broker, 'the shared broker runs, so another can');
  t.after(() => broker.stop());
  return broker;
}

/** Appends numbered messages, several at a time, before, during and after a fault. */
async function appendThrough(log: EventLog, topic: string, fault: () => Promise<void>): Promise<void> {
  let over = false;
  let failing: Promise<void> | undefined;
  let number = 0;
  for (let after = 0; after < 20; after += over ? 1 : 0) {
    if (number === 200) failing = fault().finally(() => (over = true));
    const appends = Array.from({ length: 5 }, () => {
      const id = `${number++}`;
      return log.append([{ topic, key: `${number % 10}`, id, value: id }]);
    });
    await Promise.all(appends);
    await delay(1);
  }
  await failing;
  appended.set(topic, number);
}

const appended = new Map<string, number>();

/** Every message that was appended is there once, and those of one key in order. */
async function assertWhole(log: EventLog, topic: string, partitions: number): Promise<void> {
  const all: LogMessage[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    for (let next = 0; ;) {
      const some = await log.read(topic, next, 500, partition);
      if (some.length === 0) break;
      all.push(...some);
      next = (some.at(-1)?.offset ?? next) + 1;
    }
  }
  const count = appended.get(topic) ?? 0;
  assert.ok(count > 200);
  assert.equal(all.length, count);
  assert.equal(new Set(all.map(({ id }) => id)).size, count);
  for (const key of new Set(all.map((message) => message.key))) {
    const numbers = all.filter((message) => message.key === key).map(({ id }) => Number(id));
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    );
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds().catch(() => false)); waited += 100) {
    assert.ok(waited < 20_000, 'it did not come about in time');
    await delay(100);
  }
}
