// The way between two programs as something that can be cut, as a pulled cable does: nothing passes in either direction,
// nobody is told, and once it is mended what was on the way goes on. A thread of its own carries, because those who test
// wait for their stores without a turn of the loop.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RelayData, RelayOrder } from './cut-link-relay.ts';

export class CutLink {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Takes what comes to `port` on to `target`, both on the loopback interface. */
  static async open(ends: RelayData): Promise<CutLink> {
    const worker = new Worker(new URL('./cut-link-relay.ts', import.meta.url), { workerData: ends, execArgv: [] });
    await once(worker, 'message');
    return new CutLink(worker);
  }

  cut(): void {
    this.#tell('cut');
  }

  mend(): void {
    this.#tell('mend');
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(order: RelayOrder): void {
    this.#worker.postMessage(order, []);
  }
}
