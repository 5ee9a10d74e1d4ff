import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import test from 'node:test';
import * as fc from 'fast-check';
import { LOG_CHANNELS } from '#ports/telemetry.ts';
import { channelOf, componentOf, logFilePolicies } from './channels.ts';
import { jsonLines, telemetryUnderTest, temporaryFolder } from './telemetry-under-test.ts';

test('a record carries who, where, what and when, with the message as event and the broker at the top', async (t) => {
  const under = telemetryUnderTest(t);
  under.telemetry
    .logger('alpha_panda.main')
    .child({ broker: 'zerodha', strategy_id: 'momentum' })
    .info('This is a log message.', { key: 'value', quantity: 10 });
  assert.equal(
    await under.written('application.log'),
    '{"timestamp":"2021-06-11T03:45:00.123Z","level":"INFO","logger":"alpha_panda.main","component":"main",' +
      '"channel":"application","service":"Alpha Panda","env":"testing","version":"0.1.0","broker":"zerodha",' +
      '"event":"This is a log message.","strategy_id":"momentum","key":"value","quantity":10}\n',
  );
});

test('a record without a broker has no such field, and bindings of a child are not in its parent', async (t) => {
  const under = telemetryUnderTest(t);
  const parent = under.telemetry.logger('main');
  const child = parent.child({ broker: 'paper', step: 1 }).child({ step: 2 });
  parent.info('parent');
  child.info('child');
  child.info('call', { step: 3 });
  const records = await under.records('application.log');
  assert.deepEqual(
    records.map(({ event, broker, step }) => [event, broker, step]),
    [
      ['parent', undefined, undefined],
      ['child', 'paper', 2],
      ['call', 'paper', 3],
    ],
  );
});

test('a field with a name that the record needs keeps its value under that name and a line', async (t) => {
  const under = telemetryUnderTest(t);
  under.telemetry.logger('main').info('said', { event: 'x', level: 'L', component: 'c', fields: 'f', __proto__: null });
  const [record] = await under.records('application.log');
  assert.deepEqual(
    [record?.['event'], record?.['event_'], record?.['level_'], record?.['component_'], record?.['fields']],
    ['said', 'x', 'L', 'c', 'f'],
  );
});

test('each component of the table writes to its channel only, others to application', async (t) => {
  const table = {
    market_data: 'market_feed',
    trading: 'strategy_runner risk_manager trading_engine portfolio_manager paper_trader zerodha_trader',
    database: 'database redis sqlite postgres',
    api: 'api auth',
    monitoring: 'health_checker metrics',
    performance: 'performance',
    audit: 'audit',
    application: 'streaming main whatever toString __proto__',
  };
  const under = telemetryUnderTest(t, { channelLevels: {} });
  for (const component of Object.values(table).join(' ').split(' ')) {
    under.telemetry.logger(`${component}.part`).info(component);
  }
  for (const [channel, components] of Object.entries(table)) {
    const events = (await under.records(`${channel}.log`)).map((record) => record['event']);
    assert.deepEqual(events, components.split(' '));
  }
});

test('a channel given by name wins over the table', async (t) => {
  const under = telemetryUnderTest(t);
  under.telemetry.logger('trading_engine', 'audit').info('armed');
  const [record] = await under.records('audit.log');
  assert.deepEqual([record?.['component'], record?.['channel']], ['trading_engine', 'audit']);
  assert.deepEqual(await under.files(), ['audit.log']);
});

test('every channel has a file with the sizes, backups and days of the table', () => {
  const policies = logFilePolicies({
    level: 'INFO',
    channelLevels: {},
    fileMaxBytes: 77,
    fileBackupCount: 3,
    multiChannelEnabled: true,
    auditRetentionDays: 365,
    performanceRetentionDays: 30,
  });
  const megabytes = policies.map(({ name, maxBytes, backups, retentionDays }) =>
    [name, maxBytes === 77 ? 'setting' : maxBytes / 1_048_576, backups, retentionDays].join(' '),
  );
  assert.deepEqual(megabytes, [
    'application setting 3 30',
    'trading 50 20 365',
    'market_data 200 5 7',
    'database 50 5 30',
    'api 50 10 30',
    'audit 100 50 365',
    'performance 50 10 30',
    'error 50 20 90',
    'monitoring 50 10 30',
    'alpha_panda setting 3 30',
  ]);
  assert.deepEqual([componentOf('alpha_panda.api.x'), componentOf('.x'), channelOf('')], ['api', '.x', 'application']);
});

