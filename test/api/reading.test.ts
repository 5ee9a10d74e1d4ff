// What the API answers, held against the store that it reads and the commands that read the same one.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { z } from 'zod';
import * as contract from '#api/contract.ts';
import { portfolioOf, positionsOf, stateOf } from '#app/reading/books.ts';
import { topicLines } from '#app/reading/topics.ts';
import { ordersOf } from '#app/reading/orders.ts';
import { Place } from '../e2e/support/place.ts';
import { tapeOf } from '../settings/platform-run.ts';
import { API_BROKERS, apiWorld, type ApiWorld } from '../support/api-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';

/** Every item of a list, page by page. */
async function all<Item extends z.ZodType>(
  { ask }: ApiWorld,
  path: string,
  item: Item,
  limit: number,
): Promise<z.infer<Item>[]> {
  const items: z.infer<Item>[] = [];
  const list = contract.listOf(item);
  for (let cursor: string | null = ''; cursor !== null;) {
    const query = `limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const { status, text } = await ask(`/api/v1${path}${path.includes('?') ? '&' : '?'}${query}`);
    assert.equal(status, 200, text);
    const page = list.parse(JSON.parse(text));
    assert.ok(page.items.length <= limit);
    items.push(...(page.items as z.infer<Item>[]));
    cursor = page.next_cursor;
  }
  return items;
}

async function one<Schema extends z.ZodType>(
  { ask }: ApiWorld,
  path: string,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const { status, text } = await ask(`/api/v1${path}`);
  assert.equal(status, 200, text);
  return schema.parse(JSON.parse(text));
}

const sorted = <Item>(items: readonly Item[], key: (item: Item) => string): Item[] =>
  items.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));

test('every broker has the same numbers in the API as in state, portfolio, positions and orders', async (t) => {
  const world = await apiWorld(t);
  const { store } = world.pipeline;
  const state = stateOf(store);
  assert.deepEqual(Object.keys(state.brokers), API_BROKERS);
  for (const broker of API_BROKERS) {
    const books = await all(world, `/portfolios?broker=${broker}`, contract.portfolio, 2);
    assert.deepEqual(books, portfolioOf(store, broker));
    assert.ok(books.some(({ valuation }) => valuation !== null));
    const positions = await all(world, `/positions?broker=${broker}`, contract.position, 2);
    const byToken = (line: contract.Position): string => `${line.strategy_id} ${line.instrument_token}`;
    assert.deepEqual(sorted(positions, byToken), sorted(positionsOf(store, broker), byToken));
    assert.ok(positions.length > 0);
    const said = state.brokers[broker]?.books.map((book) => {
      const { strategy_id, starting_cash, cash, realised_pnl, fees, adjustments } = book;
      return { strategy_id, starting_cash, cash, realised_pnl, fees, adjustments };
    });
    const answered = books.map((book) => {
      const { strategy_id, starting_cash, cash, realised_pnl, fees, adjustments } = book;
      return { strategy_id, starting_cash, cash, realised_pnl, fees, adjustments };
    });
    assert.deepEqual(answered, said);
    assert.deepEqual(await all(world, `/orders?broker=${broker}`, contract.order, 3), ordersOf(store, broker));
  }
  assert.deepEqual(world.failures, []);
});

test('after a restart the answers are the same as before it', async (t) => {
  const dataDir = join(temporaryFolder(t), 'data');
  const answers = async (world: ApiWorld): Promise<unknown[]> => [
    await all(world, '/portfolios', contract.portfolio, 100),
    await all(world, '/positions', contract.position, 100),
    await all(world, '/orders?state=filled', contract.order, 100),
    await all(world, '/topics', contract.topic, 100),
    await all(world, '/brokers', contract.broker, 100),
  ];
  const first = await apiWorld(t, {}, { dataDir });
  const before = await answers(first);
  await first.close();
  const second = await apiWorld(t, {}, { dataDir });
  assert.deepEqual(await answers(second), before);
  await second.close();
});

test('the platform as it is started answers the numbers that state prints', { timeout: 60_000 }, async (t) => {
  const place = new Place(t, { ACTIVE_BROKERS: '["paper","zerodha"]' });
  const program = place.program(['start', '--feed', tapeOf(t, 300), '--speed', 'max']);
  const { event } = await program.said('Listening on ');
  await program.said('Feed finished');
  const response = await fetch(`${event.slice('Listening on '.length)}/api/v1/portfolios`);
  const { items } = contract.listOf(contract.portfolio).parse(await response.json());
  const { brokers } = await place.state();
  assert.deepEqual(
    items.map(({ broker, strategy_id, cash, fees, realised_pnl }) => ({
      broker,
      strategy_id,
      cash,
      fees,
      realised_pnl,
    })),
    Object.entries(brokers).flatMap(([broker, { books }]) =>
      books.map(({ strategy_id, cash, fees, realised_pnl }) => ({ broker, strategy_id, cash, fees, realised_pnl })),
    ),
  );
  assert.ok(items.some(({ fees }) => fees !== '0.00'));
  assert.equal((await program.stop('SIGINT')).code, 0);
});

test('pages of any size together are the list, nothing twice', async (t) => {
  const world = await apiWorld(t);
  const { store } = world.pipeline;
  const orders = ordersOf(store, undefined);
  assert.ok(orders.length > 8, `${orders.length} orders`);
  for (const limit of [1, 7, orders.length, 1_000]) {
    assert.deepEqual(await all(world, '/orders', contract.order, limit), orders);
  }
  const filled = orders.filter(({ status }) => status === 'filled');
  assert.deepEqual(await all(world, '/orders?state=filled', contract.order, 4), filled);
  const [{ strategy_id: strategy } = { strategy_id: '' }] = orders;
  const ofOne = orders.filter((order) => order.strategy_id === strategy);
  assert.deepEqual(await all(world, `/orders?strategy_id=${strategy}`, contract.order, 4), ofOne);
  const topics = sorted(topicLines(store, API_BROKERS), ({ topic }) => topic);
  assert.deepEqual(await all(world, '/topics', contract.topic, 9), topics);
  const brokers = await all(world, '/brokers', contract.broker, 3);
  assert.deepEqual(
    brokers.map(({ broker, kind, status }) => `${broker} ${kind} ${status}`),
    ['desk_four zerodha ready', 'paper paper ready', 'paper_two paper ready', 'zerodha zerodha ready'],
  );
});

test('the messages of a topic come as they were stored, from any offset on', async (t) => {
  const world = await apiWorld(t);
  const { store } = world.pipeline;
  for (const topic of ['paper.orders.filled', 'market.ticks', 'zerodha.signals.raw.dlq']) {
    const stored = store.read(topic, 0, 10_000).map(({ offset, value }) => ({ offset, envelope: JSON.parse(value) }));
    assert.deepEqual(await all(world, `/topics/${topic}/messages`, contract.message, 700), stored);
  }
  const page = await one(world, '/topics/market.ticks/messages?from=42&limit=1', contract.listOf(contract.message));
  assert.equal(page.items[0]?.offset, 42);
  const [first] = store.read('market.ticks', 42, 1);
  const { text } = await world.ask('/api/v1/topics/market.ticks/messages?from=42&limit=1');
  assert.ok(text.startsWith(`{"items":[{"offset":42,"envelope":${first?.value}}],`));
  const behind = await one(world, '/topics/market.ticks/messages?from=999999999', contract.listOf(contract.message));
  assert.deepEqual(behind, { items: [], next_cursor: null });
});

test('an order is told from its submission to its fill, in every namespace', async (t) => {
  const world = await apiWorld(t);
  for (const broker of API_BROKERS) {
    const order = ordersOf(world.pipeline.store, broker).find(({ status }) => status === 'filled');
    assert.ok(order !== undefined);
    for (const id of [order.order_id, encodeURIComponent(order.order_id)]) {
      const history = await one(world, `/orders/${id}`, contract.orderHistory);
      assert.deepEqual(history.order, order);
      assert.deepEqual(
        history.steps.map(({ event }) => event),
        ['order_submitted', 'order_placed', 'order_filled'],
      );
    }
  }
});

test('the stages and the health are what the platform says of itself', async (t) => {
  const world = await apiWorld(t);
  const { stages } = await one(world, '/pipeline', contract.pipeline);
  assert.deepEqual(stages, JSON.parse(JSON.stringify(world.pipeline.stages.status())));
  const health = await one(world, '/health', contract.health);
  assert.equal(health.status, 'ready');
  assert.deepEqual(Object.keys(health.brokers).toSorted(), API_BROKERS);
  const ready = await world.ask('/health/ready');
  assert.deepEqual(JSON.parse(ready.text), health);
});
