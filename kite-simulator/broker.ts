// Everything that one simulated account consists of, put together: the book, the market, the exchange, the sessions. What
// answers requests and what pushes ticks is built on top of it.
import { divideHalfUp, money, type Price } from '#core/decimal.ts';
import { type DayNumber, dayOf, type EpochMs, MINUTE_MS } from '#core/time.ts';
import { AccountBook, type Account, type Holding, type OrderUpdate } from './account/book.ts';
import { MarginModel } from './account/margins.ts';
import { averageOf, quantityOf, type Overnight } from './account/positions.ts';
import { memoryStorage } from './account/storage.ts';
import { Catalogue } from './catalogue.ts';
import { Exchange } from './exchange/exchange.ts';
import { Alerts } from './exchange/alerts.ts';
import { Gtt } from './exchange/gtt.ts';
import { Market, type MarketTick, type Quote } from './exchange/market.ts';
import { FaultBox } from './faults/faults.ts';
import { SIMULATOR_CREDENTIALS, type SimulatorOptions } from './options.ts';
import { KITE_LIMITS, Limits } from './rest/limits.ts';
import { Funds } from './rest/funds.ts';
import { Sessions } from './rest/sessions.ts';

/** One million rupees in each pool. */
const OPENING: Account = {
  cash: { equity: money(10_000_000_000), commodity: money(10_000_000_000) },
  overnight: [],
  holdings: [],
  conversions: [],
};

const SIX_MS = 6 * 60 * MINUTE_MS;

export type Phase = 'auto' | 'open' | 'closed';

export class Broker {
  readonly options: SimulatorOptions;
  readonly seed: number;
  readonly catalogue: Catalogue;
  readonly market: Market;
  readonly book: AccountBook;
  readonly faults: FaultBox;
  readonly limits: Limits;
  readonly sessions: Sessions;
  readonly margins: MarginModel;
  readonly exchange: Exchange;
  readonly gtt: Gtt;
  readonly alerts: Alerts;
  readonly funds: Funds;
  readonly onUpdates: ((updates: readonly OrderUpdate[]) => void)[] = [];
  /** What the control API says of the market; `auto` asks the calendar that was handed in. */
  phase: Phase = 'auto';
  registeredIps: readonly string[] | undefined;
  readonly #ending = new AbortController();
  #timers: Promise<unknown>[] = [];

  constructor(options: SimulatorOptions) {
    this.options = options;
    this.seed = options.seed ?? 1;
    this.registeredIps = options.registeredIps;
    this.catalogue = new Catalogue(options.contracts);
    this.market = new Market(this.catalogue);
    this.faults = new FaultBox(this.seed);
    this.book = new AccountBook(options.storage ?? memoryStorage(), this.catalogue, { ...OPENING, ...options.opening });
    this.book.marketTime = () => this.market.time;
    this.limits = new Limits({ ...KITE_LIMITS, ...options.limits }, () => options.clock.now());
    this.sessions = new Sessions(this.book, {
      credentials: options.credentials ?? SIMULATOR_CREDENTIALS,
      seed: this.seed,
      now: () => options.clock.now(),
      secondLogin: options.secondLogin ?? 'same',
      sessionEnd: options.sessionEnd ?? (() => SIX_MS),
    });
    this.margins = new MarginModel(this.book, this.catalogue, (token) => this.market.lastPrice(token));
    this.exchange = new Exchange({
      book: this.book,
      market: this.market,
      faults: this.faults,
      seed: this.seed,
      now: () => this.now(),
      serverNow: () => options.clock.now(),
      isOpen: (segment) => this.isOpen(segment),
      later: (ms, work) => this.later(ms, work),
      onUpdates: (updates) => this.onUpdates.forEach((tell) => tell(updates)),
    });
    this.gtt = new Gtt(this);
    this.alerts = new Alerts(this);
    this.funds = new Funds(this);
  }

  /** Market time: that of the newest tick, also of those before a restart; the clock's before the first. */
  now(): EpochMs {
    const kept = (this.book.value('market_time') as number | undefined) ?? 0;
    const seen = Math.max(this.market.time, kept);
    return (seen > 0 ? seen : this.options.clock.now()) as EpochMs;
  }

  isOpen(segment: string): boolean {
    if (this.phase !== 'auto') return this.phase === 'open';
    return this.options.isOpen?.(segment, this.now()) ?? true;
  }

