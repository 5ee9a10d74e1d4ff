// The log on a real broker: what every log does, and what only one with partitions, other programs and restarts must.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Producer } from '@platformatic/kafka';
import { LogError, type EventLog, type LogMessage, type NewMessage } from '#ports/event-log.ts';
import { eventLogContract } from '../contracts/event-log-contract.ts';
import { kafkaPlace, settingsFor, skipped, withoutPrefix } from './kafka-place.ts';

if (skipped === false) {
  eventLogContract('Kafka', async (t, topics) => {
    const place = kafkaPlace(t);
    for (const topic of topics) await place.create(topic, 1);
    return { open: () => withoutPrefix(place.open(), place), settle: () => undefined };
  });
}

describe('a log on Kafka', { skip: skipped }, () => {
  it('spreads keys over partitions and keeps the order of each', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('ticks', 4);
    const log = place.open();
    assert.equal(await log.partitions?.(topic), 4);
    const sent = Array.from({ length: 400 }, (_, index) => numbered(topic, index, `${index % 20}`));
    // Not awaited one by one: they share requests, and still none overtakes another.
    await Promise.all(sent.map((message) => log.append([message])));
    const partitions = await Promise.all([0, 1, 2, 3].map((partition) => readAll(log, topic, partition)));
    assert.equal(partitions.flat().length, 400);
    assert.ok(partitions.every((messages) => messages.length > 0));
    partitions.forEach((messages, partition) => {
      assert.ok(messages.every((message) => (message.partition ?? 0) === partition));
      for (const key of new Set(messages.map((message) => message.key))) {
        const numbers = messages.filter((message) => message.key === key).map(({ id }) => Number(id));
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        );
      }
    });
    assert.deepEqual(await log.range(topic, 1), { topic, partition: 1, start: 0, end: partitions[1]?.length });
    const ranges = (await log.topics()).filter((range) => range.topic === topic);
    assert.deepEqual(
      ranges.map(({ partition = 0, end }) => [partition, end]),
      partitions.map(({ length }, partition) => [partition, length]),
    );
  });

  it('keeps the offsets of each partition for a group, and gives them to the next process', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('ticks', 3);
    const group = place.name('g');
    const log = place.open();
    await log.commit(group, topic, 5, 1);
    await log.commit(group, topic, 7, 2);
    const next = place.open();
    const committed = [0, 1, 2].map((partition) => next.committed(group, topic, partition));
    assert.deepEqual(await Promise.all(committed), [undefined, 5, 7]);
  });

  it('marks its own messages with who wrote them, and only those', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('orders', 1);
    const log = place.open({ origin: 'engine-1' });
    await log.append([numbered(topic, 0), { ...numbered(topic, 1), own: true }]);
    const read = await readAll(log, topic);
    assert.deepEqual(
      read.map(({ producer }) => producer),
      [undefined, 'engine-1'],
    );
  });

  it("takes the id from the envelope when another program's message has no header", async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('orders', 1);
    const stranger = new Producer({ clientId: 'stranger', bootstrapBrokers: [...settingsFor().bootstrapServers] });
    t.after(() => stranger.close());
    const values = ['{"id":"from-outside"}', '{"id":7}', '{broken', 'text', '[]'];
    await stranger.send({ messages: values.map((value) => ({ topic, value: Buffer.from(value) })) });
    const read = await readAll(place.open(), topic);
    assert.deepEqual(
      read.map(({ id, key, value }) => ({ id, key, value })),
      values.map((value, index) => ({ id: index === 0 ? 'from-outside' : undefined, key: '', value })),
    );
  });

  it('holds a message twice when it was appended twice, with the same id', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('orders', 1);
    const log = place.open();
    await log.append([numbered(topic, 1)]);
    await log.append([numbered(topic, 1)]);
    assert.deepEqual(
      (await readAll(log, topic)).map(({ id }) => id),
      ['1', '1'],
    );
  });

  for (const compression of ['none', 'gzip', 'zstd'] as const) {
    it(`carries large values and more than one request holds, ${compression}`, async (t) => {
      const place = kafkaPlace(t);
      const topic = await place.create('large', 1);
      const log = place.open({ compression });
      const large = { ...numbered(topic, 0), value: 'x'.repeat(700_000) };
      const many = Array.from({ length: 5_000 }, (_, index) => ({
        ...numbered(topic, index + 1),
        value: `${index}`.repeat(80),
      }));
      await log.append([large, ...many, { ...large, id: 'last' }]);
      const read = await readAll(log, topic);
      assert.equal(read.length, 5_002);
      assert.equal(read[0]?.value, large.value);
      assert.deepEqual(
        read.slice(1, -1).map(({ value }) => value),
        many.map(({ value }) => value),
      );
    });
  }

  it('refuses what is larger than the topic takes, and goes on with the rest', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('large', 1);
    const log = place.open();
    const tooLarge = log.append([{ ...numbered(topic, 0), value: 'x'.repeat(1_200_000) }]);
    const next = log.append([numbered(topic, 1)]);
    await assert.rejects(tooLarge, hasCode('TOO_LARGE'));
    await next;
    assert.deepEqual(
      (await readAll(log, topic)).map(({ id }) => id),
      ['1'],
    );
  });

  it('goes on from the oldest message that is held when retention has passed the offset', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('ticks', 1);
    const log = place.open();
    await log.append(Array.from({ length: 100 }, (_, index) => numbered(topic, index)));
    assert.equal((await log.read(topic, 0, 10)).length, 10);
    await place.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 60n }] }] });
    const fresh = place.open();
    const read = await readAll(fresh, topic);
    assert.deepEqual([read[0]?.offset, read.length], [60, 40]);
    assert.deepEqual(await fresh.range(topic), { topic, start: 60, end: 100 });
    await place.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 100n }] }] });
    const empty = place.open();
    assert.deepEqual(await empty.read(topic, 3, 10), []);
    await empty.append([numbered(topic, 100)]);
    assert.equal((await empty.read(topic, 3, 10))[0]?.offset, 100);
  });

  it('serves readers at different places, each with every message', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('ticks', 1);
    const log = place.open({ fetchBytes: 2_000 });
    await log.append(Array.from({ length: 1_000 }, (_, index) => numbered(topic, index)));
    const readers = await Promise.all([0, 1, 500, 999].map((from) => readAll(log, topic, 0, from)));
    assert.deepEqual(
      readers.map((messages) => [messages[0]?.offset, messages.length]),
      [
        [0, 1_000],
        [1, 999],
        [500, 500],
        [999, 1],
      ],
    );
  });

  it('hears of what another process appends to any partition', async (t) => {
    const place = kafkaPlace(t);
    const topic = await place.create('ticks', 3);
    const [reader, writer] = [place.open(), place.open()];
    let woken = 0;
    reader.subscribe([topic], () => woken++);
    const seen = new Set<string | undefined>();
    const next = [0, 0, 0];
    for (let number = 0; number < 30; number++) {
      const before = woken;
      await writer.append([numbered(topic, number, `${number}`)]);
      for (let waited = 0; !seen.has(`${number}`); waited += 5) {
        assert.ok(waited < 5_000, 'the message was not seen');
        for (const partition of [0, 1, 2]) {
          const read = await reader.read(topic, next[partition] ?? 0, 64, partition);
          for (const { id } of read) seen.add(id);
          next[partition] = (next[partition] ?? 0) + read.length;
        }
        if (!seen.has(`${number}`)) await delay(5);
      }
      assert.ok(number === 0 || woken >= before);
    }
    assert.equal(seen.size, 30);
  });

  it('says which topic is missing and how to create it', async (t) => {
    const place = kafkaPlace(t);
    const topic = place.name('nowhere');
    const log = place.open();
    const tells = (error: unknown): boolean =>
      error instanceof LogError &&
      error.code === 'MISSING_TOPIC' &&
      error.message.includes(topic) &&
      error.message.includes('alpha-panda topics bootstrap');
    await assert.rejects(log.read(topic, 0, 1), tells);
    await assert.rejects(log.range(topic), tells);
    const there = await place.create('there', 1);
    const [missing, good] = [log.append([numbered(topic, 1)]), log.append([numbered(there, 1)])];
    await assert.rejects(missing, tells);
    await good;
    assert.equal((await readAll(log, there)).length, 1);
  });

  it('says that no broker answers', async (t) => {
    const place = kafkaPlace(t);
    const log = place.open({ bootstrapServers: ['127.0.0.1:1'], appendMsMax: 500, requestMsMax: 500 });
    await assert.rejects(log.read('a.b', 0, 1), hasCode('UNREACHABLE'));
    await assert.rejects(log.topics(), hasCode('UNREACHABLE'));
    await assert.rejects(log.committed('g', 'a.b'), hasCode('UNREACHABLE'));
    await assert.rejects(log.append([numbered('a.b', 1)]), hasCode('UNREACHABLE'));
  });
});

function numbered(topic: string, number: number, key = '738561'): NewMessage {
  return { topic, key, id: `${number}`, value: JSON.stringify({ id: `${number}`, number }) };
}

/** All messages of a partition, in the portions in which services read. */
async function readAll(log: EventLog, topic: string, partition = 0, from = 0): Promise<readonly LogMessage[]> {
  const all: LogMessage[] = [];
  for (let next = from; ;) {
    const some = await log.read(topic, next, 64, partition);
    if (some.length === 0) return all;
    all.push(...some);
    next = (some.at(-1)?.offset ?? next) + 1;
  }
}

function hasCode(code: LogError['code']): (error: unknown) => boolean {
  return (error) => error instanceof LogError && error.code === code;
}
