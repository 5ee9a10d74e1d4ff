// Fills and signals as lists, and everything that followed from one root: read from the topics that the events lie on.
import type { Fill, Signal } from '#api/contract.ts';
import type { FillFilter, FoundMessage, Part, SignalFilter, Walk } from '#api/reading.ts';
import { formatDecimal, type Price } from '#core/decimal.ts';
import type { DomainEvent, TradingSignal } from '#core/events.ts';
import type { BrokerId } from '#core/ids.ts';
import { formatInstant } from '#core/time.ts';
import type { LogMessage } from '#ports/event-log.ts';
import type { StoreReader } from '#ports/store.ts';
import { MARKET_TICKS, STREAMS, topic as topicOf, type Stream } from '#wire/topics.ts';
import { eventIn } from '../reading/log-events.ts';
import { storedEvent } from '../reading/events.ts';
import { refusedOffsets } from './order-steps.ts';
import { walk } from './topic-walk.ts';

/** Where each outcome of a signal lies. */
const OUTCOMES = {
  made: 'signals.raw',
  validated: 'signals.validated',
  rejected: 'signals.rejected',
  expired: 'signals.expired',
} as const satisfies Record<Signal['outcome'], Stream>;
const DECIDED = ['validated', 'rejected', 'expired'] as const;

type Symbols = ReadonlyMap<number, string>;

/** Lines that are kept; the newest are asked for again and again, and reading a message costs more than finding it. */
const LINES_MAX = 512;

/** What the messages of topics say, a line each. A message never changes, so it is read once. */
class Lines<Line extends { readonly strategy_id: string }> {
  readonly #lineOf: (event: DomainEvent, symbols: Symbols) => Line | undefined;
  #symbols: Symbols | undefined;
  readonly #kept = new Map<string, Line | undefined>();

  constructor(lineOf: (event: DomainEvent, symbols: Symbols) => Line | undefined) {
    this.#lineOf = lineOf;
  }

