// The log over HTTP: who is told of which records, and pages that go on where they stopped.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import { createTelemetry, type LogTelemetry } from '#adapters/telemetry/telemetry.ts';
import { telemetryOptions } from '#app/telemetry.ts';
import { listOf } from '#api/contract.ts';
import { logChannel, logRecord } from '#api/log-contract.ts';
import { StepClock } from '../settings/platform-run.ts';
import { settingsOf } from '../settings/settings-run.ts';
import { accessWorld, type AccessWorld } from '../support/access-world.ts';
import { apiWorld } from '../support/api-world.ts';
import { temporaryFolder } from '../support/tape-builder.ts';

const SECRET = 'a-secret-key-of-thirty-two-letters';

/** Logging of a platform, with some records in it. */
function logged(t: TestContext): LogTelemetry {
  const env = { LOGGING__LOGS_DIR: join(temporaryFolder(t), 'logs'), LOGGING__CONSOLE_ENABLED: 'false' };
  const settings = settingsOf({ ...env, AUTH__SECRET_KEY: SECRET });
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const telemetry = createTelemetry({ ...telemetryOptions(settings, new StepClock()), console: silent });
  t.after(() => telemetry.close());
  const engine = telemetry.logger('trading_engine');
  engine.info('Order filled', { broker: 'paper', order_id: 'sim:4/s.paper.0' });
  engine.info('Order filled', { broker: 'desk_four', order_id: 'sim:5/s.desk_four.0' });
  engine.warning(`of no namespace, and ${SECRET}`, { password: 'swordfish' });
  telemetry.logger('api', 'audit').info('Signed in', { who: 'asha' });
  return telemetry;
}

async function listAs(world: AccessWorld, name: string, query: string) {
  const answer = await world.askAs(await world.tokenOf(name), `/api/v1/logs${query}`);
  assert.equal(answer.status, 200, answer.text);
  return listOf(logRecord).parse(JSON.parse(answer.text));
}

test('a caller is told of the own namespaces; what names none, and the audit channel, are for fewer', async (t) => {
  const world = await accessWorld(t, { logs: logged(t).search });
  const events = async (name: string, query: string): Promise<readonly string[]> =>
    (await listAs(world, name, query)).items.map(({ broker, event }) => `${broker}: ${event}`);
  const [ofNone, ofFour, ofPaper] = [
    'null: of no namespace, and [REDACTED]',
    'desk_four: Order filled',
    'paper: Order filled',
  ];
  assert.deepEqual(await events('viewer', '?channel=trading'), [ofNone, ofFour, ofPaper]);
  assert.deepEqual(await events('viewer_foreign', '?channel=trading'), [ofFour]);
  assert.deepEqual(await events('viewer', '?channel=trading&broker=paper'), [ofPaper]);
  assert.deepEqual(await events('viewer', '?correlation_id=sim:5&channel=trading'), [ofFour]);
  assert.deepEqual(await events('viewer', ''), [ofNone]);
  assert.deepEqual(await events('risk', '?channel=audit'), ['null: Signed in']);
  const statusAs = async (name: string, query: string): Promise<number> =>
    (await world.askAs(await world.tokenOf(name), `/api/v1/logs${query}`)).status;
  assert.equal(await statusAs('operator', '?channel=audit'), 403);
  assert.equal(await statusAs('viewer_foreign', '?broker=paper'), 403);
  for (const wrong of ['?channel=nothing', '?from=yesterday', '?search=', '?cursor=abc', '?colour=red']) {
    assert.equal(await statusAs('viewer', wrong), 400, wrong);
  }
  const { text } = await world.askAs(await world.tokenOf('viewer'), '/api/v1/logs?channel=trading');
  for (const secret of [SECRET, 'swordfish']) assert.ok(!text.includes(secret), secret);
});

test('pages follow each other, and a cursor is of its channel', async (t) => {
  const telemetry = logged(t);
  const world = await apiWorld(t, { logs: telemetry.search });
  const ask = async (query: string) => world.ask(`/api/v1/logs${query}`);
  const page = async (query: string) => listOf(logRecord).parse(JSON.parse((await ask(query)).text));
  const first = await page('?channel=trading&limit=2');
  assert.equal(first.items.length, 2);
  telemetry.logger('trading_engine').info('meanwhile');
  const second = await page(`?channel=trading&limit=2&cursor=${first.next_cursor}`);
  assert.deepEqual(
    second.items.map(({ broker }) => broker),
    ['paper'],
  );
  assert.equal(second.next_cursor, null);
  assert.equal((await ask(`?channel=api&cursor=${first.next_cursor}`)).status, 400);
  const channels = listOf(logChannel).parse(JSON.parse((await world.ask('/api/v1/log-channels')).text)).items;
  assert.equal(channels.length, 9);
  assert.equal(channels.find(({ channel }) => channel === 'trading')?.files, 1);
});

test('without log files the answer says what to set', async (t) => {
  const world = await apiWorld(t, { logs: undefined });
  for (const path of ['logs', 'log-channels']) {
    const { status, text } = await world.ask(`/api/v1/${path}`);
    assert.equal(status, 409);
    assert.match(text, /LOGGING__FILE_ENABLED=true/);
  }
});
