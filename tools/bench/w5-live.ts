// Ticks at a rate that does not wait for anybody, with a burst of three times the rate in every third second: each tick is
// taken when it is due, every so many of them end in an order, and the order is timed from the tick's due time to the call
// of the gateway's submit. In one process, no socket. Arguments: ticks a second, seconds, ticks an order, durability, burst.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { price, quantity } from '#core/decimal.ts';
import { type BrokerId, type EventId } from '#core/ids.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { Ingest } from '#engine/ingest.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { recover } from '#engine/recovery.ts';
import { type Gateway } from '#ports/broker.ts';
import { type Store } from '#ports/store.ts';
import { gatewayPlan } from './gateway-plan.ts';
import { percentiles } from './percentiles.ts';

const [rate = '5000', seconds = '9', every = '50', durability = 'full', burst = '3'] = process.argv.slice(2);
const PRICE = price(1_000_000);
const START = Date.UTC(2025, 0, 1, 4);
const BURST_EVERY = 3;
const BATCH = 2_000;
const broker = 'live' as BrokerId;

/** Wants one unit with every so many ticks. */
const sometimes = defineStrategy({
  type: 'sometimes',
  version: 1,
  summary: 'Buys on every so many ticks.',
  parameters: {},
  warmUpTicks: () => 0,
  start: () => ({ seen: 0 }),
  onTick: (_parameters, state) => (++state.seen % Number(every) === 0 ? { side: 'BUY', quantity: 1 } : undefined),
});

/** When each tick is due, in milliseconds after the beginning. */
function schedule(): Float64Array {
  const dues: number[] = [];
  for (let second = 0; second < Number(seconds); second++) {
    const count = Number(rate) * (second % BURST_EVERY === BURST_EVERY - 1 ? Number(burst) : 1);
    for (let k = 0; k < count; k++) dues.push(1_000 * second + (1_000 * k) / count);
  }
  return Float64Array.from(dues);
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-live-'));
const store: Store =
  durability === 'none'
    ? openMemoryStore(new MemoryDisk())
    : openStore(folder, { now: () => Date.now(), fsync: durability === 'full' ? 'full' : 'off' });
try {
  const dues = schedule();
  const times: number[] = [];
  const open: EventId[] = [];
  let began = 0;
  const gateway: Gateway = {
    submit: async ({ order }) => {
      const sequence = Number(/:(\d+)\//.exec(order.orderId)?.[1]);
      times.push((now() - began - (dues[sequence - 1] as number)) * 1_000);
      open.push(order.orderId);
      return { kind: 'accepted', brokerOrderId: `${times.length}` };
    },
    modify: async () => ({ kind: 'not_sent', message: 'not asked in this benchmark' }),
    cancel: async () => ({ kind: 'not_sent', message: 'not asked in this benchmark' }),
    lookUp: async () => ({ kind: 'no_evidence', message: 'not asked in this benchmark' }),
    reports: () => () => undefined,
  };
  const desk = new OrderDesk(gateway);
  const ingest = new Ingest({
    store,
    context: { catalogue: () => sometimes, calendar: () => alwaysOpen() },
    groupsOf: groupsReading('alpha-panda'),
    send: (order) => desk.send(order),
    committed: () => undefined,
  });
  recover(store, ingest);
  ingest.plan(gatewayPlan(broker, 'sometimes'));
  control(ingest, {
    broker,
    at: START as EpochMs,
    action: 'armed',
    subject: broker,
    who: 'bench',
    why: 'to be measured',
    id: 'armed',
  });
  ingest.commit(false);
  /** What the gateway said, and the fills, enter with the next commit. */
  const hear = (): void => {
    for (const report of desk.take()) ingest.report(broker, report, ingest.cascade.at);
    for (const orderId of open.splice(0)) {
      const fill = { kind: 'fill', orderId, tradeId: 't', quantity: quantity(1), price: PRICE } as const;
      ingest.report(broker, fill, ingest.cascade.at);
    }
  };
  const batch = new TickBatch(BATCH, false);
  began = now();
  for (let taken = 0; taken < dues.length;) {
    batch.clear();
    const passed = now() - began;
    while (taken < dues.length && batch.count < BATCH && (dues[taken] as number) <= passed) {
      batch.push(0, START + Math.floor(dues[taken] as number), PRICE, NO_VOLUME, ++taken);
    }
    for (let from = 0; from < batch.count;) {
      from = ingest.ticks(batch, from, () => 'bench');
      ingest.commit(false);
    }
    await new Promise((resolve) => setImmediate(resolve));
    hear();
  }
  ingest.commit(false);
  const endOf = (topic: string): number | undefined => store.topics().find((each) => each.topic === topic)?.end;
  const orders = Math.floor(dues.length / Number(every));
  const found = [endOf('market.ticks'), times.length, endOf(`${broker}.orders.filled`)];
  if (found.join() !== [dues.length, orders, orders].join()) {
    throw new Error(`expected ${dues.length} ticks, ${orders} orders and as many fills, found ${found.join(', ')}`);
  }
  console.log(JSON.stringify({ ticks: dues.length, orders, ...percentiles(times.slice(Math.floor(orders / 10))) }));
} finally {
  store.close();
  rmSync(folder, { recursive: true, force: true });
}
