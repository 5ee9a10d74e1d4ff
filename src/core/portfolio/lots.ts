// Lots beside the average cost of a book: which purchase was sold by which sale, first in, first out. Taxes, holdings and
// the day's positions ask for it. What is bought and sold for delivery on one day is matched before anything older.
import { multiplyDivide } from '../decimal.ts';
import { type Product, type Side } from '../events.ts';
import { type InstrumentKind } from '../market/instrument.ts';
import { type DayNumber } from '../time.ts';

/** A fill as lots see it; amounts in 1/10,000 rupee. */
export interface LotFill {
  readonly token: number;
  readonly kind: InstrumentKind;
  readonly product: Product;
  readonly day: DayNumber;
  readonly side: Side;
  readonly quantity: number;
  readonly price: number;
  readonly fees: number;
}

/** Units that were bought, or sold short, and are still open. */
export interface Lot {
  readonly side: Side;
  readonly day: DayNumber;
  /** Above zero on either side. */
  readonly quantity: number;
  readonly value: number;
  readonly fees: number;
}

/** Units that were both bought and sold; a short sale is sold before it is bought. */
export interface Disposal {
  readonly token: number;
  readonly kind: InstrumentKind;
  readonly product: Product;
  readonly quantity: number;
  readonly buyDay: DayNumber;
  readonly sellDay: DayNumber;
  readonly buyValue: number;
  readonly sellValue: number;
  /** Those parts of the fees of both fills that fall on these units. */
  readonly fees: number;
}

/** What happened to one instrument and product on a day, and what was carried into it. */
export interface DayPosition {
  readonly token: number;
  readonly product: Product;
  /** Units carried into the day, negative for shorts, and what they cost; negative for shorts too. */
  readonly overnightQuantity: number;
  readonly overnightValue: number;
  readonly buyQuantity: number;
  readonly buyValue: number;
  readonly sellQuantity: number;
  readonly sellValue: number;
}

export class Lots {
  readonly #pools = new Map<string, Pool>();
  readonly #onDisposal: (disposal: Disposal) => void;

  constructor(onDisposal: (disposal: Disposal) => void) {
    this.#onDisposal = onDisposal;
  }

  /** Takes a fill; the days of fills never go back. */
  onFill(fill: LotFill): void {
    this.#poolOf(fill).onFill(fill);
  }

