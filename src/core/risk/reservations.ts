// What accepted signals and working orders may still cost: cash set aside for buys and units offered for sale. An order
// that is not settled counts at its worst case until the last of it is filled or ended; one whose change is asked for and
// not answered counts at the worse of both terms.
import { multiplyDivideFloor } from '../decimal.ts';
import { type OrderType, type Product, type Purpose, type Side } from '../events.ts';
import { ById } from '../by-id.ts';
import { type EventId, type StrategyId } from '../ids.ts';
import { invariant } from '../invariant.ts';

/** What is in flight of one book, and of it in one instrument. Units of the engine's own exits are counted apart. */
export interface InFlight {
  buying: number;
  selling: number;
  exitBuying: number;
  exitSelling: number;
  /** The highest price that an order of the strategy's own is valued at, each side. */
  peakBuying: number;
  peakSelling: number;
  /** Product of what is in flight in the instrument. */
  product: Product | undefined;
  reservedOfBook: number;
}

/** Terms that a change may alter. */
export interface Terms {
  readonly orderType: OrderType;
  readonly limitPrice: number | undefined;
  readonly triggerPrice: number | undefined;
  /** What a unit is valued at. */
  readonly price: number;
  readonly quantity: number;
  /** How much of the quantity was filled when the cash was set aside. */
  readonly base: number;
  /** Cash set aside for the rest; 0 for a sale, and for what is not delivery: its margin is reckoned by the book. */
  readonly cash: number;
}

/** One accepted signal, and later its order. */
export interface Reservation extends Terms {
  readonly strategyId: StrategyId;
  readonly token: number;
  readonly side: Side;
  readonly product: Product;
  readonly purpose: Purpose;
  /** Whether it became an order. */
  working: boolean;
  filled: number;
  /** Whether the broker's answer is open. */
  unknown: boolean;
  pending: (Terms & { readonly changeId: EventId }) | undefined;
}

/** What is in flight in one instrument of one book. */
class Line {
  /** In the order in which they came; there are few. */
  readonly orders: Reservation[] = [];
  buying = 0;
  selling = 0;
  exitBuying = 0;
  exitSelling = 0;
  peakBuying = 0;
  peakSelling = 0;
}

/** What is in flight of one book. */
class BookInFlight {
  cash = 0;
  /** Signals and orders that are not delivery. */
  margined = 0;
  readonly lines = new Map<number, Line>();
}

/** A line of a book whose product needs margin. */
export interface MarginLine {
  readonly token: number;
  readonly product: Product;
  readonly inFlight: Pick<InFlight, 'buying' | 'selling' | 'peakBuying' | 'peakSelling'>;
}

const NO_LINES: readonly MarginLine[] = [];

export class Reservations {
  /** By the id of the signal, then of its order. */
  readonly #open = new ById<Reservation>();
  readonly #books = new Map<StrategyId, BookInFlight>();
  #lastId: StrategyId | undefined;
  #last = new BookInFlight();
  #unknown = 0;
  #margined = 0;

  /** Signals and orders that are not delivery. */
  get margined(): number {
    return this.#margined;
  }

  get size(): number {
    return this.#open.size;
  }

  /** What is reserved under an id; undefined when nothing is. It is changed through this class alone. */
  get(id: EventId): Readonly<Reservation> | undefined {
    return this.#open.get(id);
  }

  /** Writes into `into` what is in flight of a book and of it in one instrument. */
  inFlight(strategyId: StrategyId, token: number, into: InFlight): void {
    const book = strategyId === this.#lastId ? this.#last : this.#books.get(strategyId);
    const line = book?.lines.get(token);
    into.buying = line?.buying ?? 0;
    into.selling = line?.selling ?? 0;
    into.exitBuying = line?.exitBuying ?? 0;
    into.exitSelling = line?.exitSelling ?? 0;
    into.peakBuying = line?.peakBuying ?? 0;
    into.peakSelling = line?.peakSelling ?? 0;
    into.product = line?.orders[0]?.product;
    into.reservedOfBook = book?.cash ?? 0;
  }

  /** Lines of a book that need margin. */
  marginLines(strategyId: StrategyId): readonly MarginLine[] {
    const book = this.#books.get(strategyId);
    if (book === undefined || book.margined === 0) return NO_LINES;
    const found: MarginLine[] = [];
    for (const [token, line] of book.lines) {
      const first = line.orders[0];
      if (first !== undefined && first.product !== 'CNC') {
        found.push({ token, product: first.product, inFlight: line });
      }
    }
    return found;
  }

