// What the platform says of its health, the same on /health/ready and in the API.
import type { HealthMonitor } from '#engine/health.ts';
import type { StageStatus } from '#engine/stages.ts';

export interface HealthSource {
  readonly brokers: readonly string[];
  readonly health: HealthMonitor;
  /** What each stage says of itself. */
  readonly stages: () => readonly StageStatus[];
  /** Whether the pipeline takes inputs now. */
  readonly running: () => boolean;
}

export function readyOf({ running, health }: HealthSource): boolean {
  return running() && health.healthy;
}

export function brokerStatus({ running, health }: HealthSource, broker: string): 'ready' | 'not_ready' {
  return running() && health.ready(broker) ? 'ready' : 'not_ready';
}

export function healthAnswer(source: HealthSource) {
  const { running, health, stages, brokers } = source;
  return {
    status: readyOf(source) ? 'ready' : 'not_ready',
    running: running(),
    checks: health.results.map(({ component, passed, message, broker }) => ({ component, passed, message, broker })),
    stages: stages(),
    brokers: Object.fromEntries(brokers.map((broker) => [broker, brokerStatus(source, broker)])),
  };
}
