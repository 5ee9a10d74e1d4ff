// The settings of running it: where the HTTP server listens, and how health is looked after. The checks themselves run on
// a clock that the test moves; that a start obeys them is seen on /health/ready of running platforms.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { healthMonitor, repeatChecks } from '#app/health.ts';
import { type HealthCheck } from '#engine/health.ts';
import { OPEN } from '../support/builders.ts';
import { listening, statusOf, until } from './listening-run.ts';
import { stopAll } from './platform-run.ts';
import { refusalsOf, settingsOf, type Env } from './settings-run.ts';

function monitoringOf(env: Env) {
  return settingsOf(env).monitoring;
}

test('API__PORT and API__HOST are where /health answers, and an address that is not ours stops the start', async (t) => {
  const [one, other] = [await listening(t, {}), await listening(t, {})];
  for (const { port } of [one, other]) {
    await until(`an answer on the port ${port}`, async () => (await statusOf(port, '/health')) === 200);
  }
  stopAll();
  assert.deepEqual([await one.code, await other.code], [0, 0]);

  // An address of documentation, which no machine has.
  const door = { AUTH__ENABLE_USER_AUTH: 'true', AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef' };
  const elsewhere = await listening(t, { ...door, API__HOST: '192.0.2.1' });
  assert.equal(await elsewhere.code, 1);
  const log = readFileSync(join(elsewhere.logsDir, 'application.log'), 'utf8');
  assert.match(log, new RegExp(`cannot listen on 192\\.0\\.2\\.1:${elsewhere.port}`));
});

test('API__HOST that others can reach is refused without authentication', () => {
  assert.deepEqual(refusalsOf({ API__HOST: 'localhost' }), []);
  assert.match(refusalsOf({ API__HOST: '0.0.0.0' }).join('\n'), /^error API__HOST: 0\.0\.0\.0 can be reached/m);
});

test('MONITORING__HEALTH_CHECK_ENABLED and MONITORING__HEALTH_CHECK_INTERVAL decide whether and how often checks are repeated', async () => {
  const rounds = async (env: Env): Promise<number> => {
    const clock = new VirtualClock(OPEN);
    let asked = 0;
    const run = () => ({ passed: true, message: `asked ${++asked} times` });
    const monitoring = monitoringOf(env);
    const health = healthMonitor([{ component: 'x', scope: 'information', run }], monitoring, clock);
    const end = repeatChecks(health, monitoring, clock);
    await clock.advance(60_000);
    end();
    await clock.advance(60_000);
    return asked;
  };
  assert.equal(await rounds({}), 2);
  assert.equal(await rounds({ MONITORING__HEALTH_CHECK_INTERVAL: '7.5' }), 8);
  assert.equal(await rounds({ MONITORING__HEALTH_CHECK_ENABLED: 'false' }), 0);
});

test('MONITORING__HEALTH_CHECK_TIMEOUT is how long a check may take to answer', async () => {
  const answerAfter = async (seconds: number, env: Env): Promise<string | undefined> => {
    const clock = new VirtualClock(OPEN);
    const run = async () => {
      await clock.sleep(seconds * 1_000);
      return { passed: true, message: 'answered' };
    };
    const check: HealthCheck = { component: 'slow', scope: 'infrastructure', run };
    const results = healthMonitor([check], monitoringOf(env), clock).run();
    await clock.advance(60_000);
    return (await results)[0]?.message;
  };
  assert.deepEqual([await answerAfter(4.9, {}), await answerAfter(5.1, {})], ['answered', 'no answer within 5000 ms']);
  assert.equal(await answerAfter(5.1, { MONITORING__HEALTH_CHECK_TIMEOUT: '6' }), 'answered');
});

test('a start obeys HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS, MONITORING__HEALTH_CHECK_INTERVAL and MONITORING__HEALTH_CHECK_ENABLED', async (t) => {
  const often = { MONITORING__HEALTH_CHECK_INTERVAL: '0.1', MONITORING__HEALTH_CHECK_TIMEOUT: '0.1' };
  const impatient = { HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS: '1' };
  const watched = await listening(t, { ...impatient, ...often });
  const others = [
    await listening(t, { ...often }),
    await listening(t, { ...impatient }),
    await listening(t, { ...impatient, ...often, MONITORING__HEALTH_CHECK_ENABLED: 'false' }),
  ];
  for (const { port } of others) {
    await until(`readiness on the port ${port}`, async () => (await statusOf(port, '/health/ready')) === 200);
  }
  await until('a silent market to be noticed', async () => (await statusOf(watched.port, '/health/ready')) === 503);
  // Long enough for each of them to notice what it should not look for.
  await sleep(1_200);
  assert.deepEqual(await Promise.all(others.map(({ port }) => statusOf(port, '/health/ready'))), [200, 200, 200]);
  stopAll();
  assert.deepEqual(await Promise.all([watched, ...others].map(({ code }) => code)), [0, 0, 0, 0]);
});
