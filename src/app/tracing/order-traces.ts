// What became of a tick, as a trace: the signal, the gate, the engine, the commit, and the order until it ends. Only what became
// an order is told, and a share of the other signals. A trace has the id that follows from the correlation id, and each span that
// which follows from the id of its event, so the log leads to the trace and the trace to the log.
import { hash } from 'node:crypto';
import { attributesOf, type Attribute, type Span, type SpanEvent } from '#adapters/otlp/span.ts';
import { formatDecimal } from '#core/decimal.ts';
import type {
  DomainEvent,
  ExpiredSignal,
  OrderEvent,
  OrderSubmitted,
  RejectedSignal,
  TradingSignal,
  ValidatedSignal,
} from '#core/events.ts';

export interface TraceOptions {
  /** The share of signals that are told of although they became no order. */
  readonly sampleRate: number;
  /** Epoch milliseconds, and those of a clock that never goes back. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly isGateway: (broker: string) => boolean;
  readonly take: (span: Span) => void;
}

/** Orders that are at work and may still be told of; the oldest is let go when there are more. */
const OPEN_MAX = 10_000;
const SPAN_HEX = 16;
const TRACE_HEX = 32;

interface Took {
  readonly from: number;
  readonly to: number;
}

interface OpenOrder {
  readonly submitted: OrderSubmitted;
  readonly since: number;
  readonly events: SpanEvent[];
  left: number;
}

export class OrderTraces {
  readonly #options: TraceOptions;
  /** What is added to the clock that never goes back. */
  readonly #epochMs: number;
  /** What the stages took since the last commit, by the event that they took. */
  readonly #took = new Map<DomainEvent, Took>();
  readonly #open = new Map<string, OpenOrder>();
  /** Of the commit that is told of: its signals and what the gate let through by the id of the signal, and the spans so far. */
  readonly #signals = new Map<string, TradingSignal>();
  readonly #validated = new Map<string, ValidatedSignal>();
  readonly #told = new Set<string>();
  #batchAt: number | undefined;
  #commit: Took = { from: 0, to: 0 };

  constructor(options: TraceOptions) {
    this.#options = options;
    this.#epochMs = options.now() - options.monotonicMs();
  }

  onBatch(): void {
    this.#batchAt = this.#at();
  }

