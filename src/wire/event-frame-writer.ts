// Writes events into frames. Every order of a backtest passes through here several times, so that nothing is made for an event
// but its bytes.
import { crc32 } from 'node:zlib';
import {
  type DomainEvent,
  type OrderFilled,
  type OrderPlaced,
  type OrderSubmitted,
  type OrderTerms,
  type RejectedSignal,
  type RiskChecks,
  type TradingSignal,
  type ValidatedSignal,
} from '#core/events.ts';
import { type BrokerId, DerivedTrace, type EventId, STAGE_LETTERS, TickTrace, type Trace } from '#core/ids.ts';
import { ALL_PASSED } from '#core/risk/reasons.ts';
import { encodeEvent } from './encode.ts';
import {
  AS_BEFORE,
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
  KIND,
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
  STEPS_MAX,
  VALIDITIES,
  VALIDITY_BIT,
  VERSION,
  WRITTEN,
} from './event-frame.ts';

/** An event takes at most so much, its texts and steps not counted. */
const EVENT_BYTES = 512;
const BYTES_AT_FIRST = 64 * 1024;

/** Indices by their text, as the ids of trades have them. */
const SHORT_INDICES: ReadonlyMap<string, number> = new Map(
  Array.from({ length: LONG_INDEX }, (_, index) => [`${index}`, index]),
);

/** Events that begin alike. */
type Headed = TradingSignal | ValidatedSignal | RejectedSignal | OrderSubmitted | OrderPlaced | OrderFilled;

export class EventFrameWriter {
  #bytes = new Uint8Array(BYTES_AT_FIRST);
  #view = new DataView(this.#bytes.buffer);
  #at = HEADER_BYTES;
  #events = 0;
  readonly #names = new Map<string, number>();
  /** Those that were written last. */
  #signal: TradingSignal | undefined;
  #terms: OrderTerms | undefined;
  #checks: RiskChecks | undefined;
  #checksText = '';

  /** Events that have not been taken yet. */
  get events(): number {
    return this.#events;
  }

  /** Bytes of the frame so far. */
  get size(): number {
    return this.#at;
  }

  add(event: DomainEvent): void {
    this.#events++;
    this.#room(EVENT_BYTES);
    switch (event.type) {
      case 'trading_signal':
        this.#byte(KIND.trading_signal);
        return this.#tradingSignal(event);
      case 'validated_signal':
        return this.#validated(event);
      case 'rejected_signal':
        return this.#rejected(event);
      case 'order_submitted':
        return this.#submitted(event);
      case 'order_placed':
        return this.#placed(event);
      case 'order_filled':
        return this.#filled(event);
      default:
        return this.#message(event);
    }
  }