test('errors of every channel are in error.log once, and in their own file; warnings are in alpha_panda.log', async (t) => {
  const under = telemetryUnderTest(t);
  for (const channel of LOG_CHANNELS) {
    under.telemetry.logger('main', channel).warning(`${channel} warning`);
    under.telemetry.logger('main', channel).error(`${channel} error`);
    under.telemetry.logger('main', channel).critical(`${channel} critical`);
  }
  const errors = LOG_CHANNELS.flatMap((channel) => [`${channel} error`, `${channel} critical`]);
  assert.deepEqual(
    (await under.records('error.log')).map((record) => record['event']),
    errors,
  );
  assert.equal((await under.records('alpha_panda.log')).length, 3 * 9 - 1);
  for (const channel of LOG_CHANNELS.filter((name) => name !== 'error')) {
    const own = (await under.records(`${channel}.log`)).map((record) => record['event']);
    assert.deepEqual(
      own,
      ['warning', 'error', 'critical'].map((level) => `${channel} ${level}`),
    );
  }
});

test('error.log has the errors of a channel whose own level hides them', async (t) => {
  const under = telemetryUnderTest(t, { level: 'CRITICAL', channelLevels: { trading: 'CRITICAL' } });
  under.telemetry.logger('trading_engine').error('hidden elsewhere');
  assert.deepEqual(await under.files(), ['error.log']);
});

test('an error is on the disk when the call returns, with what was said before it', (t) => {
  const under = telemetryUnderTest(t);
  const logger = under.telemetry.logger('trading_engine');
  logger.info('before');
  assert.equal(existsSync(join(under.folder, 'trading.log')), false);
  logger.error('now');
  assert.deepEqual(
    jsonLines(readFileSync(join(under.folder, 'trading.log'), 'utf8')).map((record) => record['event']),
    ['before', 'now'],
  );
});

test('flush hands over what is buffered, and logging goes on', async (t) => {
  const under = telemetryUnderTest(t);
  const logger = under.telemetry.logger('main');
  logger.info('one');
  await under.telemetry.flush();
  assert.match(readFileSync(join(under.folder, 'application.log'), 'utf8'), /one/);
  logger.info('two');
  assert.equal((await under.records('application.log')).length, 2);
});

test('a process that ends without closing its logging loses nothing', (t) => {
  const folder = temporaryFolder(t);
  const script = `
    const { createTelemetry } = await import(${JSON.stringify(new URL('telemetry.ts', import.meta.url).href)});
    const telemetry = createTelemetry({ level: 'INFO', channelLevels: {}, fileMaxBytes: 1e6, fileBackupCount: 1,
      multiChannelEnabled: true, auditRetentionDays: 1, performanceRetentionDays: 1, structured: true, jsonFormat: true,
      consoleEnabled: true, consoleJsonFormat: false, fileEnabled: true, logsDir: ${JSON.stringify(folder)},
      autoCleanupEnabled: true, compressionEnabled: true, compressionAgeDays: 7, appName: 'a', environment: 'testing',
      version: '1', secrets: [], console: process.stderr, now: Date.now, isTty: false });
    telemetry.logger('main').info('the last words');
    throw new Error('crash');`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' });
  assert.equal(ended.status, 1);
  assert.match(ended.stderr, /the last words/);
  assert.equal(ended.stdout, '');
  assert.match(readFileSync(join(folder, 'application.log'), 'utf8'), /the last words/);
});

test('logging keeps no process alive', (t) => {
  const under = telemetryUnderTest(t, { autoCleanupEnabled: true });
  under.telemetry.logger('main').info('said');
  assert.deepEqual(
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout'),
    [],
  );
});

test('secrets are masked by name and by value in files and on the console, also those registered later', async (t) => {
  const under = telemetryUnderTest(t, { secrets: ['canary-4711'] });
  const logger = under.telemetry.logger('auth').child({ access_token: 'canary-0', note: 'canary-4711' });
  under.telemetry.registerSecret('canary-day-token');
  logger.info('Login with canary-4711', {
    headers: { 'Set-Cookie': 'canary-1', 'x-api': 'canary-day-token' },
    error: new Error('GET /?request_token=canary-2 failed', { cause: new Error('canary-4711') }),
  });
  const written = (await under.written('api.log')) ?? '';
  assert.match(written, /Login with \[REDACTED\]/);
  assert.doesNotMatch(written + under.console.text, /canary/);
});

test('colour is used on a terminal only', (t) => {
  const [terminal, pipe] = [telemetryUnderTest(t, { isTty: true }), telemetryUnderTest(t)];
  for (const { telemetry } of [terminal, pipe]) telemetry.logger('main').warning('careful');
  assert.equal(terminal.console.text, '2021-06-11T03:45:00.123Z \u001b[33mWARNING \u001b[0m main  careful\n');
  assert.equal(pipe.console.text, '2021-06-11T03:45:00.123Z WARNING  main  careful\n');
});

