// Looking for records in files that were really written, rotated, and also damaged.
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FoundRecord, LogFilter, LogPlace, LogSearch } from '#ports/log-search.ts';
import { OPEN, telemetryUnderTest } from './telemetry-under-test.ts';
import type { TelemetryOptions } from './telemetry.ts';

const EVERYTHING: LogFilter = {
  channel: 'trading',
  level: undefined,
  component: undefined,
  broker: undefined,
  text: undefined,
  id: undefined,
  from: undefined,
  to: undefined,
  mayBeTold: () => true,
};

async function found(
  search: LogSearch | undefined,
  filter: Partial<LogFilter>,
  limit = 10_000,
): Promise<FoundRecord[]> {
  const records: FoundRecord[] = [];
  let place: LogPlace | undefined;
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 2_000, 'the pages end');
    const page = await search?.find({ ...EVERYTHING, ...filter }, place, limit);
    assert.ok(page !== undefined);
    assert.ok(page.records.length <= limit);
    records.push(...page.records);
    if (page.next === undefined) return records;
    place = page.next;
  }
}

const eventsOf = (records: readonly FoundRecord[]): readonly string[] => records.map(({ event }) => event);

test('every record is found once, newest first, over rotated files and pages of any size', async (t) => {
  const { telemetry, files } = telemetryUnderTest(t, { fileMaxBytes: 2_000, fileBackupCount: 50 });
  const logger = telemetry.logger('main');
  const written = Array.from({ length: 100 }, (_, k) => `record ${k} ${'ü'.repeat(k)}`);
  for (const event of written) logger.info(event);
  for (const limit of [1, 7, 100, 1_000]) {
    const records = await found(telemetry.search, { channel: 'application' }, limit);
    assert.deepEqual(eventsOf(records), written.toReversed(), `${limit} a page`);
  }
  assert.ok((await files()).length > 5);
});

test('a place stays where it is while the file grows and is rotated', async (t) => {
  const { telemetry, folder } = telemetryUnderTest(t);
  const logger = telemetry.logger('trading_engine');
  for (let k = 0; k < 10; k++) logger.info(`record ${k}`);
  const first = await telemetry.search?.find(EVERYTHING, undefined, 3);
  assert.deepEqual(eventsOf(first?.records ?? []), ['record 9', 'record 8', 'record 7']);
  logger.info('record 10');
  await telemetry.flush();
  renameSync(join(folder, 'trading.log'), join(folder, 'trading.1.log'));
  logger.info('record 11');
  const second = await telemetry.search?.find(EVERYTHING, first?.next, 3);
  assert.deepEqual(eventsOf(second?.records ?? []), ['record 6', 'record 5', 'record 4']);
  rmSync(join(folder, 'trading.1.log'));
  assert.equal(await telemetry.search?.find(EVERYTHING, second?.next, 3), undefined, 'the file is gone');
});

test('each filter leaves out what it says, and the newest that is left comes first', async (t) => {
  let now = OPEN;
  const { telemetry } = telemetryUnderTest(t, { now: () => now });
  const engine = telemetry.logger('trading_engine');
  const risk = telemetry.logger('risk_manager');
  engine.info('Order filled: BUY 3 INFY', { broker: 'paper', order_id: 'sim:4/s.paper.0/e.paper.0' });
  now += 1_000;
  risk.warning('Held back', { broker: 'zerodha', codes: 'RISK_MAX_POSITION' });
  now += 1_000;
  engine.error('Order unknown', { broker: 'zerodha', order_id: 'sim:44/s.zerodha.0' });
  const events = async (filter: Partial<LogFilter>): Promise<readonly string[]> =>
    eventsOf(await found(telemetry.search, filter));
  assert.deepEqual(await events({}), ['Order unknown', 'Held back', 'Order filled: BUY 3 INFY']);
  assert.deepEqual(await events({ level: 'WARNING' }), ['Order unknown', 'Held back']);
  assert.deepEqual(await events({ broker: 'zerodha', component: 'trading_engine' }), ['Order unknown']);
  assert.deepEqual(await events({ text: 'buy 3 infy' }), ['Order filled: BUY 3 INFY']);
  assert.deepEqual(await events({ text: 'risk_max' }), ['Held back']);
  assert.deepEqual(await events({ id: 'sim:4' }), ['Order filled: BUY 3 INFY'], 'and not what begins alike');
  assert.deepEqual(await events({ from: OPEN + 1 }), ['Order unknown', 'Held back']);
  assert.deepEqual(await events({ to: OPEN }), ['Order filled: BUY 3 INFY']);
  assert.deepEqual(await events({ mayBeTold: ({ broker }) => broker === 'paper' }), ['Order filled: BUY 3 INFY']);
  assert.deepEqual(await events({ channel: 'error' }), ['Order unknown']);
  assert.deepEqual(await events({ channel: undefined }), ['Order unknown', 'Held back']);
  assert.deepEqual(await events({ channel: 'database' }), []);
});

