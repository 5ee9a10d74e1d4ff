// The user's own strategies and what becomes of a slow or an endless one: STRATEGIES_DIR and the STRATEGIES settings, each
// under two values.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { type LogFields, type Logger } from '#ports/telemetry.ts';
import { Program } from '../e2e/support/processes.ts';
import { strategyOf } from '../support/builders.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { pumped, started, StepClock, tapeOf } from './platform-run.ts';
import { type Env } from './settings-run.ts';

/** A folder with one strategy of the user's own, whose rule is this text. */
function strategyFolder(t: TestContext, type: string, rule: string): string {
  const folder = join(temporaryFolder(t), 'own');
  mkdirSync(folder);
  const facts = `type: '${type}', version: 1, summary: 'Of a test.', parameters: {}, warmUpTicks: () => 0, start: () => ({})`;
  writeFileSync(join(folder, `${type}.ts`), `export const own = { ${facts}, onTick: () => { ${rule} } };\n`);
  return folder;
}

test('STRATEGIES_DIR adds the strategies of a folder to the shipped ones', async (t) => {
  const source = tapeOf(t, 10);
  const books = async (env: Env) => {
    const start = started(t, { ACTIVE_BROKERS: 'paper', FEED__SOURCE: source, ...env }, { once: true, listen: false });
    assert.equal(await start.code, 0);
    const reader = openStoreReader(join(start.folder, 'data'));
    try {
      return reader.rows('book', 'paper').map(({ id }) => id);
    } finally {
      reader.close();
    }
  };
  const shipped = await books({});
  const own = await books({ STRATEGIES_DIR: strategyFolder(t, 'own_rule', 'return undefined;') });
  assert.deepEqual(own, [...shipped, 'own_rule'].toSorted());
});

/** What was warned of, and who was quarantined, while a strategy took five milliseconds for each tick. */
async function slowUnder(t: TestContext, env: Env): Promise<{ readonly warned: number; readonly quarantined: number }> {
  const clock = new StepClock();
  const ponderous = strategyOf('ponderous', () => {
    clock.ms += 5;
    return undefined;
  });
  const warnings: string[] = [];
  const logger = warningLogger((event) => warnings.push(event));
  const options = { clock, strategies: [ponderous as unknown as Strategy], logger, ticksMax: 300 };
  return pumped(
    t,
    { FEED__INSTRUMENTS: '3', FEED__BATCH_TICKS: '100', ...env },
    ({ store }) => {
      const changes = store.read('paper.control.changes', 0, 100);
      const quarantined = changes.filter(({ value }) => value.includes('strategy_quarantined')).length;
      return { warned: warnings.filter((event) => event.startsWith('Slow strategy ponderous')).length, quarantined };
    },
    options,
  );
}

function warningLogger(onWarning: (event: string, fields?: LogFields) => void): Logger {
  const ignore = (): void => undefined;
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warning: onWarning,
    error: ignore,
    critical: ignore,
    child: () => logger,
  };
  return logger;
}

test('STRATEGIES__SLOW_MS is how long a strategy may take for a tick before it is quarantined in real time', async (t) => {
  assert.deepEqual(await slowUnder(t, { STRATEGIES__SLOW_MS: '5' }), { warned: 0, quarantined: 0 });
  assert.deepEqual(await slowUnder(t, { STRATEGIES__SLOW_MS: '4.9' }), { warned: 1, quarantined: 1 });
});

test('STRATEGIES__SLOW_MS only reports a slow strategy with a tape', async (t) => {
  const source = tapeOf(t, 300);
  const under = (most: string) => slowUnder(t, { FEED__SOURCE: source, STRATEGIES__SLOW_MS: most });
  assert.deepEqual(await under('5'), { warned: 0, quarantined: 0 });
  assert.deepEqual(await under('4.9'), { warned: 1, quarantined: 0 });
});

test('STRATEGIES__HUNG_SECONDS is how long a strategy may hold the process before it is ended', async (t) => {
  // It holds the thread without taking the processor from the other tests, and not for ever.
  const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000); return undefined;';
  const STRATEGIES_DIR = strategyFolder(t, 'endless', wait);
  const start = (seconds: string) => {
    const folder = temporaryFolder(t);
    const env = { STRATEGIES_DIR, STRATEGIES__HUNG_SECONDS: seconds, API__PORT: '0', LOGGING__FILE_ENABLED: 'false' };
    const program = new Program(folder, ['start', '--data-dir', join(folder, 'data')], env);
    t.after(() => program.kill('SIGKILL'));
    return { folder, program };
  };
  const [impatient, patient] = [start('1'), start('20')];
  let patientEnded = false;
  void patient.program.ended.then(() => (patientEnded = true));
  const { signal } = await impatient.program.ended;
  assert.equal(signal, 'SIGKILL');
  const text = readFileSync(join(impatient.folder, 'data', 'hung-strategy.json'), 'utf8');
  const hung = JSON.parse(text) as { broker: string; strategyId: string; seconds: number };
  assert.deepEqual([hung.broker, hung.strategyId], ['paper', 'endless']);
  // Less than the default, however busy the machine is.
  assert.ok(hung.seconds < 10, text);
  await sleep(1_500);
  assert.equal(patientEnded, false);
});
