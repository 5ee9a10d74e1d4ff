// The metrics of a running platform as Prometheus reads them, with the seed's names where it has one. What is counted is
// told with each commit; everything else is looked at when somebody asks.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DomainEvent } from '#core/events.ts';
import { CommitCounts, labelsOf, type Counts } from './commit-counts.ts';

/** What is looked at when metrics are asked for. */
export interface MetricsSample {
  readonly books: readonly {
    readonly broker: string;
    readonly isPaper: boolean;
    readonly strategyId: string;
    /** Decimal text. */
    readonly cash: string;
    /** Undefined before the first snapshot. */
    readonly pnl: string | undefined;
  }[];
  readonly checks: readonly { readonly component: string; readonly broker: string; readonly passed: boolean }[];
  readonly stages: readonly { readonly stage: string; readonly broker: string; readonly healthy: boolean }[];
  readonly letters: readonly { readonly broker: string; readonly count: number }[];
  /** Messages that a consumer group has not read yet. */
  readonly lags: readonly { readonly group: string; readonly topic: string; readonly messages: number }[];
}

export interface PlatformMetricsOptions {
  /** Where ticks come from: `simulator`, `tape` or `zerodha`. */
  readonly source: string;
  /** Whether times are measured. */
  readonly performance: boolean;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly sample: () => Promise<MetricsSample>;
}

/** From what a disk with a battery takes to what nobody should see. */
const SECONDS = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const SERVICES: Readonly<Record<string, string>> = {
  trading_signal: 'strategy_runner',
  order_change: 'strategy_runner',
  validated_signal: 'risk_manager',
  validated_change: 'risk_manager',
  rejected_signal: 'risk_manager',
  rejected_change: 'risk_manager',
  pnl_snapshot: 'portfolio_manager',
};
const QUANTILES = [50, 90, 99] as const;
const RESOLUTION_MS = 20;
const SECOND_MS = 1_000;
const SECOND_NS = 1e9;

export class PlatformMetrics {
  readonly #options: PlatformMetricsOptions;
  readonly #registry = new Registry();
  readonly #counts: CommitCounts;
  readonly #commits: Histogram<'urgent'>;
  readonly #tickToOrder: Histogram<'broker'>;
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>;
  #batchAtMs = 0;
  /** As it was when metrics were asked for last. */
  #sample: MetricsSample = { books: [], checks: [], stages: [], letters: [], lags: [] };

