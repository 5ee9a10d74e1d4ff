// What is kept, where and under which names: DATA_DIR, the STORE settings and the prefix of consumer groups, each under
// two values, by what the store then holds.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { type Pipeline } from '#app/pipeline.ts';
import { keepWithinLimits } from '#app/retention.ts';
import { loadStrategies } from '#app/strategies.ts';
import { DAY_MS } from '#core/time.ts';
import { type Store } from '#ports/store.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { OPEN } from '../support/builders.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { pumped, started, StepClock, tapeOf } from './platform-run.ts';
import { settingsOf, type Env } from './settings-run.ts';

test('DATA_DIR is where the store lies, and another one knows nothing of it', async (t) => {
  const folder = temporaryFolder(t);
  const source = tapeOf(t, 10);
  const foundIn = (name: string) => {
    const env = { FEED__SOURCE: source, DATA_DIR: join(folder, name) };
    return pumped(t, env, ({ recovered }) => recovered.fromSnapshot + recovered.replayedInputs);
  };
  assert.equal(await foundIn('one'), 0);
  assert.ok((await foundIn('one')) > 0);
  assert.equal(await foundIn('two'), 0);
  for (const name of ['one', 'two']) assert.ok(existsSync(join(folder, name, 'alpha-panda.sqlite')));
});

test('REDPANDA__GROUP_ID_PREFIX begins the name of every consumer group of the stages', async (t) => {
  const source = tapeOf(t, 10);
  for (const prefix of ['alpha-panda', 'desk.7']) {
    await pumped(t, { FEED__SOURCE: source, REDPANDA__GROUP_ID_PREFIX: prefix }, ({ store }) => {
      for (const stage of ['strategy_runner', 'risk_manager', 'trading_engine', 'portfolio_manager']) {
        const at = (name: string) => store.committed(`${name}.${stage}.ticks`, 'market.ticks');
        assert.deepEqual([at(prefix), at('another')], [10, undefined]);
      }
    });
  }
});

/** How many snapshots a run over 2,500 rows in commits of 500 takes. */
function snapshotsUnder(t: TestContext, env: Env, clock = new StepClock()): Promise<number> {
  const tape = { FEED__SOURCE: tapeOf(t, 2_500), FEED__BATCH_TICKS: '500' };
  return pumped(t, { ...tape, ...env }, ({ store }) => store.snapshots().length, { clock });
}

test('STORE__SNAPSHOT_EVERY_TICKS is how many ticks lie between two snapshots', async (t) => {
  assert.equal(await snapshotsUnder(t, { STORE__SNAPSHOT_EVERY_TICKS: '250000' }), 0);
  assert.ok((await snapshotsUnder(t, { STORE__SNAPSHOT_EVERY_TICKS: '1000' })) > 0);
});

test('STORE__SNAPSHOT_EVERY_SECONDS is how long after the last snapshot the next one is due', async (t) => {
  const slow = () => new StepClock(400);
  assert.equal(await snapshotsUnder(t, { STORE__SNAPSHOT_EVERY_SECONDS: '86400' }, slow()), 0);
  assert.ok((await snapshotsUnder(t, { STORE__SNAPSHOT_EVERY_SECONDS: '1' }, slow())) > 0);
});

test('STORE__FSYNC is how the store syncs a commit, and the health check says so', async (t) => {
  const source = tapeOf(t, 10);
  for (const fsync of ['full', 'normal', 'off'] as const) {
    assert.equal(await pumped(t, { FEED__SOURCE: source, STORE__FSYNC: fsync }, ({ store }) => store.fsync()), fsync);
    const env = { FEED__SOURCE: source, STORE__FSYNC: fsync, LOGGING__LEVEL: 'INFO' };
    const { code, logsDir } = started(t, env, { once: true, listen: false });
    assert.equal(await code, 0);
    assert.match(
      readFileSync(join(logsDir, 'application.log'), 'utf8'),
      new RegExp(`the store is open with 1 inputs, fsync ${fsync}`),
    );
  }
});

