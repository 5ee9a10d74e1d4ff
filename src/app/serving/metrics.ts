// The metrics of a running platform, as the settings MONITORING__… say.
import { PlatformMetrics, type MetricsSample } from '#adapters/prometheus/platform-metrics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Settings } from '../config/settings-schema.ts';
import type { Measured } from '../pipeline.ts';
import type { OrderTraces } from '../tracing/order-traces.ts';

/** Undefined when the settings want none. */
export function metricsOf(
  { brokers, feed, monitoring }: Pick<Settings, 'brokers' | 'feed' | 'monitoring'>,
  clock: Clock,
  sample: () => Promise<MetricsSample>,
): PlatformMetrics | undefined {
  if (!monitoring.metricsEnabled) return undefined;
  const paper = new Set<string>(brokers.flatMap(({ id, kind }) => (kind === 'paper' ? [id] : [])));
  return new PlatformMetrics({
    isPaper: (broker) => paper.has(broker),
    source: feed.source.kind,
    performance: monitoring.performanceMonitoringEnabled,
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    sample,
  });
}

/** Whoever is told of times: metrics, traces, both, or undefined for nobody. */
export function measuredBy(
  times: PlatformMetrics['times'],
  traces: OrderTraces | undefined,
  clock: Clock,
): Measured | undefined {
  if (times === undefined && traces === undefined) return undefined;
  const write = (work: () => void, urgent: boolean): void =>
    times === undefined ? work() : times.commit(work, urgent);
  return {
    onBatch: () => {
      times?.onBatch();
      traces?.onBatch();
    },
    writing: (work, urgent) => {
      if (traces === undefined) write(work, urgent);
      else traces.writing(() => write(work, urgent));
    },
    timing: {
      now: () => clock.monotonicMs(),
      took: (stage, event, ms) => {
        times?.took(stage, event.type, ms);
        traces?.took(event, ms);
      },
    },
    decided: (ms) => times?.decided(ms),
  };
}
