// Reads events from frames, as the messages that they are in the log.
import { crc32 } from 'node:zlib';
import { type Bracket, type DomainEvent, type OrderTerms, type RiskChecks, type TradingSignal } from '#core/events.ts';
import { type Money, type Price, type Quantity } from '#core/decimal.ts';
import {
  type BrokerId,
  DerivedTrace,
  type EventId,
  knownTrace,
  STAGE_LETTERS,
  type StageLetter,
  type StrategyId,
  TickTrace,
  type Trace,
} from '#core/ids.ts';
import { ALL_PASSED } from '#core/risk/reasons.ts';
import { type EpochMs } from '#core/time.ts';
import { encodeEvent } from './encode.ts';
import { type EncodedMessage } from './envelope.ts';
import {
  AS_BEFORE,
  EventFrameError,
  HAS_BRACKET,
  HAS_CONFIDENCE,
  HAS_LIMIT,
  HAS_METADATA,
  HAS_NUMBERS,
  HAS_PRICE,
  HAS_SLICE,
  HAS_TRIGGER,
  HEADER_BYTES,
  IS_QUEUED,
  KINDS,
  LONG_INDEX,
  MAGIC,
  NAMES_MAX,
  ORDER_TYPE_BIT,
  ORDER_TYPES,
  OTHER_BROKER,
  OTHER_ID,
  PRODUCT_BIT,
  PRODUCTS,
  PURPOSE_BIT,
  PURPOSES,
  ROOT_KNOWN,
  ROOT_TICK,
  SIDES,
  VALIDITIES,
  VALIDITY_BIT,
  VERSION,
} from './event-frame.ts';

/** The messages of a frame, in the order of their events. Throws `EventFrameError`. */
export function readEventFrame(frame: Uint8Array): readonly EncodedMessage[] {
  const events = checkFrame(frame);
  const reader = new Reader(frame);
  try {
    return Array.from({ length: events }, () => reader.message());
  } catch (error) {
    // The check sum has said that it is what was written; what was written makes no sense.
    throw new EventFrameError(`expected ${events} events, found ${String(error)}; make the journal anew`);
  }
}

function checkFrame(frame: Uint8Array): number {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) {
    const words = `expected a frame of events, found ${frame.byteLength} bytes that are none`;
    throw new EventFrameError(`${words}; hand in what EventFrameWriter wrote`);
  }
  const version = view.getUint32(4, true);
  if (version !== VERSION) {
    throw new EventFrameError(`expected a frame of version ${VERSION}, found ${version}; update the platform`);
  }
  const length = view.getUint32(12, true);
  if (length !== frame.byteLength) {
    throw new EventFrameError(`expected a frame of ${length} bytes, found ${frame.byteLength}; make the journal anew`);
  }
  const [written, found] = [view.getUint32(16, true), crc32(frame.subarray(HEADER_BYTES))];
  if (written !== found) {
    throw new EventFrameError(`expected bytes with the check sum ${written}, found ${found}; make the journal anew`);
  }
  return view.getUint32(8, true);
}

/** What every event of an order begins with. */
interface Head {
  readonly broker: BrokerId;
  readonly strategyId: StrategyId;
  readonly token: number;
  readonly at: EpochMs;
  readonly trace: Trace;
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = HEADER_BYTES;
  readonly #names: string[] = [];
  #signal: TradingSignal | undefined;
  #terms: OrderTerms | undefined;

