// A broker with a will of its own: it answers, refuses, or takes an order and never answers, and the process dies between
// any two steps. No order and no change is ever sent twice, no fill is lost or booked twice, and what the broker cancelled
// is cancelled here.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryInbox } from '#adapters/memory/inbox.ts';
import { type Quantity } from '#core/decimal.ts';
import { type CancelSubmitted, type ModifySubmitted, type OrderChange, type OrderSubmitted } from '#core/events.ts';
import { type BrokerReport, type ChangeableTerms } from '#core/execution/report.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { knownTrace, type BrokerId, type EventId } from '#core/ids.ts';
import { type EpochMs } from '#core/time.ts';
import { type Ingest } from '#engine/ingest.ts';
import { OrderDesk } from '#engine/order-desk.ts';
import { type BookAnswer, type ChangeOutcome, type Gateway, type SubmitOutcome } from '#ports/broker.ts';
import { encodeEvent } from '#wire/encode.ts';
import { projectRoot } from '../../tools/pinned-node.mjs';
import { controlled } from '../support/builders.ts';
import { live } from './process.ts';
import { Dice, market, planOf, Steps } from './world.ts';

const SEEDS = 400;
const broker = 'zerodha' as BrokerId;
const calendar = loadCalendar('nse', join(projectRoot, 'config', 'calendars'));

interface BrokersOrder {
  readonly order: OrderSubmitted;
  readonly brokerOrderId: string;
  filled: number;
  terms: ChangeableTerms;
  cancelled: boolean;
  /** What it was asked to do and has not done. */
  readonly notDone: (ModifySubmitted | CancelSubmitted)[];
  readonly trades: Extract<BrokerReport, { kind: 'fill' }>[];
}

/** The broker's own truth; it outlives every process. */
class StubbornBroker implements Gateway {
  readonly #dice: Dice;
  readonly sent = new Map<EventId, number>();
  readonly asked = new Map<EventId, number>();
  readonly book = new Map<EventId, BrokersOrder>();
  #listener: ((report: BrokerReport) => void) | undefined;

  constructor(seed: number) {
    this.#dice = new Dice(seed, 'broker');
  }

  async submit(order: OrderSubmitted): Promise<SubmitOutcome> {
    const { orderId } = order.order;
    this.sent.set(orderId, (this.sent.get(orderId) ?? 0) + 1);
    const mood = this.#dice.below(10);
    if (mood === 0) return { kind: 'refused', code: 'OTHER', message: 'no' };
    if (mood === 1) return { kind: 'not_sent', message: 'no connection' };
    const brokerOrderId = `B${this.book.size + 1}`;
    const book = { order, brokerOrderId, filled: 0, terms: order.order, cancelled: false, notDone: [], trades: [] };
    this.book.set(orderId, book);
    return mood < 5 ? { kind: 'unknown', message: 'timed out' } : { kind: 'accepted', brokerOrderId };
  }

  modify(change: ModifySubmitted): Promise<ChangeOutcome> {
    return this.#change(change);
  }

  cancel(change: CancelSubmitted): Promise<ChangeOutcome> {
    return this.#change(change);
  }

