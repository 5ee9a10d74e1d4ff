// Sends durable intents to the gateway of one namespace, each at most once in its life, and turns what is learned into
// reports for the engine. An attempt whose outcome is open is never repeated: the broker's book settles it.
import { type OrderSubmitted } from '#core/events.ts';
import { type WorkingOrder } from '#core/execution/working-order.ts';
import { type BrokerReport } from '#core/execution/report.ts';
import { type EventId } from '#core/ids.ts';
import { type Gateway, type SubmitOutcome } from '#ports/broker.ts';

export class OrderDesk {
  readonly #gateway: Gateway;
  readonly #reports: BrokerReport[] = [];
  readonly #stopListening: () => void;
  #inFlight = 0;

  constructor(gateway: Gateway) {
    this.#gateway = gateway;
    this.#stopListening = gateway.reports((report) => this.#reports.push(report));
  }

  /** Attempts that have not been answered. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Sends an intent that is durable and claimed. */
  send(order: OrderSubmitted): void {
    this.#inFlight++;
    void this.#gateway.submit(order).then((outcome) => {
      this.#inFlight--;
      this.#reports.push(reportOf(order.order.orderId, outcome));
    });
  }

  /**
   * After a restart, what was being sent may or may not have left: it is unknown from here on. Nothing is sent again.
   */
  afterRestart(orders: readonly WorkingOrder[]): void {
    for (const { submitted, state } of orders) {
      if (state !== 'sending') continue;
      const message = 'the process ended while the order was being sent';
      this.#reports.push({ kind: 'unanswered', orderId: submitted.order.orderId, message });
    }
  }

  /** Asks the broker's book about every order whose outcome is open. */
  async settle(orders: readonly WorkingOrder[]): Promise<void> {
    for (const { submitted, state } of orders) {
      if (state !== 'unknown') continue;
      const { orderId } = submitted.order;
      const answer = await this.#gateway.lookUp(orderId);
      if (answer.kind === 'found') {
        this.#reports.push({ kind: 'accepted', orderId, brokerOrderId: answer.brokerOrderId });
      } else if (answer.kind === 'absent') {
        this.#reports.push({ kind: 'proved_absent', orderId, message: 'the order is not in the broker’s book' });
      }
    }
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
