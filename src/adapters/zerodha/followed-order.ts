// One order of ours in the broker's books: what was told of it, and what the next reading of the books adds. The books may
// be read at any time, in pieces and again after a restart; what follows is told once, trades before the end.
import { type OrderSubmitted } from '#core/events.ts';
import { type BrokerReport, type ChangeableTerms } from '#core/execution/report.ts';
import { type DayNumber } from '#core/time.ts';
import { type OrderRow, type TradeRow } from './rows.ts';

/** How long the trades of an order may lag behind what its row says is filled. */
const LAG_MS = 30_000;
/** Interim statuses that a change passes through: the terms shown are not yet those in force. */
const CHANGING = /^(MODIFY|CANCEL) /;

export class FollowedOrder {
  readonly submitted: OrderSubmitted;
  /** Monotonic milliseconds at which it was sent, or taken up after a restart. */
  readonly since: number;
  /** The day in India whose book it is in, or is not. */
  readonly day: DayNumber;
  brokerOrderId: string | undefined;
  /** The broker has said that it has it, so that a book of its day without it is not whole. */
  known = false;
  /** Complete readings of the book, after the quiet time, in which it was not. */
  missed = 0;
  /** Complete readings of the book of a later day in which it was not. */
  gone = 0;
  /** The answer said for certain that it is not in the book. */
  denied = false;
  /** `NOT MODIFIED` entries of its history so far; undefined for one that was taken up, until they are counted. */
  notModified: number | undefined = 0;
  #terms: ChangeableTerms;
  readonly #trades = new Set<string>();
  #filled = 0;
  #told: 'nothing' | 'accepted' | 'end' = 'nothing';
  #laggingSince: number | undefined;
  /** A modification of which the outcome is not known, and when it was asked for. */
  #asked: { readonly terms: ChangeableTerms; readonly at: number } | undefined;

  constructor(submitted: OrderSubmitted, since: number, day: DayNumber) {
    this.submitted = submitted;
    this.since = since;
    this.day = day;
    this.#terms = termsIn(submitted.order);
  }

  /** Nothing is expected any more, though a late trade is still told. */
  get ended(): boolean {
    return this.#told === 'end';
  }

  /** Whether the trades are to be read for what the row says. */
  lacksTrades(row: OrderRow): boolean {
    return row.filled > this.#filled;
  }

  /** Trades have been lacking for too long, counted from the first reading that showed it. */
  lags(row: OrderRow, now: number): boolean {
    if (!this.lacksTrades(row)) {
      this.#laggingSince = undefined;
      return false;
    }
    this.#laggingSince ??= now;
    return now - this.#laggingSince > LAG_MS;
  }

  /** A modification may have come through. */
  ask(terms: ChangeableTerms, at: number): void {
    this.#asked = { terms: termsIn(terms), at };
  }

  /** What is not modified by now, never will be. */
  forgetAsked(before: number): void {
    if (this.#asked !== undefined && this.#asked.at <= before) this.#asked = undefined;
  }

  /** Its history tells what became of a modification. */
  get awaitsChange(): boolean {
    return this.#asked !== undefined && this.#told !== 'end';
  }

  /** The terms in force that the row shows; undefined while a change is on its way. */
  termsShown(row: OrderRow): ChangeableTerms | undefined {
    return CHANGING.test(row.status) || this.#asked !== undefined ? undefined : termsOf(row);
  }

  /** What a row and all trades of the order add to what was told. */
  learn(row: OrderRow, trades: readonly TradeRow[]): readonly BrokerReport[] {
    const { orderId } = this.submitted.order;
    const reports: BrokerReport[] = [];
    this.brokerOrderId = row.orderId;
    this.known = true;
    if (this.#told === 'nothing') {
      this.#told = 'accepted';
      reports.push({ kind: 'accepted', orderId, brokerOrderId: row.orderId });
    }
    this.#learnTerms(row, reports);
    for (const { tradeId, quantity, price } of trades) {
      if (this.#trades.has(tradeId)) continue;
      this.#trades.add(tradeId);
      this.#filled += quantity;
      reports.push({ kind: 'fill', orderId, tradeId, quantity, price });
    }
    if (this.#told !== 'end' && hasEnded(row.status) && !this.lacksTrades(row)) {
      this.#told = 'end';
      const end = this.#endOf(row);
      if (end !== undefined) reports.push(end);
    }
    return reports;
  }

  /** Its day is over, and the book of another day does not have it: no end of it will ever be read. */
  outlive(): BrokerReport {
    this.#told = 'end';
    const message = 'its day is over, and what became of it was not seen';
    return { kind: 'expired', orderId: this.submitted.order.orderId, message };
  }

  /** The broker answered that it did not modify the order. */
  learnNotModified(message: string): BrokerReport {
    this.#asked = undefined;
    const { orderId } = this.submitted.order;
    return { kind: 'change_refused', orderId, action: 'modify', message };
  }

  #learnTerms(row: OrderRow, reports: BrokerReport[]): void {
    if (hasEnded(row.status) || CHANGING.test(row.status)) return;
    const terms = termsOf(row);
    if (this.#asked !== undefined && sameTerms(terms, this.#asked.terms)) this.#asked = undefined;
    if (sameTerms(terms, this.#terms)) return;
    this.#terms = terms;
    reports.push({ kind: 'modified', orderId: this.submitted.order.orderId, terms });
  }

  /** A complete order has ended with its last fill; nothing more is to be told. */
  #endOf(row: OrderRow): BrokerReport | undefined {
    const { orderId, validity } = this.submitted.order;
    const message = row.message === '' ? row.status.toLowerCase() : row.message;
    if (row.status === 'COMPLETE') return undefined;
    if (row.status === 'REJECTED' && this.#filled === 0) return { kind: 'refused', orderId, code: 'OTHER', message };
    return { kind: validity === 'IOC' ? 'expired' : 'cancelled', orderId, message };
  }
}

const ENDS: ReadonlySet<string> = new Set(['COMPLETE', 'REJECTED', 'CANCELLED', 'CANCELLED AMO']);

/** Whether nothing follows a status. One that is not known is taken for an interim one. */
export function hasEnded(status: string): boolean {
  return ENDS.has(status);
}

function termsIn({ quantity, orderType, limitPrice, triggerPrice }: ChangeableTerms): ChangeableTerms {
  return { quantity, orderType, limitPrice, triggerPrice };
}

/** A protected market order is shown as the limit order that it has become. */
function termsOf({ quantity, orderType, price, triggerPrice }: OrderRow): ChangeableTerms {
  const hasLimit = orderType === 'limit' || orderType === 'stop_limit';
  const hasTrigger = orderType === 'stop' || orderType === 'stop_limit';
  return {
    quantity,
    orderType,
    limitPrice: hasLimit ? price : undefined,
    triggerPrice: hasTrigger ? triggerPrice : undefined,
  };
}

function sameTerms(a: ChangeableTerms, b: ChangeableTerms): boolean {
  return (
    a.quantity === b.quantity &&
    a.orderType === b.orderType &&
    a.limitPrice === b.limitPrice &&
    a.triggerPrice === b.triggerPrice
  );
}
