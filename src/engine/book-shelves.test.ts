import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { type Money } from '#core/decimal.ts';
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { Book } from '#core/portfolio/book.ts';
import { type Store } from '#ports/store.ts';
import { ALPHA, BETA, PAPER } from '../../test/support/builders.ts';
import { BookShelves } from './book-shelves.ts';

const ZERODHA = 'zerodha' as BrokerId;

function stateOf(strategyId: StrategyId, cash: number): ReturnType<Book['snapshot']> {
  return new Book(strategyId, cash as Money, 1).snapshot();
}

function commitRows(store: Store, shelves: BookShelves): void {
  store.commit({ inputs: [], messages: [], rows: shelves.waiting(), offsets: [], snapshot: undefined });
  shelves.written();
}

test('a book lies where it was put, before and after its commit, and the newest counts', () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const shelves = new BookShelves(store, 10);
  const shelf = shelves.shelfOf(PAPER, 'risk');
  shelf.put(stateOf(ALPHA, 1));
  assert.deepEqual(shelf.look(ALPHA), stateOf(ALPHA, 1));
  assert.equal(store.rows('shelf').length, 0);
  commitRows(store, shelves);
  assert.deepEqual([shelves.waiting(), shelf.look(ALPHA)], [[], stateOf(ALPHA, 1)]);
  shelf.put(stateOf(ALPHA, 2));
  assert.deepEqual(shelf.look(ALPHA), stateOf(ALPHA, 2));
});

test('namespaces and stages have shelves of their own', () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const shelves = new BookShelves(store, 10);
  const places = [PAPER, ZERODHA].flatMap((broker) => [
    shelves.shelfOf(broker, 'risk'),
    shelves.shelfOf(broker, 'portfolio'),
  ]);
  places.forEach((shelf, k) => shelf.put(stateOf(ALPHA, k)));
  const cash = (): number[] => places.map((shelf) => shelf.look(ALPHA).cash);
  assert.deepEqual(cash(), [0, 1, 2, 3]);
  commitRows(store, shelves);
  assert.deepEqual(cash(), [0, 1, 2, 3]);
  assert.throws(() => places[0]?.look(BETA), /lost the book risk\/beta of paper/);
});

test('many books that wait for no commit are written without one', () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const shelves = new BookShelves(store, 10);
  const shelf = shelves.shelfOf(PAPER, 'portfolio');
  for (let k = 0; k < 1_500; k++) shelf.put(stateOf(`s${k}` as StrategyId, k));
  assert.deepEqual([store.rows('shelf').length, shelves.waiting().length], [1_000, 500]);
  assert.deepEqual([shelf.look('s3' as StrategyId).cash, shelf.look('s1400' as StrategyId).cash], [3, 1_400]);
});

test('a start finds the shelves empty', () => {
  const store = openMemoryStore(new MemoryDisk(), () => 0);
  const before = new BookShelves(store, 10);
  before.shelfOf(PAPER, 'risk').put(stateOf(ALPHA, 1));
  commitRows(store, before);
  const after = new BookShelves(store, 10);
  assert.deepEqual(store.rows('shelf'), []);
  assert.throws(() => after.shelfOf(PAPER, 'risk').look(ALPHA), /lost the book/);
});