  /** Ends the days before `day`: what is open is carried, and deliveries of one day are matched. */
  startDay(day: DayNumber): void {
    for (const pool of this.#pools.values()) pool.startDay(day);
  }

  /** Every `from` units in an instrument become `to`, at the same cost. The day must have been started. */
  split(token: number, from: number, to: number): void {
    for (const pool of this.#pools.values()) if (pool.token === token) pool.split(from, to);
  }

  /** The lots that were carried into the day, oldest first. */
  carried(token: number, product: Product): readonly Lot[] {
    return this.#pools.get(keyOf(token, product))?.carried ?? [];
  }

  /** Every instrument that was carried into the day or traded on it. */
  positions(): readonly DayPosition[] {
    return [...this.#pools.values()].map((pool) => pool.position()).filter(isMoved);
  }

  #poolOf({ token, kind, product }: LotFill): Pool {
    const key = keyOf(token, product);
    let pool = this.#pools.get(key);
    if (pool === undefined) this.#pools.set(key, (pool = new Pool(token, kind, product, this.#onDisposal)));
    return pool;
  }
}

/** Units of lots that are delivered, and those that were bought and are on their way (`t1`). */
export interface Holding {
  readonly quantity: number;
  readonly t1Quantity: number;
}

/** What is held of an instrument in the morning; `isSettled` says whether a purchase of a day has been delivered. */
export function holdingOf(carried: readonly Lot[], isSettled: (day: DayNumber) => boolean): Holding {
  let [quantity, t1Quantity] = [0, 0];
  for (const lot of carried) {
    if (lot.side === 'SELL') quantity -= lot.quantity;
    else if (isSettled(lot.day)) quantity += lot.quantity;
    else t1Quantity += lot.quantity;
  }
  return { quantity, t1Quantity };
}

function keyOf(token: number, product: Product): string {
  return `${token} ${product}`;
}

function isMoved({ overnightQuantity, buyQuantity, sellQuantity }: DayPosition): boolean {
  return overnightQuantity !== 0 || buyQuantity !== 0 || sellQuantity !== 0;
}

/** The lots of one instrument and product. */
class Pool {
  readonly token: number;
  readonly #kind: InstrumentKind;
  readonly #product: Product;
  readonly #onDisposal: (disposal: Disposal) => void;
  /** Carried lots, all of one side, oldest first. */
  #carried: Lot[] = [];
  #today: Lot[] = [];
  #day = 0 as DayNumber;

  constructor(token: number, kind: InstrumentKind, product: Product, onDisposal: (disposal: Disposal) => void) {
    this.token = token;
    this.#kind = kind;
    this.#product = product;
    this.#onDisposal = onDisposal;
  }

  get carried(): readonly Lot[] {
    return this.#carried;
  }

  onFill({ day, side, quantity, price, fees }: LotFill): void {
    this.startDay(day);
    this.#today.push({ side, day, quantity, value: quantity * price, fees });
  }

  startDay(day: DayNumber): void {
    if (day <= this.#day) return;
    this.#day = day;
    const today = this.#today;
    this.#today = [];
    const delivery = this.#kind === 'equity' && this.#product !== 'MIS';
    for (const lot of delivery ? this.#matchToday(today) : today) this.#take(lot);
  }

  split(from: number, to: number): void {
    this.#carried = this.#carried.map((lot) => ({ ...lot, quantity: multiplyDivide(lot.quantity, to, from) }));
  }

  position(): DayPosition {
    const { token } = this;
    const product = this.#product;
    const [held, buys, sells] = [sumOf(this.#carried), sumOf(this.#of('BUY')), sumOf(this.#of('SELL'))];
    const short = this.#carried[0]?.side === 'SELL';
    return {
      token,
      product,
      overnightQuantity: short ? 0 - held.quantity : held.quantity,
      overnightValue: short ? 0 - held.value : held.value,
      buyQuantity: buys.quantity,
      buyValue: buys.value,
      sellQuantity: sells.quantity,
      sellValue: sells.value,
    };
  }

  #of(side: Side): readonly Lot[] {
    return this.#today.filter((lot) => lot.side === side);
  }

  /** Matches what was both bought and sold, the first units of either side; returns what is left of the day. */
  #matchToday(today: readonly Lot[]): readonly Lot[] {
    const buys = today.filter(({ side }) => side === 'BUY');
    const sells = today.filter(({ side }) => side === 'SELL');
    while (buys[0] !== undefined && sells[0] !== undefined) {
      const units = Math.min(buys[0].quantity, sells[0].quantity);
      this.#dispose(cut(buys, units), cut(sells, units));
    }
    return [...buys, ...sells];
  }

  /** Closes the oldest lots of the other side, and opens a lot with what is left. */
  #take(lot: Lot): void {
    const rest = [lot];
    while (rest[0] !== undefined && this.#carried[0] !== undefined && this.#carried[0].side !== rest[0].side) {
      const units = Math.min(rest[0].quantity, this.#carried[0].quantity);
      this.#dispose(cut(this.#carried, units), cut(rest, units));
    }
    this.#carried.push(...rest);
  }

  #dispose(one: Lot, other: Lot): void {
    const [buy, sell] = one.side === 'BUY' ? [one, other] : [other, one];
    this.#onDisposal({
      token: this.token,
      kind: this.#kind,
      product: this.#product,
      quantity: buy.quantity,
      buyDay: buy.day,
      sellDay: sell.day,
      buyValue: buy.value,
      sellValue: sell.value,
      fees: buy.fees + sell.fees,
    });
  }
}

/** Takes so many units off the first lot; the parts of its value and fees always add up to them. */
function cut(lots: Lot[], units: number): Lot {
  const lot = lots.shift() as Lot;
  if (units === lot.quantity) return lot;
  const value = multiplyDivide(lot.value, units, lot.quantity);
  const fees = multiplyDivide(lot.fees, units, lot.quantity);
  lots.unshift({ ...lot, quantity: lot.quantity - units, value: lot.value - value, fees: lot.fees - fees });
  return { ...lot, quantity: units, value, fees };
}

function sumOf(lots: readonly Lot[]): { quantity: number; value: number } {
  let [quantity, value] = [0, 0];
  for (const lot of lots) {
    quantity += lot.quantity;
    value += lot.value;
  }
  return { quantity, value };
}
