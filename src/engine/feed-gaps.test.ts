// Gaps of a feed on their way through the engine, and time that passes without a tick.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { openMemoryStore, openMemoryStoreReader } from '#adapters/memory/store.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type EventId, type StrategyId } from '#core/ids.ts';
import { type Bar } from '#core/market/bar.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { defineStrategy, type Strategy } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { type Feed } from '#ports/feed.ts';
import { type Store } from '#ports/store.ts';
import {
  after,
  BROKERS,
  catalogueOf,
  deployment,
  instruments,
  namespacePlan,
  OPEN,
  plan,
  rs,
  units,
} from '../../test/support/builders.ts';
import { JUNE_2021 } from '../../test/support/tape-builder.ts';
import { Ingest, snapshotBody } from './ingest.ts';
import { Intake } from './intake.ts';
import { Pump } from './pump.ts';
import { recover } from './recovery.ts';
import { verifyStore } from './replay.ts';

const MINUTE = 60_000;
const TWO = BROKERS.slice(0, 2);

interface Noted {
  gaps: string[];
  bars: string[];
}

/** Notes gaps and minute bars, and buys when a gap's candles come. */
const noting = defineStrategy<Record<string, never>, Noted>({
  type: 'noting',
  version: 1,
  summary: 'Notes what it is told of gaps.',
  parameters: {},
  warmUpTicks: () => 0,
  start: () => ({ gaps: [], bars: [] }),
  onTick: () => undefined,
  bars: () => [MINUTE],
  onBar: (_parameters, state, { index, complete }: Bar) => {
    state.bars.push(`${index} ${complete ? 'whole' : 'not whole'}`);
    return undefined;
  },
  onGap: (_parameters, state, { from, to, candles }) => {
    state.gaps.push(`${from - OPEN} to ${to - OPEN}: ${candles === undefined ? 'open' : candles.length}`);
    return candles === undefined
      ? undefined
      : { side: 'BUY', quantity: units(1), price: candles.at(-1)?.close ?? rs(1) };
  },
});

function thePlan(): Plan {
  const deployed = deployment({ strategyId: 'noting' as StrategyId, strategyType: 'noting', brokers: TWO });
  return plan({
    instruments: instruments(2),
    namespaces: TWO.map((broker) => namespacePlan({ broker })),
    deployments: [{ ...deployed, parameters: {} }],
  });
}

function contextOf(strategy: unknown = noting) {
  return { catalogue: catalogueOf(strategy), calendar: () => JUNE_2021 };
}

function opened(store: Store, strategy: unknown = noting): Ingest {
  const nothing = (): void => undefined;
  const ingest = new Ingest({
    store,
    context: contextOf(strategy),
    groupsOf: () => [],
    send: nothing,
    committed: nothing,
  });
  recover(store, ingest);
  if (store.lastSeq() === 0) ingest.plan(thePlan());
  return ingest;
}

function ticks(ingest: Ingest, ...seconds: readonly number[]): void {
  const batch = new TickBatch(seconds.length * 2, false);
  for (const each of seconds) {
    for (const index of [0, 1]) batch.push(index, after(each), rs(100 + (each % 5)), NO_VOLUME, each * 2 + index);
  }
  ingest.ticks(batch, 0, () => 'tape');
  ingest.commit(false);
}

function gapAt(seconds: readonly [number, number], candles?: FeedGap['candles'], token = 1): FeedGap {
  const [from, to] = [after(seconds[0]), after(seconds[1])];
  const name = candles === undefined ? '' : '.filled.0';
  return { id: `kite.gap.${token}.${from}${name}` as EventId, token, from, to, candles };
}

const CANDLE = { start: after(60), open: rs(101), high: rs(104), low: rs(100), close: rs(103), volume: 9 };

/** A gap of the first instrument from the 65th to the 110th second, filled a minute later. */
function played(store: Store): Ingest {
  const ingest = opened(store);
  ticks(ingest, 0, 30, 65);
  ingest.gap(gapAt([65, 110]));
  ticks(ingest, 111, 130);
  ingest.gap(gapAt([65, 110], [CANDLE]));
  ingest.commit(false);
  ticks(ingest, 181, 200);
  return ingest;
}

function noted(ingest: Ingest, index: number): unknown {
  return TWO.map((broker) => {
    const [host] = ingest.cascade.namespace(broker)?.snapshot().runner.hosts ?? [];
    return host?.states.find(([at]) => at === index)?.[1];
  });
}

