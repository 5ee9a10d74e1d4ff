// What a service is when it is built, and its life: start, status, stop.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BrokerId } from '#core/ids.ts';
import { InvariantError } from '#core/invariant.ts';
import { keyOf } from '#wire/keys.ts';
import { BROKERS } from '../../test/support/builders.ts';
import { ServiceWorld, signalMessage, tickMessage } from '../../test/support/service-world.ts';
import { StreamServiceBuilder, type ServiceHandler } from './stream-service.ts';

const GROUP = 'alpha-panda.listener.all';
const data = { strategy_id: 'echo', instrument_token: 738_561, signal_type: 'BUY', quantity: 1 };
const nothing = (): void => undefined;

describe('build() refuses', () => {
  const world = new ServiceWorld();
  const on = (topics: readonly string[], handler: ServiceHandler = nothing, groupId = GROUP) =>
    world.builder().addConsumerHandler({ topics, groupId, handler });
  const sending: ServiceHandler = (_message, _topic, { producer }) =>
    producer.send({ topic: 'x', key: 'x', type: 'x', data });
  const sendingByContext: ServiceHandler = async (_message, _topic, context) =>
    void (await context.producer.send({ topic: 'x', key: 'x', type: 'x', data }));
  const { keyValue: _keyValue, ...bare } = world.settings;

  const cases: readonly (readonly [string, string, StreamServiceBuilder])[] = [
    ['a service that does nothing', 'NOTHING_TO_DO', world.builder()],
    ['a name of one letter', 'BAD_NAME', world.builder('s').onStart(nothing)],
    ['a name with a dot', 'BAD_NAME', world.builder('a.b').onStart(nothing)],
    ['a handler that sends without a producer', 'PRODUCER_NOT_ADDED', on(['market.ticks'], sending)],
    ['the same by its context', 'PRODUCER_NOT_ADDED', on(['market.ticks'], sendingByContext)],
    [
      'a handler that declares what it sends without a producer',
      'PRODUCER_NOT_ADDED',
      world.builder().addConsumerHandler({
        topics: ['market.ticks'],
        groupId: GROUP,
        handler: nothing,
        sends: ['paper.signals.raw'],
      }),
    ],
    [
      'a start that sends without a producer',
      'PRODUCER_NOT_ADDED',
      world.builder().onStart(({ producer }) => void producer),
    ],
    [
      'the same when it only declares it',
      'PRODUCER_NOT_ADDED',
      world.builder().onStart(nothing, { sends: ['paper.signals.raw'] }),
    ],
    [
      'sends to a topic of no active broker',
      'UNKNOWN_BROKER',
      world
        .builder()
        .addProducer()
        .onStart(nothing, { sends: ['kotak.signals.raw'] }),
    ],
    ['no topics', 'NO_TOPICS', on([])],
    ['a topic that does not exist', 'UNKNOWN_TOPIC', on(['paper.signals'])],
    ['a topic of no active broker', 'UNKNOWN_BROKER', on(['kotak.signals.raw'])],
    [
      'a topic twice',
      'TOPIC_TWICE',
      on(['market.ticks']).addConsumerHandler({ topics: ['market.ticks'], groupId: 'b', handler: nothing }),
    ],
    ['a group without a name', 'BAD_NAME', on(['market.ticks'], nothing, '')],
    ['a group of the platform', 'GROUP_RESERVED', on(['market.ticks'], nothing, 'alpha-panda.trading_engine.ticks')],
    [
      'key-value where there is none',
      'KEY_VALUE_MISSING',
      new StreamServiceBuilder('listener', bare).withRedis().onStart(nothing),
    ],
  ];
  for (const [what, code, builder] of cases) {
    test(`${what}, as ${code}`, () => assert.throws(() => builder.build(), { name: 'ServiceError', code }));
  }

  test('nothing that holds together, in any order of the calls', () => {
    const late = on(['market.ticks'], sending).withStore().withRedis().withMetrics().withErrorHandling().addProducer();
    assert.equal(late.build().name, 'listener');
    const stage = world.builder('trading_engine');
    stage
      .addConsumerHandler({ topics: ['market.ticks'], groupId: 'alpha-panda.trading_engine.ticks', handler: nothing })
      .build();
  });
});

