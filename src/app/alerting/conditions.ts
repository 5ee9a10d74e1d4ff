// The troubles that hold or do not hold at the moment at which somebody looks.
import { type Observation } from '#core/alerts/alert-book.ts';
import { type AlertCode } from '#core/alerts/catalogue.ts';
import { SECOND_MS } from '#core/time.ts';
import { type HealthResult } from '#engine/health.ts';
import { type Settings } from '../config/settings-schema.ts';
import { AUDIT_CHECK } from '../audit/trail-watch.ts';
import { REDIS_CHECK } from '../redis-check.ts';
import { type MachineUse } from './machine.ts';

/** Codes of what is looked at: one that is not seen at a look has ended. */
export const LOOKED_AT: ReadonlySet<AlertCode> = new Set([
  'FEED_STALLED',
  'FEED_TOKEN',
  'BROKER_TOKEN',
  'MARKET_DATA_LATE',
  'FLOW_STALLED',
  'CONSUMER_LAG',
  'CHECK_FAILED',
  'AUDIT_BROKEN',
  'MEMORY_HIGH',
  'CPU_HIGH',
  'DISK_FULL',
  'CHANNEL_FAILED',
  'SUBSCRIPTION_DEAD',
]);

export interface Seen {
  readonly checks: readonly HealthResult[];
  /** Undefined when it could not be looked at. */
  readonly machine: MachineUse | undefined;
  readonly lags: readonly { readonly group: string; readonly topic: string; readonly messages: number }[];
  readonly stages: readonly { readonly name: string; readonly running: boolean }[];
  readonly channels: readonly { readonly name: string; readonly trouble: string | undefined }[];
  /** Subscriptions to which nothing is sent any more, and why. */
  readonly dead: readonly { readonly id: string; readonly trouble: string }[];
  /** How late the market is; undefined when that cannot be told. */
  readonly lateMs: number | undefined;
}

type Monitoring = Settings['monitoring'];

export function conditionsIn(seen: Seen, monitoring: Monitoring): readonly Observation[] {
  return [
    ...machineConditions(seen.machine, monitoring),
    ...seen.checks.flatMap((check) => checkCondition(check, monitoring)),
    ...seen.channels.flatMap(channelCondition),
    ...seen.dead.map(({ id, trouble }): Observation => {
      const text = `messages do not arrive, and nothing more is sent: ${trouble}`;
      return { code: 'SUBSCRIPTION_DEAD', broker: undefined, subject: id, text };
    }),
    ...(monitoring.pipelineFlowMonitoringEnabled ? flowConditions(seen, monitoring) : []),
  ];
}

function machineConditions(use: MachineUse | undefined, monitoring: Monitoring): readonly Observation[] {
  if (use === undefined) return [];
  const rows = [
    ['MEMORY_HIGH', 'memory', use.memory, monitoring.memoryAlertThreshold],
    ['CPU_HIGH', 'processor', use.cpu, monitoring.cpuAlertThreshold],
    ['DISK_FULL', 'disk', use.disk, monitoring.diskAlertThreshold],
  ] as const;
  return rows.flatMap(([code, subject, share, most]) => {
    if (share <= most) return [];
    return [
      {
        code,
        broker: undefined,
        subject,
        text: `${percent(share)} of the ${subject} is in use, at most ${percent(most)} expected`,
      },
    ];
  });
}

function checkCondition(
  { passed, component, broker, scope, message: text }: HealthResult,
  { pipelineFlowMonitoringEnabled }: Monitoring,
): readonly Observation[] {
  const code = codeOfCheck(component, broker);
  if (passed || (code === 'FLOW_STALLED' && !pipelineFlowMonitoringEnabled)) return [];
  // What is only good to know is told where it is asked for; a server that is gone is told to everybody.
  const isAdvice = scope === 'information' && component !== REDIS_CHECK;
  return code === 'CHECK_FAILED' && isAdvice ? [] : [{ code, broker, subject: component, text }];
}

function channelCondition({ name, trouble }: Seen['channels'][number]): readonly Observation[] {
  if (trouble === undefined) return [];
  return [{ code: 'CHANNEL_FAILED', broker: undefined, subject: name, text: `alerts do not arrive: ${trouble}` }];
}

function codeOfCheck(component: string, broker: string | undefined): AlertCode {
  if (component === 'feed session') return 'FEED_TOKEN';
  if (component === AUDIT_CHECK) return 'AUDIT_BROKEN';
  if (component === 'market ticks') return 'FEED_STALLED';
  if (component === `${broker} authentication`) return 'BROKER_TOKEN';
  if (component === `${broker} snapshots`) return 'FLOW_STALLED';
  return 'CHECK_FAILED';
}

function flowConditions({ lags, stages, lateMs }: Seen, monitoring: Monitoring): readonly Observation[] {
  const { consumerLagThreshold: most, marketDataLatencyThreshold: latest } = monitoring;
  const found: Observation[] = [];
  for (const { group, topic, messages } of lags) {
    if (messages <= most) continue;
    const text = `${messages} messages of ${topic} are unread, at most ${most} expected`;
    found.push({ code: 'CONSUMER_LAG', broker: undefined, subject: `${group} ${topic}`, text });
  }
  for (const { name, running } of stages) {
    if (!running)
      found.push({ code: 'FLOW_STALLED', broker: undefined, subject: name, text: 'the stage does not run' });
  }
  if (lateMs !== undefined && lateMs > latest * SECOND_MS) {
    const text = `the market is ${(lateMs / SECOND_MS).toFixed(1)} s late, at most ${latest} s expected`;
    found.push({ code: 'MARKET_DATA_LATE', broker: undefined, subject: 'market', text });
  }
  return found;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
