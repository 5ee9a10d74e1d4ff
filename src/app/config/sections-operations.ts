// The settings of running it: who may sign in, the API, logs, health checks, metrics and alerts.
import { LOG_LEVELS } from './sections-platform.ts';
import { boolean, choice, integer, list, number, path, size, text } from './setting.ts';

const MOST_DAYS = 36_500;

/** The secret that the program ships with; good for trying it out on one machine and for nothing else. */
export const SHIPPED_SECRET_KEY = 'your-secret-key-change-in-production';

export const auth = {
  secretKey: text({
    default: SHIPPED_SECRET_KEY,
    pattern: /./,
    accepts: 'a secret that is not empty; make one with: openssl rand -hex 32',
    secrecy: 'secret',
    effect:
      'Keeps the session with Kite secret on the disk, and signs access tokens. The shipped one is for loopback without a live broker or feed.',
  }),
  algorithm: choice({
    default: 'HS256',
    values: ['HS256', 'HS384', 'HS512'],
    effect: 'How access tokens are signed.',
  }),
  accessTokenExpireMinutes: integer({
    default: '30',
    min: 1,
    max: 1440,
    effect:
      'How long an access token lasts; one that is in force is renewed until 8 hours after the password was entered.',
  }),
  enableUserAuth: boolean({
    default: 'false',
    effect: 'Whether the API asks who calls; false is accepted on loopback only.',
  }),
  primaryAuthProvider: choice({
    default: 'zerodha',
    values: ['zerodha', 'user'],
    effect:
      'zerodha lets users who are bound to a Kite user sign in there, in the app of ZERODHA__API_KEY; passwords are taken as well, so that a broker that is down locks nobody out. user takes passwords alone.',
  }),
};

const corsItem = /^[!-~]+$/;

export const api = {
  host: text({
    default: '127.0.0.1',
    pattern: /^[A-Za-z0-9.:_-]+$/,
    accepts: 'a host name or an IP address',
    effect: 'The address that the HTTP server listens on; off loopback it demands authentication.',
  }),
  port: integer({
    default: '8000',
    min: 0,
    max: 65_535,
    effect: 'The port of the HTTP server; 0 lets the system choose a free one.',
  }),
  corsOrigins: list({
    default: 'http://localhost:3000,http://localhost:8080',
    items: 'origins such as http://localhost:3000, or * alone',
    pattern: /^(\*|https?:\/\/[A-Za-z0-9.\-[\]:]+)$/,
    effect: 'The web pages that a browser may let call the API.',
  }),
  corsMethods: list({
    default: 'GET,POST,PUT,DELETE,OPTIONS',
    items: 'HTTP methods',
    pattern: /^(\*|[A-Z]+)$/,
    effect: 'The HTTP methods that those pages may use.',
  }),
  corsHeaders: list({
    default: 'Authorization,Content-Type,X-Request-ID',
    items: 'HTTP header names',
    pattern: corsItem,
    effect: 'The request headers that those pages may send.',
  }),
  corsCredentials: boolean({
    default: 'true',
    effect: 'Whether those pages may send credentials.',
  }),
};

