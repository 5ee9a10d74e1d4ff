// All books of one namespace and the marks they are valued at. Folding the same events gives the same ledger, wherever
// it is folded: in the portfolio manager, in the risk manager, or in a test that checks the two.
import { multiplyDivide, type Money } from '../decimal.ts';
import { type CorporateAction, type LedgerAdjusted, type OrderFilled } from '../events.ts';
import { type StrategyId } from '../ids.ts';
import { Book, grown, type BookState } from './book.ts';

export interface LedgerState {
  /** [index, price] of every instrument that was marked. */
  readonly marks: readonly (readonly [number, number])[];
  readonly books: readonly BookState[];
}

export class Ledger {
  #startingCash: Money;
  #marks: Float64Array<ArrayBuffer>;
  readonly #books: Book[] = [];
  readonly #byStrategy = new Map<StrategyId, Book>();

  constructor(startingCash: Money, instruments: number) {
    this.#startingCash = startingCash;
    this.#marks = new Float64Array(instruments);
  }

  /** In the order in which they were opened. */
  get books(): readonly Book[] {
    return this.#books;
  }

  /** The book of a strategy; opened with the namespace's starting cash when it is new. */
  book(strategyId: StrategyId): Book {
    return this.#byStrategy.get(strategyId) ?? this.#open(new Book(strategyId, this.#startingCash, this.#marks.length));
  }

  /** Last price an instrument was marked at; 0 before the first. */
  markOf(instrument: number): number {
    return this.#marks[instrument] ?? 0;
  }

  /** Values every position in the instrument at `price`, and measures equity and drawdown of the books concerned. */
  mark(instrument: number, price: number): void {
    const change = price - (this.#marks[instrument] as number);
    const books = this.#books;
    for (let k = 0; k < books.length; k++) {
      const book = books[k] as Book;
      const held = book.quantity[instrument] as number;
      if (held !== 0) book.revalue(held * change);
      else if (book.unsettled) book.measure();
    }
    this.#marks[instrument] = price;
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
    return { marks, books: this.#books.map((book) => book.snapshot()) };
  }

  restore(state: LedgerState): void {
    for (const [index, mark] of state.marks) this.#marks[index] = mark;
    this.#books.length = 0;
    this.#byStrategy.clear();
    for (const book of state.books) this.#open(Book.restore(book, this.#marks.length));
  }

  #open(book: Book): Book {
    this.#books.push(book);
    this.#byStrategy.set(book.strategyId, book);
    return book;
  }
}
