// `npm run bench -- kill`: a thousand signals a second run through the embedded pipeline to a gateway, on a real store; from
// the instant at which a kill is ordered to the last order that leaves. Ordered in the process, and by another one.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { type ControlAction, type ControlChanged } from '#core/events.ts';
import { type BrokerId, type EventId, knownTrace } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { kill } from '#engine/control.ts';
import { Ingest } from '#engine/ingest.ts';
import { Intake } from '#engine/intake.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { Pump } from '#engine/pump.ts';
import { recover } from '#engine/recovery.ts';
import { type Gateway } from '#ports/broker.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Feed } from '#ports/feed.ts';
import { type Inbox, type Store } from '#ports/store.ts';
import { encodeEvent } from '#wire/encode.ts';
import { gatewayPlan } from './gateway-plan.ts';

const SIGNALS_PER_SECOND = 1_000;
const MS_MAX = 50;
const START = Date.UTC(2025, 0, 1, 4);
const broker = 'live' as BrokerId;

/** Wants one unit with every tick. */
const eager = defineStrategy({
  type: 'eager',
  version: 1,
  summary: 'Buys and sells one unit in turn.',
  parameters: {},
  warmUpTicks: () => 0,
  start: () => ({}),
  onTick: () => ({ side: 'BUY', quantity: 1 }),
});

const plan = gatewayPlan(broker, 'eager');

/** A pipeline at full work, with what left it. */
class Floor {
  sent = 0;
  sentAt = 0;
  readonly ingest: Ingest;
  readonly inbox: Inbox;
  readonly pump: Pump;
  readonly #store: Store;
  readonly #desk: OrderDesk;

