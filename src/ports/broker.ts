// A broker with real I/O, behind the commit. One gateway object is handed to each namespace that has one, and no
// function anywhere takes a broker's name and an order.
import { type CancelSubmitted, type ModifySubmitted, type OrderSubmitted, type RejectCode } from '#core/events.ts';
import { type BrokerReport, type ChangeableTerms } from '#core/execution/report.ts';
import { type EventId } from '#core/ids.ts';

/** What is known after the one attempt to send an order. Anything that is not certain is `unknown`. */
export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly brokerOrderId: string }
  | { readonly kind: 'refused'; readonly code: RejectCode; readonly message: string }
  /** Proved not to have left. */
  | { readonly kind: 'not_sent'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** What is known after the one attempt to ask for a change. Anything that is not certain is `unknown`. */
export type ChangeOutcome =
  /** The request was taken. Whether the order was changed is told by a later report. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly message: string }
  /** Proved not to have left. */
  | { readonly kind: 'not_sent'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string };

/** What the broker's order book says of one order. */
export type BookAnswer =
  /** `terms`: those in force, when the book shows them and no change is on its way there. */
  | { readonly kind: 'found'; readonly brokerOrderId: string; readonly terms?: ChangeableTerms }
  /** The book was read whole, more than once and after a quiet time, and the order is not in it. */
  | { readonly kind: 'absent' }
  /** The book could not be read, or it is too early to tell. */
  | { readonly kind: 'no_evidence'; readonly message: string };

export interface Gateway {
  /** Sends the order in one attempt, without any retry; never rejects. */
  submit(order: OrderSubmitted): Promise<SubmitOutcome>;
  /** Asks for the terms of `change.order` in one attempt, without any retry; never rejects. */
  modify(change: ModifySubmitted): Promise<ChangeOutcome>;
  /** Asks for the end of the order in one attempt, without any retry; never rejects. */
  cancel(change: CancelSubmitted): Promise<ChangeOutcome>;
  /** Looks an order up in the broker's book; never rejects. */
  lookUp(orderId: EventId): Promise<BookAnswer>;
  /**
   * Calls `take` with each report of an order that this gateway sent, now or before; returns what ends it. Its
   * trades are told before its end. `modified` has the terms that the broker shows, whoever changed them.
   */
  reports(take: (report: BrokerReport) => void): () => void;
}
