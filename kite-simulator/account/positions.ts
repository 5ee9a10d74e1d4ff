// Positions as Kite shows them: a fold of the day's trades over what was carried over night. Every number follows from
// the identities of the API, so that whoever checks them finds them to hold.
import { divideHalfUp, type Price } from '#core/decimal.ts';
import { type Catalogue } from '../catalogue.ts';
import { type KiteTrade, type Product, type Side } from './order.ts';

/** What was carried into the day. */
export interface Overnight {
  readonly token: number;
  readonly product: Product;
  readonly quantity: number;
  readonly averagePrice: Price;
}

/** A quantity that was moved from one product to another. */
export interface Conversion {
  readonly token: number;
  readonly side: Side;
  readonly quantity: number;
  readonly price: Price;
  readonly from: Product;
  readonly to: Product;
}

export interface Position {
  readonly token: number;
  readonly product: Product;
  readonly multiplier: number;
  readonly overnight: number;
  readonly overnightPrice: Price;
  readonly dayBuyQuantity: number;
  /** In 1/10,000 rupee, with the multiplier. */
  readonly dayBuyValue: number;
  readonly daySellQuantity: number;
  readonly daySellValue: number;
}

export function quantityOf(position: Position): number {
  return position.overnight + position.dayBuyQuantity - position.daySellQuantity;
}

/** Positions by `TOKEN:PRODUCT`, kept up to date trade by trade. */
export class Positions {
  readonly #catalogue: Catalogue;
  readonly #rows = new Map<string, Position>();

  constructor(catalogue: Catalogue, overnight: readonly Overnight[] = []) {
    this.#catalogue = catalogue;
    for (const { token, product, quantity, averagePrice } of overnight) {
      const row = { ...this.#empty(token, product), overnight: quantity, overnightPrice: averagePrice };
      this.#rows.set(`${token}:${product}`, row);
    }
  }

  add({
    token,
    product,
    side,
    quantity,
    price,
  }: Pick<KiteTrade, 'token' | 'product' | 'side' | 'quantity' | 'price'>): void {
    const row = this.of(token, product);
    const value = quantity * price * row.multiplier;
    const change =
      side === 'BUY'
        ? { dayBuyQuantity: row.dayBuyQuantity + quantity, dayBuyValue: row.dayBuyValue + value }
        : { daySellQuantity: row.daySellQuantity + quantity, daySellValue: row.daySellValue + value };
    this.#rows.set(`${token}:${product}`, { ...row, ...change });
  }

  /** Moves a quantity at a price from one product to another. */
  convert({ token, side, quantity, price, from, to }: Conversion): void {
    this.add({ token, product: from, side: side === 'BUY' ? 'SELL' : 'BUY', quantity, price });
    this.add({ token, product: to, side, quantity, price });
  }

  of(token: number, product: Product): Position {
    return this.#rows.get(`${token}:${product}`) ?? this.#empty(token, product);
  }

  list(): readonly Position[] {
    return [...this.#rows.values()];
  }

  #empty(token: number, product: Product): Position {
    return {
      token,
      product,
      multiplier: this.#catalogue.byToken(token)?.multiplier ?? 1,
      overnight: 0,
      overnightPrice: 0 as Price,
      dayBuyQuantity: 0,
      dayBuyValue: 0,
      daySellQuantity: 0,
      daySellValue: 0,
    };
  }
}

/** The mean price of the side that is open; 0 when flat. */
export function averageOf(position: Position): Price {
  const quantity = quantityOf(position);
  if (quantity === 0) return 0 as Price;
  const totals = totalsOf(position, position.overnightPrice);
  const [value, units] = quantity > 0 ? [totals.buyValue, totals.buyQuantity] : [totals.sellValue, totals.sellQuantity];
  return divideHalfUp(value, units * position.multiplier) as Price;
}

export interface Totals {
  readonly buyQuantity: number;
  readonly buyValue: number;
  readonly sellQuantity: number;
  readonly sellValue: number;
}

/** Both sides with what was carried over night valued at `price`. */
export function totalsOf(position: Position, price: number): Totals {
  const { overnight, multiplier } = position;
  const long = Math.max(overnight, 0);
  const short = Math.max(-overnight, 0);
  return {
    buyQuantity: position.dayBuyQuantity + long,
    buyValue: position.dayBuyValue + long * price * multiplier,
    sellQuantity: position.daySellQuantity + short,
    sellValue: position.daySellValue + short * price * multiplier,
  };
}

/** Profit or loss since it was opened, in 1/10,000 rupee, at a last price. */
export function profitOf(position: Position, lastPrice: number): number {
  const { buyValue, sellValue } = totalsOf(position, position.overnightPrice);
  return sellValue - buyValue + quantityOf(position) * lastPrice * position.multiplier;
}
