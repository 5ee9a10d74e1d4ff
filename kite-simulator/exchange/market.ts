// The market as the broker sees it: the last quote of every contract with what is left of its depth, and the minute
// candles of what it has seen. It is fed by ticks that somebody else makes.
import { DEPTH_LEVELS, NO_VOLUME } from '#core/market/tick.ts';
import { dayOf, MINUTE_MS, type EpochMs } from '#core/time.ts';
import { type Catalogue, type Contract } from '../catalogue.ts';

/** One observation. Prices are in 1/10,000 rupee; depth is price, quantity and orders of five bids, then five offers. */
export interface MarketTick {
  readonly token: number;
  readonly price: number;
  readonly time: EpochMs;
  /** Cumulative volume of the day, or `NO_VOLUME`. */
  readonly volume: number;
  readonly depth?: Int32Array | undefined;
  readonly depthAt?: number | undefined;
}

export interface Level {
  price: number;
  quantity: number;
  orders: number;
}

export interface Quote {
  readonly contract: Contract;
  /** False until the first tick: until then prices are the previous close. */
  traded: boolean;
  last: number;
  lastQuantity: number;
  /** Seconds resolution on the wire. */
  time: EpochMs;
  volume: number;
  /** Price times quantity of what was traded, for the day's average price. */
  turnover: number;
  open: number;
  high: number;
  low: number;
  /** The close of the day before. */
  close: number;
  readonly bids: Level[];
  readonly offers: Level[];
}

export interface Candle {
  readonly at: EpochMs;
  readonly open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** Some ten trading days of minutes a contract. */
const CANDLES_MAX = 4_000;
const CIRCUIT_PERCENT = 20;

export class Market {
  readonly catalogue: Catalogue;
  readonly #quotes = new Map<number, Quote>();
  readonly #candles = new Map<number, Candle[]>();
  #time = 0 as EpochMs;

  constructor(catalogue: Catalogue) {
    this.catalogue = catalogue;
    for (const contract of catalogue.contracts) {
      this.#quotes.set(contract.instrument.token, emptyQuote(contract));
      this.#candles.set(contract.instrument.token, []);
    }
  }

  /** The greatest time of any tick; 0 before the first. */
  get time(): EpochMs {
    return this.#time;
  }

  quote(token: number): Quote | undefined {
    return this.#quotes.get(token);
  }

  lastPrice(token: number): number {
    return this.#quotes.get(token)?.last ?? 0;
  }

  /** Minutes by time. */
  candles(token: number): readonly Candle[] {
    return this.#candles.get(token) ?? [];
  }

  /** Takes a tick; undefined for a token that is not in the catalogue. */
  take(tick: MarketTick): Quote | undefined {
    const quote = this.#quotes.get(tick.token);
    if (quote === undefined) return undefined;
    if (quote.traded && dayOf(tick.time) > dayOf(quote.time)) beginDay(quote);
    const traded = tick.volume === NO_VOLUME ? 0 : Math.max(0, tick.volume - quote.volume);
    if (!quote.traded || quote.open === 0) quote.open = quote.high = quote.low = tick.price;
    quote.traded = true;
    quote.last = tick.price;
    quote.time = tick.time;
    quote.lastQuantity = traded;
    quote.turnover += traded * tick.price;
    if (tick.volume !== NO_VOLUME) quote.volume = tick.volume;
    quote.high = Math.max(quote.high, tick.price);
    quote.low = Math.min(quote.low, tick.price);
    readDepth(quote, tick);
    this.#addToCandle(tick, traded);
    if (tick.time > this.#time) this.#time = tick.time;
    return quote;
  }

  #addToCandle({ token, time, price }: MarketTick, traded: number): void {
    const candles = this.#candles.get(token) ?? [];
    const at = (Math.floor(time / MINUTE_MS) * MINUTE_MS) as EpochMs;
    const last = candles.at(-1);
    if (last === undefined || last.at < at) {
      candles.push({ at, open: price, high: price, low: price, close: price, volume: traded });
      if (candles.length > CANDLES_MAX) candles.shift();
      return;
    }
    last.high = Math.max(last.high, price);
    last.low = Math.min(last.low, price);
    last.close = price;
    last.volume += traded;
  }
}

/** The lowest and the highest price of the day, on the tick. */
export function circuitOf({ contract, close }: Quote): { readonly lower: number; readonly upper: number } {
  const tick = contract.instrument.tickSize;
  const band = (close * CIRCUIT_PERCENT) / 100;
  return { lower: Math.ceil((close - band) / tick) * tick, upper: Math.floor((close + band) / tick) * tick };
}

export function totalQuantity(levels: readonly Level[]): number {
  return levels.reduce((sum, { quantity }) => sum + quantity, 0);
}

function emptyQuote(contract: Contract): Quote {
  const { previousClose } = contract;
  const side = (): Level[] => Array.from({ length: DEPTH_LEVELS }, () => ({ price: 0, quantity: 0, orders: 0 }));
  return {
    contract,
    traded: false,
    last: previousClose,
    lastQuantity: 0,
    time: 0 as EpochMs,
    volume: 0,
    turnover: 0,
    open: 0,
    high: 0,
    low: 0,
    close: previousClose,
    bids: side(),
    offers: side(),
  };
}

function beginDay(quote: Quote): void {
  quote.close = quote.last;
  quote.open = 0;
  quote.volume = 0;
  quote.turnover = 0;
}

function readDepth(quote: Quote, { depth, depthAt = -1 }: MarketTick): void {
  const known = depth !== undefined && depthAt >= 0;
  for (let level = 0; level < DEPTH_LEVELS; level++) {
    const bid = depthAt + level * 3;
    const offer = bid + DEPTH_LEVELS * 3;
    writeLevel(quote.bids[level], known ? depth : undefined, bid);
    writeLevel(quote.offers[level], known ? depth : undefined, offer);
  }
}

function writeLevel(level: Level | undefined, depth: Int32Array | undefined, at: number): void {
  if (level === undefined) return;
  level.price = depth?.[at] ?? 0;
  level.quantity = depth?.[at + 1] ?? 0;
  level.orders = depth?.[at + 2] ?? 0;
}