describe('a service', () => {
  test('its status has the five fields, and metrics when asked for', async () => {
    const world = new ServiceWorld();
    const builder = world.builder().addProducer();
    builder.addConsumerHandler({ topics: ['market.ticks'], groupId: GROUP, handler: nothing });
    const service = builder.build();
    const status = { service_name: 'listener', active_brokers: BROKERS, processed_count: 0, error_count: 0 };
    const down = { running: false, consumers: 0, producers: 0 };
    assert.deepEqual(service.status(), { ...status, orchestrator_status: down });
    await service.start();
    assert.deepEqual(service.status(), {
      ...status,
      orchestrator_status: { running: true, consumers: 1, producers: 1 },
    });
    await service.stop();
    assert.deepEqual(service.status(), { ...status, orchestrator_status: down });
    assert.deepEqual(builder.withMetrics().build().status().metrics, {
      handled: 0,
      duplicates: 0,
      retries: 0,
      dead_letters: 0,
      sent: 0,
      success_rate: 1,
      handler_ms: null,
    });
  });

  test('its metrics tell how long handlers take and how many succeed', async () => {
    const world = new ServiceWorld();
    let call = 0;
    const handler: ServiceHandler = async () => {
      if (++call === 4) throw new TypeError('x');
      await world.clock.sleep(call * 10);
    };
    const service = world
      .builder()
      .withMetrics()
      .addConsumerHandler({ topics: ['market.ticks'], groupId: GROUP, handler })
      .build();
    await service.start();
    await world.put(...[1, 2, 3, 4].map(tickMessage));
    await world.clock.advance(100);
    const { handled, success_rate: rate, handler_ms: times } = service.status().metrics ?? {};
    assert.deepEqual([handled, rate, times], [3, 0.75, { p50: 20, p95: 30, p99: 30 }]);
    await service.stop();
  });

  for (const broker of BROKERS) {
    test(`a handler of ${broker} is given the namespace, and a logger that names it`, async () => {
      const world = new ServiceWorld();
      const topic = `${broker}.signals.raw`;
      const given: unknown[] = [];
      const handler: ServiceHandler = (message, name, context) => {
        given.push(context.broker, name, message.data['quantity']);
        context.logger.info('seen');
      };
      const service = world
        .builder()
        .addConsumerHandler({ topics: [topic], groupId: GROUP, handler })
        .build();
      await service.start();
      await world.put(signalMessage(broker, { quantity: 3 }));
      await world.settle();
      assert.deepEqual(given, [broker, topic, 3]);
      const seen = world.lines.find(({ event }) => event === 'seen');
      assert.deepEqual(seen?.fields, { service: 'listener', topic, broker });
      await service.stop();
    });

    test(`values of ${broker} are its own, and the service's own`, async () => {
      const world = new ServiceWorld();
      const service = world
        .builder()
        .withRedis()
        .onStart(async ({ keyValue }) => {
          await keyValue.set(broker, 'seen', 'yes');
          assert.equal(await keyValue.get(broker, 'seen'), 'yes');
          for (const other of BROKERS) if (other !== broker) assert.equal(await keyValue.get(other, 'seen'), undefined);
          await assert.rejects(keyValue.get('kotak' as BrokerId, 'seen'), { code: 'UNKNOWN_BROKER' });
        })
        .build();
      await service.start();
      await service.stop();
      const key = keyOf(broker, 'service', 'listener', 'seen');
      assert.equal(await world.settings.keyValue?.get(key), 'yes');
    });
  }

  test('at its start it can read the log of the active brokers', async () => {
    const world = new ServiceWorld();
    await world.put(signalMessage('paper', { id: 'old' }));
    const ids: unknown[] = [];
    const service = world
      .builder()
      .withStore()
      .onStart(async ({ store }) => {
        const { start, end } = await store.range('paper.signals.raw');
        ids.push(...(await store.read('paper.signals.raw', start, end - start)).map(({ id }) => id));
        await assert.rejects(store.read('kotak.signals.raw', 0, 1), { code: 'UNKNOWN_BROKER' });
      })
      .build();
    await service.start();
    assert.deepEqual(ids, ['old']);
    await service.stop();
  });

  test('means that were not asked for are refused where they are used', async () => {
    const world = new ServiceWorld();
    const codes: unknown[] = [];
    const names = ['producer', 'keyValue', 'store'];
    const service = world
      .builder()
      .onStart((context) => {
        for (const name of names) {
          assert.throws(
            () => (context as unknown as Record<string, unknown>)[name],
            (error: { code: string }) => {
              codes.push(error.code);
              return true;
            },
          );
        }
      })
      .build();
    await service.start();
    assert.deepEqual(codes, ['PRODUCER_NOT_ADDED', 'KEY_VALUE_NOT_ADDED', 'STORE_NOT_ADDED']);
    assert.throws(() => service.producer, { code: 'PRODUCER_NOT_ADDED' });
    await service.stop();
  });
});