  /** Takes ticks in order of time: prices, then what the exchange makes of them. The quotes that they gave. */
  onTicks(ticks: Iterable<MarketTick>): readonly Quote[] {
    const quotes: Quote[] = [];
    for (const tick of ticks) {
      if (this.catalogue.byToken(tick.token) === undefined) continue;
      this.#rollDay(tick.time);
      const quote = this.market.take(tick);
      if (quote === undefined) continue;
      quotes.push(quote);
      this.exchange.onTick(tick, quote);
      this.gtt.onTick(quote);
      this.alerts.onTick(quote);
    }
    if (quotes.length === 0) return quotes;
    this.exchange.expire();
    this.exchange.releaseAfterMarket();
    this.exchange.settle();
    return quotes;
  }

  /** Runs work once, after a time of the server's clock. */
  later(ms: number, work: () => void): void {
    const { clock, onProblem } = this.options;
    const { signal } = this.#ending;
    const timer = clock
      .sleep(ms, signal)
      .then(() => (signal.aborted ? undefined : work()))
      .catch((error: unknown) => onProblem?.(`a delayed step failed: ${String(error)}`));
    this.#timers = [...this.#timers, timer];
    void timer.finally(() => (this.#timers = this.#timers.filter((other) => other !== timer)));
  }

  /** Ends the day by hand, as a tick of the next day does. */
  endDay(): void {
    this.exchange.endDay();
    this.squareOff();
    this.book.beginDay(this.#carryOver());
    this.gtt.keep();
    this.exchange.settle();
  }

  /** Closes every intraday position at the last price, as the broker does before the close. */
  squareOff(): void {
    for (const position of this.book.positions.list()) {
      const quantity = quantityOf(position);
      const contract = this.catalogue.byToken(position.token);
      if (quantity === 0 || contract === undefined || (position.product !== 'MIS' && position.product !== 'CO'))
        continue;
      const { exchange, symbol, token } = contract.instrument;
      const order = this.book.open(
        {
          variety: 'regular',
          exchange,
          symbol,
          token,
          side: quantity > 0 ? 'SELL' : 'BUY',
          product: position.product,
          orderType: 'MARKET',
          quantity: Math.abs(quantity),
          disclosedQuantity: 0,
          price: 0 as Price,
          triggerPrice: 0 as Price,
          validity: 'DAY',
          validityTtl: 0,
          protection: -1,
          tag: null,
          tags: [],
          parentOrderId: null,
          auctionNumber: null,
          iceberg: null,
          foreign: true,
        },
        this.now(),
      );
      order.exchangeOrderId = this.book.newExchangeOrderId();
      this.book.fill(order, order.quantity, this.market.lastPrice(token) as Price, this.now());
      order.status = 'COMPLETE';
      this.book.record(order);
      this.book.tell(order);
    }
    this.exchange.settle();
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await Promise.all(this.#timers);
    this.book.close();
  }

  #rollDay(time: EpochMs): void {
    const day = this.book.value('day') as DayNumber | undefined;
    const today = dayOf(time);
    if (day !== undefined && day >= today) return;
    if (day !== undefined) this.endDay();
    this.book.setValue('day', today);
  }

  /** Shares bought today are delivered from tomorrow on; derivatives stay open; profit and loss becomes cash. */
  #carryOver(): Account {
    const { account, positions } = this.book;
    const overnight: Overnight[] = [];
    const holdings = new Map<number, Holding>(
      account.holdings.map((each) => [each.token, { ...each, quantity: each.quantity + each.t1, t1: 0 }]),
    );
    for (const position of positions.list()) {
      const quantity = quantityOf(position);
      if (position.product === 'CNC') settleShares(holdings, position.token, quantity, averageOf(position));
      else if (quantity !== 0) {
        // Marked to market: tomorrow starts from today's last price.
        const averagePrice = this.market.lastPrice(position.token) as Price;
        overnight.push({ token: position.token, product: position.product, quantity, averagePrice });
      }
    }
    const cashOf = (pool: 'equity' | 'commodity'): number => {
      const { opening, delivery, optionPremium, realised, unrealised } = this.margins.of(pool);
      return opening - delivery - optionPremium + realised + unrealised;
    };
    return {
      cash: { equity: cashOf('equity'), commodity: cashOf('commodity') },
      overnight,
      holdings: [...holdings.values()].filter((each) => each.quantity + each.t1 > 0),
      conversions: [],
    };
  }
}

function settleShares(holdings: Map<number, Holding>, token: number, quantity: number, averagePrice: Price): void {
  const held = holdings.get(token) ?? { token, quantity: 0, t1: 0, averagePrice: 0 as Price };
  if (quantity <= 0) {
    holdings.set(token, { ...held, quantity: Math.max(0, held.quantity + quantity) });
    return;
  }
  const value = held.quantity * held.averagePrice + quantity * averagePrice;
  const mean = divideHalfUp(value, held.quantity + quantity) as Price;
  holdings.set(token, { ...held, t1: quantity, averagePrice: mean });
}