test('PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS is how many books a ledger holds, and the rest lies in the store', async (t) => {
  const source = tapeOf(t, 600);
  const strategies = await loadStrategies(undefined);
  const runWith = (MAX_PORTFOLIO_LOCKS: string) => {
    const env = { FEED__SOURCE: source, PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS: MAX_PORTFOLIO_LOCKS };
    const look = ({ ingest, store }: Pipeline) => {
      const counts = ingest.cascade.namespaces()[0]?.portfolio.ledger.counts;
      const shelved = store.rows('shelf', 'paper').length;
      return { state: JSON.stringify(ingest.cascade.snapshot()), counts, shelved };
    };
    return pumped(t, env, look, { strategies });
  };
  const [many, few] = [await runWith('1000'), await runWith('2')];
  assert.deepEqual([many.counts, many.shelved], [{ opened: 5, inMemory: 5 }, 0]);
  assert.deepEqual(few.counts, { opened: 5, inMemory: 2 });
  assert.ok(few.shelved >= 3);
  assert.equal(few.state, many.state);
});

const MEBIBYTE = 1_048_576;

/** Four journalled inputs of 6 MiB, a day apart from each other, and a snapshot after the last. */
async function fourDays(clock: VirtualClock): Promise<Store> {
  const store = openMemoryStore(new MemoryDisk(), () => clock.now());
  for (let day = 1; day <= 4; day++) {
    const body = new Uint8Array(6 * MEBIBYTE);
    const snapshot = day === 4 ? { at: OPEN, hash: '', body: '' } : undefined;
    store.commit({
      inputs: [{ kind: 'ticks', at: OPEN, body, ticks: 1 }],
      messages: [],
      rows: [],
      offsets: [],
      snapshot,
    });
    await clock.advance(DAY_MS);
  }
  return store;
}

/** The oldest input that is left of four under these settings. */
async function oldestUnder(env: Env): Promise<number> {
  const clock = new VirtualClock(OPEN);
  const store = await fourDays(clock);
  const ended = new AbortController();
  const limits = settingsOf(env).store;
  const keeping = keepWithinLimits({ store, limits, clock, logger: silentLogger }, ended.signal);
  await clock.settle();
  ended.abort();
  await keeping;
  return store.firstSeq();
}

test('STORE__TICK_RETENTION_DAYS is how old a journalled tick may get', async () => {
  assert.deepEqual([await oldestUnder({}), await oldestUnder({ STORE__TICK_RETENTION_DAYS: '2' })], [1, 3]);
});

test('STORE__TICK_RETENTION_MB is how much is journalled at most', async () => {
  assert.deepEqual([await oldestUnder({}), await oldestUnder({ STORE__TICK_RETENTION_MB: '16' })], [1, 3]);
});

test('old ticks are looked for again every minute until the platform stops', async () => {
  const clock = new VirtualClock(OPEN);
  const store = await fourDays(clock);
  const ended = new AbortController();
  const limits = settingsOf({ STORE__TICK_RETENTION_DAYS: '4' }).store;
  const keeping = keepWithinLimits({ store, limits, clock, logger: silentLogger }, ended.signal);
  await clock.advance(0);
  assert.equal(store.firstSeq(), 1);
  await clock.advance(60_000);
  assert.equal(store.firstSeq(), 2);
  ended.abort();
  await keeping;
});

test('a start deletes the ticks that STORE__TICK_RETENTION_DAYS does not keep', async (t) => {
  const source = tapeOf(t, 2_500);
  const tape = { FEED__SOURCE: source, FEED__BATCH_TICKS: '500', STORE__SNAPSHOT_EVERY_TICKS: '1000' };
  const first = started(t, { ...tape, ACTIVE_BROKERS: 'paper' }, { once: true, listen: false });
  assert.equal(await first.code, 0);
  const env = { ...tape, ACTIVE_BROKERS: 'paper', DATA_DIR: join(first.folder, 'data') };
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 40 * DAY_MS });
  const oldest = async (days: string): Promise<number> => {
    const again = started(t, { ...env, STORE__TICK_RETENTION_DAYS: days }, { once: true, listen: false });
    assert.equal(await again.code, 0);
    const reader = openStoreReader(env.DATA_DIR);
    try {
      return reader.firstSeq();
    } finally {
      reader.close();
    }
  };
  assert.equal(await oldest('50'), 1);
  assert.ok((await oldest('30')) > 1);
});
