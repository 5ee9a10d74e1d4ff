// The metrics of a running platform, as the settings MONITORING__… say.
import { PlatformMetrics, type MetricsSample } from '#adapters/prometheus/platform-metrics.ts';
import type { Clock } from '#ports/clock.ts';
import type { Settings } from '../config/settings-schema.ts';
import type { Measured } from '../pipeline.ts';

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

/** Undefined when no times are measured. */
export function measuredBy({ times }: PlatformMetrics, clock: Clock): Measured | undefined {
  if (times === undefined) return undefined;
  return {
    onBatch: () => times.onBatch(),
    writing: (write, urgent) => times.commit(write, urgent),
    timing: { now: () => clock.monotonicMs(), took: (stage, type, ms) => times.took(stage, type, ms) },
    decided: (ms) => times.decided(ms),
  };
}
