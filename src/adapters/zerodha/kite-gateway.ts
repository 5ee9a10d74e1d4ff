// The gateway of one account at Zerodha. An order is sent in one attempt; after that only the broker's books count, which
// are read again and again. Answers, pushes and postbacks are hints to go and read.
import { formatDecimal, type Price } from '#core/decimal.ts';
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type OrderType } from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type EventId } from '#core/ids.ts';
import { dayOf } from '#core/time.ts';
import { type BookAnswer, type ChangeOutcome, type Gateway, type SubmitOutcome } from '#ports/broker.ts';
import { type Clock } from '#ports/clock.ts';
import { FollowedOrder } from './followed-order.ts';
import { type Fields } from './http.ts';
import { type KiteClient } from './kite-client.ts';
import { type OrderRow, type TradeRow } from './rows.ts';
import { hashIn, hashOf, tagOf } from './tag.ts';

/** How Kite names an instrument in an order. */
export interface Listing {
  readonly exchange: string;
  readonly tradingsymbol: string;
}

export interface KiteGatewayOptions {
  readonly client: KiteClient;
  readonly clock: Clock;
  /** One letter or digit in every tag, so that two deployments on one account never take each other's orders. */
  readonly deployment: string;
  readonly listingOf: (token: number) => Listing | undefined;
  /** `-1`: Kite chooses the protection of market orders; else a percentage. */
  readonly marketProtection?: string;
  /** How long an order may hide before its absence means anything. */
  readonly quietMs?: number;
  /** What a person should know. */
  readonly trouble?: (message: string) => void;
}

/** The longest time for which an accepted order is known to have been missing from the book is 83 s (reference). */
const QUIET_MS = 180_000;
/** Complete readings without the order that prove it absent. */
const MISSES = 3;
const WORKING_MS = 2_000;
const IDLE_MS = 30_000;

const ORDER_TYPES: Readonly<Record<OrderType, string>> = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'SL-M',
  stop_limit: 'SL',
};

export class KiteGateway implements Gateway {
  readonly #options: KiteGatewayOptions;
  readonly #orders = new Map<EventId, FollowedOrder>();
  readonly #byHash = new Map<string, FollowedOrder>();
  #listener: ((report: BrokerReport) => void) | undefined;
  #foreign: readonly OrderRow[] = [];
  #rows: ReadonlyMap<EventId, OrderRow> = new Map();
  #reading: Promise<unknown> = Promise.resolve();
  /** The largest book of a day: a smaller one on the same day is not whole. */
  #largest = { day: 0, rows: 0 };
  #woken = new AbortController();
  readonly #troubles = new Set<string>();

  constructor(options: KiteGatewayOptions) {
    this.#options = options;
  }

  /** Takes up orders that an earlier process sent and that are still at work. */
  follow(orders: readonly OrderSubmitted[]): void {
    for (const order of orders) this.#follow(order);
    this.hint();
  }

