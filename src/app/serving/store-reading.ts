// What the API reads of the platform that runs in this process: from the pipeline's own store, on the pipeline's thread.
// So every answer is short, and what cannot be gives the thread back between pieces.
import { setImmediate } from 'node:timers/promises';
import type { Broker, DeploymentLine, LimitLine, Order } from '#api/contract.ts';
import type { OrderFilter, OrderKey, Reading, StoredMessage } from '#api/reading.ts';
import type { DomainEvent } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import type { Plan } from '#core/plan.ts';
import type { Namespace } from '#engine/namespace.ts';
import type { StoreReader } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { bookRows, portfolioBooks, positionsOf } from '../reading/books.ts';
import { storedEvent } from '../reading/events.ts';
import { orderLine } from '../reading/orders.ts';
import { topicLines } from '../reading/topics.ts';
import { BookValues } from './book-values.ts';
import { Candles } from './candles.ts';
import { controlLines } from './control-lines.ts';
import { letterLines } from './letter-lines.ts';
import { limitLines } from './limit-lines.ts';
import { correlatedOf, LogLists } from './log-lists.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { OrderIndex } from './order-index.ts';
import { orderSteps } from './order-steps.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface StoreReadingOptions {
  readonly store: StoreReader;
  /** The active namespaces. */
  readonly brokers: readonly {
    readonly id: string;
    readonly kind: NonNullable<Broker['kind']>;
    /** As the settings have it. */
    readonly mode: 'simulated' | 'simulator' | 'live';
    readonly runsAs: 'simulated' | 'gateway';
  }[];
  readonly plan: () => Plan;
  /** What is deployed, and what was stopped. */
  readonly deployments: () => Promise<readonly DeploymentLine[]>;
  /** The namespaces that run. */
  readonly namespaces: () => readonly Pick<Namespace, 'plan' | 'risk' | 'runner'>[];
}

/** Rows that are read before the pipeline has its turn. */
const PIECE = 100;
const MESSAGES_BYTES_MAX = 2_000_000;
const INACTIVE = { kind: null, mode: null } as const;

export class StoreReading implements Reading {
  readonly #store: StoreReader;
  readonly #active: StoreReadingOptions['brokers'];
  readonly #plan: () => Plan;
  readonly #namespaces: StoreReadingOptions['namespaces'];
  readonly #orders: OrderIndex;
  readonly #values: BookValues;
  readonly #candles: Candles;
  readonly #lists: LogLists;
  readonly #deployments: StoreReadingOptions['deployments'];
  readonly #histories = new OneAtATime();
  readonly #answers = new SharedAnswers();
  /** Commits that put messages into topics, and of those the ones with messages that are no events, such as dead letters. */
  #commits = 0;
  #strange = 0;
  /** Events that became durable, by type. */
  readonly #events = new Map<DomainEvent['type'], number>();
  readonly #wakes = new Set<() => void>();
  #symbols: { readonly of: Plan; readonly byToken: ReadonlyMap<number, string> } | undefined;

  constructor({ store, brokers, plan, namespaces, deployments }: StoreReadingOptions) {
    this.#store = store;
    this.#active = brokers;
    this.#plan = plan;
    this.#namespaces = namespaces;
    this.#orders = new OrderIndex(store);
    this.#values = new BookValues(store);
    this.#candles = new Candles(store);
    this.#lists = new LogLists(store);
    this.#deployments = deployments;
  }

