// What the account may still spend, from cash, trades, working orders and last prices. The rates are round and steady: a
// rehearsal needs refusals that can be foreseen, not an exchange's SPAN files.
import { divideHalfUp } from '#core/decimal.ts';
import { type Catalogue, type Contract } from '../catalogue.ts';
import { type AccountBook } from './book.ts';
import { protectedLimit, protectionPpm } from '../exchange/matching.ts';
import { remainingOf, type OrderTerms, type Product, type Side } from './order.ts';
import { profitOf, quantityOf } from './positions.ts';

export type Pool = 'equity' | 'commodity';

/** An order that is asked for, or the unfilled part of one that works. */
export interface Claim {
  readonly token: number;
  readonly side: Side;
  readonly product: Product;
  readonly quantity: number;
  readonly price: number;
}

/** Amounts in 1/10,000 rupee. */
export interface Margins {
  readonly opening: number;
  /** What is left; an order that would take it below zero is refused. */
  readonly net: number;
  /** Paid for delivery, by trades and by working orders. */
  readonly delivery: number;
  /** Paid for options less what was received for them. */
  readonly optionPremium: number;
  /** Blocked for positions and working orders: three quarters span, one quarter exposure. */
  readonly span: number;
  readonly exposure: number;
  readonly realised: number;
  readonly unrealised: number;
}

/** Blocked per value, in percent: intraday shares, futures, and options sold. */
const RATES = { MIS: 20, MTF: 50, FUT: 20, WRITTEN: 20 } as const;

export type LastPrice = (token: number) => number;

export function poolOf(exchange: string): Pool {
  return exchange === 'MCX' ? 'commodity' : 'equity';
}

export class MarginModel {
  readonly #book: AccountBook;
  readonly #catalogue: Catalogue;
  readonly #lastPrice: LastPrice;

  constructor(book: AccountBook, catalogue: Catalogue, lastPrice: LastPrice) {
    this.#book = book;
    this.#catalogue = catalogue;
    this.#lastPrice = lastPrice;
  }

  /** The pool as it is, or as it would be with one more order. */
  of(pool: Pool, extra?: Claim): Margins {
    const claims = this.#claims(pool, extra);
    const opening = this.#book.account.cash[pool];
    let [delivery, optionPremium, blocked, realised, unrealised] = [0, 0, 0, 0, 0];
    for (const [key, { buys, sells, buyValue }] of claims) {
      const [token = '', product = ''] = key.split(':');
      const contract = this.#catalogue.byToken(Number(token));
      if (contract === undefined) continue;
      const position = this.#book.positions.of(Number(token), product as Product);
      const last = this.#lastPrice(position.token);
      if (isPaidInFull(contract, product as Product)) {
        delivery += position.dayBuyValue - position.daySellValue + buyValue;
      } else if (contract.kind === 'CE' || contract.kind === 'PE') {
        optionPremium += position.dayBuyValue - position.daySellValue + buyValue;
        const short = Math.max(0, sells - quantityOf(position));
        blocked += percent(short * Math.max(contract.strike, last) * contract.multiplier, RATES.WRITTEN);
      } else {
        const open = quantityOf(position);
        const worst = Math.max(Math.abs(open + buys), Math.abs(open - sells));
        blocked += percent(worst * last * contract.multiplier, rateOf(contract, product as Product));
        const profit = profitOf(position, last);
        if (open === 0) realised += profit;
        else unrealised += profit;
      }
    }
    const span = divideHalfUp(blocked * 3, 4);
    const net = opening - delivery - optionPremium - blocked + realised + unrealised;
    return { opening, net, delivery, optionPremium, span, exposure: blocked - span, realised, unrealised };
  }

  /** What one order alone asks for. */
  required(claim: Claim): number {
    const contract = this.#catalogue.byToken(claim.token);
    if (contract === undefined) return 0;
    const value = claim.quantity * claim.price * contract.multiplier;
    if (contract.kind === 'CE' || contract.kind === 'PE') {
      if (claim.side === 'BUY') return value;
      return percent(claim.quantity * Math.max(contract.strike, claim.price) * contract.multiplier, RATES.WRITTEN);
    }
    if (isPaidInFull(contract, claim.product)) return claim.side === 'BUY' ? value : 0;
    return percent(value, rateOf(contract, claim.product));
  }

  /** Shares that may still be sold for delivery: holdings and today's purchases less what is sold or on its way. */
  sellable(token: number): number {
    const holding = this.#book.account.holdings.find((each) => each.token === token);
    const position = this.#book.positions.of(token, 'CNC');
    const leaving = this.#book
      .working()
      .filter((order) => order.token === token && order.product === 'CNC' && order.side === 'SELL')
      .reduce((sum, order) => sum + remainingOf(order), 0);
    return (holding?.quantity ?? 0) + (holding?.t1 ?? 0) + quantityOf(position) - leaving;
  }

  #claims(pool: Pool, extra: Claim | undefined): Map<string, { buys: number; sells: number; buyValue: number }> {
    const claims = new Map<string, { buys: number; sells: number; buyValue: number }>();
    const at = (token: number, product: Product) => {
      const key = `${token}:${product}`;
      const found = claims.get(key) ?? { buys: 0, sells: 0, buyValue: 0 };
      claims.set(key, found);
      return found;
    };
    const inPool = (token: number): boolean =>
      poolOf(this.#catalogue.byToken(token)?.instrument.exchange ?? '') === pool;
    for (const { token, product } of this.#book.positions.list()) if (inPool(token)) at(token, product);
    const add = ({ token, product, side, quantity, price }: Claim): void => {
      if (!inPool(token)) return;
      const entry = at(token, product);
      if (side === 'SELL') entry.sells += quantity;
      else {
        entry.buys += quantity;
        entry.buyValue += quantity * price * (this.#catalogue.byToken(token)?.multiplier ?? 1);
      }
    };
    for (const order of this.#book.working()) {
      add({ ...order, quantity: remainingOf(order), price: claimPrice(order, this.#lastPrice(order.token)) });
    }
    if (extra !== undefined) add(extra);
    return claims;
  }
}

/** The price at which an order is counted: the worst that it can trade at, by its own limit or its protection. */
export function claimPrice(
  {
    side,
    orderType,
    price,
    triggerPrice,
    protection,
  }: Pick<OrderTerms, 'side' | 'orderType' | 'price' | 'triggerPrice' | 'protection'>,
  last: number,
): number {
  if (price > 0) return price;
  const from = orderType === 'SL-M' ? triggerPrice : last;
  return side === 'BUY' ? protectedLimit(side, from, protectionPpm(protection), 1) : from;
}

function isPaidInFull(contract: Contract, product: Product): boolean {
  return contract.kind === 'EQ' && product === 'CNC';
}

function rateOf(contract: Contract, product: Product): number {
  if (contract.kind === 'FUT') return RATES.FUT;
  return product === 'MTF' ? RATES.MTF : RATES.MIS;
}

function percent(value: number, rate: number): number {
  return divideHalfUp(value * rate, 100);
}
