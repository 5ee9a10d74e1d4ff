// What the metrics look at when somebody asks for them: from the store and the health of the running platform.
import { setImmediate } from 'node:timers/promises';
import type { MetricsSample } from '#adapters/prometheus/platform-metrics.ts';
import { brokerStatus, type HealthSource } from '#api/health-answers.ts';
import { STATES } from '#api/contract.ts';
import type { Reading } from '#api/reading.ts';
import type { Alert } from '#core/alerts/alert-book.ts';
import type { StoreReader } from '#ports/store.ts';
import { parseTopic } from '#wire/topics.ts';

export interface SampleSource extends HealthSource {
  readonly reading: Reading;
  readonly store: StoreReader;
  readonly groupsOf: (topic: string) => readonly string[];
  /** Every alert that is kept. */
  readonly knownAlerts: () => readonly Alert[];
  readonly droppedLogLines: () => number;
}

/** What is of no namespace. */
const SHARED = 'shared';

export async function metricsSample(source: SampleSource): Promise<MetricsSample> {
  const { reading, store, health, stages, brokers } = source;
  const paper = new Set(reading.brokers().flatMap(({ broker, kind }) => (kind === 'paper' ? [broker] : [])));
  const topics = store.topics();
  const lags = await consumerLags(source);
  return {
    books: reading.portfolios(undefined).map(({ broker, strategy_id: strategyId, cash, valuation }) => {
      const [pnl, grossExposure] = [valuation?.total_pnl, valuation?.gross_exposure];
      return { broker, isPaper: paper.has(broker), strategyId, cash, pnl, grossExposure };
    }),
    checks: health.results.map(({ component, broker = SHARED, passed }) => ({ component, broker, passed })),
    stages: stages().flatMap(({ service_name: stage, orchestrator_status: { running } }) =>
      brokers.map((broker) => ({ stage, broker, healthy: running && brokerStatus(source, broker) === 'ready' })),
    ),
    letters: topics.flatMap(({ topic, end }) => {
      const parsed = parseTopic(topic);
      if (parsed?.deadLetters !== true && !topic.endsWith('.dlq')) return [];
      return [{ broker: parsed?.scope === 'broker' ? parsed.broker : SHARED, count: end }];
    }),
    lags,
    alerts: openAlerts(source.knownAlerts()),
    control: reading.control().flatMap(({ broker, scope, state }) => {
      return scope === 'global' ? [] : [{ broker, scope, level: STATES.indexOf(state) }];
    }),
    limits: reading.limits().flatMap(({ broker, strategy_id: strategyId, limit, use }) => {
      const most = Number(use?.most ?? 0);
      return use === null || most === 0 ? [] : [{ broker, strategyId, limit, used: Number(use.used) / most }];
    }),
    droppedLogLines: source.droppedLogLines(),
  };
}

/** The alerts that have not ended, counted by what Prometheus tells apart. */
function openAlerts(alerts: readonly Alert[]): MetricsSample['alerts'] {
  const open = alerts.filter(({ state }) => state !== 'resolved');
  const counted = Map.groupBy(open, ({ code, broker = SHARED, state }) => `${code} ${broker} ${state}`);
  return [...counted.values()].flatMap((some) => {
    const [first] = some;
    if (first === undefined) return [];
    const { code, severity, broker = SHARED, state } = first;
    return [{ code, severity, broker, state, count: some.length }];
  });
}

/** How many messages every consumer group has not read yet, topic by topic. */
export async function consumerLags({
  store,
  groupsOf,
}: Pick<SampleSource, 'store' | 'groupsOf'>): Promise<MetricsSample['lags']> {
  const lags: MetricsSample['lags'][number][] = [];
  for (const { topic, end } of store.topics()) {
    for (const group of groupsOf(topic)) {
      lags.push({ group, topic, messages: end - (store.committed(group, topic) ?? end) });
    }
    // Each is a question to the store, between which the pipeline has its turn.
    await setImmediate();
  }
  return lags;
}
