// SIGINT and SIGTERM alike ask for an orderly stop. Signals within one second of the first are the same signal; a later
// one means now.
import { type Logger } from '#ports/telemetry.ts';

const SAME_SIGNAL_MS = 1_000;

export class StopSignal {
  readonly #controller = new AbortController();
  readonly #logger: Logger;
  readonly #handler: (name: NodeJS.Signals) => void;
  #firstAt: number | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#handler = (name) => this.#onSignal(name);
    process.on('SIGINT', this.#handler);
    process.on('SIGTERM', this.#handler);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  dispose(): void {
    process.off('SIGINT', this.#handler);
    process.off('SIGTERM', this.#handler);
  }

  #onSignal(name: NodeJS.Signals): void {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      this.#logger.info(`Received shutdown signal: ${name}`);
      this.#controller.abort();
    } else if (now - this.#firstAt > SAME_SIGNAL_MS) {
      this.#logger.warning(`Received ${name} again: stopping now; the next start recovers`);
      process.exit(1);
    }
  }
}
