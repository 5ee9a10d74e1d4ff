import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { type ViewChange, type Views } from '#adapters/redis/view-server.ts';
import { type BrokerId } from '#core/ids.ts';
import { type RowChange } from '#ports/store.ts';
import { type Key } from '#wire/keys.ts';
import { commitOf } from '../../test/contracts/commits.ts';
import { HotViews } from './hot-views.ts';

const PAPER = 'paper' as BrokerId;

/** What a server has: entries by view, and what was told. */
class Shelf {
  views = new Map<string, Map<string, string>>();
  told: string[] = [];
  isAway = false;
  writes = 0;

  async replace(views: Views): Promise<void> {
    this.#demand();
    this.views = new Map([...views].map(([key, entries]) => [key, new Map(entries)]));
  }

  async change(changes: readonly ViewChange[], there: readonly Key[]): Promise<boolean> {
    this.#demand();
    const isThere = there.every((key) => this.views.has(key));
    for (const { key, id, value, told } of changes) {
      const entries = this.views.get(key) ?? new Map<string, string>();
      this.views.set(key, entries);
      if (value === undefined) entries.delete(id);
      else entries.set(id, value);
      this.told.push(told);
    }
    return isThere;
  }

  #demand(): void {
    if (this.isAway) throw new Error('away');
    this.writes++;
  }

  get shown(): Record<string, readonly string[]> {
    return Object.fromEntries([...this.views].map(([key, entries]) => [key, [...entries.keys()]]));
  }
}

const book = (id: string, cash: string): RowChange => {
  return { kind: 'book', broker: PAPER, id, value: JSON.stringify({ strategy_id: id, cash }) };
};
const order = (id: string, status: string): RowChange => {
  return {
    kind: 'order',
    broker: PAPER,
    id,
    value: JSON.stringify({ row: { order_id: id, status }, value: 1, fees: 0 }),
  };
};

/** Views whose steps come between two writes, one after another. */
async function written(shelf: Shelf, kept: readonly RowChange[], ...steps: readonly ((views: HotViews) => void)[]) {
  const store = openMemoryStore(new MemoryDisk());
  store.commit(commitOf({ rows: [...kept] }));
  const over = new AbortController();
  const left = [...steps];
  let now = 0;
  const clock = {
    ...systemClock(),
    monotonicMs: () => now,
    sleep: async (ms: number): Promise<void> => {
      now += ms;
      const step = left.shift();
      if (step === undefined) over.abort();
      else step(views);
    },
  };
  const views: HotViews = new HotViews({
    server: shelf,
    store,
    brokers: [PAPER],
    views: ['portfolio', 'orders'],
    clock,
  });
  await views.run(over.signal);
}

describe('hot views', () => {
  test('begin with every book and every order at work, and tell each change once, the last of those between two writes', async () => {
    const shelf = new Shelf();
    const kept = [book('momentum', '1.0000'), order('a', 'new'), order('old', 'filled')];
    await written(
      shelf,
      kept,
      (views) => {
        views.committed([book('momentum', '2.0000'), order('b', 'sending')]);
        views.committed([order('b', 'new'), { ...book('momentum', '9.0000'), broker: 'zerodha' }]);
      },
      (views) => views.committed([order('a', 'filled')]),
    );
    assert.deepEqual(shelf.shown, {
      'alpha-panda:paper:views:portfolio': ['momentum'],
      'alpha-panda:paper:views:orders': ['b'],
    });
    assert.deepEqual(
      shelf.told.map((told) => JSON.parse(told) as object),
      [
        { view: 'portfolio', id: 'momentum', value: { strategy_id: 'momentum', cash: '2.0000' } },
        { view: 'orders', id: 'b', value: { order_id: 'b', status: 'new' } },
        { view: 'orders', id: 'a', value: { order_id: 'a', status: 'filled' } },
      ],
    );
  });

  test('are written anew where the server was away, or has lost them', async () => {
    const shelf = new Shelf();
    await written(
      shelf,
      [book('momentum', '1.0000'), order('a', 'new')],
      (views) => {
        shelf.isAway = true;
        views.committed([order('a', 'cancelled'), order('b', 'new')]);
      },
      () => {
        shelf.isAway = false;
      },
      (views) => {
        shelf.views.clear();
        views.committed([order('c', 'new')]);
      },
      () => undefined,
    );
    assert.deepEqual(shelf.shown, {
      'alpha-panda:paper:views:portfolio': ['momentum'],
      'alpha-panda:paper:views:orders': ['b', 'c'],
    });
  });

  test('that do not change are kept, and not written', async () => {
    const shelf = new Shelf();
    const idle = (): void => undefined;
    await written(shelf, [book('momentum', '1.0000')], ...Array.from({ length: 40 }, () => idle));
    // Ten seconds: once in whole, and kept every five.
    assert.equal(shelf.writes, 3);
  });
});
