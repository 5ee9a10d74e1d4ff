// The metrics of a running platform, as the settings MONITORING__… say.
import { PlatformMetrics, type MetricsSample } from '#adapters/prometheus/platform-metrics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Settings } from '../config/settings-schema.ts';
import type { Measured } from '../pipeline.ts';

/** Undefined when the settings want none. */
export function metricsOf(
  { feed, monitoring }: Pick<Settings, 'feed' | 'monitoring'>,
  clock: Clock,
  sample: () => Promise<MetricsSample>,
): PlatformMetrics | undefined {
  if (!monitoring.metricsEnabled) return undefined;
  return new PlatformMetrics({
    source: feed.source.kind,
    performance: monitoring.performanceMonitoringEnabled,
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    sample,
  });
}

export function measuredBy(metrics: PlatformMetrics): Measured {
  return { onBatch: () => metrics.onBatch(), writing: (write, urgent) => metrics.commit(write, urgent) };
}
