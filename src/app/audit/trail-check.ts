// Verifies the audit trail beside a running platform, when somebody asks: piece by piece, so that the pipeline has its turn.
import { setImmediate } from 'node:timers/promises';
import type { TrailState } from '#api/audit-routes.ts';
import { MINUTE_MS } from '#core/time.ts';
import { type AuditReader } from '#ports/audit.ts';
import { type StoreReader } from '#ports/store.ts';
import { verifySteps } from './verify-trail.ts';

/** What was found so lately is told again. */
const FRESH_MS = MINUTE_MS;

export interface TrailCheckOptions {
  readonly trail: Pick<AuditReader, 'after' | 'head'>;
  /** What was copied from it must stand there still; undefined where this process has not the whole of it. */
  readonly log: Pick<StoreReader, 'read' | 'topics'> | undefined;
  readonly now: () => number;
  readonly failed: (error: unknown) => void;
}

export class TrailCheck {
  readonly #options: TrailCheckOptions;
  #state: TrailState = { state: 'checking', checked: 0, hash: null, broken: null, at: null };
  #running = false;

  constructor(options: TrailCheckOptions) {
    this.#options = options;
  }

  /** What is known; begins anew when that is not fresh. */
  look(): TrailState & { readonly entries: number } {
    const { at } = this.#state;
    if (!this.#running && (at === null || this.#options.now() - at >= FRESH_MS)) {
      this.#running = true;
      void this.#run().catch((error: unknown) => this.#options.failed(error));
    }
    return { ...this.#state, entries: this.#options.trail.head().seq };
  }

  async #run(): Promise<void> {
    const { trail, log, now } = this.#options;
    try {
      const steps = verifySteps(trail, undefined, log);
      for (;;) {
        const { value, done } = steps.next();
        if (done === true) {
          const { head, broken } = value;
          const state = broken === undefined ? 'sound' : 'broken';
          this.#state = { state, checked: head.seq, hash: head.hash, broken: broken ?? null, at: now() };
          return;
        }
        // What was found before stays until there is something new, unless nothing was.
        if (this.#state.at === null) this.#state = { ...this.#state, checked: value };
        await setImmediate();
      }
    } finally {
      this.#running = false;
    }
  }
}
