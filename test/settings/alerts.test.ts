// The MONITORING settings that bound what is no trouble yet, each under two values, on a clock that the test moves; that a
// start watches is seen in the log of a running platform.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { AlertWatch, type AlertWatchOptions } from '#app/alerting/alert-watch.ts';
import { type EpochMs } from '#core/time.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { listening, until } from './listening-run.ts';
import { StepClock } from './platform-run.ts';
import { settingsOf, type Env } from './settings-run.ts';

const READY = { MONITORING__STARTUP_GRACE_PERIOD_SECONDS: '0' };
const IDLE = { memory: 0, cpu: 0, disk: 0 };

function watching(t: TestContext, env: Env, given: Partial<AlertWatchOptions> = {}) {
  const clock = new StepClock();
  const watch = new AlertWatch({
    monitoring: settingsOf({ ...READY, ...env }).monitoring,
    clock,
    logger: silentLogger,
    folder: temporaryFolder(t),
    machine: { look: async () => IDLE },
    store: openMemoryStore(new MemoryDisk()),
    checks: async () => [],
    deliveries: { tell: () => undefined, summarise: () => undefined, troubles: () => [] },
    lags: async () => [],
    stages: () => [],
    isOver: () => false,
    hasGateway: () => false,
    marketAt: () => undefined,
    ...given,
  });
  return { watch, clock };
}

/** The codes of what was told of what holds so long. */
async function codes(t: TestContext, env: Env, given: Partial<AlertWatchOptions>): Promise<readonly string[]> {
  const { watch, clock } = watching(t, env, given);
  for (let k = 0; k < 12; k++) {
    watch.onCommitted({ events: [], ticks: 1, messages: 0, rows: [] });
    await watch.look();
    clock.ms += 1_000;
  }
  return watch
    .list()
    .filter(({ state }) => state === 'firing')
    .map(({ code }) => code);
}

test('MONITORING__MEMORY_ALERT_THRESHOLD, MONITORING__CPU_ALERT_THRESHOLD and MONITORING__DISK_ALERT_THRESHOLD are the shares in use from which on there is an alert', async (t) => {
  const rows = [
    ['MONITORING__MEMORY_ALERT_THRESHOLD', 'memory', 'MEMORY_HIGH'],
    ['MONITORING__CPU_ALERT_THRESHOLD', 'cpu', 'CPU_HIGH'],
    ['MONITORING__DISK_ALERT_THRESHOLD', 'disk', 'DISK_FULL'],
  ] as const;
  for (const [setting, what, code] of rows) {
    const machine = { look: async () => ({ ...IDLE, [what]: 0.5 }) };
    assert.deepEqual(await codes(t, { [setting]: '0.49' }, { machine }), [code]);
    assert.deepEqual(await codes(t, { [setting]: '0.5' }, { machine }), []);
  }
});

test('MONITORING__CONSUMER_LAG_THRESHOLD is how many unread messages are no trouble', async (t) => {
  const lags = async () => [{ group: 'risk', topic: 'market.ticks', messages: 100, rows: [] }];
  assert.deepEqual(await codes(t, { MONITORING__CONSUMER_LAG_THRESHOLD: '99' }, { lags }), ['CONSUMER_LAG']);
  assert.deepEqual(await codes(t, { MONITORING__CONSUMER_LAG_THRESHOLD: '100' }, { lags }), []);
});

test('MONITORING__MARKET_DATA_LATENCY_THRESHOLD is how late the market may be', async (t) => {
  const start = new StepClock().now();
  for (const [most, expected] of [
    ['8.5', ['MARKET_DATA_LATE']],
    ['12.0', []],
  ] as const) {
    // A market that stands still while the clock goes on: after eleven seconds it is eleven seconds late.
    const found = await codes(t, { MONITORING__MARKET_DATA_LATENCY_THRESHOLD: most }, { marketAt: () => start });
    assert.deepEqual(found, expected);
  }
});

test('MONITORING__PIPELINE_FLOW_MONITORING_ENABLED decides whether stages, lag and lateness are watched', async (t) => {
  const flow: Partial<AlertWatchOptions> = {
    lags: async () => [{ group: 'risk', topic: 'market.ticks', messages: 1_000_000 }],
    stages: () => [{ name: 'risk_manager', running: false }],
    marketAt: () => 1 as EpochMs,
  };
  const name = 'MONITORING__PIPELINE_FLOW_MONITORING_ENABLED';
  const all = ['CONSUMER_LAG', 'FLOW_STALLED', 'MARKET_DATA_LATE'];
  assert.deepEqual((await codes(t, { [name]: 'true' }, flow)).toSorted(), all);
  assert.deepEqual(await codes(t, { [name]: 'false' }, flow), []);
});

test('MONITORING__STARTUP_GRACE_PERIOD_SECONDS is how long after a start nobody is told of anything', async (t) => {
  const machine = { look: async () => ({ ...IDLE, memory: 1 }) };
  const env = { MONITORING__MEMORY_ALERT_THRESHOLD: '0.5' };
  for (const [seconds, expected] of [
    ['10', ['MEMORY_HIGH']],
    ['20', []],
  ] as const) {
    assert.deepEqual(
      await codes(t, { ...env, MONITORING__STARTUP_GRACE_PERIOD_SECONDS: seconds }, { machine }),
      expected,
    );
  }
});

test('a started platform watches, and keeps what it told', async (t) => {
  const { logsDir, folder } = await listening(t, { ...READY, MONITORING__MEMORY_ALERT_THRESHOLD: '0.01' });
  const log = (): string => readFileSync(join(logsDir, 'monitoring.log'), 'utf8');
  await until('an alert in the log', async () => {
    try {
      return log().includes('MEMORY_HIGH of memory');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    }
  });
  assert.match(log(), /docs\/runbook\.md#memory_high/);
  assert.match(readFileSync(join(folder, 'data', 'alerts.json'), 'utf8'), /"code":"MEMORY_HIGH"/);
});