  constructor(options: PlatformMetricsOptions) {
    this.#options = options;
    this.#counts = new CommitCounts(options.now);
    const registers = options.performance ? [this.#registry] : [];
    const times = { buckets: SECONDS, registers };
    this.#commits = new Histogram({
      name: 'trading_commit_seconds',
      help: 'How long a commit took until it was durable, as STORE__FSYNC has it; urgent: an order waited for it.',
      labelNames: ['urgent'],
      ...times,
    });
    this.#tickToOrder = new Histogram({
      name: 'trading_tick_to_order_seconds',
      help: 'From the reading of a batch of ticks until an order that followed from it was durable and could leave.',
      labelNames: ['broker'],
      ...times,
    });
    this.#loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    if (options.performance) this.#loop.enable();
    this.#define();
  }

  /** A batch of ticks was read, and is about to be taken. */
  onBatch(): void {
    if (this.#options.performance) this.#batchAtMs = this.#options.monotonicMs();
  }

  /** Runs a commit, which is durable when `write` returns. */
  commit(write: () => void, urgent: boolean): void {
    if (!this.#options.performance) return write();
    const from = this.#options.monotonicMs();
    write();
    this.#commits.observe({ urgent: `${urgent}` }, (this.#options.monotonicMs() - from) / SECOND_MS);
  }

  onCommitted({ events, ticks }: { readonly events: readonly DomainEvent[]; readonly ticks: number }): void {
    this.#counts.onCommitted(events, ticks);
    if (!this.#options.performance || ticks === 0) return;
    const ordered = new Set<string>();
    for (const event of events) if (event.type === 'order_submitted') ordered.add(event.broker);
    if (ordered.size === 0) return;
    const seconds = (this.#options.monotonicMs() - this.#batchAtMs) / SECOND_MS;
    for (const broker of ordered) this.#tickToOrder.observe({ broker }, seconds);
  }

  /** As Prometheus reads it. */
  async text(): Promise<string> {
    this.#sample = await this.#options.sample();
    const text = await this.#registry.metrics();
    this.#loop.reset();
    return text;
  }

  close(): void {
    this.#loop.disable();
  }

  #define(): void {
    this.#defineCounts();
    this.#defineLooks();
    this.#defineProcess();
  }

  #defineCounts(): void {
    const counts = this.#counts;
    this.#counter(
      'trading_events_processed_total',
      'Events that were committed.',
      ['service', 'broker', 'event_type'],
      () =>
        rowsOf(counts.events, ([type = '', broker = '']) => ({ service: serviceOf(type), broker, event_type: type })),
    );
    this.#counter(
      'trading_signals_generated_total',
      'Signals that were made.',
      ['strategy_id', 'broker', 'signal_type'],
      () =>
        rowsOf(counts.signals, ([strategy = '', broker = '', side = '']) => {
          return { strategy_id: strategy, broker, signal_type: side };
        }),
    );
    this.#counter(
      'trading_orders_executed_total',
      'Orders that were submitted (pending), fills (filled), and orders that failed.',
      ['broker', 'order_type', 'status'],
      () => rowsOf(counts.orders, ([broker = '', type = '', status = '']) => ({ broker, order_type: type, status })),
    );
    this.#counter('market_ticks_received_total', 'Ticks that were committed.', ['source'], () => [
      [{ source: this.#options.source }, counts.ticks],
    ]);
    this.#gauge(
      'trading_last_activity_timestamp_unix',
      'When an event of a type was last committed.',
      ['service', 'stage', 'broker'],
      () =>
        rowsOf(counts.lastAt, ([type = '', broker = '']) => ({ service: serviceOf(type), stage: type, broker })).map(
          ([labels, at]) => [labels, at / SECOND_MS] as const,
        ),
    );
  }

  #defineLooks(): void {
    const of = ['strategy_id', 'broker'];
    this.#gauge('paper_cash_balance', 'Cash of a book in a namespace of kind paper.', of, () =>
      this.#sample.books.flatMap(({ broker, isPaper, strategyId, cash }) =>
        isPaper ? [[{ strategy_id: strategyId, broker }, Number(cash)] as const] : [],
      ),
    );
    this.#gauge('strategy_pnl_current', 'P&L of a book at its last snapshot.', of, () =>
      this.#sample.books.flatMap(({ broker, strategyId, pnl }) =>
        pnl === undefined ? [] : [[{ strategy_id: strategyId, broker }, Number(pnl)] as const],
      ),
    );
    this.#gauge('trading_connection_status', 'Whether a health check passed.', ['connection_type', 'broker'], () =>
      this.#sample.checks.map(({ component, broker, passed }) => [
        { connection_type: component, broker },
        Number(passed),
      ]),
    );
    this.#gauge(
      'trading_pipeline_stage_healthy',
      'Whether a stage runs for a ready namespace.',
      ['stage', 'broker'],
      () => this.#sample.stages.map(({ stage, broker, healthy }) => [{ stage, broker }, Number(healthy)]),
    );
    this.#counter('trading_dlq_messages_total', 'Messages on the topics of dead letters.', ['service', 'broker'], () =>
      this.#sample.letters.map(({ broker, count }) => [{ service: 'pipeline', broker }, count]),
    );
    this.#gauge('trading_consumer_lag', 'Messages that a group has not read yet.', ['consumergroup', 'topic'], () =>
      this.#sample.lags.map(({ group, topic, messages }) => [{ consumergroup: group, topic }, messages]),
    );
  }

  #defineProcess(): void {
    this.#gauge('process_resident_memory_bytes', 'Memory of the process.', [], () => [[{}, process.memoryUsage.rss()]]);
    this.#counter('process_cpu_seconds_total', 'Processor time of the process.', [], () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    });
    if (!this.#options.performance) return;
    this.#gauge(
      'nodejs_eventloop_delay_seconds',
      'How late the event loop was since the last look, above what its own timer waits.',
      ['quantile'],
      () => {
        const late = (ns: number): number => Math.max(0, ns / SECOND_NS - RESOLUTION_MS / SECOND_MS);
        const some = QUANTILES.map(
          (each) => [{ quantile: `${each / 100}` }, late(this.#loop.percentile(each))] as const,
        );
        return [...some, [{ quantile: '1' }, late(this.#loop.max)]];
      },
    );
  }

  #gauge(name: string, help: string, labelNames: readonly string[], rows: () => Rows): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        gauge.reset();
        for (const [labels, value] of rows()) gauge.set(labels, value);
      },
    });
  }

  /** What is counted elsewhere is handed over whole. */
  #counter(name: string, help: string, labelNames: readonly string[], rows: () => Rows): void {
    const counter = new Counter({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        for (const [labels, value] of rows()) counter.inc(labels, value);
      },
    });
  }
}

type Rows = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

function rowsOf(counts: Counts, labels: (parts: readonly string[]) => Readonly<Record<string, string>>): Rows {
  return [...counts].map(([key, count]) => [labels(labelsOf(key)), count] as const);
}

function serviceOf(type: string): string {
  return SERVICES[type] ?? (type.startsWith('order_') ? 'trading_engine' : 'platform');
}
