// Each setting of the LOGGING section, by name: a test here fails when the setting loses its effect.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import type { TestContext } from 'node:test';
import { LOG_CHANNELS } from '#ports/telemetry.ts';
import type { LogChannel, LogLevel } from '#ports/telemetry.ts';
import { logFilePolicies } from './channels.ts';
import { DAY_MS, OPEN, telemetryUnderTest, temporaryFolder, until } from './telemetry-under-test.ts';
import type { TelemetryUnderTest } from './telemetry-under-test.ts';
import type { TelemetryOptions } from './telemetry.ts';

function logAll(under: TelemetryUnderTest, component: string, channel?: LogChannel): void {
  const logger = under.telemetry.logger(component, channel);
  logger.debug('DEBUG said');
  logger.info('INFO said');
  logger.warning('WARNING said');
  logger.error('ERROR said');
  logger.critical('CRITICAL said');
}

const levelsOf = (records: readonly Record<string, unknown>[]): unknown[] => records.map((record) => record['level']);

test('LOGGING__LEVEL bounds the console and the channels without a level of their own', async (t) => {
  const expected: readonly (readonly [LogLevel, string])[] = [
    ['DEBUG', 'DEBUG INFO WARNING ERROR CRITICAL'],
    ['INFO', 'INFO WARNING ERROR CRITICAL'],
    ['WARNING', 'WARNING ERROR CRITICAL'],
    ['ERROR', 'ERROR CRITICAL'],
    ['CRITICAL', 'CRITICAL'],
  ];
  for (const [level, shown] of expected) {
    const under = telemetryUnderTest(t, { level });
    logAll(under, 'main');
    assert.equal(under.console.lines.map((line) => line.split(' ')[1]).join(' '), shown);
    assert.equal(levelsOf(await under.records('application.log')).join(' '), shown);
  }
});

test('LOGGING__LEVEL does not thin out trading or audit files, but quiets the console for them', async (t) => {
  const under = telemetryUnderTest(t, { level: 'CRITICAL' });
  logAll(under, 'trading_engine');
  logAll(under, 'audit');
  assert.equal(under.console.lines.length, 2);
  assert.deepEqual(levelsOf(await under.records('trading.log')), ['INFO', 'WARNING', 'ERROR', 'CRITICAL']);
  assert.deepEqual(levelsOf(await under.records('audit.log')), ['INFO', 'WARNING', 'ERROR', 'CRITICAL']);
});

for (const [channel, component] of [
  ['database', 'sqlite'],
  ['trading', 'risk_manager'],
  ['api', 'api'],
  ['market_data', 'market_feed'],
] as const) {
  test(`LOGGING__${channel.toUpperCase()}_LEVEL decides what ${channel}.log takes and what the console may show`, async (t) => {
    const quiet = telemetryUnderTest(t, { level: 'DEBUG', channelLevels: { [channel]: 'ERROR' } });
    logAll(quiet, component);
    assert.equal(quiet.console.lines.length, 2);
    assert.deepEqual(levelsOf(await quiet.records(`${channel}.log`)), ['ERROR', 'CRITICAL']);
    const chatty = telemetryUnderTest(t, { level: 'INFO', channelLevels: { [channel]: 'DEBUG' } });
    logAll(chatty, component);
    assert.equal(chatty.console.lines.length, 4);
    assert.equal((await chatty.records(`${channel}.log`)).length, 5);
  });
}

test('LOGGING__STRUCTURED=false gives plain text in the files and on the console', async (t) => {
  const under = telemetryUnderTest(t, { structured: false, jsonFormat: true, consoleJsonFormat: true });
  under.telemetry.logger('trading_engine').info('Order submitted', { broker: 'paper', order_id: 'a b' });
  const expected = '2021-06-11T03:45:00.123Z INFO     trading_engine  Order submitted  broker=paper order_id="a b"\n';
  assert.equal(under.console.text, expected);
  assert.equal(await under.written('trading.log'), expected);
});

