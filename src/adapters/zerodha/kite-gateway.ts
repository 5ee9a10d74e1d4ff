// The gateway of one account at Zerodha. An order is sent in one attempt; after that only the broker's books count, which
// are read again and again. Answers, pushes and postbacks are hints to go and read.
import { formatDecimal, type Price } from '#core/decimal.ts';
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type OrderType } from '#core/events.ts';
import { type OrderState } from '#core/execution/order.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { type EventId } from '#core/ids.ts';
import { dayOf, type DayNumber, type EpochMs } from '#core/time.ts';
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
  /** The time by whose days the broker keeps its books; the clock's when it is not said. */
  readonly marketNow?: () => EpochMs;
  /** One letter or digit in every tag, so that two deployments on one account never take each other's orders. */
  readonly deployment: string;
  readonly listingOf: (token: number) => Listing | undefined;
  /** Whether an order of a strategy brings its position down, so that it leaves with the exits. */
  readonly reduces?: (order: OrderSubmitted) => boolean;
  /** Why an order must not leave any more, such as a kill while it waited for the account's budget. */
  readonly trouble?: (order: OrderSubmitted) => string | undefined;
  /** `-1`: Kite chooses the protection of market orders; else a percentage. */
  readonly marketProtection?: string;
  /** How long an order may hide before its absence means anything. */
  readonly quietMs?: number;
  /** What a person should know. */
  readonly tell?: (message: string) => void;
}

