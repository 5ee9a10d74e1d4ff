// What a service may send, and under which ids: for each broker, through the service that sends.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BROKERS } from '../../test/support/builders.ts';
import { ServiceWorld, signalMessage, tickMessage } from '../../test/support/service-world.ts';
import { type OutgoingMessage } from './service-producer.ts';
import { type ConsumerHandler, type ServiceHandler, type StreamService } from './stream-service.ts';

const GROUP = 'alpha-panda.relay.all';
const data = { strategy_id: 'relay', instrument_token: 738_561, signal_type: 'BUY', quantity: 1 };

function signalTo(broker: string, more: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return { topic: `${broker}.signals.raw`, key: 'relay:738561', type: 'trading_signal', data, ...more };
}

async function relay(
  world: ServiceWorld,
  topics: readonly string[],
  handler: ServiceHandler,
  more: Partial<ConsumerHandler> = {},
): Promise<StreamService> {
  const service = world
    .builder('relay')
    .withErrorHandling()
    .withMetrics()
    .addProducer()
    .addConsumerHandler({ topics, groupId: GROUP, handler, ...more })
    .build();
  await service.start();
  return service;
}

/** What a handler's attempt to send was refused with. */
async function refusalOf(world: ServiceWorld, message: unknown, more: Partial<ConsumerHandler> = {}): Promise<unknown> {
  const refusals: unknown[] = [];
  const handler: ServiceHandler = async (_message, _topic, { producer }) => {
    await producer.send(message as OutgoingMessage).catch((error: unknown) => refusals.push(error));
  };
  const service = await relay(world, ['market.ticks'], handler, more);
  await world.put(tickMessage(1));
  await world.settle();
  await service.stop();
  assert.deepEqual(
    (await world.written()).filter((topic) => !topic.startsWith('market.ticks')),
    [],
  );
  return refusals[0];
}

for (const broker of BROKERS) {
  describe(`what a service sends to ${broker}`, () => {
    test('it has the whole envelope, and follows from the message that was handled', async () => {
      const world = new ServiceWorld();
      const ids: string[] = [];
      const service = await relay(world, ['market.ticks'], async (_message, _topic, { producer }) => {
        ids.push(await producer.send(signalTo(broker)), await producer.send(signalTo(broker)));
      });
      await world.put(tickMessage(7));
      await world.settle();
      const [first, second] = await world.envelopes(`${broker}.signals.raw`);
      assert.deepEqual(first, {
        id: `tape:7/relay.${broker}.0`,
        type: 'trading_signal',
        version: 2,
        broker,
        key: 'relay:738561',
        source: 'relay',
        ts: '2021-06-11T03:45:01.000Z',
        correlation_id: 'root-1',
        causation_id: 'tape:7',
        trace_id: 'root-1',
        parent_trace_id: 'tape:7',
        data,
      });
      assert.deepEqual([first?.id, second?.id], ids);
      assert.equal(second?.id, `tape:7/relay.${broker}.1`);
      const [record] = await world.read(`${broker}.signals.raw`);
      assert.deepEqual([record?.id, record?.key], [first?.id, 'relay:738561']);
      assert.equal(service.status().metrics?.sent, 2);
      await service.stop();
    });

    test('its ids are the same with other brokers beside it as alone', async () => {
      const idsWith = async (brokers: typeof BROKERS): Promise<readonly string[]> => {
        const world = new ServiceWorld(brokers);
        const service = await relay(world, ['market.ticks'], async (_message, _topic, { producer }) => {
          for (const each of brokers) await producer.send(signalTo(each));
          await producer.send(signalTo(broker));
        });
        await world.put(tickMessage(1));
        await world.settle();
        await service.stop();
        return (await world.read(`${broker}.signals.raw`)).map(({ value }) => value);
      };
      const together = await idsWith(BROKERS);
      assert.equal(together.length, 2);
      assert.deepEqual(await idsWith([broker]), together);
    });

    test('a second try sends under the same ids', async () => {
      const world = new ServiceWorld();
      const service = await relay(world, ['market.ticks'], async (_message, _topic, { producer, attempt }) => {
        await producer.send(signalTo(broker));
        if (attempt === 1) throw new Error('connection refused');
        await producer.send(signalTo(broker));
      });
      await world.put(tickMessage(1));
      await world.clock.advance(2_000);
      const ids = (await world.read(`${broker}.signals.raw`)).map(({ id }) => id);
      const [first, second] = [`tape:1/relay.${broker}.0`, `tape:1/relay.${broker}.1`];
      assert.deepEqual(ids, [first, first, second]);
      await service.stop();
    });

    test('what crosses from another broker is told apart from what crosses from a third one', async () => {
      const world = new ServiceWorld();
      const others = BROKERS.filter((other) => other !== broker);
      const handler: ServiceHandler = (_message, _topic, { producer }) => producer.send(signalTo(broker));
      const service = await relay(
        world,
        others.map((other) => `${other}.signals.raw`),
        handler,
      );
      for (const other of others) await world.put(signalMessage(other, { id: 'same' }));
      await world.settle();
      const ids = (await world.read(`${broker}.signals.raw`)).map(({ id }) => id);
      assert.deepEqual(new Set(ids), new Set(others.map((other) => `same/relay.${other}.${broker}.0`)));
      await service.stop();
    });

    test('while the broker is not active nothing is sent to it', async () => {
      const world = new ServiceWorld(BROKERS.filter((other) => other !== broker));
      const refusal = await refusalOf(world, signalTo(broker));
      assert.match(String(refusal), new RegExp(`found ${broker}\\.signals\\.raw; list ${broker} in ACTIVE_BROKERS`));
      assert.equal((refusal as { code: string }).code, 'UNKNOWN_BROKER');
    });
  });
}