test('LOGGING__JSON_FORMAT=false writes the files as key=value', async (t) => {
  const under = telemetryUnderTest(t, { jsonFormat: false });
  under.telemetry.logger('trading_engine').info('Order submitted', { broker: 'paper', quantity: 10, note: 'a=b' });
  assert.equal(
    await under.written('trading.log'),
    'timestamp=2021-06-11T03:45:00.123Z level=INFO logger=trading_engine component=trading_engine channel=trading ' +
      'service="Alpha Panda" env=testing version=0.1.0 broker=paper event="Order submitted" quantity=10 note="a=b"\n',
  );
});

test('LOGGING__CONSOLE_ENABLED=false keeps the console empty, the files are written', async (t) => {
  const under = telemetryUnderTest(t, { consoleEnabled: false });
  under.telemetry.logger('main').info('said');
  assert.equal((await under.records('application.log')).length, 1);
  assert.equal(under.console.text, '');
});

test('LOGGING__CONSOLE_JSON_FORMAT=true writes the console as JSON', (t) => {
  const under = telemetryUnderTest(t, { consoleJsonFormat: true });
  under.telemetry.logger('main').info('said', { broker: 'paper' });
  const record = JSON.parse(under.console.text) as Record<string, unknown>;
  assert.deepEqual([record['event'], record['broker']], ['said', 'paper']);
});

test('LOGGING__FILE_ENABLED=false makes no file and no folder, and the console then shows stacks', async (t) => {
  const logsDir = join(temporaryFolder(t), 'logs');
  const under = telemetryUnderTest(t, { fileEnabled: false, autoCleanupEnabled: true, logsDir });
  under.telemetry.logger('main').error('failed', { error: new Error('why') });
  await under.telemetry.close();
  assert.equal(existsSync(logsDir), false);
  assert.match(under.console.text, /stack="Error: why\\\\n/);
});

test('LOGGING__LOGS_DIR is where the files are, and is made when it is missing', async (t) => {
  const logsDir = join(temporaryFolder(t), 'deep', 'logs');
  const under = telemetryUnderTest(t, { logsDir });
  under.telemetry.logger('main').info('said');
  await under.telemetry.flush();
  assert.deepEqual(readdirSync(logsDir), ['application.log']);
});

test('LOGGING__FILE_MAX_SIZE and LOGGING__FILE_BACKUP_COUNT bound application.log and alpha_panda.log', async (t) => {
  const under = telemetryUnderTest(t, { fileMaxBytes: 1_000, fileBackupCount: 2 });
  for (let number = 0; number < 40; number += 1) under.telemetry.logger('main').warning('x'.repeat(300));
  under.telemetry.logger('trading_engine').info('x'.repeat(3_000));
  const kept = ['alpha_panda.1.log', 'alpha_panda.2.log', 'alpha_panda.log'];
  const own = ['application.1.log', 'application.2.log', 'application.log'];
  assert.deepEqual(await under.files(), [...kept, ...own, 'trading.log']);
  for (const name of [...kept, ...own]) assert.ok(readFileSync(join(under.folder, name)).length <= 1_000);
});

test('LOGGING__MULTI_CHANNEL_ENABLED=false puts everything into alpha_panda.log alone', async (t) => {
  const under = telemetryUnderTest(t, { multiChannelEnabled: false });
  for (const channel of LOG_CHANNELS) logAll(under, 'main', channel);
  assert.deepEqual(await under.files(), ['alpha_panda.log']);
  const records = await under.records('alpha_panda.log');
  assert.deepEqual(new Set(records.map((record) => record['channel'])), new Set(LOG_CHANNELS));
  // Nine channels, INFO and above; error takes ERROR and above, database WARNING and above.
  assert.equal(records.length, 9 * 4 - 2 - 1);
});

test('LOGGING__AUDIT_RETENTION_DAYS and LOGGING__PERFORMANCE_RETENTION_DAYS decide when archives go', async (t) => {
  const logsDir = temporaryFolder(t);
  const name = (channel: string, days: number): string => {
    const time = new Date(OPEN - days * DAY_MS).toISOString().replace(/[-:.]/g, '');
    return join('archived', `${channel}.${time}.log.gz`);
  };
  for (const channel of ['audit', 'performance', 'trading']) {
    for (const days of [9, 11, 19, 21]) backdate(logsDir, name(channel, days), days);
  }
  backdate(logsDir, LAST_TIDIED, 99);
  const under = telemetryUnderTest(t, {
    logsDir,
    autoCleanupEnabled: true,
    auditRetentionDays: 20,
    performanceRetentionDays: 10,
  });
  await until(() => !existsSync(join(logsDir, LAST_TIDIED)), 'the first clean-up');
  await under.telemetry.close();
  const kept = readdirSync(join(logsDir, 'archived'));
  assert.equal(kept.filter((file) => file.startsWith('audit')).length, 3);
  assert.equal(kept.filter((file) => file.startsWith('performance')).length, 1);
  assert.equal(kept.filter((file) => file.startsWith('trading')).length, 4);
});

test('the retention of alpha_panda.log covers what it holds', () => {
  const options = { ...policyOptions, auditRetentionDays: 1_000 };
  const root = (multiChannelEnabled: boolean): number | undefined =>
    logFilePolicies({ ...options, multiChannelEnabled }).find(({ name }) => name === 'alpha_panda')?.retentionDays;
  assert.deepEqual([root(true), root(false)], [30, 1_000]);
});

test('LOGGING__AUTO_CLEANUP_ENABLED tidies up at the start and every six hours; false does neither', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  for (const autoCleanupEnabled of [true, false]) {
    const logsDir = temporaryFolder(t);
    const path = join(logsDir, 'trading.1.log');
    backdate(logsDir, 'trading.1.log', 10);
    const under = telemetryUnderTest(t, { logsDir, autoCleanupEnabled });
    await round(t, () => !existsSync(path), autoCleanupEnabled);
    backdate(logsDir, 'trading.1.log', 10);
    t.mock.timers.tick(6 * 3_600_000 - 1);
    await round(t, () => existsSync(path), true);
    t.mock.timers.tick(1);
    await round(t, () => !existsSync(path), autoCleanupEnabled);
    await under.telemetry.close();
    assert.equal(existsSync(path), !autoCleanupEnabled);
  }
});