test('a folder that cannot be used is reported once on the console, and logging goes on there', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'taken'), '');
  const under = telemetryUnderTest(t, { logsDir: join(folder, 'taken', 'logs'), autoCleanupEnabled: true });
  const logger = under.telemetry.logger('main');
  for (let number = 0; number < 3; number += 1) logger.info(`still ${number}`);
  await under.telemetry.flush();
  await under.telemetry.flush();
  const notices = under.console.lines.filter((line) => line.startsWith('Cannot write the log file'));
  assert.equal(notices.length, 1);
  assert.match(notices[0] ?? '', /application\.log: Error: ENOTDIR.*LOGGING__LOGS_DIR/);
  assert.equal(under.console.lines.filter((line) => line.includes('still')).length, 3);
  await under.telemetry.close();
  assert.equal(under.telemetry.droppedLines, 3);
  assert.match(under.console.lines.at(-1) ?? '', /log lines lost in this run: 3/);
});

test('when a file can be written again, the log says how much is missing', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'logs'), '');
  const under = telemetryUnderTest(t, { logsDir: join(folder, 'logs'), consoleEnabled: false });
  for (let number = 0; number < 20; number += 1) under.telemetry.logger('main').info('x'.repeat(8_000));
  await under.telemetry.flush();
  rmSync(join(folder, 'logs'));
  await under.telemetry.flush();
  const [record] = await under.records('monitoring.log');
  assert.equal(record?.['event'], 'Log file is written again');
  assert.equal(record?.['dropped'], under.telemetry.droppedLines);
  assert.ok(under.telemetry.droppedLines > 0);
});

test('after the close a call still does no harm and is counted, and closing again does nothing', async (t) => {
  const under = telemetryUnderTest(t);
  const logger = under.telemetry.logger('main');
  await under.telemetry.close();
  logger.error('too late');
  await under.telemetry.flush();
  await under.telemetry.close();
  assert.deepEqual(await under.files(), []);
  assert.ok(under.telemetry.droppedLines > 0);
  assert.match(under.console.text, /too late/);
});

test('a console whose reader is gone or too slow ends nothing and is counted', async (t) => {
  const gone = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const first = telemetryUnderTest(t, { console: gone });
  first.telemetry.logger('main').info('into the void');
  await new Promise((resolve) => setImmediate(resolve));
  first.telemetry.logger('main').info('still none');
  assert.equal(first.telemetry.droppedLines, 1);
  assert.equal((await first.records('application.log')).length, 2);

  const slow = new PassThrough();
  const second = telemetryUnderTest(t, { console: slow, fileEnabled: false });
  for (let number = 0; number < 1_000; number += 1) second.telemetry.logger('main').info('x'.repeat(8_000));
  assert.ok(second.telemetry.droppedLines > 800);
  assert.ok(slow.writableLength < 1_200_000);
});

test('a clock that fails costs records, not the caller, and is said once', (t) => {
  const under = telemetryUnderTest(t, { now: () => Number.NaN });
  for (let number = 0; number < 3; number += 1) under.telemetry.logger('main').info('when?');
  assert.equal(under.telemetry.droppedLines, 3);
  assert.deepEqual(under.console.lines, ['A log record of main could not be made: RangeError: Invalid time value']);
});

test('whatever is logged, one call is one line in every format, free of control characters and of secrets', async (t) => {
  const secret = 'S3CRET-value';
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\r\n', '\u001b[2J', '"}\n{"', secret, '\u2028'),
  );
  const value = fc.anything({
    key: text,
    values: [text, fc.bigInt(), fc.double(), fc.constant(new Error(`a\n${secret}`)), fc.date({ noInvalidDate: false })],
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withNullPrototype: true,
    withTypedArray: true,
    withObjectString: true,
  });
  const formats = [
    telemetryUnderTest(t, { secrets: [secret], consoleJsonFormat: true }),
    telemetryUnderTest(t, { secrets: [secret], jsonFormat: false }),
    telemetryUnderTest(t, { secrets: [secret], structured: false }),
  ];
  let calls = 0;
  fc.assert(
    fc.property(text, text, fc.dictionary(text, value), fc.dictionary(text, value), (name, event, bound, fields) => {
      calls += 1;
      for (const { telemetry } of formats) telemetry.logger(name, 'application').child(bound).info(event, fields);
    }),
    { numRuns: 300 },
  );
  for (const { console, written, telemetry } of formats) {
    const file = (await written('application.log')) ?? '';
    assert.equal(telemetry.droppedLines, 0);
    for (const output of [file, console.text]) {
      assert.equal(output.split('\n').length - 1, calls);
      // oxlint-disable-next-line no-control-regex
      assert.doesNotMatch(output, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202e]|S3CRET-value/);
    }
  }
  const records = await (formats[0]?.records('application.log') ?? []);
  assert.ok(records.every((record) => record['level'] === 'INFO' && record['channel'] === 'application'));
});
