// Sends durable intents to the gateway of one namespace, each at most once in its life, and turns what is learned into
// reports for the engine. An attempt whose outcome is open is never repeated: the broker's book settles it.
import { type CancelSubmitted, type ModifySubmitted } from '#core/events.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type EventId } from '#core/ids.ts';
import { type BookAnswer, type ChangeOutcome, type Gateway, type SubmitOutcome } from '#ports/broker.ts';
import { type Intent } from './sink.ts';

export class OrderDesk {
  readonly #gateway: Gateway;
  readonly #reports: BrokerReport[] = [];
  readonly #stopListening: () => void;
  #inFlight = 0;
  /** Orders of which it is open whether a change came through. */
  readonly #inDoubt = new Set<EventId>();

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#stopListening = gateway.reports((report) => this.#reports.push(report));
  }

  /** Attempts that have not been answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends an intent that is durable and claimed. */
  send(intent: Intent): void {
    this.#inFlight++;
    if (intent.type !== 'order_submitted') return this.#sendChange(intent);
    void this.#gateway.submit(intent).then((outcome) => {
      this.#inFlight--;
      this.#reports.push(reportOf(intent.order.orderId, outcome));
    });
  }

  #sendChange(change: ModifySubmitted | CancelSubmitted): void {
    const modifies = change.type === 'modify_submitted';
    const answer = modifies ? this.#gateway.modify(change) : this.#gateway.cancel(change);
    const { orderId } = change.order;
    void answer.then((outcome) => {
      this.#inFlight--;
      if (outcome.kind === 'accepted') return;
      if (outcome.kind === 'unknown') this.#inDoubt.add(orderId);
      else this.#reports.push(refusalOf(orderId, modifies ? 'modify' : 'cancel', outcome));
    });
  }

  /**
   * After a restart, what was being sent may or may not have left: an order is unknown from here on, and the terms of one
   * that was being changed are in doubt. Nothing is sent again.
   */
  afterRestart(orders: readonly WorkingOrder[]): void {
    for (const { submitted, state, changing } of orders) {
      const { orderId } = submitted.order;
      if (changing !== undefined) this.#inDoubt.add(orderId);
      if (state !== 'sending') continue;
      const message = 'the process ended while the order was being sent';
      this.#reports.push({ kind: 'unanswered', orderId, message });
    }
  }

  /** Asks the broker's book about every order whose outcome or whose terms are open; `orders` are all at work. */
  async settle(orders: readonly WorkingOrder[]): Promise<void> {
    const ids = new Set(orders.map(({ submitted }) => submitted.order.orderId));
    for (const orderId of this.#inDoubt) if (!ids.has(orderId)) this.#inDoubt.delete(orderId);
    for (const { submitted, state } of orders) {
      const { orderId } = submitted.order;
      // Taken out before the book is read: what comes into doubt meanwhile is not in the answer.
      const inDoubt = this.#inDoubt.delete(orderId);
      if (state !== 'unknown' && !inDoubt) continue;
      const answer = await this.#gateway.lookUp(orderId);
      if (state === 'unknown') this.#settleOrder(orderId, answer);
      if (inDoubt) this.#settleTerms(orderId, answer);
    }
  }

  #settleOrder(orderId: EventId, answer: BookAnswer): void {
    if (answer.kind === 'found') {
      this.#reports.push({ kind: 'accepted', orderId, brokerOrderId: answer.brokerOrderId });
    } else if (answer.kind === 'absent') {
      this.#reports.push({ kind: 'proved_absent', orderId, message: 'the order is not in the broker’s book' });
    }
  }

  /** An answer that shows no terms leaves them in doubt. */
  #settleTerms(orderId: EventId, answer: BookAnswer): void {
    const terms = answer.kind === 'found' ? answer.terms : undefined;
    if (terms === undefined) this.#inDoubt.add(orderId);
    else this.#reports.push({ kind: 'modified', orderId, terms });
  }

  /** What was learned since the last call, in the order in which it was. */
  take(): readonly BrokerReport[] {
    return this.#reports.splice(0);
  }

  close(): void {
    this.#stopListening();
  }
}

function reportOf(orderId: EventId, outcome: SubmitOutcome): BrokerReport {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'accepted', orderId, brokerOrderId: outcome.brokerOrderId };
    case 'refused':
      return { kind: 'refused', orderId, code: outcome.code, message: outcome.message };
    case 'not_sent':
      return { kind: 'not_sent', orderId, message: outcome.message };
    case 'unknown':
      return { kind: 'unanswered', orderId, message: outcome.message };
  }
}

function refusalOf(
  orderId: EventId,
  action: 'modify' | 'cancel',
  { kind, message }: Extract<ChangeOutcome, { kind: 'refused' | 'not_sent' }>,
): BrokerReport {
  return { kind: 'change_refused', orderId, action, message: kind === 'refused' ? message : `not sent: ${message}` };
}
