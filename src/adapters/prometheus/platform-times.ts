// The times of a running platform, each measured where it costs nothing that a tick would notice: for a batch, a commit, an
// order or an event, never for each tick by itself.
import type { DomainEvent } from '#core/events.ts';
import { LoopDelay } from './loop-delay.ts';
import { PlainHistogram, type Series } from './plain-histogram.ts';

/** From what a disk with a battery takes to what nobody should see. */
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** A stage is called in memory. */
const FINE_SECONDS = [1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1, 0.5];
const SECOND_MS = 1_000;

export interface TimesOptions {
  /** Where ticks come from. */
  readonly source: string;
  readonly monotonicMs: () => number;
}

export class PlatformTimes {
  readonly #options: TimesOptions;
  readonly #loop: LoopDelay;
  readonly #commits = new PlainHistogram({
    name: 'trading_commit_seconds',
    help: 'How long a commit took until it was durable, as STORE__FSYNC has it; urgent: an order waited for it.',
    bounds: SECONDS,
  });
  readonly #tickToOrder = new PlainHistogram({
    name: 'trading_tick_to_order_seconds',
    help: 'From the reading of a batch of ticks until an order that followed from it was durable and could leave.',
    bounds: SECONDS,
  });
  readonly #processing = new PlainHistogram({
    name: 'trading_processing_latency_seconds',
    help: 'How long a stage took for one input; of ticks, strategies alone and with a tape one call in 64.',
    bounds: FINE_SECONDS,
  });
  readonly #emit = new PlainHistogram({
    name: 'market_tick_emit_latency_seconds',
    help: 'From the reading of a batch of ticks until it was committed with all that followed from it.',
    bounds: SECONDS,
  });
  readonly #enqueue = new PlainHistogram({
    name: 'market_tick_enqueue_delay_seconds',
    help: 'How old the newest tick of a live market was, by its own time, when its batch was committed.',
    bounds: SECONDS,
  });
  readonly #plainCommit: Series = this.#commits.of({ urgent: 'false' });
  readonly #urgentCommit: Series = this.#commits.of({ urgent: 'true' });
  readonly #emitted: Series = this.#emit.of({ service: 'market_feed' });
  readonly #decided: Series = this.#processing.of({ service: 'strategy_runner', event_type: 'market_tick' });
  readonly #stages = new Map<string, Series>();
  #batchAtMs: number | undefined;

  constructor(options: TimesOptions) {
    this.#options = options;
    this.#loop = new LoopDelay(options.monotonicMs);
  }

  onBatch(): void {
    this.#batchAtMs = this.#options.monotonicMs();
  }

  /** What a recovery rebuilds before the first batch has been measured by nobody. */
  get #begun(): boolean {
    return this.#batchAtMs !== undefined;
  }

  took(stage: string, type: string, ms: number): void {
    if (!this.#begun) return;
    // A stage reads each type alone.
    let series = this.#stages.get(type);
    if (series === undefined) {
      series = this.#processing.of({ service: stage, event_type: type });
      this.#stages.set(type, series);
    }
    series.observe(ms / SECOND_MS);
  }

  decided(ms: number): void {
    if (this.#begun) this.#decided.observe(ms / SECOND_MS);
  }

  commit(write: () => void, urgent: boolean): void {
    const from = this.#options.monotonicMs();
    write();
    const series = urgent ? this.#urgentCommit : this.#plainCommit;
    series.observe((this.#options.monotonicMs() - from) / SECOND_MS);
  }

  /** @param marketAgeMs how old the newest tick is; undefined where the market has a time of its own */
  onCommitted(events: readonly DomainEvent[], ticks: number, marketAgeMs: number | undefined): void {
    if (ticks === 0 || this.#batchAtMs === undefined) return;
    const seconds = (this.#options.monotonicMs() - this.#batchAtMs) / SECOND_MS;
    this.#emitted.observe(seconds);
    const { source } = this.#options;
    if (marketAgeMs !== undefined) this.#enqueue.of({ source }).observe(Math.max(0, marketAgeMs) / SECOND_MS);
    if (events.length === 0) return;
    const ordered = new Set<string>();
    for (const event of events) if (event.type === 'order_submitted') ordered.add(event.broker);
    for (const broker of ordered) this.#tickToOrder.of({ broker }).observe(seconds);
  }

  histograms(): readonly PlainHistogram[] {
    const ours = [this.#commits, this.#tickToOrder, this.#processing, this.#emit, this.#enqueue];
    return [...ours, ...this.#loop.histograms()];
  }

  close(): void {
    this.#loop.close();
  }
}
