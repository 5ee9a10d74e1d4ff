// What was committed, counted as plainly as can be: it is told of every commit beside the trading, so texts and labels are
// made only when somebody asks for them.
import type { DomainEvent } from '#core/events.ts';

/** Counts by labels, which are joined so that one map look-up is one count. */
export type Counts = ReadonlyMap<string, number>;

const SEPARATOR = '\u0000';

export class CommitCounts {
  readonly #now: () => number;
  readonly #events = new Map<string, number>();
  readonly #signals = new Map<string, number>();
  readonly #orders = new Map<string, number>();
  readonly #errors = new Map<string, number>();
  readonly #objections = new Map<string, number>();
  readonly #lastAt = new Map<string, number>();
  ticks = 0;

  /** @param now wall clock, epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  onCommitted(events: readonly DomainEvent[], ticks: number): void {
    this.ticks += ticks;
    if (events.length === 0) return;
    const at = this.#now();
    for (const event of events) {
      const key = event.type + SEPARATOR + event.broker;
      add(this.#events, key);
      this.#lastAt.set(key, at);
      if (event.type === 'trading_signal') {
        add(this.#signals, event.strategyId + SEPARATOR + event.broker + SEPARATOR + event.side);
      } else if (event.type === 'order_filled') add(this.#orders, orderKey(event, 'filled'));
      else if (event.type === 'order_submitted') add(this.#orders, orderKey(event, 'pending'));
      else this.#countTrouble(event);
    }
  }

  #countTrouble(event: DomainEvent): void {
    if (event.type === 'order_failed') {
      add(this.#orders, orderKey(event, 'failed'));
      add(this.#errors, errorKey(event.broker, event.rejectCode ?? event.code));
    } else if (event.type === 'order_unknown') add(this.#errors, errorKey(event.broker, 'UNKNOWN'));
    else if (event.type === 'rejected_signal') {
      for (const { code } of event.reasons) add(this.#objections, event.broker + SEPARATOR + code);
    }
  }

  /** By type of event and broker. */
  get events(): Counts {
    return this.#events;
  }

  /** By strategy, broker and side. */
  get signals(): Counts {
    return this.#signals;
  }

  /** By broker, type of order and what became of it. */
  get orders(): Counts {
    return this.#orders;
  }

  /** By component, what went wrong and broker. */
  get errors(): Counts {
    return this.#errors;
  }

  /** Of the risk gate, by broker and code. */
  get objections(): Counts {
    return this.#objections;
  }

  /** When something of a type and broker was last committed, epoch milliseconds. */
  get lastAt(): Counts {
    return this.#lastAt;
  }
}

export function labelsOf(key: string): readonly string[] {
  return key.split(SEPARATOR);
}

type OrderEvent = Extract<DomainEvent, { type: 'order_filled' | 'order_failed' | 'order_submitted' }>;

function orderKey({ broker, order }: OrderEvent, status: string): string {
  return broker + SEPARATOR + order.orderType + SEPARATOR + status;
}

function errorKey(broker: string, type: string): string {
  return `trading_engine${SEPARATOR}${type}${SEPARATOR}${broker}`;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
