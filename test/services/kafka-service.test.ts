// A service on the log of a real broker, with topics of several partitions: each message is handled once, those of one
// key in order, and the next process goes on where this one stopped.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { type BrokerId } from '#core/ids.ts';
import { StreamServiceBuilder, type ServiceSettings, type StreamService } from '#engine/stream-service.ts';
import { type EventLog } from '#ports/event-log.ts';
import { depositMessage, ServiceWorld } from '../support/service-world.ts';
import { kafkaPlace, skipped } from './kafka-place.ts';

const COUNT = 300;

describe('a service on Kafka', { skip: skipped }, () => {
  it('handles each message of each partition once, over a stop and a start', async (t) => {
    const place = kafkaPlace(t);
    const broker = `b${randomBytes(4).toString('hex')}` as BrokerId;
    const topic = `${broker}.pnl.snapshots`;
    await place.admin.createTopics({ topics: [topic, `${topic}.dlq`], partitions: 3, replicas: 1 });
    const writer = place.open();
    const handled: string[] = [];
    const first = await serve(broker, place.open(), topic, handled);
    await deposit(writer, broker, 0);
    await until(() => handled.length >= COUNT);
    await first.stop();
    await deposit(writer, broker, COUNT);
    const second = await serve(broker, place.open(), topic, handled);
    await until(() => handled.length >= 2 * COUNT);
    await second.stop();
    assert.equal(handled.length, 2 * COUNT);
    assert.equal(new Set(handled).size, 2 * COUNT);
    for (let key = 0; key < 10; key++) {
      const numbers = handled.map(Number).filter((number) => number % 10 === key);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      );
    }
    const committed = [0, 1, 2].map((partition) => writer.committed(groupOf(broker), topic, partition));
    const ends = [0, 1, 2].map(async (partition) => (await writer.range(topic, partition)).end);
    assert.deepEqual(await Promise.all(committed), await Promise.all(ends));
  });

  it('shares its partitions with members that come and go, each message handled once and those of a key in order', async (t) => {
    const place = kafkaPlace(t);
    const broker = `b${randomBytes(4).toString('hex')}` as BrokerId;
    const topic = `${broker}.pnl.snapshots`;
    await place.admin.createTopics({ topics: [topic, `${topic}.dlq`], partitions: 6, replicas: 1 });
    const writer = place.open();
    const all: string[] = [];
    const by = { first: 0, second: 0 };
    const handling = (member: keyof typeof by) => ({
      push: (id: string): number => {
        by[member]++;
        return all.push(id);
      },
    });
    let sent = 0;
    const round = async (): Promise<void> => {
      await deposit(writer, broker, sent);
      sent += COUNT;
    };
    const done = (): Promise<void> => until(() => all.length >= sent);
    const first = await serve(broker, place.open(), topic, handling('first'));
    await round();
    await until(() => all.length >= 20);
    // It joins while messages are under way, and takes over some partitions.
    const second = await serve(broker, place.open(), topic, handling('second'));
    while (by.second === 0 && sent < 100 * COUNT) {
      await round();
      await done();
    }
    await round();
    await until(() => all.length >= sent - COUNT / 2);
    await first.stop();
    const before = by.second;
    await round();
    await done();
    assert.ok(by.second - before >= COUNT, 'the second has all of the last round');
    await second.stop();
    assert.equal(new Set(all).size, all.length);
    for (let key = 0; key < 10; key++) {
      const numbers = all.map(Number).filter((number) => number % 10 === key);
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
        `strategy-${key}`,
      );
    }
  });

  it('names a message that cannot be read by its partition and offset', async (t) => {
    const place = kafkaPlace(t);
    const broker = `b${randomBytes(4).toString('hex')}` as BrokerId;
    const topic = `${broker}.pnl.snapshots`;
    await place.admin.createTopics({ topics: [topic, `${topic}.dlq`], partitions: 3, replicas: 1 });
    const log = place.open();
    const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    await log.append(keys.map((each) => ({ topic, key: each, id: undefined, value: 'no envelope' })));
    const service = await serve(broker, place.open(), topic, []);
    const letters = async (): Promise<string[]> => {
      const read = [0, 1, 2].map((partition) => log.read(`${topic}.dlq`, 0, 100, partition));
      return (await Promise.all(read)).flat().map(({ value }) => {
        const { original_partition: partition, original_offset: offset } = JSON.parse(value).data.dlq_metadata;
        return `${partition}:${offset}`;
      });
    };
    await until(async () => (await letters()).length === keys.length);
    await service.stop();
    const found = await letters();
    assert.equal(new Set(found).size, keys.length);
    const ends = await Promise.all([0, 1, 2].map(async (partition) => (await log.range(topic, partition)).end));
    const expected = ends.flatMap((end, partition) =>
      Array.from({ length: end }, (_, offset) => `${partition}:${offset}`),
    );
    assert.deepEqual(found.toSorted(), expected.toSorted());
  });
});

function groupOf(broker: BrokerId): string {
  return `${broker}.listener.all`;
}

type Handled = Pick<string[], 'push'>;

async function serve(broker: BrokerId, log: EventLog, topic: string, handled: Handled): Promise<StreamService> {
  const { logger } = new ServiceWorld().settings;
  const settings: ServiceSettings = { brokers: [broker], groupIdPrefix: broker, log, clock: systemClock(), logger };
  const builder = new StreamServiceBuilder('listener', settings).withErrorHandling();
  const handler = ({ id }: { readonly id: string }): void => void handled.push(id);
  const service = builder.addConsumerHandler({ topics: [topic], groupId: groupOf(broker), handler }).build();
  await service.start();
  return service;
}

async function deposit(log: EventLog, broker: BrokerId, from: number): Promise<void> {
  const messages = Array.from({ length: COUNT }, (_, index) => {
    const id = `${from + index}`;
    return { ...depositMessage(broker, { id }), key: `strategy-${index % 10}` };
  });
  await log.append(messages);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waited = 0; !(await holds()); waited += 20) {
    assert.ok(waited < 20_000, 'it did not come about in time');
    await delay(20);
  }
}
