// The watch over a pipeline that was opened, as the settings MONITORING__… say.
import { mkdirSync } from 'node:fs';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { type BrokerId } from '#core/ids.ts';
import { CalendarError } from '#core/market/calendar.ts';
import { type DayNumber, type EpochMs } from '#core/time.ts';
import { type HealthMonitor } from '#engine/health.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { type Clock } from '#ports/clock.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from '../config/settings-schema.ts';
import { type Pipeline } from '../pipeline.ts';
import { CALENDARS } from '../project.ts';
import { consumerLags } from '../serving/metrics-sample.ts';
import { AlertWatch } from './alert-watch.ts';
import { channelsOf, Deliveries } from './channels.ts';
import { Machine } from './machine.ts';

export type { AlertWatch } from './alert-watch.ts';

export interface Watched {
  readonly pipeline: Pipeline;
  readonly health: HealthMonitor;
  /** Whether the pipeline has begun and not ended. */
  readonly running: () => boolean;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Subscriptions to which nothing is sent any more. */
  readonly dead: () => readonly { readonly id: string; readonly trouble: string }[];
}

export interface OpenWatch {
  readonly watch: AlertWatch;
  readonly deliveries: Deliveries;
}

export function alertWatch({ pipeline, health, running, settings, clock, logger, dead }: Watched): OpenWatch {
  const { store, stages, gateways, source, ingest, plan, workDir } = pipeline;
  const groupsOf = groupsReading(settings.redpanda.groupIdPrefix);
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  // Of a live market; a simulator's has a time of its own.
  const hasClockTime = source.isLive && settings.zerodha.kiteRoot === '';
  const isOpen = (): boolean => {
    try {
      return calendar.phaseAt(plan.segment, clock.now()) === 'open';
    } catch (error) {
      // The check of the market hours reports it.
      if (error instanceof CalendarError) return false;
      throw error;
    }
  };
  const isOver = (day: DayNumber): boolean => {
    try {
      return calendar.nextSession(plan.segment, hasClockTime ? clock.now() : ingest.cascade.at).day > day;
    } catch (error) {
      if (error instanceof CalendarError) return false;
      throw error;
    }
  };
  // With a database elsewhere nothing may have been written here yet.
  mkdirSync(workDir, { recursive: true, mode: 0o700 });
  const { minSeverity } = settings.alerts;
  const deliveries = new Deliveries({ channels: channelsOf(settings, clock), minSeverity, clock, logger });
  const watch = new AlertWatch({
    monitoring: settings.monitoring,
    clock,
    logger,
    folder: workDir,
    machine: new Machine(workDir),
    store,
    // Between two rounds what can be told at once is looked at, unless checking is switched off.
    checks: async () => (settings.monitoring.healthCheckEnabled ? health.glance() : health.results),
    deliveries,
    lags: async () => consumerLags({ store, groupsOf }),
    dead,
    stages: () =>
      running()
        ? stages
            .status()
            .map(({ service_name: name, orchestrator_status: status }) => ({ name, running: status.running }))
        : [],
    hasGateway: (broker) => gateways.accountOf(broker as BrokerId) !== undefined,
    isOver,
    marketAt: (): EpochMs | undefined => (hasClockTime && isOpen() ? ingest.cascade.at : undefined),
  });
  return { watch, deliveries };
}
