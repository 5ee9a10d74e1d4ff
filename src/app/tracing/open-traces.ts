// The traces of a platform that runs, as the settings TRACING__… say.
import { SpanExporter } from '#adapters/otlp/exporter.ts';
import type { Clock } from '#ports/clock.ts';
import type { Logger } from '#ports/telemetry.ts';
import type { Settings } from '../config/settings-schema.ts';
import { version } from '../project.ts';
import { OrderTraces } from './order-traces.ts';

export interface OpenTraces {
  readonly traces: OrderTraces;
  /** Sends what waits, or gives it up after a moment. */
  readonly close: () => Promise<void>;
}

/** Undefined when the settings want none. */
export function openTraces(settings: Settings, clock: Clock, logger: Logger): OpenTraces | undefined {
  const { otlpEndpoint: endpoint, sampleRate } = settings.tracing;
  if (endpoint === '') return undefined;
  const resource = {
    'service.name': settings.appName,
    'service.version': version(),
    'deployment.environment.name': settings.environment,
  };
  const exporter = new SpanExporter({ endpoint, resource, version: version(), clock, logger });
  const gateways = new Set<string>(settings.brokers.flatMap(({ id, runsAs }) => (runsAs === 'gateway' ? [id] : [])));
  const traces = new OrderTraces({
    sampleRate,
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    isGateway: (broker) => gateways.has(broker),
    take: (span) => exporter.take(span),
  });
  return { traces, close: async () => exporter.close() };
}
