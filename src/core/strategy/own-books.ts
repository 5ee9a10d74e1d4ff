// The own books of one deployment, one for each instrument. They outlive the deployment's host: an order that is still at
// work when a deployment is taken out can fill for as long as it rests.
import { type DomainEvent } from '../events.ts';
import { OwnBook, type OwnBookState } from './own-book.ts';

/** [index, book] of every instrument that has something in it. */
export type OwnBooksState = readonly (readonly [number, OwnBookState])[];

export class OwnBooks {
  readonly #books: OwnBook[] = [];

  /** The book of an instrument index; the same one at every call. */
  at(index: number): OwnBook {
    while (this.#books.length <= index) this.#books.push(new OwnBook());
    return this.#books[index] as OwnBook;
  }

  /** Takes an event of a signal or an order in the instrument with this index. */
  onEvent(event: DomainEvent, index: number): void {
    const book = this.at(index);
    switch (event.type) {
      case 'rejected_signal':
      case 'expired_signal':
        return book.onSignalEnded(event.signal.trace.id);
      case 'order_submitted':
      case 'order_claimed':
      case 'order_placed':
      case 'order_unknown':
      case 'modify_submitted':
      case 'cancel_submitted':
      case 'order_modified':
      case 'change_refused':
      case 'order_filled':
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        return book.onOrder(event);
      default:
        return;
    }
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