describe('a send is refused', () => {
  const cases: readonly (readonly [string, string, unknown])[] = [
    ['to a topic that does not exist', 'UNKNOWN_TOPIC', signalTo('paper', { topic: 'paper.signals' })],
    ['of a type that the topic does not carry', 'WRONG_TYPE', signalTo('paper', { type: 'order_filled' })],
    ['of a type that does not exist', 'WRONG_TYPE', signalTo('paper', { type: 'toString' })],
    ['to dead letters', 'DEAD_LETTER_TOPIC', signalTo('paper', { topic: 'paper.signals.raw.dlq' })],
    ['with data that lacks a field', 'INVALID_DATA', signalTo('paper', { data: { ...data, quantity: 0 } })],
    ['with a number where money is text', 'INVALID_DATA', signalTo('paper', { data: { ...data, price: 100.05 } })],
    ['with data that JSON cannot say', 'INVALID_DATA', signalTo('paper', { data: { ...data, quantity: 1n } })],
    ['without data', 'INVALID_DATA', { topic: 'paper.signals.raw', key: 'k', type: 'trading_signal' }],
    ['that speaks of another broker', 'BROKER_MISMATCH', signalTo('paper', { data: { ...data, broker: 'zerodha' } })],
    ['without a key', 'BAD_ENVELOPE', signalTo('paper', { key: '' })],
    ['with a key that is no text', 'BAD_ENVELOPE', { ...signalTo('paper'), key: 7 }],
    ['with an id that is no text', 'BAD_ENVELOPE', { ...signalTo('paper'), id: 7 }],
  ];
  for (const [what, code, message] of cases) {
    test(`${what}, as ${code}`, async () => {
      const refusal = await refusalOf(new ServiceWorld(), message);
      assert.equal((refusal as { code?: string } | undefined)?.code, code, String(refusal));
    });
  }

  test('to a topic that the handler did not declare', async () => {
    const refusal = await refusalOf(new ServiceWorld(), signalTo('paper'), { sends: ['zerodha.signals.raw'] });
    assert.match(String(refusal), /sends to zerodha\.signals\.raw, found paper\.signals\.raw; add it to sends/);
  });

  test('and fails the attempt, even when nobody waited for it', async () => {
    const world = new ServiceWorld();
    const service = await relay(world, ['market.ticks'], (_message, _topic, { producer }) => {
      void producer.send(signalTo('paper', { data: {} }));
    });
    await world.put(tickMessage(1));
    await world.settle();
    assert.equal(service.status().processed_count, 0);
    const [letter] = await world.envelopes('market.ticks.dlq');
    const cause = letter?.data['failure_info'] as { error_class: string } | undefined;
    assert.equal(cause?.error_class, 'INVALID_DATA');
    await service.stop();
  });

  test('after the attempt has ended', async () => {
    const world = new ServiceWorld();
    const late: unknown[] = [];
    const service = await relay(world, ['market.ticks'], (_message, _topic, { producer }) => {
      void world.clock
        .sleep(1_000)
        .then(() => producer.send(signalTo('paper')).catch((error: unknown) => late.push(error)));
    });
    await world.put(tickMessage(1));
    await world.clock.advance(2_000);
    assert.equal((late[0] as { code: string }).code, 'ATTEMPT_ENDED');
    assert.deepEqual(await world.read('paper.signals.raw'), []);
    await service.stop();
  });
});

describe('durability', () => {
  test('the position moves only after what was sent is durable', async () => {
    const world = new ServiceWorld();
    world.failures.append = () => Object.assign(new Error('no room'), { code: 'ENOSPC' });
    const service = await relay(
      world,
      ['paper.signals.validated', 'zerodha.signals.raw'],
      (_message, _topic, { producer }) => {
        void producer.send(signalTo('paper'));
      },
    );
    await world.put(signalMessage('zerodha'));
    await world.clock.advance(1_000);
    assert.equal(await world.log.committed(GROUP, 'zerodha.signals.raw'), 0);
    world.failures.append = () => undefined;
    await world.clock.advance(2_000);
    assert.equal((await world.read('paper.signals.raw')).length, 1);
    assert.equal(await world.log.committed(GROUP, 'zerodha.signals.raw'), 1);
    await service.stop();
  });
});

describe('outside of a handler', () => {
  test('every message needs an id, and is a root', async () => {
    const world = new ServiceWorld();
    const service = await relay(world, ['market.ticks'], () => undefined);
    await assert.rejects(service.producer.send(signalTo('paper')), { code: 'ID_REQUIRED' });
    assert.equal(await service.producer.send(signalTo('paper', { id: 'request-7' })), 'request-7');
    const [sent] = await world.envelopes('paper.signals.raw');
    assert.deepEqual([sent?.id, sent?.correlation_id, sent?.causation_id], ['request-7', 'request-7', null]);
    assert.equal(sent?.ts, '2021-06-11T03:45:00.000Z');
    await service.stop();
    await assert.rejects(service.producer.send(signalTo('paper', { id: 'request-8' })), { code: 'NOT_RUNNING' });
  });
});
