// `alpha-panda service FILE`: loads a service of the user's own and runs it on the log of a data directory, in a process
// beside the platform's.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { memoryKeyValue } from '#adapters/memory/memory-key-value.ts';
import { openServiceLog } from '#adapters/sqlite/service-log.ts';
import type { ServiceSettings, StreamService } from '#engine/stream-service.ts';
import type { Clock } from '#ports/clock.ts';
import type { EventLog } from '#ports/event-log.ts';
import type { KeyValue } from '#ports/key-value.ts';
import { StoreError } from '#ports/store.ts';
import type { Logger } from '#ports/telemetry.ts';
import type { Settings } from './config/settings-schema.ts';
import { RequestError } from './reading/open-store.ts';
import { openTelemetry } from './telemetry.ts';

export interface ServiceCommand {
  readonly settings: Settings;
  /** What a relative FILE is counted from. */
  readonly folder: string;
  readonly file: string;
  readonly stop: AbortSignal;
}

/** What FILE must export as `service`. */
type MakeService = (settings: ServiceSettings) => StreamService | Promise<StreamService>;

const LOOK_AGAIN_MS = 500;

/** Runs the service until `stop` is aborted or the service breaks. Returns the exit code. */
export async function runService({ settings, folder, file, stop }: ServiceCommand): Promise<number> {
  const make = await loadService(resolve(folder, file));
  const clock = systemClock();
  // The log files belong to the platform's process; two that rotate the same file would lose lines.
  const telemetry = openTelemetry({ ...settings, logging: { ...settings.logging, fileEnabled: false } }, clock);
  const logger = telemetry.logger('service');
  let means: ServiceMeans | undefined;
  try {
    means = await openMeans(settings, { clock, logger, stop });
    if (means === undefined) return 0;
    const { log, keyValue } = means;
    const service = await make({
      brokers: settings.activeBrokers,
      groupIdPrefix: settings.redpanda.groupIdPrefix,
      log,
      clock,
      logger,
      keyValue,
      random: Math.random,
    });
    checkService(service, file);
    return await run(service, logger, stop);
  } finally {
    await means?.close();
    await telemetry.close();
  }
}

async function run(service: StreamService, logger: Logger, stop: AbortSignal): Promise<number> {
  await service.start();
  logger.info(`Service ${service.name} is running. Press Ctrl+C to exit.`);
  const end = (): void => void service.stop();
  if (stop.aborted) end();
  stop.addEventListener('abort', end, { once: true });
  const failure = await service.ended;
  stop.removeEventListener('abort', end);
  if (failure !== undefined) {
    logger.critical(`Service ${service.name} broke: ${failure.message}`, { error: failure });
    return 1;
  }
  const { processed_count, error_count } = service.status();
  logger.info(`Service ${service.name} has ended.`, { processed_count, error_count });
  return 0;
}

/** What a service stands on. */
interface ServiceMeans {
  readonly log: EventLog;
  readonly keyValue: KeyValue;
  close(): Promise<void>;
}

interface Waiting {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

/** The log of the profile, and where the service may remember; undefined when the wait for them is ended. */
async function openMeans(settings: Settings, waiting: Waiting): Promise<ServiceMeans | undefined> {
  if (settings.profile === 'distributed') {
    return (await import('./distributed-service.ts')).openServiceMeans(settings, waiting.logger);
  }
  const log = await openLog(settings.dataDir, waiting);
  return log && { log, keyValue: memoryKeyValue(), close: () => log.close() };
}

/** Waits for the platform's first start in the data directory; undefined when the wait is ended. */
async function openLog(dataDir: string, { clock, logger, stop }: Waiting): Promise<EventLog | undefined> {
  for (let told = false; !stop.aborted; told = true) {
    try {
      return openServiceLog(dataDir);
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'MISSING') throw error;
      if (!told) logger.info(`Waiting for the platform to be started in ${dataDir}`);
    }
    await clock.sleep(LOOK_AGAIN_MS, stop);
  }
  return undefined;
}

async function loadService(path: string): Promise<MakeService> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new RequestError(`the service file ${path} cannot be loaded: ${String(cause)}`);
  }
  const { service } = module;
  if (typeof service === 'function') return service as MakeService;
  const found = Object.keys(module).join(', ') || 'nothing';
  throw new RequestError(`expected ${path} to export a function service(settings), found exports: ${found}`);
}

function checkService(service: unknown, file: string): void {
  const made = service as Partial<StreamService> | undefined;
  if (typeof made?.start === 'function' && made.ended instanceof Promise) return;
  throw new RequestError(`expected service(settings) of ${file} to return what StreamServiceBuilder.build() gave`);
}
