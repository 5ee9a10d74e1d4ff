// What becomes of messages: read in order, tried again, given up, and never skipped. Everything runs on the virtual clock.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openMemoryLog } from '#adapters/memory/event-log.ts';
import { type BrokerId } from '#core/ids.ts';
import { type EventLog } from '#ports/event-log.ts';
import { BROKERS } from '../../test/support/builders.ts';
import { depositMessage, ServiceWorld, signalMessage, tickMessage } from '../../test/support/service-world.ts';
import {
  StreamServiceBuilder,
  type ConsumerHandler,
  type ServiceHandler,
  type StreamService,
} from './stream-service.ts';

const GROUP = 'alpha-panda.listener.all';

async function started(
  world: ServiceWorld,
  topics: readonly string[],
  handler: ServiceHandler,
  more: Partial<ConsumerHandler> = {},
): Promise<StreamService> {
  const builder = world.builder().withErrorHandling().withMetrics();
  const service = builder.addConsumerHandler({ topics, groupId: GROUP, handler, ...more }).build();
  await service.start();
  await world.settle();
  return service;
}

function transient(text = 'connection refused'): Error {
  return new Error(text);
}

for (const broker of BROKERS) {
  const raw = `${broker}.signals.raw`;
  const ledger = `${broker}.pnl.snapshots`;

  describe(`a consumer of ${broker}`, () => {
    test('it handles messages in order and keeps its position after each', async () => {
      const world = new ServiceWorld();
      const seen: unknown[] = [];
      const service = await started(world, [raw], async (message, topic, { broker: namespace }) => {
        seen.push([message.id, topic, namespace, await world.log.committed(GROUP, raw)]);
      });
      await world.put(signalMessage(broker, { id: 'a' }), signalMessage(broker, { id: 'b' }));
      await world.settle();
      assert.deepEqual(seen, [
        ['a', raw, broker, 0],
        ['b', raw, broker, 1],
      ]);
      assert.equal(await world.log.committed(GROUP, raw), 2);
      assert.equal(service.status().processed_count, 2);
      await service.stop();
    });

    test('a new group skips the signals and reads the ledger that were there before', async () => {
      const world = new ServiceWorld();
      await world.put(signalMessage(broker, { id: 'old signal' }), depositMessage(broker, { id: 'old deposit' }));
      const seen: string[] = [];
      const service = await started(world, [raw, ledger], ({ id }) => seen.push(id));
      await world.put(signalMessage(broker, { id: 'fresh signal' }));
      await world.settle();
      assert.deepEqual(seen, ['old deposit', 'fresh signal']);
      await service.stop();
    });

    test('what arrives while it is stopped is handled after the next start', async () => {
      const world = new ServiceWorld();
      const seen: string[] = [];
      await (await started(world, [raw], ({ id }) => seen.push(id))).stop();
      await world.put(signalMessage(broker, { id: 'meanwhile' }));
      const again = await started(world, [raw], ({ id }) => seen.push(id));
      assert.deepEqual(seen, ['meanwhile']);
      await again.stop();
    });

    test('a text that is no JSON, or no envelope, goes to the dead letters at once and the loop lives on', async () => {
      const world = new ServiceWorld();
      const seen: string[] = [];
      const service = await started(world, [raw], ({ id }) => seen.push(id));
      const bad = ['{"id":', '[]', '"text"', signalMessage('other').value, ''];
      for (const value of bad) await world.put({ topic: raw, key: 'k', id: undefined, value });
      await world.put(signalMessage(broker, { id: 'good' }));
      await world.settle();
      assert.deepEqual(seen, ['good']);
      const letters = await world.envelopes(`${raw}.dlq`);
      const codes = letters.map(({ data }) => (data['failure_info'] as { error_class: string }).error_class);
      const [json, none] = ['MALFORMED_JSON', 'NO_ENVELOPE'];
      assert.deepEqual(codes, [json, none, none, 'BROKER_MISMATCH', json]);
      assert.deepEqual(
        letters.map(({ data }) => (data['original_message'] as { value: string }).value),
        bad,
      );
      assert.equal(await world.log.committed(GROUP, raw), bad.length + 1);
      assert.equal(service.status().error_count, bad.length);
      assert.equal(service.status().orchestrator_status.running, true);
      await service.stop();
    });

    test('a transient error is retried after growing pauses, then dead-lettered with the count', async () => {
      const world = new ServiceWorld();
      const triedAt: number[] = [];
      const service = await started(world, [raw], (_message, _topic, { attempt }) => {
        triedAt.push(world.clock.monotonicMs());
        assert.equal(attempt, triedAt.length);
        throw transient();
      });
      await world.put(signalMessage(broker, { id: 'a' }));
      await world.clock.advance(14_999);
      assert.equal((await world.read(`${raw}.dlq`)).length, 0);
      assert.equal(await world.log.committed(GROUP, raw), 0);
      await world.clock.advance(10_000);
      assert.deepEqual(triedAt, [0, 1_000, 3_000, 7_000, 15_000]);
      const [letter, ...others] = await world.envelopes(`${raw}.dlq`);
      assert.equal(others.length, 0);
      const info = letter?.data['failure_info'] as Record<string, unknown>;
      assert.deepEqual(
        [info['failure_reason'], info['attempts'], info['error_type']],
        ['max_retries_exceeded', 5, 'transient'],
      );
      assert.equal(await world.log.committed(GROUP, raw), 1);
      const { processed_count: processed, error_count: errors, metrics } = service.status();
      assert.deepEqual([processed, errors, metrics?.retries, metrics?.dead_letters], [0, 5, 4, 1]);
      await service.stop();
    });

    test('an error that passes costs nothing but time, and the next message starts anew', async () => {
      const world = new ServiceWorld();
      const tries: string[] = [];
      const service = await started(world, [raw], ({ id }, _topic, { attempt }) => {
        tries.push(`${id}${attempt}`);
        if (attempt < 3) throw transient();
      });
      await world.put(signalMessage(broker, { id: 'a' }), signalMessage(broker, { id: 'b' }));
      await world.clock.advance(20_000);
      assert.deepEqual(tries, ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
      assert.equal((await world.read(`${raw}.dlq`)).length, 0);
      await service.stop();
    });

    test('no later message is handled or passed while one is unfinished', async () => {
      const world = new ServiceWorld();
      const handled: string[] = [];
      const service = await started(world, [raw], ({ id }) => {
        if (id === 'a') throw transient();
        handled.push(id);
      });
      await world.put(signalMessage(broker, { id: 'a' }), signalMessage(broker, { id: 'b' }));
      await world.clock.advance(10_000);
      assert.deepEqual(handled, []);
      assert.equal(await world.log.committed(GROUP, raw), 0);
      await service.stop();
      assert.equal(await world.log.committed(GROUP, raw), 0);
    });

    test('a topic that waits to try again holds no other one up', async () => {
      const world = new ServiceWorld();
      const seen: string[] = [];
      const service = await started(world, [raw, 'market.ticks'], ({ id }, topic) => {
        if (topic === raw) throw transient();
        seen.push(id);
      });
      await world.put(signalMessage(broker), tickMessage(1), tickMessage(2));
      await world.settle();
      assert.deepEqual(seen, ['tape:1', 'tape:2']);
      assert.equal(await world.log.committed(GROUP, 'market.ticks'), 2);
      await service.stop();
    });

    test('a second copy does nothing, and the same id of another broker is no copy', async () => {
      const world = new ServiceWorld();
      const seen: string[] = [];
      const other = BROKERS.find((id) => id !== broker) as string;
      const service = await started(world, [raw, `${other}.signals.raw`], (_message, topic) => seen.push(topic));
      const copy = signalMessage(broker, { id: 'same' });
      await world.put(copy, copy, signalMessage(other, { id: 'same' }), copy);
      await world.settle();
      assert.deepEqual(seen, [raw, `${other}.signals.raw`]);
      assert.equal(service.status().metrics?.duplicates, 2);
      assert.equal(await world.log.committed(GROUP, raw), 3);
      await service.stop();
    });

    test('a dead letter that cannot be written is critical, is tried again, and nothing passes it', async () => {
      const world = new ServiceWorld();
      let handlings = 0;
      const service = await started(world, [raw], () => {
        handlings++;
        throw new TypeError('x is not a function');
      });
      world.failures.append = (topic) => (topic.endsWith('.dlq') ? new Error('disk full') : undefined);
      await world.put(signalMessage(broker));
      await world.clock.advance(5_000);
      assert.equal(await world.log.committed(GROUP, raw), 0);
      const critical = world.linesOf('CRITICAL');
      assert.match(critical[0]?.event ?? '', /A dead letter could not be written: .*disk full/);
      assert.equal(critical[0]?.fields['broker'], broker);
      assert.ok(critical.length >= 2);
      world.failures.append = () => undefined;
      await world.clock.advance(60_000);
      assert.equal((await world.read(`${raw}.dlq`)).length, 1);
      assert.equal(await world.log.committed(GROUP, raw), 1);
      assert.equal(handlings, 1);
      await service.stop();
    });

    test('a dead letter that is handled in vain is not written again', async () => {
      const world = new ServiceWorld();
      const service = await started(world, [raw, `${raw}.dlq`], () => {
        throw new TypeError('x is not a function');
      });
      await world.put(signalMessage(broker));
      await world.clock.advance(10_000);
      assert.equal((await world.read(`${raw}.dlq`)).length, 1);
      assert.equal(await world.log.committed(GROUP, `${raw}.dlq`), 1);
      await service.stop();
    });
  });
}

describe('a consumer', () => {
  const raw = 'paper.signals.raw';

  test('it comes through a log that cannot be read or written for a while', async () => {
    const world = new ServiceWorld();
    const seen: string[] = [];
    const service = await started(world, [raw], ({ id }) => seen.push(id));
    world.failures.read = () => new Error('cannot read');
    await world.put(signalMessage('paper', { id: 'a' }));
    await world.clock.advance(3_000);
    assert.deepEqual(seen, []);
    assert.equal(service.status().orchestrator_status.running, true);
    world.failures.read = () => undefined;
    world.failures.commit = () => new Error('cannot write');
    await world.clock.advance(100_000);
    assert.deepEqual(seen, ['a']);
    assert.equal(await world.log.committed(GROUP, raw), 0);
    await world.put(signalMessage('paper', { id: 'b' }));
    await world.clock.advance(10_000);
    assert.deepEqual(seen, ['a'], 'nothing more is handled than can be written down');
    world.failures.commit = () => undefined;
    await world.clock.advance(100_000);
    assert.deepEqual(seen, ['a', 'b']);
    assert.equal(await world.log.committed(GROUP, raw), 2);
    await service.stop();
  });

  test('without error handling the first error dead-letters', async () => {
    const world = new ServiceWorld();
    let handlings = 0;
    const handler = (): never => {
      handlings++;
      throw transient();
    };
    const service = world
      .builder()
      .addConsumerHandler({ topics: [raw], groupId: GROUP, handler })
      .build();
    await service.start();
    await world.put(signalMessage('paper'));
    await world.settle();
    assert.equal(handlings, 1);
    assert.equal((await world.read(`${raw}.dlq`)).length, 1);
    await service.stop();
  });

  test('a handler that does not end is given up, told so, and tried again', async () => {
    const world = new ServiceWorld();
    const signals: AbortSignal[] = [];
    const handler: ServiceHandler = (_message, _topic, { signal, attempt }) => {
      signals.push(signal);
      return attempt === 1 ? new Promise(() => undefined) : undefined;
    };
    const service = await started(world, [raw], handler, { timeoutMs: 500 });
    await world.put(signalMessage('paper'));
    await world.clock.advance(499);
    assert.equal(signals[0]?.aborted, false);
    await world.clock.advance(1_101);
    assert.equal(signals[0]?.aborted, true);
    assert.equal(service.status().processed_count, 1);
    assert.match(String(world.linesOf('WARNING')[0]?.fields['error']), /has not ended within 500 ms/);
    await service.stop();
  });

  test('a handler may spoil what it was given without harm to the next try', async () => {
    const world = new ServiceWorld();
    const quantities: unknown[] = [];
    const service = await started(world, [raw], ({ data }, _topic, { attempt }) => {
      quantities.push(data['quantity']);
      Object.assign(data, { quantity: 99 });
      if (attempt === 1) throw transient();
    });
    await world.put(signalMessage('paper', { quantity: 5 }));
    await world.clock.advance(2_000);
    assert.deepEqual(quantities, [5, 5]);
    await service.stop();
  });

  test('one handler runs at a time in a group', async () => {
    const world = new ServiceWorld();
    let [running, most] = [0, 0];
    const service = await started(world, [raw, 'zerodha.signals.raw', 'market.ticks'], async () => {
      most = Math.max(most, ++running);
      await world.clock.sleep(10);
      running--;
    });
    await world.put(signalMessage('paper'), signalMessage('zerodha'), tickMessage(1), tickMessage(2));
    await world.clock.advance(100);
    assert.equal(service.status().processed_count, 4);
    assert.equal(most, 1);
    await service.stop();
  });

  test('a message without an id is known by its place', async () => {
    const world = new ServiceWorld();
    const seen: string[] = [];
    const service = await started(world, [raw], ({ id }) => seen.push(id));
    const { id: _id, ...rest } = JSON.parse(signalMessage('paper').value);
    const value = JSON.stringify(rest);
    await world.put({ topic: raw, key: 'k', id: undefined, value }, { topic: raw, key: 'k', id: undefined, value });
    await world.settle();
    assert.deepEqual(seen, [`${raw}:0:0`, `${raw}:0:1`]);
    await service.stop();
  });

  test('a group that cannot begin stops the start', async () => {
    const world = new ServiceWorld();
    await world.log.commit(GROUP, raw, 7);
    await assert.rejects(
      started(world, [raw], () => undefined),
      { code: 'OFFSET_AHEAD' },
    );
  });

  test('more than a batch arrives at once', async () => {
    const world = new ServiceWorld();
    const seen: string[] = [];
    const service = await started(world, ['market.ticks'], ({ id }) => seen.push(id));
    await world.put(...Array.from({ length: 1_000 }, (_, k) => tickMessage(k)));
    await world.settle();
    assert.deepEqual(
      seen,
      Array.from({ length: 1_000 }, (_, k) => `tape:${k}`),
    );
    assert.equal(await world.log.committed(GROUP, 'market.ticks'), 1_000);
    await service.stop();
  });
});

test('it reads every partition, names messages by theirs, and keeps the position of each', async () => {
  const world = new ServiceWorld(['paper' as BrokerId]);
  const raw = 'paper.signals.raw';
  // Two logs of one partition each stand for one log of two.
  const other = openMemoryLog();
  const logOf = (partition = 0): EventLog => (partition === 0 ? world.log : other);
  const log: EventLog = {
    ...world.log,
    partitions: async (topic) => (topic === raw ? 2 : 1),
    range: (topic, partition) => logOf(partition).range(topic),
    read: (topic, offset, limit, partition) => logOf(partition).read(topic, offset, limit),
    committed: (group, topic, partition) => logOf(partition).committed(group, topic),
    commit: (group, topic, offset, partition) => logOf(partition).commit(group, topic, offset),
  };
  const seen: string[] = [];
  const builder = new StreamServiceBuilder('listener', { ...world.settings, log }).withErrorHandling();
  const handler = ({ id }: { readonly id: string }): void => void seen.push(id);
  const service = builder.addConsumerHandler({ topics: [raw], groupId: GROUP, handler }).build();
  await service.start();
  await world.settle();
  await other.append([
    signalMessage('paper', { id: 'in 1' }),
    { ...signalMessage('paper'), id: undefined, value: '{}' },
  ]);
  await world.put(signalMessage('paper', { id: 'in 0' }));
  await world.settle();
  await service.stop();
  assert.deepEqual(seen.toSorted(), ['in 0', 'in 1']);
  assert.deepEqual([await world.log.committed(GROUP, raw), await other.committed(GROUP, raw)], [1, 2]);
  const [letter] = await world.envelopes(`${raw}.dlq`);
  assert.equal(letter?.id, `${raw}:1:1/dlq.listener`);
});
