// The settings of running it: where the HTTP server listens, and how health is looked after. The checks themselves run on
// a clock that the test moves; that a start obeys them is seen on /health/ready of running platforms.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { healthMonitor, repeatChecks } from '#app/health.ts';
import { type HealthCheck } from '#engine/health.ts';
import { OPEN } from '../support/builders.ts';
import { started, stopAll, type Started } from './platform-run.ts';
import { refusalsOf, settingsOf, type Env } from './settings-run.ts';

const WAIT_MS_MAX = 20_000;
/** A simulated market that ticks once, and then for an hour no more. */
const SILENT = { FEED__INSTRUMENTS: '1', FEED__TICKS_PER_SECOND: '0.01', FEED__SPEED: '0.01' };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** The status of an answer; undefined while nobody answers. */
async function statusOf(port: number, path: string): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(1_000) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`expected ${what} within ${WAIT_MS_MAX} ms`);
    await sleep(20);
  }
}

/** A platform that listens on a port of its own until the test ends it. */
async function listening(t: TestContext, env: Env): Promise<Started & { readonly port: number }> {
  const port = await freePort();
  const start = started(
    t,
    { ACTIVE_BROKERS: 'paper', ...SILENT, API__PORT: `${port}`, ...env },
    { once: false, listen: true },
  );
  t.after(async () => {
    stopAll();
    await start.code;
  });
  return { ...start, port };
}

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
