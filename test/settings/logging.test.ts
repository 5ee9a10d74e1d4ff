// That the LOGGING settings reach the logging adapter, each under its own option. What each option then does is proved
// beside the adapter, in src/adapters/telemetry/settings.test.ts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type TelemetryOptions } from '#adapters/telemetry/telemetry.ts';
import { definitions } from '#app/config/settings-schema.ts';
import { openTelemetry, telemetryOptions } from '#app/telemetry.ts';
import { OPEN } from '../support/builders.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { settingsOf, type Env } from './settings-run.ts';

const clock = new VirtualClock(OPEN);

/** Another value for each, and the option that must have it then. */
const OTHER: Readonly<Record<string, readonly [string, Partial<TelemetryOptions>]>> = {
  LOGGING__LEVEL: ['ERROR', { level: 'ERROR' }],
  LOGGING__STRUCTURED: ['false', { structured: false }],
  LOGGING__JSON_FORMAT: ['false', { jsonFormat: false }],
  LOGGING__CONSOLE_ENABLED: ['false', { consoleEnabled: false }],
  LOGGING__CONSOLE_JSON_FORMAT: ['true', { consoleJsonFormat: true }],
  LOGGING__FILE_ENABLED: ['false', { fileEnabled: false }],
  LOGGING__LOGS_DIR: ['elsewhere', { logsDir: 'elsewhere' }],
  LOGGING__FILE_MAX_SIZE: ['2MB', { fileMaxBytes: 2 * 1024 * 1024 }],
  LOGGING__FILE_BACKUP_COUNT: ['9', { fileBackupCount: 9 }],
  LOGGING__MULTI_CHANNEL_ENABLED: ['false', { multiChannelEnabled: false }],
  LOGGING__AUDIT_RETENTION_DAYS: ['8', { auditRetentionDays: 8 }],
  LOGGING__PERFORMANCE_RETENTION_DAYS: ['9', { performanceRetentionDays: 9 }],
  LOGGING__DATABASE_LEVEL: ['CRITICAL', { channelLevels: channelLevels({ database: 'CRITICAL' }) }],
  LOGGING__TRADING_LEVEL: ['CRITICAL', { channelLevels: channelLevels({ trading: 'CRITICAL' }) }],
  LOGGING__API_LEVEL: ['CRITICAL', { channelLevels: channelLevels({ api: 'CRITICAL' }) }],
  LOGGING__MARKET_DATA_LEVEL: ['CRITICAL', { channelLevels: channelLevels({ market_data: 'CRITICAL' }) }],
  LOGGING__AUTO_CLEANUP_ENABLED: ['false', { autoCleanupEnabled: false }],
  LOGGING__COMPRESSION_ENABLED: ['false', { compressionEnabled: false }],
  LOGGING__COMPRESSION_AGE_DAYS: ['3', { compressionAgeDays: 3 }],
};

function channelLevels(changed: TelemetryOptions['channelLevels']): TelemetryOptions['channelLevels'] {
  return { database: 'WARNING', trading: 'INFO', api: 'INFO', market_data: 'INFO', ...changed };
}

/** What logging is told under these settings, without what it is told of the process. */
function told(env: Env): Partial<TelemetryOptions> {
  const {
    console: _console,
    now: _now,
    isTty: _isTty,
    version: _version,
    ...rest
  } = telemetryOptions(settingsOf(env), clock);
  return rest;
}

/** The records of a file after `say` was logged under these settings. */
async function recordsUnder(t: TestContext, env: Env, file: string, component: string) {
  const logsDir = join(temporaryFolder(t), 'logs');
  const quiet = {
    LOGGING__LOGS_DIR: logsDir,
    LOGGING__CONSOLE_ENABLED: 'false',
    LOGGING__AUTO_CLEANUP_ENABLED: 'false',
  };
  const telemetry = openTelemetry(settingsOf({ ...quiet, ...env }), clock);
  const logger = telemetry.logger(component);
  for (const level of ['info', 'warning', 'error', 'critical'] as const) logger[level](`said as ${level}`);
  await telemetry.close();
  const lines = readFileSync(join(logsDir, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('every LOGGING setting changes its own option of the logging adapter and nothing else', () => {
  const names = definitions.filter(({ section }) => section === 'logging').map(({ name }) => name);
  assert.deepEqual(Object.keys(OTHER), names);
  for (const [name, [text, expected]] of Object.entries(OTHER)) {
    assert.deepEqual(told({ [name]: text }), { ...told({}), ...expected }, name);
  }
});

test('LOG_LEVEL thins out the log unless LOGGING__LEVEL is set', async (t) => {
  const count = async (env: Env) => (await recordsUnder(t, env, 'application.log', 'main')).length;
  assert.equal(await count({}), 4);
  assert.equal(await count({ LOG_LEVEL: 'ERROR' }), 2);
  assert.equal(await count({ LOG_LEVEL: 'ERROR', LOGGING__LEVEL: 'WARNING' }), 3);
});

test('LOGGING__DATABASE_LEVEL, LOGGING__TRADING_LEVEL, LOGGING__API_LEVEL and LOGGING__MARKET_DATA_LEVEL thin out their channels', async (t) => {
  for (const [channel, component] of [
    ['database', 'sqlite'],
    ['trading', 'risk_manager'],
    ['api', 'api'],
    ['market_data', 'market_feed'],
  ] as const) {
    const level = `LOGGING__${channel.toUpperCase()}_LEVEL`;
    const count = async (env: Env) => (await recordsUnder(t, env, `${channel}.log`, component)).length;
    assert.deepEqual([await count({ [level]: 'INFO' }), await count({ [level]: 'CRITICAL' })], [4, 1], level);
  }
});

test('APP_NAME and ENVIRONMENT stand in every record', async (t) => {
  const env = { APP_NAME: 'Asha Trades', ENVIRONMENT: 'testing' };
  for (const [settings, expected] of [
    [{}, ['Alpha Panda', 'development']],
    [env, ['Asha Trades', 'testing']],
  ] as const) {
    const [record] = await recordsUnder(t, settings, 'application.log', 'main');
    assert.deepEqual([record?.['service'], record?.['env']], expected);
  }
});