test('every format is read, and with one file for all a channel has its own records', async (t) => {
  const formats: readonly (readonly [Partial<TelemetryOptions>, FoundRecord['broker']])[] = [
    [{}, 'paper'],
    [{ jsonFormat: false }, 'paper'],
    [{ structured: false }, undefined],
  ];
  for (const [format, broker] of formats) {
    const { telemetry } = telemetryUnderTest(t, format);
    telemetry.logger('trading_engine').info('Order "placed" = 1', { broker: 'paper', quantity: 3 });
    const [record] = await found(telemetry.search, {});
    assert.equal(record?.timestamp, new Date(OPEN).toISOString());
    assert.deepEqual([record.level, record.channel, record.component], ['INFO', 'trading', 'trading_engine']);
    assert.equal(record.broker, broker);
    assert.match(record.event, /^Order "placed" = 1/);
  }
  const { telemetry } = telemetryUnderTest(t, { multiChannelEnabled: false });
  telemetry.logger('trading_engine').info('trade');
  telemetry.logger('api', 'audit').info('Signed in');
  assert.deepEqual(eventsOf(await found(telemetry.search, {})), ['trade']);
  assert.deepEqual(eventsOf(await found(telemetry.search, { channel: 'audit' })), ['Signed in']);
});

test('what a stranger or a crash left in a file is shown without control characters and secrets', async (t) => {
  const { telemetry, folder } = telemetryUnderTest(t, { secrets: ['hunter2-hunter2'] });
  const lines = [
    '{"timestamp":"2026-01-01T00:00:00.000Z","level":"INFO","event":"a\\u001b[2J\\nb","password":"x1","nested":{"token":"x2"}}',
    'no record at all \u0007 hunter2-hunter2',
    '{"event":"cut',
    '[]',
    '{"event":{"not":"a text"},"level":"LOUD","timestamp":"yesterday"}',
  ];
  writeFileSync(join(folder, 'trading.log'), `${lines.join('\n')}\nstill being written`);
  const records = await found(telemetry.search, {});
  const text = JSON.stringify(records);
  for (const secret of ['x1', 'x2', 'hunter2', 'still being written']) assert.ok(!text.includes(secret), secret);
  assert.equal(records.length, lines.length);
  assert.deepEqual(records.at(-1)?.event, 'a\\u001b[2J\\nb');
  assert.match(records.at(-2)?.event ?? '', /^no record at all \\u0007 \[REDACTED\]$/);
  // A guess at a secret is not answered with the line that has it.
  assert.deepEqual(await found(telemetry.search, { text: 'hunter2-hunter2' }), []);
});

test('a page looks at a bounded part of a huge file and goes on behind it, past lines that nobody wrote', async (t) => {
  const { telemetry, folder } = telemetryUnderTest(t);
  const path = join(folder, 'trading.log');
  const line = (event: string): string => `${JSON.stringify({ event, filling: 'x'.repeat(1_000) })}\n`;
  writeFileSync(path, line('wanted'));
  appendFileSync(path, `${'y'.repeat(3_000_000)}\n`);
  appendFileSync(path, line('other').repeat(6_000));
  const first = await telemetry.search?.find({ ...EVERYTHING, text: 'wanted' }, undefined, 10);
  assert.deepEqual(first?.records, []);
  assert.ok(first.next !== undefined, 'there is more to look at');
  assert.deepEqual(eventsOf(await found(telemetry.search, { text: 'wanted' })), ['wanted']);
  const large = await telemetry.search?.find(EVERYTHING, undefined, 100_000);
  assert.ok((large?.records.length ?? 0) < 2_000, 'what is told on one page is bounded too');
});

test('the channels tell what they hold, and a folder that is not there holds nothing', async (t) => {
  const { telemetry, folder } = telemetryUnderTest(t);
  assert.deepEqual(
    (await telemetry.search?.channels())?.map(({ files }) => files),
    Array.from({ length: 9 }, () => 0),
  );
  telemetry.logger('trading_engine').info('trade');
  const [trading] = ((await telemetry.search?.channels()) ?? []).filter(({ channel }) => channel === 'trading');
  assert.equal(trading?.files, 1);
  assert.ok(trading.bytes > 0 && trading.writtenAt !== undefined);
  const { telemetry: elsewhere } = telemetryUnderTest(t, { logsDir: join(folder, 'nowhere') });
  assert.deepEqual(await found(elsewhere.search, {}), []);
  const { telemetry: without } = telemetryUnderTest(t, { fileEnabled: false });
  assert.equal(without.search, undefined);
});
