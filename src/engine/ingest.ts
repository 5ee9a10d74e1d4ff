// The shell around the cascade: inputs enter here in one order, run through every stage, and commit together with all
// that followed from them in one transaction. Only after the commit may anything leave.
import { createHash } from 'node:crypto';
import { type DomainEvent } from '#core/events.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type BrokerId } from '#core/ids.ts';
import { type FeedGap } from '#core/market/gap.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { type EpochMs } from '#core/time.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type GroupOffset, type NewInput, type RowChange, type Store } from '#ports/store.ts';
import { encodeEvent } from '#wire/encode.ts';
import { gapMessage } from '#wire/gap-message.ts';
import { encodeTickFrame } from '#wire/tick-frame.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { Cascade, type CascadeContext, type CascadeState } from './cascade.ts';
import { type MessageInput, type ReportInput } from './input.ts';
import { type Namespace } from './namespace.ts';
import { type CascadeSink, type Intent } from './sink.ts';
import { type BookShelves } from './book-shelves.ts';
import { WHOLE } from './part.ts';
import { Views } from './views.ts';

/** What a snapshot holds: the state, and the offsets up to which the log led to it. */
export interface SnapshotBody {
  readonly state: CascadeState;
  readonly offsets: Readonly<Record<string, number>>;
}

/** What the log's topics hold after the inputs so far, counted as they grow. */
export type TopicEnds = Map<string, number>;

/** Told after each commit: what is durable now. */
export interface Committed {
  readonly events: readonly DomainEvent[];
  readonly ticks: number;
  readonly messages: number;
  /** Rows for whoever looks at books and orders. */
  readonly rows: readonly RowChange[];
}

export interface IngestOptions {
  readonly store: Store;
  readonly context: Omit<CascadeContext, 'sink'>;
  /** Consumer groups of the stages and the topics each of them reads; their offsets commit with every batch. */
  readonly groupsOf: (topic: string) => readonly string[];
  /** Where books at rest are put away. */
  readonly shelves?: BookShelves;
  /** An intent that is durable and may leave now. */
  readonly send: (intent: Intent) => void;
  readonly committed: (committed: Committed) => void;
  /** Runs each write to the store, for whoever measures how long it takes. */
  readonly writing?: (write: () => void, urgent: boolean) => void;
}

