// What a broker says about an order, in the platform's words. The simulated exchange and every gateway speak them alike,
// so the engine never asks which of them it is.
import { type Price, type Quantity } from '../decimal.ts';
import { type OrderType, type RejectCode } from '../events.ts';
import { type EventId } from '../ids.ts';

interface About {
  readonly orderId: EventId;
}

/** The terms of an order that a modify can change. */
export interface ChangeableTerms {
  /** The new total, what is filled already included. */
  readonly quantity: Quantity;
  readonly orderType: OrderType;
  readonly limitPrice: Price | undefined;
  readonly triggerPrice: Price | undefined;
}

export type BrokerReport =
  | (About & { readonly kind: 'accepted'; readonly brokerOrderId: string })
  | (About & { readonly kind: 'refused'; readonly code: RejectCode; readonly message: string })
  /** Proved not to have left: no connection, or refused before the first byte. */
  | (About & { readonly kind: 'not_sent'; readonly message: string })
  | (About & { readonly kind: 'unanswered'; readonly message: string })
  | (About & { readonly kind: 'proved_absent'; readonly message: string })
  /** One trade; `tradeId` is unique within the order, and the same trade told twice is one fill. */
  | (About & { readonly kind: 'fill'; readonly tradeId: string; readonly quantity: Quantity; readonly price: Price })
  /** The order is in force with these terms, whoever changed it. */
  | (About & { readonly kind: 'modified'; readonly terms: ChangeableTerms })
  /** The broker did not do what it was asked; the order stays as it was. */
  | (About & { readonly kind: 'change_refused'; readonly action: 'modify' | 'cancel'; readonly message: string })
  | (About & { readonly kind: 'cancelled'; readonly message: string })
  | (About & { readonly kind: 'expired'; readonly message: string });
