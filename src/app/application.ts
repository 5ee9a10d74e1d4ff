// Starting and stopping in order: each part starts only after the one before it stands, and stops in reverse. A start
// that fails stops what had started.
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';

/** Something with a life of its own. `start` returns what ends it. */
export interface Part {
  readonly name: string;
  start(): Promise<() => Promise<void> | void>;
}

const CLEAN_UP_MS_MAX = 10_000;

export class Application {
  readonly #parts: readonly Part[];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #started: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];

  constructor(parts: readonly Part[], clock: Clock, logger: Logger) {
    this.#parts = parts;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Starts every part in order; when one fails, stops the started ones and throws what it threw. */
  async start(): Promise<void> {
    for (const part of this.#parts) {
      try {
        this.#started.push({ name: part.name, stop: await part.start() });
        this.#logger.debug(`Started ${part.name}`);
      } catch (error) {
        this.#logger.info('Cleaning up partially initialized resources...');
        await this.stop();
        this.#logger.info('Partial cleanup completed');
        throw error;
      }
    }
  }

  /** Stops what was started, in reverse, within ten seconds; a part that cannot stop is logged and passed over. */
  async stop(): Promise<void> {
    const done = new AbortController();
    const tooLate = this.#clock.sleep(CLEAN_UP_MS_MAX, done.signal).then(() => 'late' as const);
    for (let part = this.#started.pop(); part !== undefined; part = this.#started.pop()) {
      const { name, stop } = part;
      const stopped = (async (): Promise<'stopped'> => {
        await stop();
        return 'stopped';
      })().catch((error: unknown) => {
        this.#logger.warning(`Error stopping ${name}`, { error });
        return 'failed' as const;
      });
      const outcome = await Promise.race([stopped, tooLate]);
      if (outcome === 'late') {
        this.#logger.warning(`${name} did not stop within ${CLEAN_UP_MS_MAX / 1000} s`);
        break;
      }
    }
    done.abort();
  }
}