  of(topic: string, { offset, value }: LogMessage, symbols: Symbols): Line | undefined {
    if (symbols !== this.#symbols) this.#kept.clear();
    this.#symbols = symbols;
    const place = `${topic}:${offset}`;
    const known = this.#kept.get(place);
    if (known !== undefined || this.#kept.has(place)) return known;
    const event = eventIn(topic, offset, value);
    const line = event && this.#lineOf(event, symbols);
    this.#kept.set(place, line);
    if (this.#kept.size > LINES_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
    return line;
  }
}

/** The fills and signals of one log as lists. */
export class LogLists {
  readonly #store: StoreReader;
  readonly #fills = new Lines<Fill>(fillLine);
  readonly #signals = new Lines<Signal>(signalLine);

  constructor(store: StoreReader) {
    this.#store = store;
  }

  async fills({ brokers, strategyId }: FillFilter, asked: Walk, symbols: Symbols): Promise<Part<Fill>> {
    const topics = brokers.map((broker) => topicOf(broker as BrokerId, 'orders.filled'));
    return this.#list(this.#fills, { topics, strategyId, asked, symbols });
  }

  async signals({ brokers, strategyId, outcome }: SignalFilter, asked: Walk, symbols: Symbols): Promise<Part<Signal>> {
    const outcomes = outcome === undefined ? DECIDED : [outcome];
    const topics = brokers.flatMap((broker) => outcomes.map((each) => topicOf(broker as BrokerId, OUTCOMES[each])));
    return this.#list(this.#signals, { topics, strategyId, asked, symbols });
  }

  async #list<Line extends { readonly strategy_id: string }>(
    lines: Lines<Line>,
    { topics, strategyId, asked, symbols }: Listing,
  ): Promise<Part<Line>> {
    const { found, last } = await walk(this.#store, topics, asked, saying('strategy_id', strategyId));
    // What a stranger wrote was refused and lies on the topic all the same; it is no fact, so it is left out.
    const refused = new Map<string, ReadonlySet<number>>();
    for (const topic of new Set(found.map((each) => each.topic))) {
      refused.set(topic, await refusedOffsets(this.#store, topic));
    }
    const items = found.flatMap(({ topic, message }) => {
      if (refused.get(topic)?.has(message.offset) === true) return [];
      const line = lines.of(topic, message, symbols);
      return line === undefined || line.strategy_id !== (strategyId ?? line.strategy_id) ? [] : [line];
    });
    return { items, last };
  }
}

interface Listing {
  readonly topics: readonly string[];
  readonly strategyId: string | undefined;
  readonly asked: Walk;
  readonly symbols: Symbols;
}

/** In the order of the pipeline, namespace by namespace. Ticks are left out: the root itself names its tick. */
export async function correlatedOf(
  store: StoreReader,
  brokers: readonly string[],
  correlationId: string,
  asked: Walk,
): Promise<Part<FoundMessage>> {
  const streams = Object.keys(STREAMS) as readonly Stream[];
  const topics = brokers.flatMap((broker) => streams.map((stream) => topicOf(broker as BrokerId, stream)));
  const { found, last } = await walk(store, topics, asked, saying('correlation_id', correlationId));
  const items = found.map(({ topic, message }) => {
    const { offset, line, json } = storedEvent(message, topic === MARKET_TICKS);
    return { topic, offset, text: line, json };
  });
  return { items, last };
}

/** Most messages are of others, and their text alone says so. */
function saying(field: string, value: string | undefined): (message: LogMessage) => boolean {
  if (value === undefined) return () => true;
  const text = `"${field}":${JSON.stringify(value)}`;
  return ({ value: envelope }) => envelope.includes(text);
}

function fillLine(event: DomainEvent, symbols: Symbols): Fill | undefined {
  if (event.type !== 'order_filled') return undefined;
  const { broker, trace, strategyId, token, order, ...fill } = event;
  return {
    broker,
    fill_id: fill.fillId,
    order_id: order.orderId,
    strategy_id: strategyId,
    instrument_token: token,
    symbol: symbols.get(token) ?? null,
    side: order.side,
    product: order.product,
    purpose: order.purpose,
    quantity: fill.quantity,
    fill_price: formatDecimal(fill.fillPrice),
    fees: formatDecimal(fill.fees),
    ts: formatInstant(fill.at),
    correlation_id: trace.correlationId,
  };
}

function signalLine(event: DomainEvent, symbols: Symbols): Signal | undefined {
  switch (event.type) {
    case 'trading_signal':
      return { ...termsOf(event, symbols), outcome: 'made', decided_at: null, reasons: [], checks: null, code: null };
    case 'validated_signal':
      return { ...decidedOf(event, symbols), outcome: 'validated', checks: { ...event.checks } };
    case 'rejected_signal': {
      const reasons = event.reasons.map(({ code, limit, found }) => ({ code, limit, found }));
      return { ...decidedOf(event, symbols), outcome: 'rejected', reasons, checks: { ...event.checks } };
    }
    case 'expired_signal':
      return { ...decidedOf(event, symbols), outcome: 'expired', code: event.code };
    default:
      return undefined;
  }
}

function decidedOf({ signal, at }: Extract<DomainEvent, { signal: TradingSignal }>, symbols: Symbols) {
  return { ...termsOf(signal, symbols), decided_at: formatInstant(at), reasons: [], checks: null, code: null };
}

function termsOf({ broker, trace, strategyId, token, ...signal }: TradingSignal, symbols: Symbols) {
  return {
    broker,
    signal_id: trace.id,
    strategy_id: strategyId,
    instrument_token: token,
    symbol: symbols.get(token) ?? null,
    side: signal.side,
    product: signal.product,
    purpose: signal.purpose,
    quantity: signal.quantity,
    order_type: signal.orderType,
    price: decimalOf(signal.price),
    limit_price: decimalOf(signal.limitPrice),
    trigger_price: decimalOf(signal.triggerPrice),
    confidence: signal.confidence ?? null,
    ts: formatInstant(signal.at),
    expires_at: formatInstant(signal.expiresAt),
    correlation_id: trace.correlationId,
  };
}

function decimalOf(price: Price | undefined): string | null {
  return price === undefined ? null : formatDecimal(price);
}
