// The HEALTH_CHECKS settings that bound ages and answers, each under two values, on a clock that the test moves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '#adapters/memory/disk.ts';
import { openMemoryStore } from '#adapters/memory/store.ts';
import { embeddedChecks } from '#app/embedded.ts';
import { Freshness } from '#app/freshness.ts';
import { Gateways } from '#app/gateways.ts';
import { preflightChecks, type PreflightOptions } from '#app/preflight.ts';
import { type DomainEvent } from '#core/events.ts';
import { type CheckOutcome } from '#engine/health.ts';
import { type Ingest } from '#engine/ingest.ts';
import { type Feed } from '#ports/feed.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { deployment } from '../support/builders.ts';
import { JUNE_2021, ist } from '../support/tape-builder.ts';
import { StepClock } from './platform-run.ts';
import { settingsOf, SettingsRun, type Env } from './settings-run.ts';

/** A platform whose feed has begun, with what its checks look at in the test's hands. */
class Watched {
  readonly clock = new StepClock();
  readonly run: SettingsRun;
  readonly #freshness = new Freshness(this.clock);
  readonly #options: PreflightOptions;

  constructor(env: Env, kind: Feed['kind'] = 'realtime') {
    this.run = new SettingsRun(env, [deployment()]);
    const memory = openMemoryStore(new MemoryDisk());
    const store = Object.assign(Object.create(memory) as typeof memory, {
      lastSeq: () => {
        this.clock.ms += 3_000;
        return 0;
      },
    });
    const { cascade } = this.run;
    // The checks look at no more of these than is here.
    const gateways = new Gateways([], this.clock, silentLogger);
    const ingest = { cascade } as Ingest;
    const source = {
      isLive: false,
      feedTrouble: undefined,
      liveAccountOf: () => undefined,
    } as unknown as PreflightOptions['pipeline']['source'];
    const settings = settingsOf({ DATA_DIR: '.', ACTIVE_BROKERS: 'paper', ...env });
    const checks = embeddedChecks(store, { settings, clock: this.clock });
    const foundation = { checks } as unknown as PreflightOptions['pipeline']['foundation'];
    const pipeline = { foundation, feed: { kind } as Feed, source, gateways, ingest, plan: cascade.plan };
    this.#options = { pipeline, settings, calendar: JUNE_2021, clock: this.clock, freshness: this.#freshness };
    this.#freshness.begin(cascade.at);
  }

  /** A tick of the first instrument, so many seconds after the open, and its commit. */
  tick(seconds: number): void {
    this.#committed(this.run.price(seconds, 100), 1);
  }

  tickAt(text: string): void {
    this.#committed(this.run.tick(0, 100, ist(text)), 1);
  }

  #committed(events: readonly DomainEvent[], ticks: number): void {
    this.#freshness.onCommitted({ events, ticks, messages: events.length, rows: [] });
  }

  async check(component: string): Promise<CheckOutcome> {
    const check = preflightChecks(this.#options).find((candidate) => candidate.component === component);
    if (check === undefined) throw new Error(`there is no check of ${component}`);
    return check.run();
  }

  async passes(component: string): Promise<boolean> {
    return (await this.check(component)).passed;
  }
}

test('HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS is how long a market in real time may be silent', async () => {
  for (const [env, seconds] of [
    [{}, 30],
    [{ HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS: '90' }, 90],
  ] as const) {
    const watched = new Watched(env);
    watched.tick(0);
    watched.clock.ms += seconds * 1_000;
    assert.equal(await watched.passes('market ticks'), true);
    watched.clock.ms += 1;
    const { passed, message } = await watched.check('market ticks');
    assert.equal(passed, false);
    assert.equal(
      message,
      `the last tick came ${seconds.toFixed(seconds < 60 ? 1 : 0)} s ago, expected one every ${seconds} s; look after the feed`,
    );
    watched.tick(seconds + 1);
    assert.equal(await watched.passes('market ticks'), true);
  }
});

test('a market that is closed, a tape and a feed that has not ticked yet are judged as they deserve', async () => {
  const closed = new Watched({});
  closed.tickAt('2021-06-11T15:29:50');
  closed.clock.ms += 60_000;
  assert.deepEqual(await closed.check('market ticks'), { passed: true, message: 'NSE is closed' });
  const tape = new Watched({}, 'tape');
  tape.tick(0);
  tape.clock.ms += 3_600_000;
  for (const component of ['market ticks', 'paper snapshots']) assert.equal(await tape.passes(component), true);
  const dead = new Watched({});
  dead.clock.ms += 31_000;
  assert.equal(await dead.passes('market ticks'), false);
});

test('HEALTH_CHECKS__PORTFOLIO_SNAPSHOT_MAX_AGE_SECONDS is how old the books may get, but never less than two intervals', async () => {
  const interval = { PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS: '60' };
  for (const [env, seconds] of [
    [interval, 300],
    [{ ...interval, HEALTH_CHECKS__PORTFOLIO_SNAPSHOT_MAX_AGE_SECONDS: '500' }, 500],
    [{ ...interval, HEALTH_CHECKS__PORTFOLIO_SNAPSHOT_MAX_AGE_SECONDS: '10' }, 120],
    [{ PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS: '400' }, 800],
  ] as const) {
    const watched = new Watched(env);
    watched.tick(0);
    // The books are written by this tick, at the latest interval before it.
    watched.tick(1_200);
    watched.clock.ms += seconds * 1_000;
    assert.equal(await watched.passes('paper snapshots'), true, `${seconds}`);
    watched.clock.ms += 1;
    assert.equal(await watched.passes('paper snapshots'), false, `${seconds}`);
  }
});

test('the books of yesterday are not old at the open', async () => {
  const watched = new Watched({ PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS: '60' });
  watched.tickAt('2021-06-11T15:29:00');
  watched.tickAt('2021-06-14T09:15:01');
  assert.equal(await watched.passes('paper snapshots'), true);
});

test('HEALTH_CHECKS__DATABASE_CONNECTION_TIMEOUT_SECONDS is how long the store may take to answer', async () => {
  const passes = (env: Env) => new Watched(env).passes('database');
  assert.equal(await passes({}), true);
  assert.equal(await passes({ HEALTH_CHECKS__DATABASE_CONNECTION_TIMEOUT_SECONDS: '2.9' }), false);
  assert.equal(await passes({ HEALTH_CHECKS__DATABASE_CONNECTION_TIMEOUT_SECONDS: '3' }), true);
});
