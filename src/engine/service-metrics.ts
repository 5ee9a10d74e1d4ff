// What a service counts while it runs, and how long its handlers take.

export interface MetricsReport {
  readonly handled: number;
  readonly duplicates: number;
  readonly retries: number;
  readonly dead_letters: number;
  readonly sent: number;
  /** Share of finished messages that were handled; 1 before the first. */
  readonly success_rate: number;
  /** Milliseconds of the last handlings, by percentile; null before the first. */
  readonly handler_ms: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
}

const SAMPLES_MAX = 100;

export class ServiceMetrics {
  handled = 0;
  duplicates = 0;
  retries = 0;
  deadLetters = 0;
  /** Attempts that failed, messages that could not be read included. */
  errors = 0;
  sent = 0;
  readonly #samples: number[] = [];
  #nextSample = 0;

  /** A handler has succeeded in this time. */
  onHandled(ms: number): void {
    this.handled++;
    this.#samples[this.#nextSample] = ms;
    this.#nextSample = (this.#nextSample + 1) % SAMPLES_MAX;
  }

  report(): MetricsReport {
    const finished = this.handled + this.deadLetters;
    return {
      handled: this.handled,
      duplicates: this.duplicates,
      retries: this.retries,
      dead_letters: this.deadLetters,
      sent: this.sent,
      success_rate: finished === 0 ? 1 : this.handled / finished,
      handler_ms: this.#percentiles(),
    };
  }

  #percentiles(): MetricsReport['handler_ms'] {
    if (this.#samples.length === 0) return null;
    const sorted = this.#samples.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
