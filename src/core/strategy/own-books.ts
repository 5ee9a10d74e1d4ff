// The own books of one deployment, one for each instrument. They outlive the deployment's host: an order that is still at
// work when a deployment is taken out can fill for as long as it rests.
import { type ExpiredSignal, type OrderEvent, type RejectedSignal } from '../events.ts';
import { OwnBook, type OwnBookState } from './own-book.ts';

/** [index, book] of every instrument that has something in it. */
export type OwnBooksState = readonly (readonly [number, OwnBookState])[];

/** What became of a deployment's own signal or order. */
export type OwnEvent = OrderEvent | RejectedSignal | ExpiredSignal;

export class OwnBooks {
  readonly #books: OwnBook[] = [];

  /** The book of an instrument index; the same one at every call. */
  at(index: number): OwnBook {
    while (this.#books.length <= index) this.#books.push(new OwnBook());
    return this.#books[index] as OwnBook;
  }

  /** Takes what became of a signal or an order in the instrument with this index. */
  onEvent(event: OwnEvent, index: number): void {
    const book = this.at(index);
    if (event.type === 'rejected_signal' || event.type === 'expired_signal') book.onSignalEnded(event.signal.trace.id);
    else book.onOrder(event);
  }

  snapshot(): OwnBooksState {
    const kept: (readonly [number, OwnBookState])[] = [];
    this.#books.forEach((book, index) => {
      if (!book.blank) kept.push([index, book.snapshot()]);
    });
    return kept;
  }

  /** Takes over what a snapshot holds, in the books that are at hand already. */
  restore(state: OwnBooksState): void {
    for (const [index, kept] of state) this.at(index).restore(kept);
  }
}
