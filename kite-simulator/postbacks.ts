// Postbacks: one signed POST for each update of an order, sent once and never again, as Kite does.
import { type OrderUpdate } from './account/book.ts';
import { type Broker } from './broker.ts';
import { updateJson } from './rest/order-json.ts';

const TIMEOUT_MS = 5_000;

export class Postbacks {
  readonly #broker: Broker;
  readonly #url: string;
  #under: Promise<unknown>[] = [];

  constructor(broker: Broker, url: string) {
    this.#broker = broker;
    this.#url = url;
    broker.onUpdates.push((updates) => this.#post(updates));
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await Promise.all(this.#under);
  }

  #post(updates: readonly OrderUpdate[]): void {
    const { faults, sessions, options } = this.#broker;
    for (const { order, status } of updates) {
      if (order.foreign || faults.strikes('lost-update', order) !== undefined) continue;
      const whole = updateJson(order, status, sessions.credentials);
      const isBad = faults.strikes('bad-checksum', order) !== undefined;
      const body = JSON.stringify(isBad ? { ...whole, checksum: '0'.repeat(64) } : whole);
      const headers = { 'content-type': 'application/json' };
      const sent = fetch(this.#url, { method: 'POST', body, headers, signal: AbortSignal.timeout(TIMEOUT_MS) })
        .then((response) => response.arrayBuffer())
        .catch((error: unknown) => {
          options.onProblem?.(`the postback of order ${order.orderId} did not arrive: ${String(error)}`);
        });
      this.#under = [...this.#under, sent];
      void sent.finally(() => (this.#under = this.#under.filter((other) => other !== sent)));
    }
  }
}
