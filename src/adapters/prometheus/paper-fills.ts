// How long the orders of paper namespaces wait for their fills, and how far these are from the price that was known when
// the order was made.
import type { DomainEvent, OrderFilled } from '#core/events.ts';
import { PlainHistogram } from './plain-histogram.ts';

/** An order rests as long as the market wants: from the next tick to the rest of the day. */
const LATENCY = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];
const SLIPPAGE = [0, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50];
const BASIS_POINTS = 10_000;
const SECOND_MS = 1_000;
/** More orders than this are not followed at once; the oldest is let go. */
const FOLLOWED_MAX = 10_000;

interface Followed {
  readonly at: number;
  readonly reference: number;
  left: number;
}

export class PaperFills {
  readonly #isPaper: (broker: string) => boolean;
  readonly #followed = new Map<string, Followed>();
  readonly #latency = new PlainHistogram({
    name: 'paper_fill_latency_seconds',
    help: 'From the submission of a paper order to each of its fills, in the time of its market.',
    bounds: LATENCY,
  });
  readonly #slippage = new PlainHistogram({
    name: 'paper_slippage_bps',
    help: 'How much worse a paper fill was than the price known at its submission; below 0 it was better.',
    bounds: SLIPPAGE,
  });

  constructor(isPaper: (broker: string) => boolean) {
    this.#isPaper = isPaper;
  }

  take(event: DomainEvent): void {
    switch (event.type) {
      case 'order_submitted':
        if (this.#isPaper(event.broker)) this.#follow(event);
        return;
      case 'order_filled':
        return this.#onFill(event);
      case 'order_failed':
      case 'order_cancelled':
      case 'order_expired':
        this.#followed.delete(event.order.orderId);
        return;
      default:
    }
  }

  histograms(): readonly PlainHistogram[] {
    return [this.#latency, this.#slippage];
  }

  #follow({ order, at, referencePrice: reference }: Extract<DomainEvent, { type: 'order_submitted' }>): void {
    this.#followed.set(order.orderId, { at, reference, left: order.quantity });
    if (this.#followed.size <= FOLLOWED_MAX) return;
    const [oldest] = this.#followed.keys();
    if (oldest !== undefined) this.#followed.delete(oldest);
  }

  /** Of an order that was submitted before this start nothing is told. */
  #onFill({ broker, strategyId, order, at, quantity, fillPrice }: OrderFilled): void {
    const followed = this.#followed.get(order.orderId);
    if (followed === undefined) return;
    followed.left -= quantity;
    if (followed.left <= 0) this.#followed.delete(order.orderId);
    this.#latency.of({ strategy_id: strategyId, broker }).observe((at - followed.at) / SECOND_MS);
    const { reference } = followed;
    const worse = order.side === 'BUY' ? fillPrice - reference : reference - fillPrice;
    this.#slippage.of({ side: order.side, broker }).observe((worse / reference) * BASIS_POINTS);
  }
}
