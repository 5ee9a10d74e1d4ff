// Takes messages from outside into the cascade: each joins its topic and is applied once, or goes to the dead-letter
// topic with its cause. Bad input never stops the intake, and nothing of it is lost.
import { formatDecimal } from '#core/decimal.ts';
import { type DomainEvent, type LedgerAdjusted } from '#core/events.ts';
import { deriveId, isDerivedId, knownTrace, type BrokerId, type EventId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { type EpochMs } from '#core/time.ts';
import { FELLOWS_GROUP } from '#ports/deployment.ts';
import { type NewMessage } from '#ports/event-log.ts';
import { type Inbox, type Store } from '#ports/store.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { decodeEnvelope, decodeMessage, type DecodeDefaults } from '#wire/decode.ts';
import { encodeEvent } from '#wire/encode.ts';
import { parseTopic } from '#wire/topics.ts';
import { type FellowMessage, type Fellows } from './fellows.ts';
import { INTAKE, readFromOutside, type Cause } from './from-outside.ts';
import { type Ingest } from './ingest.ts';
import { ttlOf, type MessageInput } from './input.ts';
import { type StageHost, type Stages } from './stages.ts';
import { isOfConcern, type Part } from './part.ts';
import { mayWrite, type StageName } from './pipeline.ts';
import { type ServiceMessage } from './stream-service.ts';

/** Group and topic under which the position in the inbox is kept. */
export const INBOX_GROUP = 'platform';
export const INBOX_TOPIC = 'inbox';
/** Where messages for topics go that do not exist. */
export const UNKNOWN_TOPIC_DEAD_LETTERS = 'system.dlq';

/** 100 billion rupees, in 1/10,000: far above any book, and far below what an integer holds exactly. */
const CASH_MAX = 1_000_000_000_000_000;

const NONE: readonly never[] = [];
const NO_BOOKS: Cause = {
  code: 'NOT_APART',
  message: 'expected the part that runs portfolio_manager for money in or out of a book, found another; ask it there',
  kind: 'business',
};
const NOT_APART: Cause = {
  code: 'NOT_APART',
  message:
    'expected every stage in one process for a corporate action, found stages that run apart; start them together',
  kind: 'business',
};

export interface IntakeCounts {
  readonly applied: number;
  readonly duplicates: number;
  readonly deadLettered: number;
}

/** A message that was found good, on its way through the handlers of the stages. */
interface Good {
  readonly message: MessageInput;
  readonly event: DomainEvent;
  readonly key: string;
  readonly shared: boolean;
  readonly defaults: DecodeDefaults;
}

/** What a process knows of the parts that run elsewhere. */
export interface Apart {
  readonly fellows: Fellows;
  /** The stages that run here. */
  readonly part: Part;
  /** Those of another part. */
  readonly stagesOf: (part: string) => readonly StageName[];
}

export class Intake implements StageHost {
  /** Whose handlers messages from outside pass; without any they are applied at once. */
  stages: Pick<Stages, 'deliver'> | undefined;
  /** What other parts of the deployment decided; undefined where every stage runs here. */
  apart: Apart | undefined;
  #good: Good | undefined;
  readonly #endsAtStart: ReadonlyMap<string, number>;
  readonly #refusedOf = new Map<string, number>();
  readonly #ingest: Ingest;
  readonly #store: Store;
  readonly #inbox: Inbox;
  readonly #startsAt: EpochMs | undefined;
  readonly #armingTrouble: (broker: BrokerId) => string | undefined;
  #position: number;
  #forgotten: number;
  #applied = 0;
  #duplicates = 0;
  #deadLettered = 0;

  /**
   * `startsAt`: the market's time before its first tick; without one, messages wait for the first tick. `armingTrouble`:
   * why a broker cannot be armed.
   */
  constructor(
    ingest: Ingest,
    store: Store,
    inbox: Inbox,
    startsAt?: EpochMs,
    armingTrouble: (broker: BrokerId) => string | undefined = () => undefined,
  ) {
    this.#ingest = ingest;
    this.#store = store;
    this.#inbox = inbox;
    this.#startsAt = startsAt;
    this.#armingTrouble = armingTrouble;
    this.#position = store.committed(INBOX_GROUP, INBOX_TOPIC) ?? 0;
    this.#forgotten = -1;
    this.#endsAtStart = new Map(ingest.ends);
  }

  /** The first stage that a message reaches has it applied, for all of them; the others find it done. */
  take({ id }: { readonly id: string }): void {
    const good = this.#good;
    if (good === undefined || good.event.trace.id !== id) return;
    this.#good = undefined;
    this.#applied++;
    this.#ingest.message(good.message, good.event, good.key, good.defaults.at, good.shared);
  }

  received(topic: string): number {
    return (this.#ingest.ends.get(topic) ?? 0) - (this.#endsAtStart.get(topic) ?? 0);
  }

  refused(topic: string): number {
    return this.#refusedOf.get(topic) ?? 0;
  }

  get warmedUpInstruments(): number {
    return Math.max(0, ...this.#ingest.cascade.namespaces().map(({ engine }) => engine.warmedUpInstruments));
  }

  get pendingSignals(): number {
    return this.#ingest.cascade.namespaces().reduce((sum, { engine }) => sum + engine.pendingSignals, 0);
  }

  counts(): IntakeCounts {
    return { applied: this.#applied, duplicates: this.#duplicates, deadLettered: this.#deadLettered };
  }

  /** Takes up to `limit` waiting messages of each kind; returns how many. They commit with the batch that follows. */
  takeWaiting(limit: number): number {
    const decided = this.apart?.fellows.take(limit) ?? NONE;
    for (const each of decided) this.#acceptDecided(each);
    return decided.length + this.#takeFromInbox(limit);
  }

  #takeFromInbox(limit: number): number {
    if (this.#at === 0 || this.#inbox.isQuiet?.() === true) return 0;
    const waiting = this.#inbox.after(this.#position, limit);
    for (const message of waiting) {
      this.#accept(message);
      this.#position = message.number;
    }
    if (waiting.length > 0) {
      this.#ingest.offset({ group: INBOX_GROUP, topic: INBOX_TOPIC, offset: this.#position });
    }
    return waiting.length;
  }

  /** The position is durable: the inbox need not keep what lies before it. */
  settled(): void {
    this.apart?.fellows.settled();
    if (this.#forgotten === this.#position) return;
    this.#inbox.forget(this.#position);
    this.#forgotten = this.#position;
  }

  /** The market's time; 0 while it is not known. */
  get #at(): EpochMs {
    const { at } = this.#ingest.cascade;
    return at === 0 ? (this.#startsAt ?? at) : at;
  }

  /** What another part decided is a fact: it is applied, at its own time or at this part's, whichever is later. */
  #acceptDecided({ message, seal }: FellowMessage): void {
    const { topic, key, value } = message;
    const ttlMs = ttlOf(this.#ingest.cascade, topic);
    const defaults = { at: this.#at, ttlMs, offsetId: seal.part };
    const decoded = decodeMessage(topic, value, defaults);
    this.#ingest.offset({ group: FELLOWS_GROUP, topic: seal.part, offset: seal.number });
    if (!decoded.ok) return this.#refuse(message, decoded.error, false);
    const { apart } = this;
    if (apart !== undefined && !mayWrite(apart.stagesOf(seal.part), topic)) {
      const found = `found ${topic} from the part ${seal.part}; stop that process, and see which version it runs`;
      return this.#refuse(
        message,
        { code: 'NOT_ITS_TOPIC', message: `expected a topic that its stages write, ${found}` },
        false,
      );
    }
    const event = decoded.value;
    if (apart === undefined || !isOfConcern(event, apart.part)) return;
    const at = event.at > defaults.at ? event.at : defaults.at;
    this.#applied++;
    this.#ingest.decided({ topic, value, offsetId: seal.part }, event, key, at);
  }

  #accept(message: NewMessage): void {
    if (isLetters(message.topic)) return this.#keepDeadLetter(message);
    const at = this.#at;
    const offset = this.#ingest.ends.get(message.topic) ?? 0;
    const offsetId = `${message.topic}:0:${offset}`;
    const ttlMs = ttlOf(this.#ingest.cascade, message.topic);
    const defaults = { at, ttlMs, offsetId };
    const isActive = (broker: BrokerId): boolean => this.#ingest.cascade.namespace(broker) !== undefined;
    const read = readFromOutside(message.topic, message.value, defaults, isActive);
    if (!read.ok) {
      const { cause, namespace } = read;
      this.#refuse(message, cause, namespace !== undefined);
      if (cause.code === 'BROKER_MISMATCH' && namespace !== undefined) this.#halt(namespace, cause, offsetId, at);
      return;
    }
    const { event } = read;
    const isElsewhere = this.apart !== undefined && !this.apart.part.portfolio_manager;
    if (event.type === 'ledger_adjusted' && isElsewhere) return this.#refuse(message, NO_BOOKS, true);
    const money = event.type === 'ledger_adjusted' ? this.#moneyTrouble(event) : undefined;
    if (money !== undefined) return this.#refuse(message, money, true);
    if (event.type === 'corporate_action') {
      // It has to be weighed against the positions and the orders at once, and those are with different parts.
      if (this.apart !== undefined) return this.#refuse(message, NOT_APART, true);
      const trouble = this.#ingest.cascade.namespace(event.broker)?.troubleWith(event, at);
      if (trouble !== undefined) return this.#refuse(message, { ...trouble, kind: 'business' }, true);
    }
    const arms = event.type === 'control_changed' && event.action === 'armed';
    const arming = arms ? this.#armingTrouble(event.broker) : undefined;
    if (arming !== undefined) {
      return this.#refuse(message, { code: 'ARMING_REFUSED', message: arming, kind: 'business' }, true);
    }
    // An id of the derived form is a copy of what was decided here, and was applied when it was.
    const { id } = event.trace;
    if (isDerivedId(id) || this.#store.has(message.topic, id) || this.#ingest.pending(message.topic, id)) {
      this.#duplicates++;
      return;
    }
    const { topic, key, value } = message;
    // The other parts take up what this one found good, and nothing else that comes from outside.
    const shared = message.shared === true && this.apart === undefined;
    this.#deliver({ message: { topic, value, offsetId }, event, key, shared, defaults });
  }

  #deliver(good: Good): void {
    const { topic, value } = good.message;
    this.#good = good;
    const envelope = decodeEnvelope(topic, value, good.defaults);
    invariant(envelope.ok, `a message of ${topic} was read once and cannot be read again`);
    if (this.stages === undefined) return this.take(envelope.value);
    const reached = this.stages.deliver(envelope.value as ServiceMessage, topic);
    invariant(reached && this.#good === undefined, `no stage has taken a message of ${topic}, which one of them reads`);
  }

  /** Why an adjustment cannot be booked: a book keeps within what can be counted exactly, and pays out what it has. */
  #moneyTrouble({ broker, strategyId, amount }: LedgerAdjusted): Cause | undefined {
    const namespace = this.#ingest.cascade.namespace(broker);
    const ledger = namespace?.portfolio.ledger;
    const book = ledger?.has(strategyId) === true ? ledger.book(strategyId) : undefined;
    const cash = book?.cash ?? namespace?.plan.startingCash ?? 0;
    const after = formatDecimal(cash + amount);
    if (Math.abs(amount) > CASH_MAX || Math.abs(cash + amount) > CASH_MAX) {
      const message = `expected at most ${formatDecimal(CASH_MAX)} rupees in a book, found ${after} after this`;
      return { code: 'AMOUNT_TOO_LARGE', message };
    }
    if (amount >= 0 || cash + amount >= 0) return undefined;
    const message = `expected at most the book's cash of ${formatDecimal(cash)}, found a withdrawal that leaves ${after}`;
    return { code: 'INSUFFICIENT_CASH', message, kind: 'business' };
  }

  /** A dead letter of a service outside, or a note about one, joins its topic once; no stage reads it. */
  #keepDeadLetter(message: NewMessage): void {
    const { topic, id } = message;
    if (id !== undefined && (this.#store.has(topic, id) || this.#ingest.pending(topic, id))) this.#duplicates++;
    else this.#ingest.note(message);
  }

  #refuse(message: NewMessage, cause: Cause, joins: boolean): void {
    this.#deadLettered++;
    this.#refusedOf.set(message.topic, this.refused(message.topic) + 1);
    const offset = this.#ingest.ends.get(message.topic) ?? 0;
    // Nothing was done under its id, so the id is not taken: the message may come again under it, corrected.
    if (joins) this.#ingest.note({ ...message, id: undefined });
    const letter = deadLetter({
      topic: message.topic,
      offset: joins ? offset : null,
      key: message.key,
      value: message.value,
      code: cause.code,
      message: cause.message,
      kind: cause.kind ?? 'poison',
      attempts: 1,
      service: INTAKE,
      at: this.#at,
    });
    this.#ingest.note(joins ? letter : { ...letter, topic: UNKNOWN_TOPIC_DEAD_LETTERS });
  }

  /** A message of one namespace came under another's topic: nothing of that namespace is trusted until a person looks. */
  #halt(broker: BrokerId, error: Cause, cause: string, at: EpochMs): void {
    if (this.#ingest.cascade.namespace(broker) === undefined) return;
    const trace = knownTrace(deriveId(cause as EventId, 'r', broker, 0), cause as EventId, cause as EventId);
    const event: DomainEvent = {
      type: 'control_changed',
      broker,
      trace,
      at,
      action: 'namespace_halted',
      subject: broker,
      who: INTAKE,
      why: error.message,
    };
    const { topic, key, value } = encodeEvent(event);
    this.#ingest.message({ topic, value, offsetId: trace.id }, event, key, at);
  }
}

function isLetters(topic: string): boolean {
  return topic === UNKNOWN_TOPIC_DEAD_LETTERS || parseTopic(topic)?.deadLetters === true;
}
