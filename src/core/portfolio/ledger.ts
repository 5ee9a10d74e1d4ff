// All books of one namespace and the marks they are valued at. Folding the same events gives the same ledger, wherever
// it is folded: in the portfolio manager, in the risk manager, or in a test that checks the two.
import { multiplyDivide, type Money } from '../decimal.ts';
import { type CorporateAction, type LedgerAdjusted, type OrderFilled } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';
import { Book, grown, type BookState } from './book.ts';

export interface LedgerState {
  /** [index, price] of every instrument that was marked. */
  readonly marks: readonly (readonly [number, number])[];
  readonly books: readonly BookState[];
}

/** Where the books of a ledger lie while they are not in memory; docs/decisions/0012-books-at-rest.md. */
export interface BookShelf {
  /** The most books that the ledger keeps in memory, as far as enough of them are at rest. */
  readonly booksMax: number;
  put(state: BookState): void;
  /** What was put last for a strategy; it stays there. */
  look(strategyId: StrategyId): BookState;
}

export class Ledger {
  #startingCash: Money;
  #marks: Float64Array<ArrayBuffer>;
  readonly #shelf: BookShelf | undefined;
  /** Strategies with a book, in the order of their opening. */
  readonly #opened: StrategyId[] = [];
  /** The books in memory. */
  readonly #books: Book[] = [];
  readonly #byStrategy = new Map<StrategyId, Book>();
  readonly #away = new Set<StrategyId>();
  #questions = 0;

  /** Without a shelf every book stays in memory. */
  constructor(startingCash: Money, instruments: number, shelf?: BookShelf) {
    this.#startingCash = startingCash;
    this.#marks = new Float64Array(instruments);
    this.#shelf = shelf;
  }

  /** In the order in which they were opened; of those that are put away, copies to read. */
  get books(): readonly Book[] {
    return this.#opened.map(
      (strategyId) => this.#byStrategy.get(strategyId) ?? Book.restore(this.#putAway(strategyId), this.#marks.length),
    );
  }

  /** How many books there are, and how many of them are in memory. */
  get counts(): { readonly opened: number; readonly inMemory: number } {
    return { opened: this.#opened.length, inMemory: this.#books.length };
  }

  /**
   * The book of a strategy; opened with the namespace's starting cash when it is new. It is good until the next one is
   * asked for, which may put it away.
   */
  book(strategyId: StrategyId): Book {
    const first = this.#books[0];
    // Mostly there is one, or the first is asked for.
    const book = first?.strategyId === strategyId ? first : this.#byStrategy.get(strategyId);
    if (book === undefined) return this.#bringIn(strategyId);
    if (this.#shelf !== undefined) book.usedAt = ++this.#questions;
    return book;
  }

  /** Whether a strategy has a book. */
  has(strategyId: StrategyId): boolean {
    return this.#byStrategy.has(strategyId) || this.#away.has(strategyId);
  }

  /** Last price an instrument was marked at; 0 before the first. */
  markOf(instrument: number): number {
    return this.#marks[instrument] ?? 0;
  }

  /** Values every position in the instrument at `price`, and measures equity and drawdown of the books concerned. */
  mark(instrument: number, price: number): void {
    const change = price - (this.#marks[instrument] as number);
    this.#marks[instrument] = price;
    const books = this.#books;
    for (let k = 0; k < books.length; k++) (books[k] as Book).mark(instrument, change);
  }

  onFill(fill: OrderFilled, instrument: number): void {
    const signed = fill.order.side === 'BUY' ? fill.quantity : -fill.quantity;
    const book = this.book(fill.strategyId);
    book.fill(instrument, signed, fill.fillPrice, fill.fees, this.markOf(instrument));
    book.hold(instrument, fill.order.product);
  }

  onAdjusted(event: LedgerAdjusted): void {
    const book = this.book(event.strategyId);
    if (event.kind === 'charges') book.settle(event.amount);
    else book.adjust(event.amount);
  }

  /** Pays a dividend on what every book holds, or turns its shares into more or fewer at the same cost. */
  onCorporateAction({ ratio, amount = 0 as Money }: CorporateAction, instrument: number): void {
    const before = this.markOf(instrument);
    const mark = ratio === undefined ? before : multiplyDivide(before, ratio.from, ratio.to);
    for (const book of this.#books) {
      const held = book.quantity[instrument] as number;
      if (held === 0) continue;
      if (ratio === undefined) book.settle(held * amount);
      else book.split(instrument, ratio.from, ratio.to, before, mark);
    }
    this.#marks[instrument] = mark;
  }

  /** Goes on with other cash for the books to come, and room for instruments that joined the table. */
  replan(startingCash: Money, instruments: number): void {
    this.#startingCash = startingCash;
    this.#marks = grown(this.#marks, instruments);
    for (const book of this.#books) book.grow(instruments);
  }

  snapshot(): LedgerState {
    const marks: [number, number][] = [];
    this.#marks.forEach((mark, index) => {
      if (mark !== 0) marks.push([index, mark]);
    });
    const books = this.#opened.map(
      (strategyId) => this.#byStrategy.get(strategyId)?.snapshot() ?? this.#putAway(strategyId),
    );
    return { marks, books };
  }

  restore(state: LedgerState): void {
    for (const [index, mark] of state.marks) this.#marks[index] = mark;
    this.#books.length = 0;
    this.#opened.length = 0;
    this.#byStrategy.clear();
    this.#away.clear();
    for (const book of state.books) {
      this.#opened.push(book.strategyId);
      this.#hold(Book.restore(book, this.#marks.length));
    }
  }

  /** The book that is put away, or a new one. */
  #bringIn(strategyId: StrategyId): Book {
    if (this.#away.delete(strategyId)) return this.#hold(Book.restore(this.#putAway(strategyId), this.#marks.length));
    this.#opened.push(strategyId);
    return this.#hold(new Book(strategyId, this.#startingCash, this.#marks.length));
  }

  #hold(book: Book): Book {
    book.usedAt = ++this.#questions;
    this.#books.push(book);
    this.#byStrategy.set(book.strategyId, book);
    this.#makeRoom(book);
    return book;
  }

  /** Puts away books at rest, the least recently used first, until no more than the bound are left beside `kept`. */
  #makeRoom(kept: Book): void {
    const shelf = this.#shelf;
    while (shelf !== undefined && this.#books.length > shelf.booksMax) {
      const resting = this.#leastUsedAtRest(kept);
      if (resting === undefined) return;
      shelf.put(resting.snapshot());
      this.#books.splice(this.#books.indexOf(resting), 1);
      this.#byStrategy.delete(resting.strategyId);
      this.#away.add(resting.strategyId);
    }
  }

  #leastUsedAtRest(kept: Book): Book | undefined {
    let found: Book | undefined;
    for (const book of this.#books) {
      if (book !== kept && book.atRest && (found === undefined || book.usedAt < found.usedAt)) found = book;
    }
    return found;
  }

  #putAway(strategyId: StrategyId): BookState {
    invariant(this.#shelf !== undefined, `the book of ${strategyId} is nowhere, without a shelf to look on`);
    return this.#shelf.look(strategyId);
  }
}