  async #change(change: ModifySubmitted | CancelSubmitted): Promise<ChangeOutcome> {
    this.asked.set(change.changeId, (this.asked.get(change.changeId) ?? 0) + 1);
    const known = this.book.get(change.order.orderId);
    const mood = this.#dice.below(10);
    if (known === undefined || mood === 0) return { kind: 'refused', message: 'no' };
    if (mood === 1) return { kind: 'not_sent', message: 'no connection' };
    if (mood === 2) return { kind: 'unknown', message: 'timed out on the way there' };
    known.notDone.push(change);
    return mood < 5 ? { kind: 'unknown', message: 'timed out on the way back' } : { kind: 'accepted' };
  }

  async lookUp(orderId: EventId): Promise<BookAnswer> {
    const found = this.book.get(orderId);
    if (found !== undefined) return { kind: 'found', brokerOrderId: found.brokerOrderId, terms: found.terms };
    return this.#dice.below(2) === 0 ? { kind: 'absent' } : { kind: 'no_evidence', message: 'the book came empty' };
  }

  /** A new listener is told every trade and every end there ever was, as a read of the books would. */
  reports(take: (report: BrokerReport) => void): () => void {
    this.#listener = take;
    for (const { order, trades, cancelled } of this.book.values()) {
      for (const trade of trades) take(trade);
      if (cancelled) take({ kind: 'cancelled', orderId: order.order.orderId, message: 'as asked' });
    }
    return () => (this.#listener = undefined);
  }

  /** Trades a part of what is open, and does what it was asked; now and then the news is lost, or told twice. */
  trade(): void {
    for (const open of this.book.values()) {
      const left = open.order.order.quantity - open.filled;
      this.#doAsAsked(open, left);
      if (left === 0 || open.cancelled || this.#dice.below(3) > 0) continue;
      const quantity = 1 + this.#dice.below(left);
      open.filled += quantity;
      const { orderId } = open.order.order;
      const price = open.order.referencePrice;
      const tradeId = `${open.brokerOrderId}.${open.trades.length}`;
      const trade = { kind: 'fill', orderId, tradeId, quantity: quantity as Quantity, price } as const;
      open.trades.push(trade);
      this.#tell(trade);
    }
  }

  /** A change that comes when everything is filled is too late. */
  #doAsAsked(open: BrokersOrder, left: number): void {
    if (open.notDone.length === 0 || this.#dice.below(2) > 0) return;
    for (const { type, order } of open.notDone.splice(0)) {
      const action = type === 'modify_submitted' ? 'modify' : 'cancel';
      const { orderId } = order;
      if (left === 0 || open.cancelled) {
        this.#tell({ kind: 'change_refused', orderId, action, message: 'too late' });
      } else if (action === 'modify') {
        open.terms = order;
        this.#tell({ kind: 'modified', orderId, terms: order });
      } else {
        open.cancelled = true;
        this.#tell(...open.trades, { kind: 'cancelled', orderId, message: 'as asked' });
      }
    }
  }

  #tell(...reports: readonly BrokerReport[]): void {
    for (let told = this.#dice.below(3); told > 0; told--) for (const report of reports) this.#listener?.(report);
  }
}

/** Another limit, or the end, for some orders that are at work; each wish has an id of its own. */
function wishes(orders: readonly WorkingOrder[], dice: Dice, at: EpochMs): readonly OrderChange[] {
  return orders.flatMap(({ submitted, state }): readonly OrderChange[] => {
    if (state === 'sending' || dice.below(8) > 0) return [];
    const { strategyId, token, order, referencePrice } = submitted;
    const trace = knownTrace(`${order.orderId}/wish.${at}.${dice.below(1_000_000)}` as EventId);
    const cancel = dice.below(3) === 0;
    const action = cancel ? 'cancel' : 'modify';
    const terms = cancel ? { orderType: undefined, limitPrice: undefined } : { limitPrice: referencePrice };
    const base = { broker, strategyId, token, trace, at, action, orderId: order.orderId, purpose: 'trade' } as const;
    const rest = { quantity: undefined, triggerPrice: undefined, expiresAt: (at + 60_000) as EpochMs };
    return [{ type: 'order_change', ...base, orderType: 'limit', ...rest, ...terms }];
  });
}

/** Puts a wish on the log, as a service outside would. */
function ask(ingest: Ingest, change: OrderChange): void {
  const { topic, key, value } = encodeEvent(change);
  ingest.message({ topic, value, offsetId: `${topic}:0:${change.trace.id}` }, change, key, ingest.cascade.at);
}

async function runSeed(seed: number): Promise<{ truth: StubbornBroker; disk: MemoryDisk; deaths: number }> {
  const disk = new MemoryDisk();
  const truth = new StubbornBroker(seed);
  const dice = new Dice(seed, 'deaths');
  const steps = new Steps(Array.from({ length: dice.below(5) }, () => dice.below(400)));
  const world = { disk, inbox: openMemoryInbox(), rows: market(seed, calendar), calendar, steps };
  const plan = planOf(seed, [broker], 'gateway');
  world.inbox.put([encodeEvent(controlled('armed', { broker }))]);
  let over = false;
  for (let deaths = 0; ; deaths++) {
    const desk = new OrderDesk(truth);
    const working = (ingest: Ingest) => ingest.cascade.namespace(broker)?.engine.working() ?? [];
    const listen = (ingest: Ingest): void => {
      for (const report of desk.take()) ingest.report(broker, report, ingest.cascade.at);
    };
    const state = await live({
      ...world,
      plan,
      batch: 1 + dice.below(10),
      snapshotEveryTicks: 7,
      send: (intent) => desk.send(intent),
      afterRecovery: (ingest) => desk.afterRestart(working(ingest)),
      afterTurn: (ingest) => {
        if (!over) truth.trade();
        listen(ingest);
        if (!over) for (const wish of wishes(working(ingest), dice, ingest.cascade.at)) ask(ingest, wish);
        steps.take(() => ingest.commit(false));
        void desk.settle(working(ingest));
      },
    });
    desk.close();
    // One more life after the market: it reads the whole trade book, and what was never told is booked then.
    if (state !== undefined && over) return { truth, disk, deaths };
    over = state !== undefined;
    assert.ok(deaths < 10, 'the world dies only as often as it was told to');
  }
}

function sorted(fills: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...fills].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Fills of the log by their id, quantity by quantity. */
function bookedFills(disk: MemoryDisk): Map<string, number> {
  const booked = new Map<string, number>();
  for (const { id, value } of disk.contents.topics.get(`${broker}.orders.filled`) ?? []) {
    const { quantity } = (JSON.parse(value) as { data: { quantity: number } }).data;
    assert.ok(id !== undefined && !booked.has(id), `the fill ${id} is booked twice`);
    booked.set(id, quantity);
  }
  return booked;
}

/** Orders that the log says are cancelled. */
function cancelledOrders(disk: MemoryDisk): readonly string[] {
  const ends = disk.contents.topics.get(`${broker}.orders.cancelled`) ?? [];
  return ends.map(({ value }) => (JSON.parse(value) as { data: { order_id: string } }).data.order_id).toSorted();
}

test(`no order is sent twice and every fill is booked once, for ${SEEDS} seeds with deaths`, async () => {
  let [orders, fills, deaths, changed, cancelled] = [0, 0, 0, 0, 0];
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = await runSeed(seed);
    for (const [orderId, times] of run.truth.sent)
      assert.equal(times, 1, `seed ${seed}: ${orderId} was sent ${times} times`);
    for (const [changeId, times] of run.truth.asked)
      assert.equal(times, 1, `seed ${seed}: the change ${changeId} was sent ${times} times`);
    const traded = new Map<string, number>();
    for (const { order, trades } of run.truth.book.values()) {
      for (const { tradeId, quantity } of trades) traded.set(`${order.order.orderId}/x.${broker}.${tradeId}`, quantity);
    }
    const booked = bookedFills(run.disk);
    assert.deepEqual(sorted(booked), sorted(traded), `seed ${seed}: the ledger and the broker differ`);
    const ended = [...run.truth.book.values()].filter((order) => order.cancelled);
    assert.deepEqual(
      cancelledOrders(run.disk),
      ended.map(({ order }) => order.order.orderId).toSorted(),
      `seed ${seed}`,
    );
    changed += run.truth.asked.size;
    cancelled += ended.length;
    orders += run.truth.sent.size;
    fills += booked.size;
    deaths += run.deaths;
  }
  assert.ok(orders > SEEDS && fills > SEEDS && deaths > SEEDS, `${orders} orders, ${fills} fills, ${deaths} deaths`);
  assert.ok(changed > SEEDS && cancelled > SEEDS / 4, `${changed} changes, ${cancelled} cancelled`);
});
