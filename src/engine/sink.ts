// What leaves the cascade: every event, and what is asked of a gateway.
import { type CancelSubmitted, type DomainEvent, type ModifySubmitted, type OrderSubmitted } from '#core/events.ts';

/** What may leave for a gateway with real I/O once it is durable: an order, or a change that is asked of one. */
export type Intent = OrderSubmitted | ModifySubmitted | CancelSubmitted;

/** What leaves the cascade besides state: every event in order, and every intent for a gateway with real I/O. */
export interface CascadeSink {
  event(event: DomainEvent): void;
  intent(intent: Intent): void;
}
