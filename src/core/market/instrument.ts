// What can be traded or watched, and the table that gives each instrument the small integer by which core knows it.
import { type Ppm, type Price, type Quantity } from '../decimal.ts';
import { invariant, InvariantError } from '../invariant.ts';

/** What an instrument is; charges, products and margins depend on it. */
export type InstrumentKind =
  | 'equity'
  | 'index'
  | 'future'
  | 'option'
  | 'currency_future'
  | 'currency_option'
  | 'commodity_future'
  | 'commodity_option';

/** One instrument of an exchange. */
export interface Instrument {
  /** The number that names it on the wire; 0 is valid. */
  readonly token: number;
  readonly symbol: string;
  readonly exchange: string;
  /** Exchange segment whose sessions apply, a key of the calendar data such as `NSE`. */
  readonly segment: string;
  readonly tickSize: Price;
  readonly lotSize: Quantity;
  /** Indices give ticks but cannot be traded. */
  readonly tradable: boolean;
  /** `equity` when it is not said. */
  readonly kind?: InstrumentKind;
  /** The largest quantity that the exchange takes in one order; any when it is not said. */
  readonly freezeQuantity?: Quantity;
  /** How far the exchange lets prices go from the previous close in a session; anywhere when it is not said. */
  readonly priceBand?: Ppm;
  /** Where the price band is counted from. */
  readonly previousClose?: Price;
}

/** Instruments by small integer and by token. An index, once given, never changes; new instruments are appended. */
export class InstrumentTable {
  readonly #instruments: Instrument[] = [];
  readonly #indexByToken = new Map<number, number>();
  /** The token that was asked for last: everything that follows from a tick asks for the same one. */
  #lastToken = -1;
  #lastIndex = -1;

  constructor(instruments: readonly Instrument[] = []) {
    for (const instrument of instruments) this.add(instrument);
  }

  get size(): number {
    return this.#instruments.length;
  }

  /** Appends an instrument and returns its index; a token that is known keeps its index and takes the new details. */
  add(instrument: Instrument): number {
    const known = this.#indexByToken.get(instrument.token);
    if (known !== undefined) {
      const before = this.at(known);
      invariant(
        before.symbol === instrument.symbol && before.exchange === instrument.exchange,
        `instrument token ${instrument.token} is ${before.exchange}:${before.symbol}, ` +
          `it cannot also be ${instrument.exchange}:${instrument.symbol}`,
      );
      this.#instruments[known] = instrument;
      return known;
    }
    this.#instruments.push(instrument);
    this.#indexByToken.set(instrument.token, this.#instruments.length - 1);
    this.#lastToken = -1;
    this.#lastIndex = -1;
    return this.#instruments.length - 1;
  }

  /** The instrument at an index that this table gave. */
  at(index: number): Instrument {
    const instrument = this.#instruments[index];
    // Asked at every tick and order: the sentence is made only when it is needed.
    if (instrument === undefined) return outside(index, this.size);
    return instrument;
  }

  /** The index of a token, or -1 when the table does not hold it. */
  indexOf(token: number): number {
    if (token === this.#lastToken) return this.#lastIndex;
    this.#lastIndex = this.#indexByToken.get(token) ?? -1;
    this.#lastToken = token;
    return this.#lastIndex;
  }

  list(): readonly Instrument[] {
    return this.#instruments;
  }
}

function outside(index: number, size: number): never {
  throw new InvariantError(`instrument index ${index} is outside the table of ${size}`);
}
