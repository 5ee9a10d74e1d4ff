// Maps the settings to the logging adapter.
import { createTelemetry, type LogTelemetry, type TelemetryOptions } from '#adapters/telemetry/telemetry.ts';
import { type Clock } from '#ports/clock.ts';
import { type Settings } from './config/settings-schema.ts';
import { version } from './project.ts';

export function openTelemetry(settings: Settings, clock: Clock): LogTelemetry {
  return createTelemetry(telemetryOptions(settings, clock));
}

/** What logging is told of the settings. */
export function telemetryOptions(settings: Settings, clock: Clock): TelemetryOptions {
  const { logging } = settings;
  return {
    level: logging.level,
    structured: logging.structured,
    jsonFormat: logging.jsonFormat,
    consoleEnabled: logging.consoleEnabled,
    consoleJsonFormat: logging.consoleJsonFormat,
    fileEnabled: logging.fileEnabled,
    logsDir: logging.logsDir,
    fileMaxBytes: logging.fileMaxSize,
    fileBackupCount: logging.fileBackupCount,
    multiChannelEnabled: logging.multiChannelEnabled,
    auditRetentionDays: logging.auditRetentionDays,
    performanceRetentionDays: logging.performanceRetentionDays,
    channelLevels: {
      database: logging.databaseLevel,
      trading: logging.tradingLevel,
      api: logging.apiLevel,
      market_data: logging.marketDataLevel,
    },
    autoCleanupEnabled: logging.autoCleanupEnabled,
    compressionEnabled: logging.compressionEnabled,
    compressionAgeDays: logging.compressionAgeDays,
    appName: settings.appName,
    environment: settings.environment,
    version: version(),
    secrets: secretsOf(settings),
    console: process.stderr,
    now: () => clock.now(),
    isTty: process.stderr.isTTY,
  };
}

function secretsOf(settings: Settings): string[] {
  const credentials = settings.brokers.flatMap((broker) =>
    broker.kind === 'zerodha' ? [broker.apiKey, broker.apiSecret] : [],
  );
  return [settings.auth.secretKey, ...credentials].filter((secret) => secret !== '');
}
