// What a broker says about an order, in the platform's words. The simulated exchange and every gateway speak them alike,
// so the engine never asks which of them it is.
import { type Price, type Quantity } from '../decimal.ts';
import { type EventId } from '../ids.ts';

interface About {
  readonly orderId: EventId;
}

export type BrokerReport =
  | (About & { readonly kind: 'accepted'; readonly brokerOrderId: string })
  | (About & { readonly kind: 'refused'; readonly message: string })
  /** Proved not to have left: no connection, or refused before the first byte. */
  | (About & { readonly kind: 'not_sent'; readonly message: string })
  | (About & { readonly kind: 'unanswered'; readonly message: string })
  | (About & { readonly kind: 'proved_absent'; readonly message: string })
  /** One trade; `tradeId` is unique within the order, and the same trade told twice is one fill. */
  | (About & { readonly kind: 'fill'; readonly tradeId: string; readonly quantity: Quantity; readonly price: Price })
  | (About & { readonly kind: 'cancelled'; readonly message: string })
  | (About & { readonly kind: 'expired'; readonly message: string });