  /** Told what became durable. */
  onCommitted({ events, messages }: { readonly events: readonly DomainEvent[]; readonly messages: number }): void {
    if (messages > 0) this.#commits++;
    if (messages !== events.length) this.#strange++;
    for (const { type } of events) this.#events.set(type, (this.#events.get(type) ?? 0) + 1);
    this.#orders.onCommitted(events);
    this.#values.onCommitted(events);
    for (const wake of this.#wakes) wake();
  }

  subscribe(wake: () => void): () => void {
    this.#wakes.add(wake);
    return () => this.#wakes.delete(wake);
  }

  brokers(): ReturnType<Reading['brokers']> {
    const found = new Map<string, Pick<Broker, 'kind' | 'mode'>>();
    for (const broker of this.#orders.brokers) found.set(broker, INACTIVE);
    for (const { broker } of bookRows(this.#store)) found.set(broker, INACTIVE);
    for (const { id, kind, mode, runsAs } of this.#active) {
      found.set(id, { kind, mode: mode === 'live' ? mode : runsAs === 'gateway' ? 'rehearsal' : 'simulated' });
    }
    return [...found].map(([broker, each]) => ({ broker, ...each })).toSorted((a, b) => (a.broker < b.broker ? -1 : 1));
  }

  portfolios(broker: string | undefined): ReturnType<Reading['portfolios']> {
    const rows = bookRows(this.#store, broker);
    return portfolioBooks(rows, this.#plan().namespaces, (of, strategyId) => this.#values.valuation(of, strategyId));
  }

  positions(broker: string | undefined): ReturnType<Reading['positions']> {
    return positionsOf(this.#store, broker, this.#symbolsInForce());
  }

  async orders(filter: OrderFilter, after: OrderKey | undefined, limit: number): Promise<readonly Order[]> {
    await this.#caughtUp();
    const keys = this.#orders.page(filter, after, limit);
    const orders: Order[] = [];
    for (const [k, { broker, orderId }] of keys.entries()) {
      if (k > 0 && k % PIECE === 0) await setImmediate();
      const order = this.#order(broker, orderId);
      if (order !== undefined) orders.push(order);
    }
    return orders;
  }

  async order(orderId: string): ReturnType<Reading['order']> {
    const broker = this.#orders.brokerOf(orderId);
    const order = broker === undefined ? undefined : this.#order(broker, orderId);
    if (order === undefined) return undefined;
    const steps = await this.#histories.run(async () => orderSteps(this.#store, order.broker as BrokerId, orderId));
    return { order, steps: [...steps] };
  }

  control(): ReturnType<Reading['control']> {
    return this.#namespaces().flatMap((namespace) => controlLines(namespace, this.#symbolsInForce()));
  }

  async fills(...[filter, asked]: Parameters<Reading['fills']>): ReturnType<Reading['fills']> {
    return this.#shared(['fills', filter, asked], this.#seen('order_filled'), async () =>
      this.#lists.fills(filter, asked, this.#symbolsInForce()),
    );
  }

  async signals(...[filter, asked]: Parameters<Reading['signals']>): ReturnType<Reading['signals']> {
    const { outcome } = filter;
    const seen =
      outcome === undefined
        ? this.#seen('validated_signal', 'rejected_signal', 'expired_signal')
        : this.#seen(outcome === 'made' ? 'trading_signal' : `${outcome}_signal`);
    return this.#shared(['signals', filter, asked], seen, async () =>
      this.#lists.signals(filter, asked, this.#symbolsInForce()),
    );
  }

  async correlated(...[brokers, id, asked]: Parameters<Reading['correlated']>): ReturnType<Reading['correlated']> {
    return this.#shared(['correlated', brokers, id, asked], `${this.#commits}`, async () =>
      correlatedOf(this.#store, brokers, id, asked),
    );
  }

  /** Changes with every event of these types, and with whatever else came into the log. */
  #seen(...types: readonly DomainEvent['type'][]): string {
    return `${this.#strange} ${types.map((type) => this.#events.get(type) ?? 0).join(' ')}`;
  }

  /** One answer for all who ask for the same, until what it is read from grows or the plan does. */
  async #shared<T>(question: readonly unknown[], seen: string, work: () => Promise<T>): Promise<T> {
    const state = `${seen} ${this.#plan().instruments.length}`;
    return this.#answers.ask(JSON.stringify(question), state, async () => this.#histories.run(work));
  }

  letters(): ReturnType<Reading['letters']> {
    return this.#histories.run(async () => letterLines(this.#store));
  }

  topics(): ReturnType<Reading['topics']> {
    const names = this.brokers().map(({ broker }) => broker);
    return topicLines(this.#store, names, names).map((line) => ({ ...line, types: [...line.types] }));
  }

  async deployments(): Promise<readonly DeploymentLine[]> {
    return this.#deployments();
  }

  limits(): readonly LimitLine[] {
    return this.#namespaces().flatMap(limitLines);
  }

  async instruments(): ReturnType<Reading['instruments']> {
    const last = await this.#candles.lastPrices();
    return this.#plan().instruments.map(({ token, symbol, exchange }) => {
      const candle = last.get(token);
      return {
        instrument_token: token,
        symbol,
        exchange,
        last_price: candle?.close ?? null,
        ts: candle?.ts ?? null,
      };
    });
  }

  async candles(name: string, limit: number): ReturnType<Reading['candles']> {
    const { instruments } = this.#plan();
    const found = instruments.find(({ symbol, token }) => symbol === name || `${token}` === name);
    if (found === undefined) return undefined;
    const items = await this.#candles.of(found.token, limit);
    return { instrument_token: found.token, symbol: found.symbol, items };
  }

  messages(topic: string, from: number, limit: number): readonly StoredMessage[] {
    const found: StoredMessage[] = [];
    let bytes = 0;
    for (let next = from; found.length < limit && bytes < MESSAGES_BYTES_MAX;) {
      const piece = this.#store.read(topic, next, Math.min(PIECE, limit - found.length));
      for (const message of piece) {
        const { offset, line, json } = storedEvent(message, topic === MARKET_TICKS);
        found.push({ offset, text: line, json });
        bytes += line.length;
      }
      const last = piece.at(-1);
      if (last === undefined) break;
      next = last.offset + 1;
    }
    return found;
  }

  #order(broker: string, orderId: string): Order | undefined {
    const value = this.#store.row('order', broker, orderId);
    return value === undefined ? undefined : (orderLine(broker, value, this.#symbolsInForce()) as Order);
  }

  async #caughtUp(): Promise<void> {
    while (this.#orders.catchUp(PIECE)) await setImmediate();
  }

  #symbolsInForce(): ReadonlyMap<number, string> {
    const plan = this.#plan();
    if (this.#symbols?.of !== plan) {
      this.#symbols = { of: plan, byToken: new Map(plan.instruments.map(({ token, symbol }) => [token, symbol])) };
    }
    return this.#symbols.byToken;
  }
}
