// The health checks as the settings want them: how long one may take, and whether they go on while the platform runs.
import { HealthMonitor, watchHealth, type HealthCheck } from '#engine/health.ts';
import { SECOND_MS } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';

type Monitoring = Pick<Settings['monitoring'], 'healthCheckEnabled' | 'healthCheckInterval' | 'healthCheckTimeout'>;

export function healthMonitor(checks: readonly HealthCheck[], monitoring: Monitoring, clock: Clock): HealthMonitor {
  return new HealthMonitor(checks, clock, monitoring.healthCheckTimeout * SECOND_MS);
}

/** Goes on checking while the platform runs, unless that is switched off; returns what ends it. */
export function repeatChecks(health: HealthMonitor, monitoring: Monitoring, clock: Clock): () => void {
  const ended = new AbortController();
  if (monitoring.healthCheckEnabled) {
    void watchHealth(health, clock, monitoring.healthCheckInterval * SECOND_MS, ended.signal);
  }
  return () => ended.abort();
}
