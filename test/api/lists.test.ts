// Fills, signals and what followed from one root, held against the topics that they are read from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import * as contract from '#api/contract.ts';
import { eventsOf } from '#app/reading/log-events.ts';
import type { BrokerId } from '#core/ids.ts';
import { formatDecimal } from '#core/decimal.ts';
import { topic } from '#wire/topics.ts';
import { API_BROKERS, apiWorld, type ApiWorld } from '../support/api-world.ts';

async function all<Item extends z.ZodType>(
  world: ApiWorld,
  path: string,
  item: Item,
  limit: number,
): Promise<z.infer<Item>[]> {
  const items: z.infer<Item>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const more = cursor === '' ? '' : `&cursor=${cursor}`;
    const { status, text } = await world.ask(`/api/v1${path}${path.includes('?') ? '&' : '?'}limit=${limit}${more}`);
    assert.equal(status, 200, text);
    const page = contract.listOf(item).parse(JSON.parse(text));
    assert.ok(page.items.length <= limit);
    items.push(...(page.items as z.infer<Item>[]));
    cursor = page.next_cursor;
  }
  return items;
}

test('every fill is listed once, with its price and fees, in pages of any size and in either order', async (t) => {
  const world = await apiWorld(t);
  const { store } = world.pipeline;
  const expected = API_BROKERS.flatMap((broker) =>
    [...eventsOf(store, topic(broker as BrokerId, 'orders.filled'), 'order_filled')].map((event) => {
      return [broker, event.fillId, event.quantity, formatDecimal(event.fillPrice), formatDecimal(event.fees)];
    }),
  );
  assert.ok(expected.length > 8, `${expected.length} fills`);
  const lineOf = (fill: contract.Fill) => [fill.broker, fill.fill_id, fill.quantity, fill.fill_price, fill.fees];
  for (const limit of [1, 3, expected.length, 1_000]) {
    assert.deepEqual((await all(world, '/fills', contract.fill, limit)).map(lineOf), expected);
  }
  const paper = expected.filter(([broker]) => broker === 'paper');
  for (const limit of [1, 1_000]) {
    const newest = await all(world, '/fills?broker=paper&sort=newest', contract.fill, limit);
    assert.deepEqual(newest.map(lineOf), paper.toReversed());
  }
  const [first] = await all(world, '/fills', contract.fill, 1_000);
  assert.ok(first);
  const mine = await all(world, `/fills?strategy_id=${first.strategy_id}`, contract.fill, 2);
  assert.ok(mine.length > 0 && mine.every((fill) => fill.strategy_id === first.strategy_id));
  assert.match(first.symbol ?? '', /^(INFY|RELIANCE|TCS)$/);
  assert.deepEqual(await all(world, '/fills?strategy_id=none', contract.fill, 2), []);
});

test('every signal is listed with what became of it, a refusal with each limit and what was found', async (t) => {
  const world = await apiWorld(t, {}, { env: { RISK__MAX_ORDER_QUANTITY: '1' } });
  const { store } = world.pipeline;
  const made = await all(world, '/signals?outcome=made', contract.signal, 7);
  const decided = await all(world, '/signals', contract.signal, 7);
  assert.ok(made.length > 0);
  assert.deepEqual(decided.map((each) => each.signal_id).toSorted(), made.map((each) => each.signal_id).toSorted());
  const expected = [...eventsOf(store, topic('paper' as BrokerId, 'signals.rejected'), 'rejected_signal')];
  const rejected = await all(world, '/signals?outcome=rejected&broker=paper', contract.signal, 2);
  assert.ok(rejected.length > 0);
  assert.deepEqual(
    rejected.map(({ signal_id: id, reasons }) => ({ id, reasons })),
    expected.map(({ signal, reasons }) => ({ id: signal.trace.id, reasons })),
  );
  const [first] = rejected;
  const [reason] = first?.reasons ?? [];
  assert.deepEqual([reason?.code, reason?.limit], ['RISK_MAX_QUANTITY', '1']);
  assert.ok(Number(reason?.found) > 1);
  assert.equal(first?.checks?.['RISK_MAX_QUANTITY'], false);
});

test('what followed from one tick is told from the signal to the fill', async (t) => {
  const world = await apiWorld(t);
  const [fill] = await all(world, '/fills?broker=paper', contract.fill, 1_000);
  assert.ok(fill);
  const path = `/messages/correlation/${encodeURIComponent(fill.correlation_id)}`;
  const found = await all(world, `${path}?broker=paper`, contract.correlated, 2);
  const types = found.flatMap((each) => ('envelope' in each ? [(each.envelope as { type: string }).type] : []));
  for (const type of ['trading_signal', 'validated_signal', 'order_submitted', 'order_filled']) {
    assert.ok(types.includes(type), `${type} among ${types.join()}`);
  }
  assert.ok(types.indexOf('trading_signal') < types.indexOf('order_filled'));
  for (const each of found) {
    assert.equal(
      'envelope' in each && (each.envelope as { correlation_id: string }).correlation_id,
      fill.correlation_id,
    );
    assert.match(each.topic, /^paper\./);
  }
  const everywhere = await all(world, path, contract.correlated, 100);
  assert.ok(everywhere.length > found.length, 'other namespaces follow from the same tick');
  assert.deepEqual(await all(world, '/messages/correlation/none', contract.correlated, 2), []);
});

test('what a stranger wrote among the fills is no fill', async (t) => {
  const world = await apiWorld(t);
  const { foundation, store } = world.pipeline;
  const before = await all(world, '/fills?broker=paper', contract.fill, 1_000);
  const [real] = store.read('paper.orders.filled', 0, 1);
  const forged = real?.value.replace(/"id":"[^"]+"/, '"id":"forged"').replace(/"quantity":\d+/, '"quantity":999') ?? '';
  foundation.inbox.put([{ topic: 'paper.orders.filled', key: 'x', id: 'forged', value: forged }]);
  world.takeWaiting();
  assert.ok(store.read('paper.orders.filled', 0, 1_000).some(({ value }) => value === forged));
  assert.deepEqual(await all(world, '/fills?broker=paper', contract.fill, 1_000), before);
});

test('a cursor of another list, and a sort that is none, are refused', async (t) => {
  const world = await apiWorld(t);
  const { text } = await world.ask('/api/v1/fills?limit=1');
  const { next_cursor: cursor } = JSON.parse(text) as { next_cursor: string };
  for (const path of [
    `/signals?cursor=${cursor}`,
    `/fills?sort=newest&cursor=${cursor}`,
    '/fills?sort=price',
    '/signals?outcome=paid',
  ]) {
    assert.equal((await world.ask(`/api/v1${path}`)).status, 400, path);
  }
});