/** The longest time for which an accepted order is known to have been missing from the book is 83 s (reference). */
const QUIET_MS = 180_000;
/** Complete readings without the order that prove it absent. */
const MISSES = 3;
const WORKING_MS = 2_000;
const IDLE_MS = 30_000;
/** Between two readings lies so much at least, however many hints come: a whole day's book takes long to read. */
const GAP_MS = 200;

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

  /** Takes up the engine's orders that an earlier process sent and that are still at work; before anything else. */
  follow(orders: readonly Pick<WorkingOrder, 'submitted' | 'state'>[]): void {
    for (const { submitted, state } of orders) {
      const order = this.#add(submitted, dayOf(submitted.at));
      order.known = IN_THE_BOOK.has(state);
      order.notModified = undefined;
    }
    this.hint();
  }

  async submit(order: OrderSubmitted): Promise<SubmitOutcome> {
    const listing = this.#options.listingOf(order.token);
    if (listing === undefined) return { kind: 'not_sent', message: `Kite lists no instrument ${order.token}` };
    if (this.#orders.has(order.order.orderId)) {
      return { kind: 'unknown', message: 'the order was sent or taken up before, and is not sent again' };
    }
    const followed = this.#add(order, this.#today);
    const { side, product, validity, quantity } = order.order;
    const fields = {
      ...listing,
      transaction_type: side,
      product,
      validity,
      quantity,
      ...this.#termsOf(order.order),
      tag: tagOf(order.order.orderId, order.at, this.#options.deployment),
    };
    const { reduces, trouble } = this.#options;
    const isExit = order.order.purpose !== 'trade' || reduces?.(order) === true;
    const leaving = { rank: isExit ? 'exit' : 'entry', trouble: () => trouble?.(order) } as const;
    const outcome = await this.#options.client.place(fields, leaving);
    if (outcome.kind !== 'accepted') {
      followed.denied = outcome.kind !== 'unknown';
      this.hint();
      return outcome;
    }
    followed.brokerOrderId = outcome.orderId;
    followed.known = true;
    this.hint();
    return { kind: 'accepted', brokerOrderId: outcome.orderId };
  }

  async modify({ order }: ModifySubmitted): Promise<ChangeOutcome> {
    const followed = this.#orders.get(order.orderId);
    if (followed?.brokerOrderId === undefined) return NOT_KNOWN;
    // What an earlier process was told is no answer to this one.
    if (followed.notModified === undefined && (await this.#refusalsOf(followed)) === undefined) {
      return { kind: 'not_sent', message: 'the history of the order cannot be read' };
    }
    const fields = { quantity: order.quantity, ...this.#termsOf(order) };
    const rank = order.purpose === 'trade' ? 'modify' : 'exit';
    const outcome = await this.#options.client.modify(followed.brokerOrderId, fields, { rank });
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
    if (followed === undefined) return { kind: 'no_evidence', message: 'the order is not followed here' };
    if (followed.missed >= MISSES) return { kind: 'absent' };
    const why =
      followed.day === this.#today ? 'it is too early to say that it never will be' : 'the book is of another day';
    return { kind: 'no_evidence', message: `the order is not in the book, and ${why}` };
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
      const working = [...this.#orders.values()].some((order) => this.#isAtWork(order));
      // A book that cannot be read is asked for at the pace of one that has nothing new.
      const ms = working && failure === undefined ? WORKING_MS : IDLE_MS;
      await this.#options.clock.sleep(GAP_MS, stop);
      await this.#options.clock.sleep(ms - GAP_MS, AbortSignal.any([stop, this.#woken.signal]));
    }
  }

  /** Reads the books once, and tells what they add. Returns why they say nothing; undefined when they were whole. */
  read(): Promise<string | undefined> {
    const next = this.#reading.then(() => this.#read());
    // A defect of a listener is told to who asked for this reading; the next one goes on.
    this.#reading = next.then(nothing, nothing);
    return next;
  }

  async #read(): Promise<string | undefined> {
    const { client, clock } = this.#options;
    const began = clock.monotonicMs();
    const book = await client.orders();
    if (book.kind === 'failed') return book.message;
    const found = this.#match(book.value);
    const lack = this.#lackOf(book.value.length, found);
    const lacking = [...found].some(([order, row]) => order.lacksTrades(row));
    const trades = lacking ? await client.trades() : undefined;
    const tradesOf = groupByOrder(trades?.kind === 'read' ? trades.value : []);
    for (const [order, row] of found) {
      if (order.denied) this.#tell(`order ${row.orderId} is in the book although its sending was denied`, row.orderId);
      for (const report of order.learn(row, tradesOf.get(row.orderId) ?? [])) this.#listener?.(report);
      if (order.lags(row, clock.monotonicMs())) {
        this.#tell(`order ${row.orderId} is filled ${row.filled}, and its trades do not add up to that`, row.orderId);
      }
      if (order.awaitsChange) await this.#learnChange(order);
    }
    if (lack !== undefined) return lack;
    if (trades?.kind === 'failed') return `the trades cannot be read: ${trades.message}`;
    this.#countMissing(found, began);
    this.#forgetOlder(found);
    return undefined;
  }

  get #today(): DayNumber {
    const { clock, marketNow } = this.#options;
    return dayOf(marketNow === undefined ? clock.now() : marketNow());
  }

  /** Why some rows of today must be missing: there were more, or one is not there that the broker has. */
  #lackOf(rows: number, found: ReadonlyMap<FollowedOrder, OrderRow>): string | undefined {
    const day = this.#today;
    const most = day === this.#largest.day ? this.#largest.rows : 0;
    if (rows < most) return `the book has ${rows} orders, and had ${most} before`;
    this.#largest = { day, rows };
    for (const order of this.#orders.values()) {
      if (order.known && order.day === day && !found.has(order)) {
        return `the book lacks the order ${order.submitted.order.orderId}, which the broker has`;
      }
    }
    return undefined;
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
    const day = this.#today;
    for (const order of this.#orders.values()) {
      if (order.day === day && !found.has(order) && began - order.since >= quietMs) order.missed++;
    }
  }

  /**
   * Orders do not outlive their day. Nothing more comes of what was settled on an earlier one, and what the broker had at
   * its end has ended too, once the book of a later day is without it. What may never have reached it stays unknown: only
   * positions can tell.
   */
  #forgetOlder(found: ReadonlyMap<FollowedOrder, OrderRow>): void {
    const day = this.#today;
    for (const [orderId, order] of this.#orders) {
      if (order.day >= day || found.has(order)) continue;
      if (this.#isAtWork(order)) {
        if (++order.gone < MISSES || !order.known) continue;
        this.#listener?.(order.outlive());
        this.#tell(`the day of order ${orderId} ended before what became of it was read; compare positions`, orderId);
      }
      this.#orders.delete(orderId);
      this.#byHash.delete(hashOf(orderId));
    }
  }

  #isAtWork({ ended, denied, missed }: FollowedOrder): boolean {
    return !ended && !denied && missed < MISSES;
  }

  /** Whether a modification was refused stands in the order's history only. */
  async #learnChange(order: FollowedOrder): Promise<void> {
    const { clock, quietMs = QUIET_MS } = this.#options;
    const before = order.notModified ?? 0;
    const refusals = await this.#refusalsOf(order);
    if (refusals === undefined) return;
    order.forgetAsked(clock.monotonicMs() - quietMs);
    if (refusals.length > before) this.#listener?.(order.learnNotModified(refusals.at(-1)?.message ?? ''));
  }

  /** Refused modifications of the order so far, which are counted; undefined when its history cannot be read. */
  async #refusalsOf(order: FollowedOrder): Promise<readonly { readonly message: string }[] | undefined> {
    if (order.brokerOrderId === undefined) return undefined;
    const history = await this.#options.client.history(order.brokerOrderId);
    if (history.kind === 'failed') return undefined;
    const refusals = history.value.filter(({ status }) => status === 'NOT MODIFIED');
    order.notModified = refusals.length;
    return refusals;
  }

  #add(submitted: OrderSubmitted, day: DayNumber): FollowedOrder {
    const { orderId } = submitted.order;
    const order = new FollowedOrder(submitted, this.#options.clock.monotonicMs(), day);
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
    this.#options.tell?.(message);
  }
}

/** States of the engine in which the broker is known to have the order. */
const IN_THE_BOOK: ReadonlySet<OrderState> = new Set(['new', 'partially_filled', 'resurrected']);

const NOT_KNOWN: ChangeOutcome = { kind: 'not_sent', message: 'the broker’s id of the order is not known yet' };

function groupByOrder(trades: readonly TradeRow[]): ReadonlyMap<string, readonly TradeRow[]> {
  return Map.groupBy(trades, ({ orderId }) => orderId);
}

function nothing(): void {
  return undefined;
}