export class Ingest implements CascadeSink {
  readonly cascade: Cascade;
  readonly views: Views;
  readonly #options: IngestOptions;
  /** False while a replay rebuilds the state: what follows from it is in the log already. */
  #recording = false;
  #broken = false;
  #inputs: NewInput[] = [];
  #messages: NewMessage[] = [];
  #events: DomainEvent[] = [];
  #rows: RowChange[] = [];
  #offsets: GroupOffset[] = [];
  #intents: Intent[] = [];
  /** Topics that grew since the groups' offsets were written. */
  readonly #moved = new Set<string>();
  #ticks = 0;
  readonly ends: TopicEnds = new Map();
  #sinceSnapshot = 0;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { shelves } = options;
    const shelved = shelves === undefined ? {} : { shelfOf: shelves.shelfOf };
    this.cascade = new Cascade({ ...options.context, ...shelved, sink: this });
    const { part = WHOLE } = options.context;
    const bookOf: ConstructorParameters<typeof Views>[1] = (broker, strategyId) =>
      part.portfolio_manager ? this.cascade.namespace(broker)?.portfolio.ledger.book(strategyId) : undefined;
    this.views = new Views(this.cascade.instruments, bookOf, part.trading_engine);
  }

  /** The state stands; from here on everything is recorded. */
  resume(ends: TopicEnds): void {
    for (const [topic, end] of ends) this.ends.set(topic, end);
    this.views.resume(this.#options.store.rows('order'));
    this.#recording = true;
  }

  /** Ticks since the last snapshot. */
  get sinceSnapshot(): number {
    return this.#sinceSnapshot;
  }

  event(event: DomainEvent): void {
    if (!this.#recording) return;
    const { topic, key, id, value } = encodeEvent(event);
    this.#append({ topic, key, id, value, own: true });
    this.views.onEvent(event);
    this.#events.push(event);
  }

  intent(intent: Intent): void {
    if (!this.#recording) return;
    this.#intents.push(intent);
    this.cascade.pause = true;
  }

  /** Goes on under a plan; recorded when it differs from the one in force. */
  plan(plan: Plan): void {
    this.cascade.replan(plan);
    this.#input('plan', JSON.stringify(plan));
    for (const namespace of this.cascade.namespaces()) this.#touchBooks(namespace);
  }

  /** The rows of all books of a namespace will be written. */
  #touchBooks({ plan, portfolio }: Namespace): void {
    for (const { strategyId } of portfolio.ledger.books) this.views.touchBook(plan.broker, strategyId);
  }

  /**
   * Takes rows from `from` on; stops early, and returns where, when an intent must leave before the next row. The
   * batch's instruments are indices of the cascade's table.
   */
  ticks(batch: TickBatch, from: number, sourceOf: (instrument: number) => string): number {
    const to = this.#apply(() => this.cascade.onTicks(batch, from, batch.count, sourceOf));
    const describe = (instrument: number): { token: number; source: string } => ({
      token: this.cascade.instruments.at(instrument).token,
      source: sourceOf(instrument),
    });
    const body = encodeTickFrame(batch, from, to, describe);
    this.#inputs.push({ kind: 'ticks', at: this.cascade.at, body, ticks: to - from });
    this.#grow(MARKET_TICKS, to - from);
    this.#ticks += to - from;
    return to;
  }

  /**
   * Takes a message from outside that was found good: it joins its topic and is applied. `shared`: it came from the log
   * that several processes share.
   */
  message(message: MessageInput, event: DomainEvent, key: string, at: EpochMs, shared = false): void {
    const { topic, value } = message;
    this.#append({ topic, key, id: event.trace.id, value, ...(shared && { shared }) });
    this.#input('message', JSON.stringify(message), at);
    this.views.onEvent(event);
    this.#events.push(event);
    this.#apply(() => this.cascade.onMessage(event, at));
    const namespace = event.type === 'corporate_action' ? this.cascade.namespace(event.broker) : undefined;
    if (namespace !== undefined) this.#touchBooks(namespace);
  }

  /** Takes what another part of the deployment decided: whoever looks at commits was told of it there. */
  decided(message: MessageInput, event: DomainEvent, key: string, at: EpochMs): void {
    const { topic, value } = message;
    this.#append({ topic, key, id: event.trace.id, value, shared: true });
    this.#input('message', JSON.stringify(message), at);
    this.views.onEvent(event);
    this.#apply(() => this.cascade.onMessage(event, at));
  }

  /** Writes a message that no stage applies: a dead letter, or the bad message itself. */
  note(message: NewMessage): void {
    this.#append(message);
  }

  /** Takes what a gateway said; false when it speaks of an order that nobody here follows. */
  report(broker: BrokerId, report: BrokerReport, at: EpochMs): boolean {
    const input: ReportInput = { broker, report };
    this.#input('report', JSON.stringify(input), at);
    return this.#apply(() => this.cascade.onReport(broker, report, at));
  }

  /** Takes a gap of the feed: it joins the ticks of its topic, and every strategy is told. */
  gap(gap: FeedGap): void {
    this.#inputs.push({ kind: 'gap', at: this.cascade.at, body: gapMessage(gap).value, ticks: 1 });
    this.#grow(MARKET_TICKS, 1);
    this.#moved.add(MARKET_TICKS);
    this.#apply(() => this.cascade.onGap(gap));
  }

  /** Lets time pass to `at`. */
  clock(at: EpochMs): void {
    this.#input('clock', '', at);
    this.#apply(() => this.cascade.onClock(at));
  }

  row(row: RowChange): void {
    this.#rows.push(row);
  }

  offset(offset: GroupOffset): void {
    this.#offsets.push(offset);
  }

  /** Whether a message with this id waits for the commit. */
  pending(topic: string, id: string): boolean {
    return this.#messages.some((message) => message.id === id && message.topic === topic);
  }

  /** A stage threw, so memory is no more what the log says; nothing is committed any more, and the process must end. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Makes everything since the last commit durable, then lets it leave. What a stage broke is given up instead. */
  commit(withSnapshot: boolean): void {
    if (this.#broken) return;
    const pending = this.#inputs.length + this.#messages.length + this.#rows.length + this.#offsets.length;
    if (pending === 0 && !withSnapshot) return;
    for (const { topic } of this.#messages) this.#moved.add(topic);
    if (this.#ticks > 0) this.#moved.add(MARKET_TICKS);
    if (this.#intents.length === 0) this.#moveGroups();
    const snapshot = withSnapshot ? this.#snapshot() : undefined;
    const { store, shelves, writing } = this.#options;
    const urgent = this.#intents.length > 0;
    const commit = {
      inputs: this.#inputs,
      messages: this.#messages,
      rows: [...this.#rows, ...this.views.take(), ...(shelves?.waiting() ?? [])],
      offsets: this.#offsets,
      snapshot,
      urgent,
    };
    if (writing === undefined) store.commit(commit);
    else writing(() => store.commit(commit), urgent);
    shelves?.written();
    const [intents, committed] = [
      this.#intents,
      { events: this.#events, ticks: this.#ticks, messages: this.#messages.length, rows: commit.rows },
    ];
    this.#sinceSnapshot = withSnapshot ? 0 : this.#sinceSnapshot + this.#ticks;
    this.#clear();
    for (const intent of intents) this.#options.send(intent);
    this.#options.committed(committed);
  }

  /**
   * Writes how far the stages' groups have read: to the end of each topic, because a commit holds everything that
   * follows from its inputs. A commit that an order waits for leaves it to the next one; recovery does not need it.
   */
  #moveGroups(): void {
    for (const topic of this.#moved) {
      for (const group of this.#options.groupsOf(topic)) {
        this.#offsets.push({ group, topic, offset: this.ends.get(topic) ?? 0 });
      }
    }
    this.#moved.clear();
  }

  #snapshot(): { at: number; hash: string; body: string } {
    const body = snapshotBody(this.cascade, this.ends);
    return { at: this.cascade.at, hash: sha256(body), body };
  }

  #apply<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  #append(message: NewMessage): void {
    this.#messages.push(message);
    this.#grow(message.topic, 1);
  }

  #grow(topic: string, count: number): void {
    this.ends.set(topic, (this.ends.get(topic) ?? 0) + count);
  }

  #input(kind: NewInput['kind'], body: string, at: EpochMs = this.cascade.at): void {
    this.#inputs.push({ kind, at, body, ticks: 0 });
  }

  #clear(): void {
    this.#inputs = [];
    this.#messages = [];
    this.#events = [];
    this.#rows = [];
    this.#offsets = [];
    this.#intents = [];
    this.#ticks = 0;
    this.cascade.pause = false;
  }
}

/** The snapshot of a cascade as text; the same state gives the same text. */
export function snapshotBody(cascade: Cascade, ends: TopicEnds): string {
  const offsets = Object.fromEntries([...ends].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const body: SnapshotBody = { state: cascade.snapshot(), offsets };
  return JSON.stringify(body);
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
