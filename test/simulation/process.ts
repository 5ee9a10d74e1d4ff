// One life of the platform's process in the simulated world: it starts by recovering, runs until the market is over or it
// is killed, and leaves only what it committed.
import { type MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { Ingest, snapshotBody } from '#engine/ingest.ts';
import { Intake } from '#engine/intake.ts';
import { type Intent } from '#engine/sink.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { Pump, type FeedRow } from '#engine/pump.ts';
import { recover } from '#engine/recovery.ts';
import { type Clock } from '#ports/clock.ts';
import { type FeedPosition } from '#ports/feed.ts';
import { type Inbox } from '#ports/store.ts';
import { catalogue, Crash, fragileInbox, fragileStore, rowsFeed, type Steps, type Row } from './world.ts';

export interface Life {
  readonly disk: MemoryDisk;
  readonly inbox: Inbox;
  readonly rows: readonly Row[];
  readonly plan: Plan;
  readonly calendar: Calendar;
  readonly batch: number;
  readonly snapshotEveryTicks: number;
  readonly steps: Steps;
  readonly send: (intent: Intent) => void;
  /** After each turn: lets a gateway's world move on, and hands in what it reports. */
  readonly afterTurn?: (ingest: Ingest) => void;
  /** Once the state is rebuilt, before the first turn. */
  readonly afterRecovery?: (ingest: Ingest) => void;
}

/** The same instant for ever: nothing in the simulated world asks the clock. */
const stillClock: Clock = {
  now: () => 0 as EpochMs,
  monotonicMs: () => 0,
  sleep: async () => undefined,
  turn: async () => undefined,
};

/** Lives until the market is over (the final state as text) or until it is killed (undefined). */
export async function live(life: Life): Promise<string | undefined> {
  const { disk, steps, plan, calendar } = life;
  try {
    const store = fragileStore(openMemoryStore(disk), steps);
    const ingest = new Ingest({
      store,
      context: { catalogue, calendar: () => calendar },
      groupsOf: groupsReading('alpha-panda'),
      send: (intent) => steps.take(() => life.send(intent)),
      committed: () => undefined,
    });
    recover(store, ingest);
    const stored = store.rows('feed', 'market')[0]?.value;
    const kept = stored === undefined ? undefined : (JSON.parse(stored) as FeedRow);
    const feed = rowsFeed(life.rows, kept?.position as FeedPosition | undefined, steps);
    if (store.lastSeq() === 0) {
      ingest.plan(plan);
      ingest.commit(false);
    }
    life.afterRecovery?.(ingest);
    const pump = new Pump({
      feed,
      ingest,
      intake: new Intake(ingest, store, fragileInbox(life.inbox, steps), feed.firstTime),
      clock: stillClock,
      batch: new TickBatch(life.batch, false),
      indexOf: Int32Array.of(0, 1, 2),
      skip: kept?.skip ?? 0,
      careful: 0,
      snapshotEveryTicks: life.snapshotEveryTicks,
      snapshotEveryMs: Number.POSITIVE_INFINITY,
      idleMsMax: 1,
      afterTurn: () => undefined,
      sourceOf: (instrument) => `w${instrument}`,
    });
    for (let read = await pump.turn(); read !== 'finished'; read = await pump.turn()) life.afterTurn?.(ingest);
    life.afterTurn?.(ingest);
    const state = snapshotBody(ingest.cascade, ingest.ends);
    store.close();
    return state;
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    disk.crash();
    return undefined;
  }
}