  async submit(order: OrderSubmitted): Promise<SubmitOutcome> {
    const listing = this.#options.listingOf(order.token);
    if (listing === undefined) return { kind: 'not_sent', message: `Kite lists no instrument ${order.token}` };
    const followed = this.#follow(order);
    const { side, product, validity, quantity } = order.order;
    const outcome = await this.#options.client.place({
      ...listing,
      transaction_type: side,
      product,
      validity,
      quantity,
      ...this.#termsOf(order.order),
      tag: tagOf(order.order.orderId, order.at, this.#options.deployment),
    });
    if (outcome.kind !== 'accepted') {
      followed.denied = outcome.kind !== 'unknown';
      this.hint();
      return outcome;
    }
    followed.brokerOrderId = outcome.orderId;
    this.hint();
    return { kind: 'accepted', brokerOrderId: outcome.orderId };
  }

  async modify({ order }: ModifySubmitted): Promise<ChangeOutcome> {
    const followed = this.#orders.get(order.orderId);
    if (followed?.brokerOrderId === undefined) return NOT_KNOWN;
    const fields = { quantity: order.quantity, ...this.#termsOf(order) };
    const outcome = await this.#options.client.modify(followed.brokerOrderId, fields);
    // Also when it is open whether it came through: the book and the history tell.
    if (outcome.kind === 'accepted' || outcome.kind === 'unknown') {
      followed.ask(order, this.#options.clock.monotonicMs());
    }
    this.hint();
    return outcome;
  }

  async cancel({ order }: CancelSubmitted): Promise<ChangeOutcome> {
    const brokerOrderId = this.#orders.get(order.orderId)?.brokerOrderId;
    if (brokerOrderId === undefined) return NOT_KNOWN;
    const outcome = await this.#options.client.cancel(brokerOrderId);
    this.hint();
    return outcome;
  }

  async lookUp(orderId: EventId): Promise<BookAnswer> {
    const failure = await this.read();
    if (failure !== undefined) return { kind: 'no_evidence', message: failure };
    const followed = this.#orders.get(orderId);
    const row = this.#rows.get(orderId);
    if (row !== undefined) {
      const terms = followed?.termsShown(row);
      return { kind: 'found', brokerOrderId: row.orderId, ...(terms === undefined ? {} : { terms }) };
    }
    if (followed !== undefined && followed.missed >= MISSES) return { kind: 'absent' };
    return {
      kind: 'no_evidence',
      message: 'the order is not in the book, and it is too early to say that it never will be',
    };
  }

  reports(take: (report: BrokerReport) => void): () => void {
    this.#listener = take;
    return () => (this.#listener = undefined);
  }

  /** Orders of the account that are not ours, as the last reading showed them. */
  foreign(): readonly OrderRow[] {
    return this.#foreign;
  }

  /** Something happened at the broker: the books are read at once instead of at the next turn of `run`. */
  hint(): void {
    this.#woken.abort();
  }

  /** Reads the books until `stop` is aborted: often while an order is at work, now and then otherwise. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      this.#woken = new AbortController();
      const failure = await this.read();
      const working = [...this.#orders.values()].some(({ ended }) => !ended);
      // A book that cannot be read is asked for at the pace of one that has nothing new.
      const ms = working && failure === undefined ? WORKING_MS : IDLE_MS;
      await this.#options.clock.sleep(ms, AbortSignal.any([stop, this.#woken.signal]));
    }
  }

  /** Reads the books once, and tells what they add. Returns why they say nothing; undefined when they were whole. */
  read(): Promise<string | undefined> {
    const next = this.#reading.then(() => this.#read());
    this.#reading = next;
    return next;
  }

  async #read(): Promise<string | undefined> {
    const { client, clock } = this.#options;
    const began = clock.monotonicMs();
    const book = await client.orders();
    if (book.kind === 'failed') return book.message;
    const whole = this.#isWhole(book.value.length);
    const found = this.#match(book.value);
    const lacking = [...found].some(([order, row]) => order.lacksTrades(row));
    const trades = lacking ? await client.trades() : undefined;
    const tradesOf = groupByOrder(trades?.kind === 'read' ? trades.value : []);
    for (const [order, row] of found) {
      if (order.denied) this.#tell(`order ${row.orderId} is in the book although its sending was denied`, row.orderId);
      for (const report of order.learn(row, tradesOf.get(row.orderId) ?? [])) this.#listener?.(report);
      if (order.lags(row, clock.monotonicMs())) {
        this.#tell(`order ${row.orderId} is filled ${row.filled}, and its trades do not add up to that`, row.orderId);
      }
      await this.#learnChange(order);
    }
    if (!whole) return `the book has ${book.value.length} orders, and had ${this.#largest.rows} before`;
    this.#countMissing(found, began);
    return undefined;
  }

  /** Fewer orders than before on the same day: some rows are missing. */
  #isWhole(rows: number): boolean {
    const day = dayOf(this.#options.clock.now());
    if (day !== this.#largest.day) this.#largest = { day, rows };
    if (rows < this.#largest.rows) return false;
    this.#largest = { day, rows };
    return true;
  }

  /** Our orders in the book, by the hash in their tags; the others are foreign. */
  #match(book: readonly OrderRow[]): ReadonlyMap<FollowedOrder, OrderRow> {
    const found = new Map<FollowedOrder, OrderRow>();
    const rows = new Map<EventId, OrderRow>();
    const foreign: OrderRow[] = [];
    for (const row of book) {
      const hash = hashIn(row.tag, this.#options.deployment);
      const order = hash === undefined ? undefined : this.#byHash.get(hash);
      if (order === undefined) {
        foreign.push(row);
        continue;
      }
      const before = found.get(order);
      if (before !== undefined) {
        this.#tell(`orders ${before.orderId} and ${row.orderId} have the same tag ${row.tag}`, row.orderId);
        continue;
      }
      found.set(order, row);
      rows.set(order.submitted.order.orderId, row);
    }
    this.#foreign = foreign;
    this.#rows = rows;
    return found;
  }

  #countMissing(found: ReadonlyMap<FollowedOrder, OrderRow>, began: number): void {
    const { quietMs = QUIET_MS } = this.#options;
    for (const order of this.#orders.values()) {
      if (!found.has(order) && began - order.since >= quietMs) order.missed++;
    }
  }

  /** Whether a modification was refused stands in the order's history only. */
  async #learnChange(order: FollowedOrder): Promise<void> {
    if (!order.awaitsChange || order.brokerOrderId === undefined) return;
    const { client, clock, quietMs = QUIET_MS } = this.#options;
    const history = await client.history(order.brokerOrderId);
    if (history.kind === 'failed') return;
    order.forgetAsked(clock.monotonicMs() - quietMs);
    const refusals = history.value.filter(({ status }) => status === 'NOT MODIFIED');
    if (refusals.length <= order.notModified) return;
    order.notModified = refusals.length;
    this.#listener?.(order.learnNotModified(refusals.at(-1)?.message ?? ''));
  }

  #follow(submitted: OrderSubmitted): FollowedOrder {
    const { orderId } = submitted.order;
    const known = this.#orders.get(orderId);
    if (known !== undefined) return known;
    const order = new FollowedOrder(submitted, this.#options.clock.monotonicMs());
    this.#orders.set(orderId, order);
    this.#byHash.set(hashOf(orderId), order);
    return order;
  }

  /** Market orders, and stops that become them, always carry a protection: Kite refuses them without. */
  #termsOf(terms: { orderType: OrderType; limitPrice: Price | undefined; triggerPrice: Price | undefined }): Fields {
    const { orderType, limitPrice, triggerPrice } = terms;
    const isProtected = orderType === 'market' || orderType === 'stop';
    return {
      order_type: ORDER_TYPES[orderType],
      price: limitPrice === undefined ? undefined : formatDecimal(limitPrice),
      trigger_price: triggerPrice === undefined ? undefined : formatDecimal(triggerPrice),
      market_protection: isProtected ? (this.#options.marketProtection ?? '-1') : undefined,
    };
  }

  /** Told once for each order and kind of trouble. */
  #tell(message: string, about: string): void {
    const key = `${about} ${message.slice(0, 12)}`;
    if (this.#troubles.has(key)) return;
    this.#troubles.add(key);
    this.#options.trouble?.(message);
  }
}

const NOT_KNOWN: ChangeOutcome = { kind: 'not_sent', message: 'the broker’s id of the order is not known yet' };

function groupByOrder(trades: readonly TradeRow[]): ReadonlyMap<string, readonly TradeRow[]> {
  return Map.groupBy(trades, ({ orderId }) => orderId);
}
