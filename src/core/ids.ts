// Identifiers that are derived from causes, never generated: a redelivered message makes the same ids, so every effect
// is idempotent. An id is a readable path: the cause's id, then a stage's letter, the broker and an index.

/** A broker namespace, such as `paper`. */
export type BrokerId = string & { readonly brand: 'BrokerId' };
/** Unique within a broker; names a deployment of a strategy and its book. */
export type StrategyId = string & { readonly brand: 'StrategyId' };
/** A derived, readable event id. */
export type EventId = string & { readonly brand: 'EventId' };

/** The letters that name a stage inside an id: strategy runner, risk, engine, exchange, portfolio. */
export const STAGE_LETTERS = ['s', 'r', 'e', 'x', 'p'] as const;
export type StageLetter = (typeof STAGE_LETTERS)[number];

const BROKER_ID = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const RESERVED: readonly string[] = ['market', 'system', 'global'];

/** Whether a text may name a broker namespace: lower-case words joined by `_`, and none of the reserved words. */
export function isBrokerId(text: string): text is BrokerId {
  return text.length <= 32 && BROKER_ID.test(text) && !RESERVED.includes(text);
}

/** The id of output number `index` that `stage` made for `broker` from `cause`. */
export function deriveId(cause: EventId, stage: StageLetter, broker: BrokerId, index: number | string): EventId {
  return (cause + endingOf(stage, broker, index)) as EventId;
}

/** How ids end that one stage derives for a broker: before the index, and whole for the first few outputs. */
interface Endings {
  readonly before: string;
  readonly whole: readonly string[];
}

/** Put together once, because nearly every id ends in one of them. */
class BrokerEndings {
  readonly s: Endings;
  readonly r: Endings;
  readonly e: Endings;
  readonly x: Endings;
  readonly p: Endings;

  constructor(broker: BrokerId) {
    const of = (stage: StageLetter): Endings => {
      const before = `/${stage}.${broker}.`;
      return { before, whole: Array.from({ length: ENDINGS_KEPT }, (_, index) => `${before}${index}`) };
    };
    this.s = of('s');
    this.r = of('r');
    this.e = of('e');
    this.x = of('x');
    this.p = of('p');
  }

  /** By name, because a field looked up by a variable is found much more slowly. */
  of(stage: StageLetter): Endings {
    switch (stage) {
      case 's':
        return this.s;
      case 'r':
        return this.r;
      case 'e':
        return this.e;
      case 'x':
        return this.x;
      case 'p':
        return this.p;
    }
  }
}

const ENDINGS = new Map<BrokerId, BrokerEndings>();
const ENDINGS_KEPT = 8;

function endingOf(stage: StageLetter, broker: BrokerId, index: number | string): string {
  let endings = ENDINGS.get(broker);
  if (endings === undefined) ENDINGS.set(broker, (endings = new BrokerEndings(broker)));
  const { before, whole } = endings.of(stage);
  if (typeof index === 'string') return before + index;
  return whole[index] ?? `${before}${index}`;
}

const DERIVED = /\/[srexp]\.[a-z0-9_]+\.[^/]+$/;

/** Whether an id has the form of those that the platform derives; nobody else may use it. */
export function isDerivedId(id: string): boolean {
  return DERIVED.test(id);
}

/** Where an event comes from: the chain of causes up to a root fact. Ids are spelled out only when they are written. */
export interface Trace {
  readonly id: EventId;
  /** The id of the root tick, command or outside message. */
  readonly correlationId: EventId;
  /** The parent's id; undefined for a root. */
  readonly causationId: EventId | undefined;
}

/** A trace whose ids are known: a root, or one read back from the log. */
export function knownTrace(id: EventId, correlationId: EventId = id, causationId?: EventId): Trace {
  return { id, correlationId, causationId };
}

/** The trace of a tick, named by its source and its sequence there; spelled out on demand. */
export class TickTrace implements Trace {
  readonly #source: string;
  readonly #sequence: number;
  readonly causationId = undefined;
  #id: EventId | undefined;

  constructor(source: string, sequence: number) {
    this.#source = source;
    this.#sequence = sequence;
  }

  get source(): string {
    return this.#source;
  }

  get sequence(): number {
    return this.#sequence;
  }

  get id(): EventId {
    this.#id ??= `${this.#source}:${this.#sequence}` as EventId;
    return this.#id;
  }

  get correlationId(): EventId {
    return this.id;
  }
}

/** The trace of an event that follows from another one. */
export class DerivedTrace implements Trace {
  readonly #parent: Trace;
  readonly #stage: StageLetter;
  readonly #broker: BrokerId;
  readonly #index: number | string;
  #id: EventId | undefined;

  constructor(parent: Trace, stage: StageLetter, broker: BrokerId, index: number | string) {
    this.#parent = parent;
    this.#stage = stage;
    this.#broker = broker;
    this.#index = index;
  }

  get parent(): Trace {
    return this.#parent;
  }

  get stage(): StageLetter {
    return this.#stage;
  }

  get broker(): BrokerId {
    return this.#broker;
  }

  /** Which output of the stage it is; its text is what counts. */
  get index(): number | string {
    return this.#index;
  }

  get id(): EventId {
    this.#id ??= deriveId(this.#parent.id, this.#stage, this.#broker, this.#index);
    return this.#id;
  }

  get correlationId(): EventId {
    return this.#parent.correlationId;
  }

  get causationId(): EventId {
    return this.#parent.id;
  }
}

/** A trace as plain data, for snapshots. */
export function plainTrace(trace: Trace): Trace {
  return knownTrace(trace.id, trace.correlationId, trace.causationId);
}
