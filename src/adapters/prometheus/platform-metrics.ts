// The metrics of a running platform as Prometheus reads them, with the seed's names where it has one. What is counted is
// told with each commit; everything else is looked at when somebody asks.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry } from 'prom-client';
import type { DomainEvent } from '#core/events.ts';
import { CommitCounts, labelsOf, type Counts } from './commit-counts.ts';
import { PaperFills } from './paper-fills.ts';
import { PlatformTimes } from './platform-times.ts';

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
    /** What is held, longs and shorts together, at the last snapshot. */
    readonly grossExposure: string | undefined;
  }[];
  readonly checks: readonly { readonly component: string; readonly broker: string; readonly passed: boolean }[];
  readonly stages: readonly { readonly stage: string; readonly broker: string; readonly healthy: boolean }[];
  readonly letters: readonly { readonly broker: string; readonly count: number }[];
  /** Messages that a consumer group has not read yet. */
  readonly lags: readonly { readonly group: string; readonly topic: string; readonly messages: number }[];
  /** Alerts that hold, by code. */
  readonly alerts: readonly {
    readonly code: string;
    readonly severity: string;
    readonly broker: string;
    readonly state: string;
    readonly count: number;
  }[];
  /** What may be sent: 0 everything, 1 what shrinks a position, 2 cancels and flattening, 3 nothing until it is armed. */
  readonly control: readonly { readonly broker: string; readonly scope: string; readonly level: number }[];
  /** What is used of the limits that the gate keeps count of, 1 for all of it. */
  readonly limits: readonly {
    readonly broker: string;
    readonly strategyId: string;
    readonly limit: string;
    readonly used: number;
  }[];
  /** Lines that no log file took. */
  readonly droppedLogLines: number;
}

export interface PlatformMetricsOptions {
  /** Where ticks come from: `simulator`, `tape` or `zerodha`. */
  readonly source: string;
  /** Whether times are measured. */
  readonly performance: boolean;
  /** Whether a namespace is of kind `paper`. */
  readonly isPaper: (broker: string) => boolean;
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly sample: () => Promise<MetricsSample>;
}

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

const NOTHING: MetricsSample = {
  books: [],
  checks: [],
  stages: [],
  letters: [],
  lags: [],
  alerts: [],
  control: [],
  limits: [],
  droppedLogLines: 0,
};

export class PlatformMetrics {
  readonly #options: PlatformMetricsOptions;
  readonly #registry = new Registry();
  readonly #counts: CommitCounts;
  readonly #fills: PaperFills;
  /** Undefined when no times are measured. */
  readonly #times: PlatformTimes | undefined;
  readonly #loop: ReturnType<typeof monitorEventLoopDelay>;
  /** As it was when metrics were asked for last. */
  #sample = NOTHING;

  constructor(options: PlatformMetricsOptions) {
    this.#options = options;
    this.#counts = new CommitCounts(options.now);
    this.#fills = new PaperFills(options.isPaper);
    this.#times = options.performance ? new PlatformTimes(options) : undefined;
    this.#loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    if (options.performance) this.#loop.enable();
    this.#define();
  }

  /** What is told of times; undefined when none are measured. */
  get times(): PlatformTimes | undefined {
    return this.#times;
  }

  /** @param marketAgeMs how old the newest tick is; undefined where the market has a time of its own */
  onCommitted(
    { events, ticks }: { readonly events: readonly DomainEvent[]; readonly ticks: number },
    marketAgeMs?: number,
  ): void {
    this.#counts.onCommitted(events, ticks);
    this.#times?.onCommitted(events, ticks, marketAgeMs);
    for (const event of events) this.#fills.take(event);
  }

  /** As Prometheus reads it. */
  async text(): Promise<string> {
    this.#sample = await this.#options.sample();
    const text = await this.#registry.metrics();
    this.#loop.reset();
    const histograms = [...this.#fills.histograms(), ...(this.#times?.histograms() ?? [])];
    return `${text}\n${histograms.map((each) => each.text()).join('\n\n')}\n`;
  }

  close(): void {
    this.#loop.disable();
    this.#times?.close();
  }

  #define(): void {
    this.#defineCounts();
    this.#defineTroubles();
    this.#defineBooks();
    this.#defineLooks();
    this.#defineControl();
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

  #defineTroubles(): void {
    this.#counter(
      'trading_signals_rejected_total',
      'Objections of the risk gate, by their code; a signal may have several.',
      ['broker', 'code'],
      () => rowsOf(this.#counts.objections, ([broker = '', code = '']) => ({ broker, code })),
    );
    this.#counter(
      'trading_errors_total',
      'Orders that failed, by why, and orders whose answer was lost.',
      ['component', 'error_type', 'broker'],
      () =>
        rowsOf(this.#counts.errors, ([component = '', type = '', broker = '']) => {
          return { component, error_type: type, broker };
        }),
    );
    this.#gauge('trading_alerts', 'Alerts that hold.', ['code', 'severity', 'broker', 'state'], () =>
      this.#sample.alerts.map(({ count, ...labels }) => [labels, count]),
    );
    this.#counter('alpha_panda_logging_queue_dropped_total', 'Lines that no log file took.', [], () => [
      [{}, this.#sample.droppedLogLines],
    ]);
  }

  #defineControl(): void {
    this.#gauge(
      'trading_control_level',
      'What may be sent: 0 everything, 1 what shrinks a position, 2 cancels, 3 nothing until it is armed.',
      ['broker', 'scope'],
      () => this.#sample.control.map(({ broker, scope, level }) => [{ broker, scope }, level]),
    );
    this.#gauge(
      'trading_limit_used_ratio',
      'What is used of a limit of the risk gate, 1 for all of it.',
      ['broker', 'strategy_id', 'limit'],
      () =>
        this.#sample.limits.map(({ strategyId, used, ...labels }) => [{ ...labels, strategy_id: strategyId }, used]),
    );
  }

  #defineBooks(): void {
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
    this.#gauge(
      'strategy_gross_exposure',
      'What a book held at its last snapshot, longs and shorts together.',
      of,
      () =>
        this.#sample.books.flatMap(({ broker, strategyId, grossExposure: held }) =>
          held === undefined ? [] : [[{ strategy_id: strategyId, broker }, Number(held)] as const],
        ),
    );
  }

  #defineLooks(): void {
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