test('LOGGING__COMPRESSION_ENABLED and LOGGING__COMPRESSION_AGE_DAYS decide whether and when backups are packed', async (t) => {
  const packed = async (changes: Partial<TelemetryOptions>): Promise<boolean> => {
    const logsDir = temporaryFolder(t);
    backdate(logsDir, 'trading.1.log', 5);
    backdate(logsDir, LAST_TIDIED, 99);
    const under = telemetryUnderTest(t, { logsDir, autoCleanupEnabled: true, ...changes });
    await until(() => !existsSync(join(logsDir, LAST_TIDIED)), 'the clean-up');
    await under.telemetry.close();
    return !existsSync(join(logsDir, 'trading.1.log')) && readdirSync(join(logsDir, 'archived')).length === 1;
  };
  assert.equal(await packed({ compressionAgeDays: 4 }), true);
  assert.equal(await packed({ compressionAgeDays: 6 }), false);
  assert.equal(await packed({ compressionAgeDays: 4, compressionEnabled: false }), false);
});

/** Of the file that a round looks at last: once it is gone, the round has come past all channels. */
const LAST_TIDIED = 'alpha_panda.1.log';

const policyOptions = {
  level: 'INFO',
  channelLevels: {},
  fileMaxBytes: 1,
  fileBackupCount: 1,
  multiChannelEnabled: true,
  auditRetentionDays: 365,
  performanceRetentionDays: 30,
} as const;

function backdate(folder: string, name: string, days: number): void {
  const path = join(folder, name);
  mkdirSync(join(folder, 'archived'), { recursive: true });
  writeFileSync(path, 'x\n');
  const seconds = (OPEN - days * DAY_MS) / 1_000;
  utimesSync(path, seconds, seconds);
}

/** Waits for what must happen; gives what must not happen the same turns to happen in. */
async function round(t: TestContext, happened: () => boolean, expected: boolean): Promise<void> {
  if (expected) return until(happened, `the clean-up in ${t.name}`);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(happened(), false);
}