describe('a gap', () => {
  test('is told to the strategies of every namespace at once and again with its candles, and breaks its own bars', () => {
    const ingest = played(openMemoryStore(new MemoryDisk()));
    const gaps = ['65000 to 110000: open', '65000 to 110000: 1'];
    const first = { gaps, bars: ['0 whole', '1 not whole', '2 whole'] };
    assert.deepEqual(noted(ingest, 0), [first, first]);
    const other = { gaps: [], bars: ['0 whole', '1 whole', '2 whole'] };
    assert.deepEqual(noted(ingest, 1), [other, other]);
  });

  test('lies among the ticks of its topic, and what follows from it names it', () => {
    const disk = new MemoryDisk();
    played(openMemoryStore(disk));
    const reader = openMemoryStoreReader(disk);
    const found = reader.read('market.ticks', 0, 100).filter(({ value }) => value.includes('"feed_gap"'));
    assert.deepEqual(
      found.map(({ offset, id }) => [offset, id]),
      [
        [6, `kite.gap.1.${after(65)}`],
        [11, `kite.gap.1.${after(65)}.filled.0`],
      ],
    );
    for (const broker of TWO) {
      const [signal] = reader.read(`${broker}.signals.raw`, 0, 10);
      const { causation_id: cause, correlation_id: root } = JSON.parse(signal?.value ?? '{}') as Record<
        string,
        unknown
      >;
      assert.deepEqual([cause, root], [found[1]?.id, found[1]?.id]);
    }
  });

  test('is taken again by a restart, and verifies as equal', () => {
    const disk = new MemoryDisk();
    const store = openMemoryStore(disk);
    const before = played(store);
    store.close();
    const again = opened(openMemoryStore(disk));
    assert.equal(snapshotBody(again.cascade, again.ends), snapshotBody(before.cascade, before.ends));
    const report = verifyStore(openMemoryStoreReader(disk), contextOf());
    assert.deepEqual([report.difference, report.ticks], [undefined, 14]);
  });

  test('at which a strategy throws quarantines that strategy alone', () => {
    const broken: Strategy = {
      ...(noting as unknown as Strategy),
      onGap: () => {
        throw new Error('no gaps please');
      },
    };
    const disk = new MemoryDisk();
    const ingest = opened(openMemoryStore(disk), broken);
    ticks(ingest, 0);
    ingest.gap(gapAt([0, 20]));
    ticks(ingest, 21);
    for (const broker of TWO) {
      const values = openMemoryStoreReader(disk)
        .read(`${broker}.control.changes`, 0, 10)
        .map(({ value }) => value);
      assert.equal(values.length, 1);
      assert.match(values[0] ?? '', /strategy_quarantined.*no gaps please/);
    }
  });

  test('of an instrument that nobody has is kept and concerns nobody', () => {
    const disk = new MemoryDisk();
    const ingest = opened(openMemoryStore(disk));
    ticks(ingest, 0);
    ingest.gap(gapAt([0, 20], undefined, 77));
    ticks(ingest, 21);
    assert.equal(openMemoryStoreReader(disk).read('market.ticks', 2, 1)[0]?.key, '77');
    assert.equal(verifyStore(openMemoryStoreReader(disk), contextOf()).difference, undefined);
  });
});

/** A feed that brings no ticks, whose market's time and gaps are the test's. */
class SilentFeed implements Feed {
  readonly kind = 'realtime';
  readonly instruments = instruments(2);
  readonly firstTime = undefined;
  time: EpochMs | undefined;
  gaps: FeedGap[] = [];

  read = (): Promise<'idle'> => Promise.resolve('idle');
  sourceOf = (): string => 'silent';
  idleMs = (): number => 1;
  position = (): { readonly feed: string } => ({ feed: 'silent' });
  counts = (): ReturnType<Feed['counts']> => ({ used: 0, refused: {} });
  close = (): Promise<void> => Promise.resolve();
  now = (): EpochMs | undefined => this.time;
  takeGaps = (): readonly FeedGap[] => this.gaps.splice(0);
}

function pumpOf(store: Store, ingest: Ingest, feed: Feed): Pump {
  return new Pump({
    feed,
    ingest,
    intake: new Intake(ingest, store, openMemoryInbox()),
    clock: new VirtualClock(OPEN),
    batch: new TickBatch(16, false),
    indexOf: Int32Array.from([0, 1]),
    skip: 0,
    careful: 0,
    snapshotEveryTicks: 1_000,
    snapshotEveryMs: 1_000_000,
    idleMsMax: 1,
    afterTurn: () => undefined,
    sourceOf: () => 'silent',
  });
}

describe('a market that falls silent', () => {
  test('has its time go on when something is due by time alone, and not otherwise', async () => {
    const disk = new MemoryDisk();
    const store = openMemoryStore(disk);
    const ingest = opened(store);
    const feed = new SilentFeed();
    const pump = pumpOf(store, ingest, feed);
    const kinds = (): readonly string[] =>
      openMemoryStoreReader(disk)
        .inputsAfter(0, 100)
        .map(({ kind }) => kind);
    ticks(ingest, 0);
    for (feed.time of [undefined, after(20), after(61)]) await pump.turn();
    assert.deepEqual([kinds(), ingest.cascade.at], [['plan', 'ticks'], after(0)], 'the bar is not due two seconds ago');
    for (feed.time of [after(62), after(62.5), after(63)]) await pump.turn();
    assert.deepEqual([kinds(), ingest.cascade.at], [['plan', 'ticks', 'clock'], after(60)]);
    const ended = { gaps: [], bars: ['0 whole'] };
    assert.deepEqual(noted(ingest, 0), [ended, ended]);
  });

  test('hands its gaps over without a tick', async () => {
    const disk = new MemoryDisk();
    const store = openMemoryStore(disk);
    const ingest = opened(store);
    const feed = new SilentFeed();
    const pump = pumpOf(store, ingest, feed);
    ticks(ingest, 0);
    feed.gaps = [gapAt([1, 5]), gapAt([1, 5], undefined, 2)];
    assert.equal(await pump.turn(), 'idle');
    assert.equal(openMemoryStoreReader(disk).read('market.ticks', 2, 9).length, 2);
  });
});