  /** Signals and orders of every book in one instrument. */
  *inInstrument(token: number): Iterable<Readonly<Reservation>> {
    for (const book of this.#books.values()) {
      const line = book.lines.get(token);
      if (line !== undefined) yield* line.orders;
    }
  }

  /** Units of one side in an instrument whose orders' outcome is open: of all books, or of the trades of one. */
  unresolved(token: number, side: Side, tradesOf?: StrategyId): number {
    let units = 0;
    if (this.#unknown === 0) return units;
    for (const order of this.inInstrument(token)) {
      const counts = tradesOf === undefined || (order.strategyId === tradesOf && order.purpose === 'trade');
      if (order.unknown && order.side === side && counts) units += unitsOf(order);
    }
    return units;
  }

  reserve(id: EventId, reservation: Reservation): void {
    const line = this.#bookOf(reservation.strategyId).lines.get(reservation.token);
    // The same signal twice would be of the same book and instrument.
    const among = line === undefined ? 0 : line.orders.length;
    if (among > 0 && this.#open.get(id) !== undefined) invariant(false, `the signal ${id} is reserved already`);
    this.#open.add(id, reservation);
    this.#put(reservation);
  }

  /** What is in flight of a strategy's book: mostly the one that was asked for last. */
  #bookOf(strategyId: StrategyId): BookInFlight {
    if (strategyId === this.#lastId) return this.#last;
    let book = this.#books.get(strategyId);
    if (book === undefined) this.#books.set(strategyId, (book = new BookInFlight()));
    this.#lastId = strategyId;
    this.#last = book;
    return book;
  }

  /**
   * The signal, or a slice of it, became an order: from here on its events come under the order's id, and what it takes
   * of the signal's reservation is its own.
   */
  submit(signalId: EventId, orderId: EventId, quantity: number): void {
    const whole = this.#open.get(signalId);
    if (whole === undefined) return;
    if (quantity >= whole.quantity) {
      whole.working = true;
      this.#open.delete(signalId);
      this.#open.set(orderId, whole);
      return;
    }
    const left = whole.quantity - quantity;
    const cashLeft = multiplyDivideFloor(whole.cash, left, whole.quantity);
    this.#take(whole);
    const rest: Reservation = { ...whole, quantity: left, cash: cashLeft };
    this.#open.set(signalId, rest);
    this.#put(rest);
    this.reserve(orderId, { ...whole, quantity, cash: whole.cash - cashLeft, working: true });
  }

  /** A part was filled; what is left stays reserved in proportion. */
  fill(orderId: EventId, quantity: number): void {
    const order = this.#open.get(orderId);
    if (order === undefined) return;
    this.#take(order);
    order.filled += quantity;
    order.unknown = false;
    const { filled, pending } = order;
    const most = Math.max(order.quantity, pending?.quantity ?? 0);
    if (filled > most) invariant(false, `the order ${orderId} is filled beyond its quantity`);
    if (filled === most) this.#open.delete(orderId);
    else this.#put(order);
  }

  /** Nothing more will come of the signal or order. */
  release(id: EventId): void {
    const order = this.#open.get(id);
    if (order === undefined) return;
    this.#take(order);
    this.#open.delete(id);
  }

  /** The broker's answer is open, or has come. */
  setUnknown(orderId: EventId, unknown: boolean): void {
    const order = this.#open.get(orderId);
    if (order === undefined || order.unknown === unknown) return;
    this.#take(order);
    order.unknown = unknown;
    this.#put(order);
  }

  /** The broker has the order; false when nothing is reserved for it. */
  settle(orderId: EventId): boolean {
    const order = this.#open.get(orderId);
    if (order?.unknown === true) this.setUnknown(orderId, false);
    return order !== undefined;
  }

  /** A change of the order may leave: until it is answered the worse of both terms counts. */
  propose(orderId: EventId, changeId: EventId, terms: Terms): void {
    const order = this.#open.get(orderId) as Reservation;
    if (order.pending !== undefined) invariant(false, `the order ${orderId} has a change that is not answered`);
    this.#take(order);
    order.pending = { ...terms, changeId };
    this.#put(order);
  }

  /** The change will not happen: the terms stay. With a `changeId`, only if that is the change at hand. */
  withdraw(orderId: EventId, changeId?: EventId): void {
    const order = this.#open.get(orderId);
    if (order?.pending === undefined || (changeId !== undefined && order.pending.changeId !== changeId)) return;
    this.#take(order);
    order.pending = undefined;
    if (order.filled === order.quantity) this.#open.delete(orderId);
    else this.#put(order);
  }

  /** The order is in force with these terms. A change that asked for others is still to be answered. */
  adopt(orderId: EventId, terms: Terms): void {
    const order = this.#open.get(orderId);
    if (order === undefined) return;
    const { pending } = order;
    this.#take(order);
    const adopted: Reservation = { ...order, ...terms };
    if (pending !== undefined && sameTerms(pending, terms, order.filled)) adopted.pending = undefined;
    if (adopted.filled === adopted.quantity && adopted.pending === undefined) this.#open.delete(orderId);
    else {
      this.#open.set(orderId, adopted);
      this.#put(adopted);
    }
  }

  /** Takes an order out while its change is asked about; `putBack` puts it back. */
  lift(orderId: EventId): void {
    this.#take(this.#open.get(orderId) as Reservation);
  }

  putBack(orderId: EventId): void {
    this.#put(this.#open.get(orderId) as Reservation);
  }

  snapshot(): readonly (readonly [EventId, Reservation])[] {
    return this.#open.entries().map(([id, reservation]) => [id, { ...reservation }] as const);
  }

  restore(state: readonly (readonly [EventId, Reservation])[]): void {
    for (const [id, reservation] of state) this.reserve(id, { ...reservation });
  }

  #put(order: Reservation): void {
    const book = this.#bookOf(order.strategyId);
    let line = book.lines.get(order.token);
    if (line === undefined) book.lines.set(order.token, (line = new Line()));
    line.orders.push(order);
    if (order.unknown) this.#unknown++;
    if (order.product !== 'CNC') {
      book.margined++;
      this.#margined++;
    }
    book.cash += cashOf(order);
    count(line, order, unitsOf(order));
    if (order.purpose !== 'trade') return;
    const price = priceOf(order);
    if (order.side === 'BUY') line.peakBuying = Math.max(line.peakBuying, price);
    else line.peakSelling = Math.max(line.peakSelling, price);
  }

  #take(order: Reservation): void {
    const book = this.#bookOf(order.strategyId);
    const line = book.lines.get(order.token) as Line;
    if (line.orders.length === 1) line.orders.pop();
    else line.orders.splice(line.orders.indexOf(order), 1);
    if (order.unknown) this.#unknown--;
    if (order.product !== 'CNC') {
      book.margined--;
      this.#margined--;
    }
    book.cash -= cashOf(order);
    count(line, order, -unitsOf(order));
    if (order.purpose !== 'trade') return;
    // The highest price may have been this one's: it is looked for among what is left, so that a restart finds the same.
    let peak = 0;
    for (let k = 0; k < line.orders.length; k++) {
      const other = line.orders[k] as Reservation;
      if (other.side === order.side && other.purpose === 'trade') peak = Math.max(peak, priceOf(other));
    }
    if (order.side === 'BUY') line.peakBuying = peak;
    else line.peakSelling = peak;
  }
}