  /** The frame of what was added since the last one, in memory that the next `add` writes to again. */
  take(): Uint8Array {
    const end = this.#at;
    const view = this.#view;
    view.setUint32(0, MAGIC, true);
    view.setUint32(4, VERSION, true);
    view.setUint32(8, this.#events, true);
    view.setUint32(12, end, true);
    view.setUint32(16, crc32(this.#bytes.subarray(HEADER_BYTES, end)), true);
    this.#at = HEADER_BYTES;
    this.#events = 0;
    this.#names.clear();
    this.#signal = undefined;
    this.#terms = undefined;
    return this.#bytes.subarray(0, end);
  }

  #message(event: DomainEvent): void {
    const { topic, key, id, value } = encodeEvent(event);
    this.#byte(KIND.message);
    this.#name(topic);
    this.#text(key);
    this.#text(id);
    this.#text(value);
  }

  /** What every event of an order has. */
  #head({ broker, strategyId, token, at, trace }: Headed): void {
    this.#name(broker);
    this.#name(strategyId);
    this.#number(token);
    this.#number(at);
    this.#trace(trace, broker);
  }

  #tradingSignal(signal: TradingSignal): void {
    this.#head(signal);
    const { quantity, price, limitPrice, triggerPrice, bracket, expiresAt, confidence, metadata } = signal;
    const numbers = metadata !== undefined && hasOnlyNumbers(metadata);
    this.#word(
      packed(signal) |
        (price === undefined ? 0 : HAS_PRICE) |
        (bracket === undefined ? 0 : HAS_BRACKET) |
        (confidence === undefined ? 0 : HAS_CONFIDENCE) |
        (metadata === undefined ? 0 : numbers ? HAS_METADATA | HAS_NUMBERS : HAS_METADATA),
    );
    this.#number(quantity);
    this.#number(expiresAt);
    if (limitPrice !== undefined) this.#number(limitPrice);
    if (triggerPrice !== undefined) this.#number(triggerPrice);
    if (price !== undefined) this.#number(price);
    if (confidence !== undefined) this.#number(confidence);
    if (bracket !== undefined) this.#text(JSON.stringify(bracket));
    if (numbers) this.#numbers(metadata as Readonly<Record<string, number>>);
    else if (metadata !== undefined) this.#text(JSON.stringify(metadata));
    this.#signal = signal;
  }

  #numbers(metadata: Readonly<Record<string, number>>): void {
    const countAt = this.#at;
    let count = 0;
    this.#word(0);
    for (const name in metadata) {
      this.#room(EVENT_BYTES);
      this.#name(name);
      this.#number(metadata[name] as number);
      count++;
    }
    this.#view.setUint32(countAt, count, true);
  }

  #validated(event: ValidatedSignal): void {
    const { signal, checks } = event;
    this.#byte(KIND.validated_signal);
    this.#head(event);
    this.#nested(signal);
    if (checks === ALL_PASSED) this.#byte(AS_BEFORE);
    else {
      this.#byte(WRITTEN);
      this.#text(JSON.stringify(checks));
    }
  }

  #rejected(event: RejectedSignal): void {
    const { signal, checks, reasons } = event;
    this.#byte(KIND.rejected_signal);
    this.#head(event);
    this.#nested(signal);
    // Few combinations of checks fail, and each is one record.
    if (checks !== this.#checks) this.#checksText = JSON.stringify(checks);
    this.#checks = checks;
    this.#name(this.#checksText);
    this.#word(reasons.length);
    for (const { code, limit, found } of reasons) {
      this.#room(EVENT_BYTES);
      this.#name(code);
      this.#name(limit);
      this.#text(found);
    }
  }

  #nested(signal: TradingSignal): void {
    if (signal === this.#signal) return this.#byte(AS_BEFORE);
    this.#byte(WRITTEN);
    this.#tradingSignal(signal);
  }

  #submitted(event: OrderSubmitted): void {
    const { trace, signalId, order, referencePrice, expiresAt, slice, queued } = event;
    this.#byte(KIND.order_submitted);
    this.#head(event);
    this.#id(signalId, trace);
    this.#orderTerms(order, trace);
    this.#word((slice === undefined ? 0 : HAS_SLICE) | (queued ? IS_QUEUED : 0));
    this.#number(referencePrice);
    this.#number(expiresAt);
    if (slice === undefined) return;
    this.#number(slice.index);
    this.#number(slice.count);
  }

  #placed(event: OrderPlaced): void {
    this.#byte(KIND.order_placed);
    this.#head(event);
    this.#orderTerms(event.order, event.trace);
    this.#text(event.brokerOrderId);
  }

  #filled(event: OrderFilled): void {
    const { trace, order, fillId, quantity, fillPrice, fees } = event;
    this.#byte(KIND.order_filled);
    this.#head(event);
    this.#orderTerms(order, trace);
    this.#id(fillId, trace);
    this.#number(quantity);
    this.#number(fillPrice);
    this.#number(fees);
  }

  #orderTerms(terms: OrderTerms, trace: Trace): void {
    if (terms === this.#terms) return this.#byte(AS_BEFORE);
    const { orderId, quantity, limitPrice, triggerPrice } = terms;
    this.#byte(WRITTEN);
    this.#id(orderId, trace);
    this.#word(packed(terms));
    this.#number(quantity);
    if (limitPrice !== undefined) this.#number(limitPrice);
    if (triggerPrice !== undefined) this.#number(triggerPrice);
    this.#terms = terms;
  }

  #id(id: EventId, trace: Trace): void {
    let steps = 0;
    for (let at = trace; at.id !== id; at = at.parent) {
      if (!(at instanceof DerivedTrace) || ++steps > STEPS_MAX) {
        this.#byte(OTHER_ID);
        this.#text(id);
        return;
      }
    }
    this.#byte(steps);
  }

  #trace(trace: Trace, broker: BrokerId): void {
    let at = trace;
    for (; at instanceof DerivedTrace; at = at.parent) {
      this.#room(EVENT_BYTES);
      const letter = STAGE_LETTERS.indexOf(at.stage) + 1;
      if (at.broker === broker) this.#byte(letter);
      else {
        this.#byte(letter | OTHER_BROKER);
        this.#name(at.broker);
      }
      this.#index(at.index);
    }
    if (at instanceof TickTrace) {
      this.#byte(ROOT_TICK);
      this.#name(at.source);
      this.#number(at.sequence);
    } else {
      this.#byte(ROOT_KNOWN);
      this.#text(at.id);
      this.#text(at.correlationId);
      this.#text(at.causationId ?? '');
    }
  }

  #index(index: number | string): void {
    const short = typeof index === 'number' ? index : SHORT_INDICES.get(index);
    if (short !== undefined && short < LONG_INDEX) return this.#byte(short);
    this.#byte(LONG_INDEX);
    this.#name(`${index}`);
  }

  /** A text that occurs again and again. */
  #name(text: string): void {
    const known = this.#names.get(text);
    const number = known ?? Math.min(this.#names.size, NAMES_MAX);
    this.#view.setUint16(this.#at, number, true);
    this.#at += 2;
    if (known !== undefined) return;
    if (number < NAMES_MAX) this.#names.set(text, number);
    this.#text(text);
  }

  #text(text: string): void {
    const { length } = text;
    this.#room(length * 2 + EVENT_BYTES);
    const bytes = this.#bytes;
    const from = this.#at + 4;
    let k = 0;
    for (; k < length; k++) {
      const unit = text.charCodeAt(k);
      if (unit > 0xff) break;
      bytes[from + k] = unit;
    }
    const wide = k < length;
    this.#word(length * 2 + (wide ? 1 : 0));
    if (wide) for (k = 0; k < length; k++) this.#view.setUint16(from + k * 2, text.charCodeAt(k), true);
    this.#at += wide ? length * 2 : length;
  }

  #byte(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #word(value: number): void {
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  #number(value: number): void {
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    grown.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** The choices of an order's terms, and which prices it has. */
function packed(terms: OrderTerms | TradingSignal): number {
  const { side, orderType, validity, product, purpose, limitPrice, triggerPrice } = terms;
  return (
    SIDES.indexOf(side) |
    (ORDER_TYPES.indexOf(orderType) << ORDER_TYPE_BIT) |
    (VALIDITIES.indexOf(validity) << VALIDITY_BIT) |
    (PRODUCTS.indexOf(product) << PRODUCT_BIT) |
    (PURPOSES.indexOf(purpose) << PURPOSE_BIT) |
    (limitPrice === undefined ? 0 : HAS_LIMIT) |
    (triggerPrice === undefined ? 0 : HAS_TRIGGER)
  );
}

function hasOnlyNumbers(metadata: Readonly<Record<string, unknown>>): boolean {
  for (const name in metadata) if (typeof metadata[name] !== 'number' || name === '__proto__') return false;
  return true;
}
