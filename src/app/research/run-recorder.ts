// What a run decided: signals, what became of each, and every fill, in the order in which they happened.
import { createHash } from 'node:crypto';
import { type DomainEvent, type Product, type Side } from '#core/events.ts';
import { type SignalOutcome } from '#core/research/divergence.ts';
import { type FillFact } from '#core/research/round-trips.ts';
import { type CascadeSink } from '#engine/sink.ts';

/** An order with what was executed of it; money in 1/10,000 rupee. */
export interface OrderFact {
  readonly id: string;
  readonly signalId: string;
  readonly at: number;
  readonly token: number;
  readonly side: Side;
  readonly product: Product;
  readonly quantity: number;
  readonly reference: number;
  filled: number;
  value: number;
  fees: number;
}

interface SignalFact {
  readonly id: string;
  readonly at: number;
  readonly token: number;
  readonly side: Side;
  readonly price: number | undefined;
}

/** Characters that wait for the hash, which costs more for a line than a line does. */
const HASHED_AT_ONCE = 16_384;

export class RunRecorder implements CascadeSink {
  readonly fills: FillFact[] = [];
  /** Empty, as the signals are, unless the details are kept. */
  readonly orders = new Map<string, OrderFact>();
  readonly signals: SignalFact[] = [];
  submitted = 0;
  /** Refusals of the gate, by reason. */
  readonly rejected: Record<string, number> = {};
  rejects = 0;
  /** Value of everything bought and sold. */
  traded = 0;
  /** Posted beside fills: charges of a day. */
  settled = 0;
  /** Everything that was decided, so that two runs can be compared while they go. */
  decisions = 0;
  readonly #keepsDetails: boolean;
  readonly #hash = createHash('sha256');
  #lines = '';

  /** `keepsDetails`: each signal and each order, which only a report looks at and which take the most memory. */
  constructor(keepsDetails: boolean) {
    this.#keepsDetails = keepsDetails;
  }

  event(event: DomainEvent): void {
    switch (event.type) {
      case 'trading_signal': {
        const { trace, at, token, side, price, quantity } = event;
        if (this.#keepsDetails) this.signals.push({ id: trace.id, at, token, side, price });
        this.#note(`signal ${at} ${token} ${side} ${quantity}`);
        return;
      }
      case 'rejected_signal':
        this.rejects++;
        for (const { code } of event.reasons) this.rejected[code] = (this.rejected[code] ?? 0) + 1;
        this.#note(`rejected ${event.at} ${event.token}`);
        return;
      case 'order_submitted':
        this.#submitted(event);
        return;
      case 'order_filled':
        this.#filled(event);
        return;
      case 'ledger_adjusted':
        if (event.kind === 'charges') this.settled += event.amount;
        this.#note(`adjusted ${event.at} ${event.amount}`);
        return;
      default:
        // Other events follow from those above, or change no book.
        return;
    }
  }

  intent(): void {
    throw new Error('a backtest has no gateway, yet an order was meant for one');
  }

  /** The hash over every decision so far, in order: equal runs have equal hashes. */
  digest(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  /** Each signal with what its orders came to, and orders that no signal of this log asked for. */
  outcomes(): readonly SignalOutcome[] {
    return outcomesOf(this.signals, [...this.orders.values()]);
  }

  #submitted(event: Extract<DomainEvent, { type: 'order_submitted' }>): void {
    const { order, signalId, at, token, referencePrice } = event;
    const { orderId, side, product, quantity } = order;
    this.submitted++;
    if (this.#keepsDetails) {
      const facts = { id: orderId, signalId, at, token, side, product, quantity, reference: referencePrice };
      this.orders.set(orderId, { ...facts, filled: 0, value: 0, fees: 0 });
    }
    this.#note(`order ${at} ${token} ${side} ${quantity} ${order.orderType} ${order.limitPrice ?? ''}`);
  }

  #filled({ order, token, at, quantity, fillPrice, fees }: Extract<DomainEvent, { type: 'order_filled' }>): void {
    const signed = order.side === 'BUY' ? quantity : -quantity;
    this.fills.push({ at, token, signed, price: fillPrice, fees });
    this.traded += quantity * fillPrice;
    const known = this.#keepsDetails ? this.orders.get(order.orderId) : undefined;
    if (known !== undefined) {
      known.filled += signed;
      known.value += signed * fillPrice;
      known.fees += fees;
    }
    this.#note(`fill ${at} ${token} ${signed} ${fillPrice} ${fees}`);
  }

  #note(line: string): void {
    this.decisions++;
    this.#lines += `${line}\n`;
    if (this.#lines.length >= HASHED_AT_ONCE) this.#flush();
  }

  #flush(): void {
    this.#hash.update(this.#lines);
    this.#lines = '';
  }
}

/** Signals in order of time with the sums of their orders' fills; an order is a decision of its own when its signal is not known. */
export function outcomesOf(signals: readonly SignalFact[], orders: readonly OrderFact[]): readonly SignalOutcome[] {
  const bySignal = new Map<string, OrderFact[]>();
  for (const order of orders) bySignal.set(order.signalId, [...(bySignal.get(order.signalId) ?? []), order]);
  const known = signals.map(({ id, at, token, side, price }) => {
    const own = bySignal.get(id) ?? [];
    bySignal.delete(id);
    return outcome(at, token, side, own[0]?.reference ?? price ?? 0, own);
  });
  const alone = [...bySignal.values()].flatMap((own) => {
    const [first] = own;
    return first === undefined ? [] : [outcome(first.at, first.token, first.side, first.reference, own)];
  });
  return [...known, ...alone].toSorted((a, b) => a.at - b.at);
}

function outcome(
  at: number,
  token: number,
  side: Side,
  reference: number,
  orders: readonly OrderFact[],
): SignalOutcome {
  const sum = (of: (order: OrderFact) => number): number => orders.reduce((total, order) => total + of(order), 0);
  return {
    at,
    token,
    side,
    reference,
    signed: sum(({ filled }) => filled),
    value: sum(({ value }) => value),
    fees: sum(({ fees }) => fees),
  };
}
