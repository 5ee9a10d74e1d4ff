import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { openStore } from '#adapters/sqlite/store.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type ReadOutcome } from '#adapters/zerodha/kite-client.ts';
import { type OrderRow, type TradeRow } from '#adapters/zerodha/rows.ts';
import { tagOf } from '#adapters/zerodha/tag.ts';
import { type DomainEvent, type OrderFilled, type OrderSubmitted } from '#core/events.ts';
import { type EventId } from '#core/ids.ts';
import { type Store } from '#ports/store.ts';
import { INTAKE } from '#engine/from-outside.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { encodeEvent } from '#wire/encode.ts';
import { filled, PAPER, rs, signal, submitted, units } from '../../test/support/builders.ts';
import { ist, temporaryFolder } from '../../test/support/tape-builder.ts';
import { DropCopy } from './drop-copy.ts';

const NOON = ist('2026-01-05T12:00:00');

function read<T>(value: T): ReadOutcome<T> {
  return { kind: 'read', value };
}

function fillOf(order: OrderSubmitted, tradeId: string): OrderFilled {
  const fillId = `${order.order.orderId}/e.paper.0.${tradeId}` as EventId;
  return filled(order, { fillId, quantity: units(10), fillPrice: rs(100) });
}

/** A broker's day and a log, which agree on one order and its fill of ten at 100 unless the test says otherwise. */
class Day {
  readonly clock = new VirtualClock(NOON);
  readonly store: Store;
  readonly copy: DropCopy;
  orders: ReadOutcome<readonly OrderRow[]> = read([this.order('1', 'one')]);
  trades: ReadOutcome<readonly TradeRow[]> = read([this.trade('77', '1')]);

  constructor(t: TestContext) {
    const dataDir = join(temporaryFolder(t), 'data');
    this.store = openStore(dataDir, { now: () => 0, checkpointer: 'none' });
    t.after(() => this.store.close());
    this.copy = new DropCopy({
      client: { orders: async () => this.orders, trades: async () => this.trades },
      clock: this.clock,
      broker: PAPER,
      deployment: 'P',
      place: dataDir,
    });
    const order = submitted(signal({ at: NOON }), 'one', rs(100));
    this.log(order, fillOf(order, '77'));
  }

  log(...events: readonly DomainEvent[]): void {
    const messages = events.map((event) => ({ ...encodeEvent(event), own: true as const }));
    this.store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
  }

  /** What a stranger wrote: it lies on its topic, and a letter says that it was refused. */
  refused(topic: string, value: string): void {
    const offset = this.store.range(topic).end;
    const at = { topic, offset, key: '', value, code: 'NOT_FROM_OUTSIDE', message: 'refused', attempts: 1 };
    const letter = deadLetter({ ...at, service: INTAKE, at: NOON });
    const messages = [{ topic, key: '', id: undefined, value }, letter];
    this.store.commit({ inputs: [], messages, rows: [], offsets: [], snapshot: undefined });
  }

  order(orderId: string, id: string, tag = tagOf(id as EventId, NOON, 'P')): OrderRow {
    const terms = { exchange: 'NSE', symbol: 'INFY', side: 'BUY', orderType: 'limit', validity: 'DAY' } as const;
    const amounts = { quantity: units(10), filled: units(10), price: rs(100), triggerPrice: rs(0) };
    const about = { variety: 'regular', status: 'COMPLETE', message: '', tag, at: NOON };
    return { orderId, ...about, ...terms, ...amounts };
  }

  trade(tradeId: string, orderId: string, quantity = 10): TradeRow {
    return { tradeId, orderId, side: 'BUY', quantity: units(quantity), price: rs(100), at: NOON };
  }

  async look(): Promise<readonly string[]> {
    return (await this.copy.look()).map(({ what }) => what);
  }

  /** What it finds at once, after 59 seconds, and after 60. */
  async looks(): Promise<readonly number[]> {
    const found: number[] = [];
    for (const seconds of [0, 59, 1]) {
      await this.clock.advance(seconds * 1_000);
      found.push((await this.look()).length);
    }
    return found;
  }
}

describe('a drop copy', () => {
  test('has nothing to say while both agree, whatever others order', async (t) => {
    const day = new Day(t);
    day.orders = read([
      day.order('1', 'one'),
      day.order('2', 'x', 'BROWSER'),
      day.order('3', 'one', tagOf('one' as EventId, NOON, 'Q')),
    ]);
    day.trades = read([day.trade('77', '1'), day.trade('78', '2'), day.trade('79', '3')]);
    assert.deepEqual(await day.looks(), [0, 0, 0]);
    assert.deepEqual(day.copy.takeTroubles(), []);
  });

  test('trips at once at a doubled order, and at a trade that was booked as another', async (t) => {
    const day = new Day(t);
    day.orders = read([day.order('1', 'one'), day.order('2', 'one')]);
    assert.match((await day.look()).join(), /^two orders carry the tag AP/);
    day.orders = read([day.order('1', 'one')]);
    day.trades = read([day.trade('77', '1', 9)]);
    assert.deepEqual(await day.look(), ['the trade 77 is another fill in the log']);
  });

  test('gives a minute to an order and a trade that the log does not know', async (t) => {
    const day = new Day(t);
    day.orders = read([day.order('1', 'one'), day.order('2', 'two')]);
    day.trades = read([day.trade('77', '1'), day.trade('78', '2')]);
    assert.deepEqual(await day.looks(), [0, 0, 2]);
    assert.match(
      (await day.look()).join(),
      /the log knows no order of the tag AP.*\(2\).*the trade 78 is no fill in the log/,
    );
    const late = submitted(signal({ at: NOON }), 'two', rs(100));
    day.log(late, fillOf(late, '78'));
    assert.deepEqual(await day.look(), []);
  });

  test('is neither blinded nor deceived by what a stranger wrote on the topics', async (t) => {
    const day = new Day(t);
    const forged = submitted(signal({ at: NOON }), 'two', rs(100));
    day.refused('paper.orders.filled', 'no JSON at all');
    day.refused('paper.orders.submitted', encodeEvent(forged).value);
    day.refused('paper.orders.filled', encodeEvent(fillOf(forged, '78')).value);
    assert.deepEqual(await day.looks(), [0, 0, 0]);
    assert.deepEqual(day.copy.takeTroubles(), []);
    day.orders = read([day.order('1', 'one'), day.order('2', 'two')]);
    day.trades = read([day.trade('77', '1'), day.trade('78', '2')]);
    assert.deepEqual(await day.looks(), [0, 0, 2]);
  });

  test('gives a minute to a fill of the day that the broker does not know, and none of another day counts', async (t) => {
    const day = new Day(t);
    day.trades = read([]);
    assert.deepEqual(await day.looks(), [0, 0, 1]);
    const next = ist('2026-01-06T12:00:00');
    day.orders = read([{ ...day.order('9', 'x', 'BROWSER'), at: next }]);
    assert.deepEqual(await day.look(), []);
  });

  test('takes a side that it cannot read for no evidence, and says so once', async (t) => {
    const day = new Day(t);
    day.trades = { kind: 'failed', message: '503' };
    assert.deepEqual(await day.looks(), [0, 0, 0]);
    assert.deepEqual(day.copy.takeTroubles(), ["the broker's books cannot be read: 503"]);
    assert.deepEqual(day.copy.takeTroubles(), []);
  });
});
