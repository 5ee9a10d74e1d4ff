// Durable tick to order: a tick is taken, a strategy wants to trade, the intent is committed with everything that led to
// it, and the gateway's submit is called. One process, no socket; timed from the tick's due time to that call.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '#adapters/sqlite/store.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { TickBatch, NO_VOLUME } from '#core/market/tick.ts';
import { defineStrategy } from '#core/strategy/strategy.ts';
import { price, quantity } from '#core/decimal.ts';
import { type BrokerId, type EventId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { control } from '#engine/control.ts';
import { Ingest } from '#engine/ingest.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { recover } from '#engine/recovery.ts';
import { type Gateway } from '#ports/broker.ts';
import { gatewayPlan } from './gateway-plan.ts';
import { percentiles } from './percentiles.ts';

const ORDERS = 3_000;
const PRICE = price(1_000_000);
const broker = 'zerodha' as BrokerId;
const start = Date.UTC(2025, 0, 1, 4);

/** Buys one on every tick, so that every tick ends in an order. */
const eager = defineStrategy({
  type: 'eager',
  version: 1,
  summary: 'Buys on every tick.',
  parameters: {},
  warmUpTicks: () => 1,
  start: () => ({}),
  onTick: () => ({ side: 'BUY', quantity: 1 }),
});

const plan = gatewayPlan(broker, 'eager');

const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-order-'));
try {
  const times: number[] = [];
  let due = 0n;
  const sent: EventId[] = [];
  const gateway: Gateway = {
    submit: async ({ order }) => {
      times.push(Number(process.hrtime.bigint() - due) / 1_000);
      sent.push(order.orderId);
      return { kind: 'accepted', brokerOrderId: `${times.length}` };
    },
    modify: async () => ({ kind: 'not_sent', message: 'not asked in this benchmark' }),
    cancel: async () => ({ kind: 'not_sent', message: 'not asked in this benchmark' }),
    lookUp: async () => ({ kind: 'no_evidence', message: 'not asked in this benchmark' }),
    reports: () => () => undefined,
  };
  const desk = new OrderDesk(gateway);
  const store = openStore(folder, { now: () => Date.now() });
  const ingest = new Ingest({
    store,
    context: { catalogue: () => eager, calendar: () => alwaysOpen() },
    groupsOf: groupsReading('alpha-panda'),
    send: (order) => desk.send(order),
    committed: () => undefined,
  });
  recover(store, ingest);
  ingest.plan(plan);
  const armed = { action: 'armed', subject: broker, who: 'bench', why: 'to be measured', id: 'armed' } as const;
  control(ingest, { broker, at: start as EpochMs, ...armed });
  ingest.commit(false);
  const batch = new TickBatch(1, false);
  for (let k = 0; k < ORDERS; k++) {
    batch.clear();
    batch.push(0, start + k, PRICE, NO_VOLUME, k + 1);
    due = process.hrtime.bigint();
    ingest.ticks(batch, 0, () => 'bench');
    ingest.commit(false);
    await new Promise((resolve) => setImmediate(resolve));
    for (const report of desk.take()) ingest.report(broker, report, ingest.cascade.at);
    const orderId = sent[k] ?? missing(k);
    ingest.report(
      broker,
      { kind: 'fill', orderId, tradeId: 't', quantity: quantity(1), price: PRICE },
      ingest.cascade.at,
    );
    ingest.commit(false);
  }
  const filled = store.topics().find(({ topic }) => topic === `${broker}.orders.filled`)?.end;
  if (times.length !== ORDERS || filled !== ORDERS) {
    throw new Error(`expected ${ORDERS} orders and as many fills, found ${times.length} and ${filled}`);
  }
  store.close();
  console.log(JSON.stringify(percentiles(times.slice(ORDERS / 10))));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function missing(tick: number): never {
  throw new Error(`tick ${tick} ended in no order`);
}
