import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { HealthMonitor, type CheckScope, type HealthCheck } from './health.ts';

function check(scope: CheckScope, passed: boolean, broker?: string): HealthCheck {
  const about = broker === undefined ? {} : { broker };
  return { component: 'part', scope, ...about, run: () => ({ passed, message: 'looked at' }) };
}

test('a check of one namespace that failed keeps that one from trading, and no other', async () => {
  const checks = [check('infrastructure', true), check('broker', false, 'paper'), check('broker', true, 'zerodha')];
  const monitor = new HealthMonitor([...checks, check('information', false)], systemClock(), 1_000);
  await monitor.run();
  assert.deepEqual([monitor.healthy, monitor.ready('paper'), monitor.ready('zerodha')], [true, false, true]);
});

test('a failed check of what everything stands on keeps all of them from trading', async () => {
  const monitor = new HealthMonitor([check('infrastructure', false)], systemClock(), 1_000);
  await monitor.run();
  assert.deepEqual([monitor.healthy, monitor.ready('paper')], [false, false]);
});

test('a glance tells what can be told at once, of the rest what the last round found, and changes no result', async () => {
  let passed = true;
  let rounds = 0;
  const looked: HealthCheck = {
    ...check('infrastructure', true),
    component: 'looked at',
    glance: () => ({ passed, message: 'glanced at' }),
  };
  const silent: HealthCheck = { ...check('broker', true, 'paper'), glance: () => undefined };
  const asked: HealthCheck = {
    ...check('broker', true, 'zerodha'),
    run: () => ({ passed: true, message: `round ${++rounds}` }),
  };
  const monitor = new HealthMonitor([looked, silent, asked], systemClock(), 1_000);
  assert.deepEqual(await monitor.glance(), [], 'nothing is told before the first round');
  await monitor.run();
  passed = false;
  const glanced = (await monitor.glance()).map((each) => [each.passed, each.message]);
  assert.deepEqual(glanced, [
    [false, 'glanced at'],
    [true, 'looked at'],
    [true, 'round 1'],
  ]);
  assert.equal(monitor.healthy, true);
});

test('a check that throws or does not answer has failed, and says so', async () => {
  const throwing: HealthCheck = {
    ...check('infrastructure', true),
    run: () => {
      throw new Error('it is broken');
    },
  };
  const silent: HealthCheck = { ...check('infrastructure', true), run: () => new Promise(() => undefined) };
  const results = await new HealthMonitor([throwing, silent], systemClock(), 20).run();
  assert.deepEqual(
    results.map(({ passed, message }) => [passed, message]),
    [
      [false, 'it is broken'],
      [false, 'no answer within 20 ms'],
    ],
  );
});
