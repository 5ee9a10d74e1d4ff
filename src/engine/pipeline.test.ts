import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deadLetterTopic, MARKET_TICKS, STREAMS, topic, topicsOf, type Stream } from '#wire/topics.ts';
import { BROKERS } from '../../test/support/builders.ts';
import { groupId, groupsReading, PIPELINE, topicsOfGroup } from './pipeline.ts';

const reading = groupsReading('alpha-panda');

describe('the table of stages', () => {
  test('stages and their consumer groups carry the names that operators know', () => {
    const groups = PIPELINE.flatMap(({ name, groups: all }) =>
      all.map(({ purpose }) => groupId('alpha-panda', name, purpose)),
    );
    assert.deepEqual(groups, [
      'alpha-panda.strategy_runner.ticks',
      'alpha-panda.strategy_runner.orders',
      'alpha-panda.risk_manager.signals',
      'alpha-panda.risk_manager.orders',
      'alpha-panda.risk_manager.ticks',
      'alpha-panda.trading_engine.signals',
      'alpha-panda.trading_engine.ticks',
      'alpha-panda.portfolio_manager.orders',
      'alpha-panda.portfolio_manager.ticks',
    ]);
    assert.equal(new Set(groups).size, groups.length);
  });

  test('every stream that a stage reads is written by a stage, and every one is a stream of the platform', () => {
    const known = new Set<string>([MARKET_TICKS, ...Object.keys(STREAMS)]);
    const written = new Set<string>(PIPELINE.flatMap(({ writes }) => writes));
    const read = new Set<string>(PIPELINE.flatMap(({ groups }) => groups.flatMap(({ streams }) => streams)));
    for (const stream of written) assert.ok(known.has(stream), stream);
    for (const stream of read) assert.ok(written.has(stream), `${stream} is read and nobody writes it`);
  });

  test('nothing reaches an order but through the gate: only the trading engine writes orders, and it reads no raw signal', () => {
    for (const { name, groups, writes } of PIPELINE) {
      const orders = writes.some((stream) => stream.startsWith('orders.'));
      assert.equal(orders, name === 'trading_engine', name);
      const raw = groups.some(({ streams }) => streams.includes('signals.raw'));
      assert.equal(raw, name === 'risk_manager', name);
    }
  });
});

describe('who reads a topic', () => {
  test('market data is read by every stage but the feed', () => {
    assert.deepEqual(
      reading(MARKET_TICKS),
      ['strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager'].map((stage) =>
        groupId('alpha-panda', stage as 'risk_manager', 'ticks'),
      ),
    );
  });

  for (const broker of BROKERS) {
    test(`each topic of ${broker} is read by the groups whose streams hold it, and by no other`, () => {
      assert.deepEqual(reading(topic(broker, 'signals.raw')), ['alpha-panda.risk_manager.signals']);
      assert.deepEqual(reading(topic(broker, 'signals.validated')), ['alpha-panda.trading_engine.signals']);
      assert.deepEqual(reading(topic(broker, 'signals.rejected')), []);
      assert.deepEqual(reading(topic(broker, 'orders.filled')), [
        'alpha-panda.strategy_runner.orders',
        'alpha-panda.risk_manager.orders',
        'alpha-panda.portfolio_manager.orders',
      ]);
      for (const stream of Object.keys(STREAMS) as Stream[]) {
        const name = topic(broker, stream);
        const expected = PIPELINE.flatMap((stage) =>
          stage.groups
            .filter((group) => topicsOfGroup(group, [broker]).includes(name))
            .map(({ purpose }) => groupId('alpha-panda', stage.name, purpose)),
        );
        assert.deepEqual(reading(name), expected, name);
      }
    });
  }

  test('nobody reads dead letters or what is no topic', () => {
    for (const name of [
      deadLetterTopic(MARKET_TICKS),
      deadLetterTopic('paper.orders.filled'),
      'paper',
      'system.dlq',
      '',
    ]) {
      assert.deepEqual(reading(name), [], name);
    }
  });

  test('a group reads its streams in every namespace, and only topics that exist', () => {
    const all = new Set(topicsOf(BROKERS));
    for (const { groups } of PIPELINE) {
      for (const group of groups) {
        const topics = topicsOfGroup(group, BROKERS);
        for (const name of topics) assert.ok(all.has(name), name);
        const each = group.purpose === 'ticks' ? 1 : BROKERS.length;
        assert.equal(topics.length, group.streams.length * each);
      }
    }
  });
});