describe('the start of a service', () => {
  test('it does what it is told before it reads, and misses nothing that follows', async () => {
    const world = new ServiceWorld();
    const steps: string[] = [];
    const service = world
      .builder()
      .addProducer()
      .addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler: ({ id }) => steps.push(id) })
      .onStart(async ({ producer }) => {
        assert.equal(await world.log.committed(GROUP, 'paper.signals.raw'), 0, 'its position is kept already');
        await producer.send({ topic: 'paper.signals.raw', key: 'k', type: 'trading_signal', data, id: 'first' });
        steps.push('started');
      })
      .build();
    await service.start();
    await world.settle();
    assert.deepEqual(steps, ['started', 'first']);
    await service.stop();
  });

  test('one that fails leaves nothing running and says why', async () => {
    const world = new ServiceWorld();
    const service = world
      .builder()
      .addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler: nothing })
      .onStart(() => {
        throw new Error('no connection');
      })
      .build();
    await assert.rejects(service.start(), { message: 'no connection' });
    assert.equal((await service.ended)?.message, 'no connection');
    assert.equal(service.status().orchestrator_status.running, false);
    await service.stop();
  });

  test('a failed send stops it, even when nobody waited for it', async () => {
    const world = new ServiceWorld();
    const starting = world
      .builder()
      .addProducer()
      .onStart(
        ({ producer }) => void producer.send({ topic: 'paper.signals.raw', key: 'k', type: 'trading_signal', data }),
      )
      .build();
    await assert.rejects(starting.start(), { code: 'ID_REQUIRED' });
  });

  test('it happens once', async () => {
    const world = new ServiceWorld();
    const service = world.builder().onStart(nothing).build();
    await service.start();
    await assert.rejects(service.start(), { code: 'ALREADY_STARTED' });
    await service.stop();
    await assert.rejects(service.start(), { code: 'ALREADY_STARTED' });
  });
});

