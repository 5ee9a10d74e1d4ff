// The table of channels: file, level, size, backups and retention of each, and which component writes to which. It is
// data, kept apart from the code that writes, so that an operator's question has one place to look.

import { LOG_CHANNELS } from '#ports/telemetry.ts';
import type { LogChannel, LogLevel } from '#ports/telemetry.ts';

const MEGABYTE = 1024 * 1024;

/** The file that repeats WARNING and above of all channels, and the only file when channels are off. */
export const ROOT_LOG = 'alpha_panda';

/** Comparable weights of the levels. */
export const SEVERITY: Readonly<Record<LogLevel, number>> = {
  DEBUG: 10,
  INFO: 20,
  WARNING: 30,
  ERROR: 40,
  CRITICAL: 50,
};

/** How one log file is kept. */
export interface LogFilePolicy {
  /** The file's name without `.log`. */
  readonly name: string;
  readonly maxBytes: number;
  readonly backups: number;
  readonly retentionDays: number;
}

/** The settings that change the table. */
export interface ChannelOptions {
  readonly level: LogLevel;
  readonly channelLevels: Readonly<Partial<Record<LogChannel, LogLevel>>>;
  readonly fileMaxBytes: number;
  readonly fileBackupCount: number;
  readonly multiChannelEnabled: boolean;
  readonly auditRetentionDays: number;
  readonly performanceRetentionDays: number;
}

const TABLE: Readonly<Record<LogChannel, Omit<LogFilePolicy, 'name'>>> = {
  application: { maxBytes: 100 * MEGABYTE, backups: 10, retentionDays: 30 },
  trading: { maxBytes: 50 * MEGABYTE, backups: 20, retentionDays: 365 },
  market_data: { maxBytes: 200 * MEGABYTE, backups: 5, retentionDays: 7 },
  database: { maxBytes: 50 * MEGABYTE, backups: 5, retentionDays: 30 },
  api: { maxBytes: 50 * MEGABYTE, backups: 10, retentionDays: 30 },
  audit: { maxBytes: 100 * MEGABYTE, backups: 50, retentionDays: 365 },
  performance: { maxBytes: 50 * MEGABYTE, backups: 10, retentionDays: 30 },
  error: { maxBytes: 50 * MEGABYTE, backups: 20, retentionDays: 90 },
  monitoring: { maxBytes: 50 * MEGABYTE, backups: 10, retentionDays: 30 },
};

const CHANNEL_OF_COMPONENT: ReadonlyMap<string, LogChannel> = new Map([
  ['market_feed', 'market_data'],
  ['strategy_runner', 'trading'],
  ['risk_manager', 'trading'],
  ['trading_engine', 'trading'],
  ['portfolio_manager', 'trading'],
  ['paper_trader', 'trading'],
  ['zerodha_trader', 'trading'],
  ['paper_trading', 'trading'],
  ['zerodha_trading', 'trading'],
  ['database', 'database'],
  ['redis', 'database'],
  ['sqlite', 'database'],
  ['postgres', 'database'],
  ['streaming', 'application'],
  ['api', 'api'],
  ['auth', 'api'],
  ['fastify', 'api'],
  ['health_checker', 'monitoring'],
  ['metrics', 'monitoring'],
  ['performance', 'performance'],
  ['audit', 'audit'],
]);

/** `alpha_panda.main` is the component `main`; `trading_engine.order_desk` is a part of `trading_engine`. */
export function componentOf(loggerName: string): string {
  const name = loggerName.startsWith(`${ROOT_LOG}.`) ? loggerName.slice(ROOT_LOG.length + 1) : loggerName;
  const dot = name.indexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** The channel of a component; what the table does not name belongs to `application`. */
export function channelOf(component: string): LogChannel {
  return CHANNEL_OF_COMPONENT.get(component) ?? 'application';
}

/** Where the records of a channel and level go: the names of the files, and whether the console shows them. */
export function routeOf(
  channel: LogChannel,
  level: LogLevel,
  options: ChannelOptions,
): { readonly files: readonly string[]; readonly console: boolean } {
  const taken = SEVERITY[level] >= SEVERITY[channelLevel(channel, options)];
  const isError = SEVERITY[level] >= SEVERITY.ERROR;
  const console = taken && SEVERITY[level] >= SEVERITY[options.level];
  if (!options.multiChannelEnabled) return { files: taken || isError ? [ROOT_LOG] : [], console };
  const files = new Set<string>();
  if (taken) files.add(channel);
  // No level setting hides an error from the file that exists to collect them.
  if (isError) files.add('error');
  if (taken && SEVERITY[level] >= SEVERITY.WARNING) files.add(ROOT_LOG);
  return { files: [...files], console };
}

/** Every file that may exist in the logs folder, the root file included, under the settings in force. */
export function logFilePolicies(options: ChannelOptions): readonly LogFilePolicy[] {
  const channels = LOG_CHANNELS.map((channel) => channelPolicy(channel, options));
  // With channels off the one file holds the audit trail too, so it is kept as long as the longest-lived channel.
  const retentionDays = options.multiChannelEnabled ? 30 : Math.max(...channels.map((policy) => policy.retentionDays));
  const root = { name: ROOT_LOG, maxBytes: options.fileMaxBytes, backups: options.fileBackupCount, retentionDays };
  return [...channels, root];
}

function channelPolicy(channel: LogChannel, options: ChannelOptions): LogFilePolicy {
  const policy = { name: channel, ...TABLE[channel] };
  if (channel === 'application') {
    return { ...policy, maxBytes: options.fileMaxBytes, backups: options.fileBackupCount };
  }
  if (channel === 'audit') return { ...policy, retentionDays: options.auditRetentionDays };
  if (channel === 'performance') return { ...policy, retentionDays: options.performanceRetentionDays };
  return policy;
}

/** The lowest level that a channel takes at all. */
function channelLevel(channel: LogChannel, options: ChannelOptions): LogLevel {
  if (channel === 'error') return 'ERROR';
  // The audit trail is a record of who did what: making the logs quieter must not thin it out.
  if (channel === 'audit') return 'INFO';
  return options.channelLevels[channel] ?? options.level;
}