  constructor(folder: string, kind: string) {
    const gateway: Gateway = {
      submit: async () => {
        this.sent++;
        this.sentAt = now();
        return { kind: 'accepted', brokerOrderId: `${this.sent}` };
      },
      modify: async () => ({ kind: 'accepted' }),
      cancel: async () => ({ kind: 'accepted' }),
      lookUp: async () => ({ kind: 'no_evidence', message: 'not asked in this benchmark' }),
      reports: () => () => undefined,
    };
    this.#desk = new OrderDesk(gateway);
    this.#store = kind === 'memory' ? openMemoryStore(new MemoryDisk()) : openStore(folder, { now: () => Date.now() });
    this.inbox = openInbox(folder);
    this.ingest = new Ingest({
      store: this.#store,
      context: { catalogue: () => eager, calendar: () => alwaysOpen() },
      groupsOf: groupsReading('alpha-panda'),
      send: (order) => this.#desk.send(order),
      committed: () => undefined,
    });
    recover(this.#store, this.ingest);
    this.ingest.plan(plan);
    this.pump = new Pump({
      feed: pacedFeed(),
      ingest: this.ingest,
      intake: new Intake(this.ingest, this.#store, this.inbox, START as EpochMs),
      clock: systemClock(),
      batch: new TickBatch(2_000, false),
      indexOf: Int32Array.of(0),
      skip: 0,
      careful: 0,
      snapshotEveryTicks: Number.POSITIVE_INFINITY,
      snapshotEveryMs: Number.POSITIVE_INFINITY,
      idleMsMax: 10,
      afterTurn: () => {
        for (const report of this.#desk.take()) this.ingest.report(broker, report, this.ingest.cascade.at);
      },
      sourceOf: () => 'bench',
    });
  }

  close(): void {
    this.inbox.close();
    this.#store.close();
  }
}

/** Milliseconds of a clock that all threads share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Ticks at the rate of the signals, in their own time. */
function pacedFeed(): Feed {
  const began = now();
  let ticks = 0;
  return {
    kind: 'realtime',
    instruments: plan.instruments,
    firstTime: START as EpochMs,
    sourceOf: () => 'bench',
    read: async (batch, max) => {
      const due = Math.floor(((now() - began) / 1_000) * SIGNALS_PER_SECOND);
      for (; ticks < due && batch.count < max; ticks++) {
        batch.push(0, START + ticks, 1_000_000, NO_VOLUME, ticks + 1);
      }
      return batch.count > 0 ? 'ticks' : 'idle';
    },
    idleMs: () => 1,
    position: () => ({ ticks }),
    counts: () => ({ used: ticks, refused: {} }),
    close: async () => undefined,
  };
}

function message(action: ControlAction, id: string): NewMessage {
  const said = { subject: broker, who: 'bench', why: 'to be measured' };
  const about = { broker, trace: knownTrace(id as EventId), at: START as EpochMs };
  const event: ControlChanged = { type: 'control_changed', ...about, action, ...said };
  return encodeEvent(event);
}

interface Trial {
  /** From the order of the kill to the last order that left; 0 when none left after it. */
  readonly ms: number;
  /** Orders a second until the kill. */
  readonly rate: number;
}

/** Runs for a while, kills, and runs on for as long. */
async function trial(floor: Floor, k: number, how: 'process' | 'inbox', folder: string, runMs: number): Promise<Trial> {
  floor.inbox.put([message('armed', `armed ${how} ${k}`), message('released', `released ${how} ${k}`)]);
  const [from, first] = [now(), floor.sent];
  const ended = new AbortController();
  const running = floor.pump.run(ended.signal);
  await sleep(runMs);
  let rate = ((floor.sent - first) / (now() - from)) * 1_000;
  // Due then: what holds up the process until later counts too.
  let killedAt = from + runMs;
  if (how === 'process') {
    const about = { flatten: false, who: 'bench', why: 'to be measured', at: floor.ingest.cascade.at };
    kill(floor.ingest, { ...about, broker, id: `kill ${k}` });
  } else {
    const { topic, key, value, id } = message('killed', `killed ${k}`);
    killedAt = await fromOutside(folder, { topic, key, value, id });
    rate = ((floor.sent - first) / (now() - from)) * 1_000;
  }
  await sleep(runMs);
  ended.abort();
  await running;
  return { ms: Math.max(0, floor.sentAt - killedAt), rate };
}

/** Another thread puts a message into the inbox, as another process would; when it began to. */
async function fromOutside(folder: string, given: NewMessage): Promise<number> {
  const began = new Float64Array(new SharedArrayBuffer(8));
  const data: Outside = { folder, given, began };
  await once(new Worker(new URL(import.meta.url), { workerData: data }), 'exit');
  return began[0] ?? 0;
}

interface Outside {
  readonly folder: string;
  readonly given: NewMessage;
  readonly began: Float64Array;
}

if (!isMainThread) {
  const { folder, given, began } = workerData as Outside;
  const inbox = openInbox(folder);
  began[0] = now();
  inbox.put([given]);
  inbox.close();
}

export async function benchKill(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      trials: { type: 'string', default: '10' },
      ms: { type: 'string', default: '300' },
      store: { type: 'string', default: 'sqlite' },
    },
  });
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-kill-'));
  const floor = new Floor(folder, values.store);
  try {
    const worst = { process: 0, inbox: 0 };
    const rates: number[] = [];
    for (let k = 0; k < Number(values.trials); k++) {
      for (const how of ['process', 'inbox'] as const) {
        const { ms, rate } = await trial(floor, k, how, folder, Number(values.ms));
        worst[how] = Math.max(worst[how], ms);
        rates.push(rate);
      }
    }
    const figures = {
      signals_per_second: SIGNALS_PER_SECOND,
      orders_per_second: Math.round(rates.toSorted((a, b) => a - b)[rates.length >> 1] ?? 0),
      worst_ms_in_process: Math.round(worst.process * 100) / 100,
      worst_ms_through_inbox: Math.round(worst.inbox * 100) / 100,
      trials: Number(values.trials),
      store: values.store,
    };
    const slowest = Math.max(worst.process, worst.inbox);
    if (!values.json) console.log(`kill: the last order left ${slowest.toFixed(1)} ms after it, must be <= ${MS_MAX}`);
    console.log(JSON.stringify(figures));
    return slowest <= MS_MAX && figures.orders_per_second > 0 ? 0 : 1;
  } finally {
    floor.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