function count(line: Line, { purpose, side }: Reservation, units: number): void {
  if (purpose === 'trade') {
    if (side === 'BUY') line.buying += units;
    else line.selling += units;
  } else if (side === 'BUY') line.exitBuying += units;
  else line.exitSelling += units;
}

/** Units that may still be filled. */
function unitsOf({ quantity, filled, pending }: Reservation): number {
  return Math.max(quantity, pending?.quantity ?? 0) - filled;
}

function priceOf({ price, pending }: Reservation): number {
  return Math.max(price, pending?.price ?? 0);
}

function cashOf(order: Reservation): number {
  const { pending, filled } = order;
  const held = heldOf(order, filled);
  return pending === undefined ? held : Math.max(held, heldOf(pending, filled));
}

/** What is still set aside of the cash of some terms. */
function heldOf({ cash, base, quantity }: Terms, filled: number): number {
  if (filled === base || cash === 0) return cash;
  return filled >= quantity ? 0 : cash - multiplyDivideFloor(cash, filled - base, quantity - base);
}

function sameTerms(a: Terms, b: Terms, filled: number): boolean {
  return (
    Math.max(a.quantity, filled) === b.quantity &&
    a.orderType === b.orderType &&
    a.limitPrice === b.limitPrice &&
    a.triggerPrice === b.triggerPrice
  );
}
