// Where books at rest lie while there is no room for them in memory: rows of the store, written with the next commit and
// read back one by one. They are no part of the state: each start puts books away anew.
import { type BrokerId, type StrategyId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type BookState } from '#core/portfolio/book.ts';
import { type BookShelf } from '#core/portfolio/ledger.ts';
import { type RowChange, type Store } from '#ports/store.ts';

/** So many rows wait for a commit at most; a recovery, which commits nothing, writes them on its own. */
const WAITING_MAX = 1_000;

export class BookShelves {
  readonly #store: Store;
  readonly #booksMax: number;
  readonly #waiting = new Map<string, RowChange>();

  /** @param booksMax the most books in memory in each ledger */
  constructor(store: Store, booksMax: number) {
    this.#store = store;
    this.#booksMax = booksMax;
    const before = store.rows('shelf').map(({ broker, id }): RowChange => {
      return { kind: 'shelf', broker, id, value: undefined };
    });
    if (before.length > 0) this.#write(before);
  }

  readonly shelfOf = (broker: BrokerId, stage: 'risk' | 'portfolio'): BookShelf => ({
    booksMax: this.#booksMax,
    put: (state) =>
      this.#put({ kind: 'shelf', broker, id: `${stage}/${state.strategyId}`, value: JSON.stringify(state) }),
    look: (strategyId) => this.#look(broker, stage, strategyId),
  });

  /** Rows that the next commit writes. */
  waiting(): readonly RowChange[] {
    return this.#waiting.size === 0 ? NO_ROWS : [...this.#waiting.values()];
  }

  /** They are written. */
  written(): void {
    this.#waiting.clear();
  }

  #put(row: RowChange): void {
    this.#waiting.set(`${row.broker}/${row.id}`, row);
    if (this.#waiting.size < WAITING_MAX) return;
    this.#write(this.waiting());
    this.written();
  }

  #look(broker: BrokerId, stage: string, strategyId: StrategyId): BookState {
    const id = `${stage}/${strategyId}`;
    const text = this.#waiting.get(`${broker}/${id}`)?.value ?? this.#store.row('shelf', broker, id);
    invariant(text !== undefined, `the store has lost the book ${id} of ${broker}, which was put away`);
    return JSON.parse(text) as BookState;
  }

  #write(rows: readonly RowChange[]): void {
    this.#store.commit({ inputs: [], messages: [], rows, offsets: [], snapshot: undefined });
  }
}

const NO_ROWS: readonly RowChange[] = [];