  took(event: DomainEvent, ms: number): void {
    // What a recovery rebuilds was told of before.
    if (this.#batchAt === undefined) return;
    const to = this.#at();
    this.#took.set(event, { from: to - ms, to });
  }

  writing(write: () => void): void {
    const from = this.#at();
    write();
    this.#commit = { from, to: this.#at() };
  }

  onCommitted(events: readonly DomainEvent[]): void {
    for (const event of events) {
      switch (event.type) {
        case 'trading_signal':
          this.#signals.set(event.trace.id, event);
          break;
        case 'validated_signal':
          this.#validated.set(event.signal.trace.id, event);
          break;
        case 'order_submitted':
          this.#onOrder(event);
          break;
        case 'rejected_signal':
        case 'expired_signal':
          if (this.#isSampled(event)) this.#onRefusal(event);
          break;
        case 'order_claimed':
        case 'order_placed':
        case 'order_unknown':
        case 'modify_submitted':
        case 'cancel_submitted':
        case 'order_modified':
        case 'change_refused':
        case 'order_filled':
        case 'order_failed':
        case 'order_cancelled':
        case 'order_expired':
          this.#onNews(event);
          break;
        default:
      }
    }
    for (const kept of [this.#took, this.#signals, this.#validated, this.#told]) kept.clear();
  }

  #at(): number {
    return this.#epochMs + this.#options.monotonicMs();
  }

  /** The same signal in every process that sees it, or in none. */
  #isSampled({ trace }: RejectedSignal | ExpiredSignal): boolean {
    const { sampleRate } = this.#options;
    if (sampleRate === 0) return false;
    return Number.parseInt(traceIdOf(trace.correlationId).slice(0, 8), 16) / 0x1_0000_0000 < sampleRate;
  }

  #onOrder(order: OrderSubmitted): void {
    const { correlationId } = order.trace;
    const validated = this.#validated.get(order.signalId);
    this.#begin(correlationId, this.#signals.get(order.signalId), order.broker);
    const decided = validated && this.#took.get(validated);
    if (validated !== undefined && decided !== undefined) {
      this.#tell(correlationId, 'trading_engine', decided, {
        id: validated.trace.id,
        parent: order.signalId,
        about: order,
      });
    }
    // Where an order is of an earlier signal, its gate is not in this commit.
    const parent = decided === undefined ? correlationId : (validated?.trace.id ?? correlationId);
    const [id, about] = [`${order.trace.id}#commit`, { broker: order.broker }];
    this.#tell(correlationId, 'commit', this.#commit, { id, parent, about });
    this.#open.set(order.order.orderId, {
      submitted: order,
      since: this.#commit.to,
      events: [],
      left: order.order.quantity,
    });
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#open.delete(oldest);
  }

  #onRefusal(refused: RejectedSignal | ExpiredSignal): void {
    const { signal } = refused;
    const codes = refused.type === 'rejected_signal' ? refused.reasons.map(({ code }) => code).join(',') : refused.code;
    this.#begin(refused.trace.correlationId, this.#signals.get(signal.trace.id), refused.broker, codes);
  }

  /** The root, the strategy and the gate, as far as they are in this commit. */
  #begin(correlationId: string, signal: TradingSignal | undefined, broker: string, refused?: string): void {
    const from = this.#batchAt ?? this.#commit.from;
    this.#tell(correlationId, 'tick', { from, to: this.#commit.to }, { id: correlationId, parent: undefined });
    const gate = signal && this.#took.get(signal);
    if (signal === undefined || gate === undefined) return;
    const about = { broker, strategyId: signal.strategyId, token: signal.token };
    const strategy = { id: `${signal.trace.id}#signal`, parent: correlationId, about };
    this.#tell(correlationId, 'strategy_runner', { from: Math.min(from, gate.from), to: gate.from }, strategy);
    const outcome = refused === undefined ? {} : { trouble: refused };
    const parent = strategy.id;
    this.#tell(correlationId, 'risk_manager', gate, { id: signal.trace.id, parent, about, ...outcome });
  }

  #onNews(event: Exclude<OrderEvent, OrderSubmitted>): void {
    const open = this.#open.get(event.order.orderId);
    if (open === undefined) return;
    open.events.push({ timeUnixNano: nanos(this.#commit.to), name: event.type, attributes: newsOf(event) });
    if (event.type === 'order_filled') open.left -= event.quantity;
    const hasEnded =
      event.type === 'order_failed' || event.type === 'order_cancelled' || event.type === 'order_expired';
    if (!hasEnded && open.left > 0) return;
    this.#open.delete(event.order.orderId);
    const { submitted, since, events } = open;
    this.#tell(
      submitted.trace.correlationId,
      'order',
      { from: since, to: this.#commit.to },
      {
        id: submitted.trace.id,
        parent: `${submitted.trace.id}#commit`,
        about: submitted,
        events,
        ...(event.type === 'order_failed' && { trouble: event.message }),
      },
    );
  }

  #tell(correlationId: string, name: string, took: Took, more: Told): void {
    const { id, parent, about, events = [], trouble } = more;
    // Two namespaces may have ordered after one tick, and two orders may follow from one signal.
    if (this.#told.has(id)) return;
    this.#told.add(id);
    const isElsewhere = name === 'order' && about !== undefined && this.#options.isGateway(about.broker);
    this.#options.take({
      traceId: traceIdOf(correlationId),
      spanId: spanIdOf(id),
      ...(parent !== undefined && { parentSpanId: spanIdOf(parent) }),
      name,
      kind: isElsewhere ? 3 : 1,
      startTimeUnixNano: nanos(took.from),
      endTimeUnixNano: nanos(Math.max(took.from, took.to)),
      attributes: attributesOf({
        'alpha_panda.id': id,
        'alpha_panda.correlation_id': correlationId,
        'alpha_panda.broker': about?.broker,
        'alpha_panda.strategy_id': about?.strategyId,
        'alpha_panda.instrument_token': about?.token,
      }),
      events,
      status: trouble === undefined ? { code: 0 } : { code: 2, message: trouble },
    });
  }
}

interface Told {
  readonly id: string;
  readonly parent: string | undefined;
  readonly about?: { readonly broker: string; readonly strategyId?: string; readonly token?: number };
  readonly events?: readonly SpanEvent[];
  readonly trouble?: string;
}

/** The trace that a correlation id leads to. */
export function traceIdOf(correlationId: string): string {
  return hash('sha256', correlationId, 'hex').slice(0, TRACE_HEX);
}

function spanIdOf(id: string): string {
  return hash('sha256', id, 'hex').slice(0, SPAN_HEX);
}

function newsOf(event: Exclude<OrderEvent, OrderSubmitted>): readonly Attribute[] {
  return attributesOf({
    'alpha_panda.id': event.trace.id,
    ...(event.type === 'order_filled' && { quantity: event.quantity, fill_price: formatDecimal(event.fillPrice) }),
    ...('message' in event && { message: event.message }),
  });
}

/** Of milliseconds with a fraction: whole microseconds, in nanoseconds. */
function nanos(ms: number): string {
  return `${BigInt(Math.round(ms * 1_000)) * 1_000n}`;
}