  constructor(frame: Uint8Array) {
    this.#bytes = frame;
    this.#view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  }

  message(): EncodedMessage {
    const kind = KINDS[this.#byte()];
    if (kind === 'message') return { topic: this.#name(), key: this.#text(), id: this.#text(), value: this.#text() };
    if (kind === undefined) throw new RangeError('an event of a kind that nobody knows');
    return encodeEvent(this.#event(kind));
  }

  #event(kind: Exclude<(typeof KINDS)[number], 'message'>): DomainEvent {
    if (kind === 'trading_signal') return this.#tradingSignal();
    const head = this.#head();
    switch (kind) {
      case 'rejected_signal': {
        const signal = this.#nested();
        const checks = JSON.parse(this.#name()) as RiskChecks;
        const reasons = Array.from({ length: this.#word() }, () => {
          return { code: this.#name(), limit: this.#name(), found: this.#text() };
        });
        return { type: kind, ...head, signal, checks, reasons };
      }
      case 'validated_signal': {
        const signal = this.#nested();
        const checks = this.#byte() === AS_BEFORE ? ALL_PASSED : (JSON.parse(this.#text()) as RiskChecks);
        return { type: kind, ...head, signal, checks };
      }
      case 'order_submitted':
        return this.#submitted(head);
      case 'order_placed':
        return { type: kind, ...head, order: this.#orderTerms(head.trace), brokerOrderId: this.#text() };
      case 'order_filled': {
        const [order, fillId] = [this.#orderTerms(head.trace), this.#id(head.trace)];
        const [quantity, fillPrice, fees] = [this.#number(), this.#number(), this.#number()];
        const amounts = { quantity: quantity as Quantity, fillPrice: fillPrice as Price, fees: fees as Money };
        return { type: kind, ...head, order, fillId, ...amounts };
      }
    }
  }

  #head(): Head {
    const broker = this.#name() as BrokerId;
    const strategyId = this.#name() as StrategyId;
    const [token, at] = [this.#number(), this.#number() as EpochMs];
    return { broker, strategyId, token, at, trace: this.#trace(broker) };
  }

  #tradingSignal(): TradingSignal {
    const head = this.#head();
    const word = this.#word();
    const [quantity, expiresAt] = [this.#number() as Quantity, this.#number() as EpochMs];
    const limitPrice = this.#optional(word & HAS_LIMIT) as Price | undefined;
    const triggerPrice = this.#optional(word & HAS_TRIGGER) as Price | undefined;
    const price = this.#optional(word & HAS_PRICE) as Price | undefined;
    const confidence = this.#optional(word & HAS_CONFIDENCE);
    const bracket = (word & HAS_BRACKET) === 0 ? undefined : bracketOf(JSON.parse(this.#text()) as Partial<Bracket>);
    const metadata = (word & HAS_METADATA) === 0 ? undefined : this.#metadata(word);
    const terms = { ...choicesOf(word), quantity, limitPrice, triggerPrice };
    const rest = { price, bracket, expiresAt, confidence, metadata };
    this.#signal = { type: 'trading_signal', ...head, ...terms, ...rest };
    return this.#signal;
  }

  #nested(): TradingSignal {
    return this.#byte() === AS_BEFORE ? this.#before(this.#signal) : this.#tradingSignal();
  }

  #metadata(word: number): Readonly<Record<string, unknown>> {
    if ((word & HAS_NUMBERS) === 0) return JSON.parse(this.#text()) as Record<string, unknown>;
    const count = this.#word();
    return Object.fromEntries(Array.from({ length: count }, () => [this.#name(), this.#number()]));
  }

  #submitted(head: Head): DomainEvent {
    const signalId = this.#id(head.trace);
    const order = this.#orderTerms(head.trace);
    const word = this.#word();
    const [referencePrice, expiresAt] = [this.#number() as Price, this.#number() as EpochMs];
    const slice = (word & HAS_SLICE) === 0 ? undefined : { index: this.#number(), count: this.#number() };
    const queued = (word & IS_QUEUED) !== 0;
    return { type: 'order_submitted', ...head, signalId, order, referencePrice, expiresAt, slice, queued };
  }

  #orderTerms(trace: Trace): OrderTerms {
    if (this.#byte() === AS_BEFORE) return this.#before(this.#terms);
    const orderId = this.#id(trace);
    const word = this.#word();
    const quantity = this.#number() as Quantity;
    const limitPrice = this.#optional(word & HAS_LIMIT) as Price | undefined;
    const triggerPrice = this.#optional(word & HAS_TRIGGER) as Price | undefined;
    this.#terms = { orderId, ...choicesOf(word), quantity, limitPrice, triggerPrice };
    return this.#terms;
  }

  #before<T>(last: T | undefined): T {
    if (last === undefined) throw new RangeError('an event that refers to one before it, and there is none');
    return last;
  }

  #id(trace: Trace): EventId {
    const steps = this.#byte();
    if (steps === OTHER_ID) return this.#text() as EventId;
    let at = trace;
    for (let k = 0; k < steps; k++) {
      if (!(at instanceof DerivedTrace)) throw new RangeError('an id above the root of its trace');
      at = at.parent;
    }
    return at.id;
  }

  #trace(own: BrokerId): Trace {
    const steps: { letter: StageLetter; broker: BrokerId; index: number | string }[] = [];
    let code = this.#byte();
    for (; code !== ROOT_TICK && code !== ROOT_KNOWN; code = this.#byte()) {
      const letter = STAGE_LETTERS[(code & ~OTHER_BROKER) - 1];
      if (letter === undefined) throw new RangeError('a step of no stage');
      const broker = (code & OTHER_BROKER) === 0 ? own : (this.#name() as BrokerId);
      const short = this.#byte();
      steps.push({ letter, broker, index: short === LONG_INDEX ? this.#name() : short });
    }
    let trace: Trace = code === ROOT_TICK ? new TickTrace(this.#name(), this.#number()) : this.#knownRoot();
    for (const { letter, broker, index } of steps.toReversed()) trace = new DerivedTrace(trace, letter, broker, index);
    return trace;
  }

  #knownRoot(): Trace {
    const [id, correlationId, causationId] = [this.#text(), this.#text(), this.#text()];
    return knownTrace(
      id as EventId,
      correlationId as EventId,
      causationId === '' ? undefined : (causationId as EventId),
    );
  }

  #name(): string {
    const number = this.#view.getUint16(this.#at, true);
    this.#at += 2;
    const known = this.#names[number];
    if (known !== undefined) return known;
    const text = this.#text();
    if (number < NAMES_MAX) this.#names.push(text);
    return text;
  }

  #text(): string {
    const doubled = this.#word();
    const length = doubled >>> 1;
    const bytes = (doubled & 1) === 0 ? length : length * 2;
    if (this.#at + bytes > this.#bytes.length) throw new RangeError('a text that goes past the end');
    const part = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, bytes);
    this.#at += bytes;
    return part.toString((doubled & 1) === 0 ? 'latin1' : 'utf16le');
  }

  #optional(bit: number): number | undefined {
    return bit === 0 ? undefined : this.#number();
  }

  #byte(): number {
    return this.#view.getUint8(this.#at++);
  }

  #word(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  #number(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
}

type Choices = Pick<OrderTerms, 'side' | 'orderType' | 'validity' | 'product' | 'purpose'>;

function choicesOf(word: number): Choices {
  const choice = <T>(of: readonly T[], bit: number, mask: number): T => {
    const found = of[(word >>> bit) & mask];
    if (found === undefined) throw new RangeError('terms of no order');
    return found;
  };
  return {
    side: choice(SIDES, 0, 1),
    orderType: choice(ORDER_TYPES, ORDER_TYPE_BIT, 3),
    validity: choice(VALIDITIES, VALIDITY_BIT, 1),
    product: choice(PRODUCTS, PRODUCT_BIT, 3),
    purpose: choice(PURPOSES, PURPOSE_BIT, 7),
  };
}

/** What is undefined is not written. */
function bracketOf({ target, stop, trail, exitAt }: Partial<Bracket>): Bracket {
  return { target, stop, trail, exitAt };
}