describe('the stop of a service', () => {
  test('it finishes the message at hand, keeps the position and begins no other', async () => {
    const world = new ServiceWorld();
    const seen: string[] = [];
    const handler: ServiceHandler = async ({ id }) => {
      await world.clock.sleep(1_000);
      seen.push(id);
    };
    const service = world
      .builder()
      .addConsumerHandler({ topics: ['market.ticks'], groupId: GROUP, handler })
      .build();
    await service.start();
    await world.put(tickMessage(1), tickMessage(2));
    await world.settle();
    let stopped = false;
    const stopping = service.stop().then(() => (stopped = true));
    assert.equal(service.status().orchestrator_status.running, false);
    await world.clock.advance(1_000);
    assert.equal(stopped, true);
    await stopping;
    assert.equal(await service.ended, undefined);
    assert.equal(world.subscriptions, 0);
    assert.deepEqual(seen, ['tape:1']);
    assert.equal(await world.log.committed(GROUP, 'market.ticks'), 1);
    assert.equal(world.clock.sleepers, 0);
    await world.put(tickMessage(3));
    await world.clock.advance(5_000);
    assert.deepEqual(seen, ['tape:1']);
  });

  test('it waits ten seconds for a handler that does not end, which is handled again later', async () => {
    const world = new ServiceWorld();
    const seen: string[] = [];
    let hang = true;
    const handler: ServiceHandler = ({ id }) => {
      seen.push(id);
      return hang ? new Promise(() => undefined) : undefined;
    };
    const build = () =>
      world
        .builder()
        .addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler })
        .build();
    const service = build();
    await service.start();
    await world.put(signalMessage('paper', { id: 'a' }));
    await world.settle();
    let stopped = false;
    const stopping = service.stop().then(() => (stopped = true));
    await world.clock.advance(9_999);
    assert.equal(stopped, false);
    await world.clock.advance(1);
    await stopping;
    assert.equal(await world.log.committed(GROUP, 'paper.signals.raw'), 0);
    hang = false;
    const again = build();
    await again.start();
    await world.settle();
    assert.deepEqual(seen, ['a', 'a']);
    await again.stop();
  });

  test('it does not wait for a pause between two tries', async () => {
    const world = new ServiceWorld();
    const handler = (): never => {
      throw new Error('connection refused');
    };
    const builder = world.builder().withErrorHandling();
    const service = builder.addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler }).build();
    await service.start();
    await world.put(signalMessage('paper'));
    await world.settle();
    await service.stop();
    assert.equal(world.clock.monotonicMs(), 0);
    assert.equal(await world.log.committed(GROUP, 'paper.signals.raw'), 0);
  });

  test('it is the same stop however often it is asked for, and none is needed before a start', async () => {
    const world = new ServiceWorld();
    const service = world.builder().onStart(nothing).build();
    await service.start();
    await Promise.all([service.stop(), service.stop()]);
    await service.stop();
    const never = world.builder().onStart(nothing).build();
    await never.stop();
    assert.equal(await never.ended, undefined);
  });

  test('it ends a start that is still going on', async () => {
    const world = new ServiceWorld();
    const service = world
      .builder()
      .addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler: nothing })
      .onStart(({ signal }) => new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())))
      .build();
    const starting = service.start();
    await world.settle();
    await Promise.all([starting, service.stop()]);
    assert.equal(service.status().orchestrator_status.running, false);
  });
});

describe('a service that breaks', () => {
  test('it does not look alive', async () => {
    const world = new ServiceWorld();
    const builder = world.builder();
    const seen: string[] = [];
    const handler: ServiceHandler = ({ id }) => seen.push(id);
    builder.addConsumerHandler({ topics: ['paper.signals.raw'], groupId: GROUP, handler });
    const service = builder
      .addConsumerHandler({ topics: ['market.ticks'], groupId: `${GROUP}.ticks`, handler: nothing })
      .build();
    await service.start();
    await world.settle();
    world.failures.read = (topic) => (topic === 'market.ticks' ? new InvariantError('offsets go back') : undefined);
    await world.put(tickMessage(1));
    const failure = await Promise.race([service.ended, world.clock.advance(1_000).then(() => undefined)]);
    assert.equal(failure?.message, 'offsets go back');
    assert.equal(service.status().orchestrator_status.running, false);
    assert.equal(world.linesOf('CRITICAL').length, 1);
    await world.put(signalMessage('paper'));
    await world.clock.advance(5_000);
    assert.deepEqual(seen, [], 'the other groups have ended with it');
    await service.stop();
    assert.equal(world.clock.sleepers, 0);
  });
});