export const logging = {
  level: choice({
    default: 'INFO',
    values: LOG_LEVELS,
    effect: 'The least severe message that is logged; LOG_LEVEL is taken when this one is not set.',
  }),
  structured: boolean({
    default: 'true',
    effect: 'false writes plain text everywhere, whatever the two JSON settings say.',
  }),
  jsonFormat: boolean({
    default: 'true',
    effect: 'Whether log files hold one JSON object a line.',
  }),
  consoleEnabled: boolean({
    default: 'true',
    effect: 'Whether messages go to the terminal (stderr).',
  }),
  consoleJsonFormat: boolean({
    default: 'false',
    effect: 'Whether the terminal shows JSON rather than plain text.',
  }),
  fileEnabled: boolean({
    default: 'true',
    effect: 'Whether messages go to files in LOGGING__LOGS_DIR.',
  }),
  logsDir: path({
    default: 'logs',
    effect: 'The folder of the log files; it is made when needed, but the folder around it must exist.',
  }),
  fileMaxSize: size({
    default: '100MB',
    effect: 'A log file that grows larger is rotated.',
  }),
  fileBackupCount: integer({
    default: '5',
    min: 0,
    max: 1000,
    effect: 'How many rotated files of each log are kept.',
  }),
  multiChannelEnabled: boolean({
    default: 'true',
    effect: 'Whether each channel (trading, market_data, audit, …) has a file of its own.',
  }),
  auditRetentionDays: integer({
    default: '365',
    min: 1,
    max: MOST_DAYS,
    effect: 'How long rotated files of the audit channel are kept.',
  }),
  performanceRetentionDays: integer({
    default: '30',
    min: 1,
    max: MOST_DAYS,
    effect: 'How long rotated files of the performance channel are kept.',
  }),
  databaseLevel: choice({
    default: 'WARNING',
    values: LOG_LEVELS,
    effect: 'The least severe message in the database channel.',
  }),
  tradingLevel: choice({
    default: 'INFO',
    values: LOG_LEVELS,
    effect: 'The least severe message in the trading channel.',
  }),
  apiLevel: choice({
    default: 'INFO',
    values: LOG_LEVELS,
    effect: 'The least severe message in the api channel.',
  }),
  marketDataLevel: choice({
    default: 'INFO',
    values: LOG_LEVELS,
    effect: 'The least severe message in the market_data channel.',
  }),
  autoCleanupEnabled: boolean({
    default: 'true',
    effect: 'Whether rotated files past their retention are deleted.',
  }),
  compressionEnabled: boolean({
    default: 'true',
    effect: 'Whether rotated files are compressed (gzip).',
  }),
  compressionAgeDays: integer({
    default: '7',
    min: 0,
    max: MOST_DAYS,
    effect: 'How old a rotated file is when it is compressed.',
  }),
};

export const healthChecks = {
  marketTicksMaxAgeSeconds: integer({
    default: '30',
    min: 1,
    max: 86_400,
    effect: 'In market hours the feed is unhealthy when its last tick is older.',
  }),
  portfolioSnapshotMaxAgeSeconds: integer({
    default: '300',
    min: 1,
    max: 86_400,
    effect: 'A book is unhealthy when its last snapshot is older than this and than twice the snapshot interval.',
  }),
  redisConnectionTimeoutSeconds: number({
    default: '5.0',
    min: 0.1,
    max: 300,
    effect: 'How long the check of Redis may take.',
  }),
  databaseConnectionTimeoutSeconds: number({
    default: '10.0',
    min: 0.1,
    max: 300,
    effect: 'How long the check of the database may take.',
  }),
};

const threshold = { min: 0.01, max: 1 } as const;

export const monitoring = {
  healthCheckEnabled: boolean({
    default: 'true',
    effect: 'Whether health checks go on running after the start.',
  }),
  healthCheckInterval: number({
    default: '30.0',
    min: 0.1,
    max: 86_400,
    effect: 'The seconds from one round of health checks to the next.',
  }),
  healthCheckTimeout: number({
    default: '5.0',
    min: 0.1,
    max: 3600,
    effect: 'The seconds after which a health check without an answer has failed.',
  }),
  metricsEnabled: boolean({
    default: 'true',
    effect: 'Whether metrics are kept and served at /metrics.',
  }),
  performanceMonitoringEnabled: boolean({
    default: 'true',
    effect: 'false stops the histograms of times and the watch over the event loop.',
  }),
  memoryAlertThreshold: number({
    ...threshold,
    default: '0.9',
    effect: 'The share of the memory in use that raises an alert.',
  }),
  cpuAlertThreshold: number({
    ...threshold,
    default: '0.8',
    effect: 'The share of the processor in use that raises an alert.',
  }),
  diskAlertThreshold: number({
    ...threshold,
    default: '0.9',
    effect: 'The share of the disk in use that raises an alert.',
  }),
  pipelineFlowMonitoringEnabled: boolean({
    default: 'true',
    effect: 'Whether the flow from ticks to snapshots is watched for each broker.',
  }),
  consumerLagThreshold: integer({
    default: '1000',
    min: 1,
    max: 1_000_000_000,
    effect: 'How many messages a consumer may be behind before an alert is raised.',
  }),
  marketDataLatencyThreshold: number({
    default: '1.0',
    min: 0.001,
    max: 3600,
    effect: 'How many seconds a tick may be late before an alert is raised.',
  }),
  startupGracePeriodSeconds: number({
    default: '30.0',
    min: 0,
    max: 86_400,
    effect: 'Nothing raises an alert this soon after the start.',
  }),
};
