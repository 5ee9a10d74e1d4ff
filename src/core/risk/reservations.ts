// What accepted signals and working orders may still cost: cash set aside for buys and units offered for sale. An order
// that is not settled counts at its worst case until the last of it is filled or ended.
import { multiplyDivideFloor } from '../decimal.ts';
import { type Side } from '../events.ts';
import { type EventId, type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';

/** What is in flight of one book, and of it in one instrument. */
export interface InFlight {
  buying: number;
  selling: number;
  reservedOfBook: number;
}

/** One accepted signal, and later its order. */
export interface Reservation {
  readonly strategyId: StrategyId;
  readonly token: number;
  readonly side: Side;
  readonly quantity: number;
  /** Cash set aside at the start, 0 for a sale. */
  readonly cash: number;
  filled: number;
}

/** What is in flight of one book: cash, and units by instrument token. */
class BookInFlight {
  cash = 0;
  readonly buying = new Map<number, number>();
  readonly selling = new Map<number, number>();
}

export class Reservations {
  /** By the id of the signal, then of its order. */
  readonly #open = new Map<EventId, Reservation>();
  readonly #books = new Map<StrategyId, BookInFlight>();

  get size(): number {
    return this.#open.size;
  }

  /** Writes into `into` what is in flight of a book and of it in one instrument. */
  inFlight(strategyId: StrategyId, token: number, into: InFlight): void {
    const book = this.#books.get(strategyId);
    into.buying = book?.buying.get(token) ?? 0;
    into.selling = book?.selling.get(token) ?? 0;
    into.reservedOfBook = book?.cash ?? 0;
  }

  reserve(signalId: EventId, reservation: Reservation): void {
    invariant(!this.#open.has(signalId), `the signal ${signalId} is reserved already`);
    this.#open.set(signalId, reservation);
    this.#add(reservation, reservation.quantity - reservation.filled, this.#held(reservation));
  }

  /** The signal became an order: from here on its events come under the order's id. */
  rename(signalId: EventId, orderId: EventId): void {
    const reservation = this.#open.get(signalId);
    if (reservation === undefined) return;
    this.#open.delete(signalId);
    this.#open.set(orderId, reservation);
  }

  /** A part was filled; what is left stays reserved in proportion. */
  fill(orderId: EventId, quantity: number): void {
    const reservation = this.#open.get(orderId);
    if (reservation === undefined) return;
    const before = this.#held(reservation);
    reservation.filled += quantity;
    invariant(reservation.filled <= reservation.quantity, `the order ${orderId} is filled beyond its quantity`);
    this.#add(reservation, -quantity, this.#held(reservation) - before);
    if (reservation.filled === reservation.quantity) this.#open.delete(orderId);
  }

  /** Nothing more will come of the signal or order. */
  release(id: EventId): void {
    const reservation = this.#open.get(id);
    if (reservation === undefined) return;
    this.#add(reservation, reservation.filled - reservation.quantity, -this.#held(reservation));
    this.#open.delete(id);
  }

  snapshot(): readonly (readonly [EventId, Reservation])[] {
    return [...this.#open].map(([id, reservation]) => [id, { ...reservation }] as const);
  }

  restore(state: readonly (readonly [EventId, Reservation])[]): void {
    for (const [id, reservation] of state) this.reserve(id, { ...reservation });
  }

  #held(reservation: Reservation): number {
    const { cash, filled, quantity } = reservation;
    if (filled === 0) return cash;
    return filled === quantity ? 0 : cash - multiplyDivideFloor(cash, filled, quantity);
  }

  #add(reservation: Reservation, units: number, cash: number): void {
    let book = this.#books.get(reservation.strategyId);
    if (book === undefined) this.#books.set(reservation.strategyId, (book = new BookInFlight()));
    book.cash += cash;
    const side = reservation.side === 'BUY' ? book.buying : book.selling;
    side.set(reservation.token, (side.get(reservation.token) ?? 0) + units);
  }
}
