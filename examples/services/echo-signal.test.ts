// How a service is tested without a platform: a log in memory, and a clock that stands still.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { encodeEvent } from '#wire/encode.ts';
import { BROKERS, filled, signal, submitted } from '../../test/support/builders.ts';
import { ServiceWorld } from '../../test/support/service-world.ts';
import { service } from './echo-signal.ts';

function fillOf(broker: BrokerId, strategyId: string): NewMessage {
  const wanted = signal({ broker, strategyId: strategyId as StrategyId });
  return encodeEvent(filled(submitted(wanted, `order of ${strategyId}`)));
}

describe('echo-signal', () => {
  for (const broker of BROKERS) {
    test(`with ${broker} alone it sends one signal there and nothing anywhere else`, async () => {
      const world = new ServiceWorld([broker]);
      const echo = service(world.settings);
      await echo.start();
      await echo.stop();
      assert.deepEqual(await world.written(), [`${broker}.signals.raw`]);
      const [sent, ...others] = await world.envelopes(`${broker}.signals.raw`);
      assert.equal(others.length, 0);
      assert.deepEqual([sent?.id, sent?.broker, sent?.source], [`echo-1.${broker}`, broker, 'echo_signal']);
    });

    test(`it tells of its own fills at ${broker}, not of others`, async () => {
      const world = new ServiceWorld();
      const echo = service(world.settings);
      await echo.start();
      await world.put(fillOf(broker, 'echo'), fillOf(broker, 'momentum'));
      await world.settle();
      const told = world.lines.filter(({ event }) => event === 'Filled').map(({ fields }) => fields);
      const about = { service: 'echo_signal', topic: `${broker}.orders.filled`, broker };
      assert.deepEqual(told, [{ ...about, quantity: 1, price: '100.00' }]);
      await echo.stop();
    });
  }

  test('another start asks under the same id, which does nothing', async () => {
    const world = new ServiceWorld();
    for (let start = 0; start < 2; start++) {
      const echo = service(world.settings);
      await echo.start();
      await echo.stop();
    }
    for (const broker of BROKERS) {
      const ids = (await world.read(`${broker}.signals.raw`)).map(({ id }) => id);
      assert.deepEqual(new Set(ids), new Set([`echo-1.${broker}`]));
    }
  });
});
