import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { encodeEvent } from '#wire/encode.ts';
import { adjusted, BROKERS, PAPER, signal } from '../../test/support/builders.ts';
import { SMALL_BROKERS, SmallMarket } from '../../test/support/small-market.ts';
import { ServiceWorld } from '../../test/support/service-world.ts';
import { PIPELINE } from './pipeline.ts';
import { Stages, type StageHost } from './stages.ts';
import { storeLog } from './store-log.ts';

/** A host that only remembers what it was handed. */
class Host implements StageHost {
  readonly taken: string[] = [];
  readonly warmedUpInstruments = 2;
  readonly pendingSignals = 1;

  take({ id }: { readonly id: string }, topic: string): void {
    this.taken.push(`${topic} ${id}`);
  }

  received(topic: string): number {
    return topic === 'market.ticks' ? 100 : this.taken.filter((text) => text.startsWith(`${topic} `)).length;
  }

  refused(topic: string): number {
    return topic === 'paper.signals.raw' ? 3 : 0;
  }
}

function outside(id: string): NewMessage {
  const { topic, key, value } = encodeEvent(signal({ id }));
  return { topic, key, id, value };
}

test('every stage of the table is a service, with its groups, and tells how it is', async () => {
  const world = new ServiceWorld();
  const stages = new Stages({ ...world.settings, delivery: 'memory' }, new Host());
  assert.deepEqual(
    stages.status().map(({ orchestrator_status }) => orchestrator_status.running),
    PIPELINE.map(() => false),
  );
  await stages.start();
  const [feed, runner, risk, engine, portfolio] = stages.status();
  assert.deepEqual(feed, {
    service_name: 'market_feed',
    active_brokers: BROKERS,
    orchestrator_status: { running: true, consumers: 0, producers: 1 },
    processed_count: 100,
    error_count: 0,
  });
  assert.deepEqual([runner?.orchestrator_status.consumers, portfolio?.orchestrator_status.consumers], [2, 2]);
  assert.deepEqual([risk?.service_name, risk?.error_count, risk?.processed_count], ['risk_manager', 3, 100]);
  assert.deepEqual(engine, {
    service_name: 'trading_engine',
    active_brokers: BROKERS,
    orchestrator_status: { running: true, consumers: 2, producers: 1 },
    processed_count: 100,
    error_count: 0,
    warmed_up_instruments: 2,
    pending_signals: 1,
  });
  await stages.stop();
  assert.ok(stages.status().every(({ orchestrator_status }) => !orchestrator_status.running));
  assert.equal(world.subscriptions, 0, 'in memory nobody waits for the log');
});

test('in memory a message reaches every stage that reads its topic, in every namespace, and no other', async () => {
  const host = new Host();
  const stages = new Stages({ ...new ServiceWorld().settings, delivery: 'memory' }, host);
  const message = { id: 'm1' } as never;
  assert.throws(() => stages.deliver(message, 'paper.signals.raw'), /start it first/);
  await stages.start();
  for (const broker of BROKERS) {
    host.taken.length = 0;
    assert.equal(stages.deliver(message, `${broker}.signals.raw`), true);
    assert.deepEqual(host.taken, [`${broker}.signals.raw m1`]);
    assert.equal(stages.deliver(message, `${broker}.pnl.snapshots`), true);
    assert.equal(host.taken.length, 3, 'risk and portfolio keep ledgers');
    assert.equal(stages.deliver(message, `${broker}.signals.rejected`), false);
  }
  assert.equal(stages.deliver(message, 'stranger.signals.raw'), false);
});

test('on a log the same services read their topics from where they were, and take each message once', async () => {
  const world = new ServiceWorld();
  const host = new Host();
  const first = new Stages(world.settings, host);
  await first.start();
  await world.put(outside('one'), outside('one'), outside('two'));
  await world.settle();
  assert.deepEqual(host.taken, ['paper.signals.raw one', 'paper.signals.raw two']);
  assert.equal(await world.log.committed('alpha-panda.risk_manager.signals', 'paper.signals.raw'), 3);
  await first.stop();
  await world.put(outside('three'));
  const second = new Stages(world.settings, host);
  await second.start();
  await world.settle();
  assert.deepEqual(host.taken.slice(2), ['paper.signals.raw three']);
  assert.throws(() => second.deliver({ id: 'm' } as never, 'paper.signals.raw'), /is handed no message besides/);
  await second.stop();
});

test('a message from outside passes the handlers of the stages and is applied once, though two of them read it', async () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const inbox = openMemoryInbox();
  const market = new SmallMarket(store, inbox);
  const stages = new Stages({ ...new ServiceWorld(SMALL_BROKERS).settings, delivery: 'memory' }, market.intake);
  market.intake.stages = stages;
  await stages.start();
  market.run(0, 10);
  const change = adjusted(12_345, { strategyId: 'demo' as never });
  const { topic, key, value } = encodeEvent({ ...change, trace: { ...change.trace, id: 'deposit-1' as never } });
  const message = { topic, key, id: 'deposit-1', value };
  inbox.put([message, message, { ...message, id: 'bad', value: '{}' }]);
  market.run(10, 20);
  const book = market.ingest.cascade.namespace(PAPER)?.portfolio.ledger.book('demo' as never);
  assert.equal(book?.adjustments, 12_345);
  assert.equal(market.ingest.cascade.namespace(PAPER)?.risk.ledger.book('demo' as never).adjustments, 12_345);
  assert.deepEqual(market.intake.counts(), { applied: 1, duplicates: 1, deadLettered: 1 });
  const errors = Object.fromEntries(
    stages.status().map(({ service_name, error_count }) => [service_name, error_count]),
  );
  assert.deepEqual(errors, {
    market_feed: 0,
    strategy_runner: 0,
    risk_manager: 1,
    trading_engine: 0,
    portfolio_manager: 1,
  });
  const [feed, , , engine] = stages.status();
  assert.deepEqual([feed?.processed_count, engine?.warmed_up_instruments, engine?.pending_signals], [40, 2, 0]);
});

test('the stages of a process read its store as a log, and write it in no other way than the cascade', async () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  new SmallMarket(store, openMemoryInbox()).run(0, 40);
  const log = storeLog(store);
  assert.deepEqual(await log.range('market.ticks'), { topic: 'market.ticks', start: 0, end: 80 });
  assert.deepEqual(await log.range('no.such'), { topic: 'no.such', start: 0, end: 0 });
  assert.deepEqual(await log.topics(), store.topics());
  assert.equal((await log.read('market.ticks', 3, 2)).length, 2);
  assert.equal(await log.committed('alpha-panda.risk_manager.ticks', 'market.ticks'), 80);
  await assert.rejects(log.append([]), /cascade's commit/);
  await assert.rejects(log.commit('g', 't', 1), /cascade's commit/);
  log.subscribe([], () => undefined)();
  await log.close();
});
