// The FEED settings, each under two values, by the ticks that the feed then gives.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { VirtualClock } from '#adapters/clock/virtual-clock.ts';
import { type KiteSession } from '#adapters/zerodha/session.ts';
import { SHIPPED_SECRET_KEY } from '#app/config/sections-operations.ts';
import { openFeed } from '#app/feeds.ts';
import { KeptToken, sessionOf } from '#app/kite-app.ts';
import { openLiveFeed } from '#app/live-feed.ts';
import { LiveSession } from '#app/live-session.ts';
import { CALENDARS, INSTRUMENTS } from '#app/project.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type Feed } from '#ports/feed.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { ist, temporaryFolder, ticksOf } from '../support/tape-builder.ts';
import { pumped, tapeOf } from './platform-run.ts';
import { refusalsOf, settingsOf, type Env } from './settings-run.ts';

const ROOM = 2_000;

interface Opened {
  readonly feed: Feed;
  /** Lets so much time pass on the machine's clock and returns the ticks that are due by then. */
  readonly after: (ms: number) => Promise<readonly string[]>;
}

async function opened(t: TestContext, env: Env): Promise<Opened> {
  const settings = settingsOf(env);
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  let ms = 0;
  const now = (): number => ms;
  const feed = await openFeed({ settings, calendar, instruments: loadInstruments(INSTRUMENTS), now, kept: undefined });
  t.after(() => feed.close());
  const after = async (more: number): Promise<readonly string[]> => {
    ms += more;
    const batch = new TickBatch(ROOM, true);
    await feed.read(batch, ROOM);
    return ticksOf(feed, batch);
  };
  return { feed, after };
}

test('FEED__SOURCE chooses between the simulated market, a tape and live ticks', async (t) => {
  assert.equal((await opened(t, {})).feed.kind, 'realtime');
  const { feed } = await opened(t, { FEED__SOURCE: tapeOf(t, 3), FEED__SPEED: 'max' });
  assert.deepEqual([feed.kind, feed.instruments.map(({ symbol }) => symbol)], ['tape', ['INFY']]);
  const clock = new VirtualClock(ist('2026-01-05T09:20:00'));
  const live = (at: EpochMs): Feed => liveFeed(t, { ...LIVE, DATA_DIR: temporaryFolder(t) }, clock, at);
  const { kind, instruments } = live(0 as EpochMs);
  assert.deepEqual([kind, instruments.length > 50], ['realtime', true]);
  assert.throws(() => live((clock.now() + 1) as EpochMs), /has seen 2026-01-05T03:50:00.001Z, which is still to come/);
});

const LIVE: Env = {
  FEED__SOURCE: 'zerodha',
  ZERODHA__API_KEY: 'key',
  ZERODHA__API_SECRET: 'hidden',
  AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef',
};

/** Live ticks for a person who has not signed in, so that nothing is asked of anybody. */
function liveFeed(t: TestContext, env: Env, clock: VirtualClock, at: EpochMs): Feed {
  const settings = settingsOf(env);
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  const instruments = loadInstruments(INSTRUMENTS);
  const logger = silentLogger;
  const live = new LiveSession({ app: settings.zerodha, name: 'zerodha', settings, clock, logger });
  t.after(() => live.close());
  const nothing = (): void => undefined;
  const parts = { settings, clock, calendar, instruments, logger };
  const feed = openLiveFeed({ ...parts, at, live, orderUpdate: nothing, reconnected: nothing });
  t.after(() => feed.close());
  return feed;
}

test('ZERODHA__API_KEY and ZERODHA__API_SECRET are the app that a person signs in to, and live ticks need both', () => {
  const session = (env: Env): KiteSession => sessionOf(settingsOf({ ...LIVE, ...env }).zerodha);
  const urls = [{}, { ZERODHA__API_KEY: 'other' }].map((env) => session(env).loginUrl);
  assert.deepEqual(urls, [
    'https://kite.zerodha.com/connect/login?api_key=key&v=3',
    'https://kite.zerodha.com/connect/login?api_key=other&v=3',
  ]);
  assert.notEqual(session({}).checksum('token'), session({ ZERODHA__API_SECRET: 'another' }).checksum('token'));
  for (const name of ['ZERODHA__API_KEY', 'ZERODHA__API_SECRET']) {
    assert.match(refusalsOf({ ...LIVE, [name]: '' }).join(), new RegExp(`^error ${name}: FEED__SOURCE=zerodha needs`));
  }
});

test('AUTH__SECRET_KEY is what a session with Kite is kept under, and another one does not read it', (t) => {
  const env = { ...LIVE, DATA_DIR: join(temporaryFolder(t), 'data') };
  const complaints: string[] = [];
  const kept = (more: Env): KeptToken =>
    new KeptToken(settingsOf(env).zerodha, settingsOf({ ...env, ...more }), (complaint) => complaints.push(complaint));
  const token = { userId: 'AB1234', accessToken: 'very-secret' };
  kept({}).save(token);
  assert.deepEqual(kept({}).load(), token);
  assert.deepEqual(complaints, []);
  assert.equal(kept({ AUTH__SECRET_KEY: 'fedcba9876543210fedcba9876543210' }).load(), undefined);
  assert.match(complaints.join(), /holds no token for this secret .* sign in again/);
  assert.match(
    refusalsOf({ ...env, AUTH__SECRET_KEY: SHIPPED_SECRET_KEY }).join(),
    /the session with Kite is kept under it/,
  );
});

test('FEED__SPEED is how fast a tape and the simulated market run, and max waits for nothing', async (t) => {
  const source = tapeOf(t, 100);
  const simulated = { FEED__INSTRUMENTS: '10' };
  const count = async (env: Env) => {
    const { after } = await opened(t, env);
    const atOnce = (await after(0)).length;
    return [atOnce, (await after(1_500)).length];
  };
  assert.deepEqual(await count({ FEED__SOURCE: source, FEED__SPEED: '1' }), [1, 1]);
  assert.deepEqual(await count({ FEED__SOURCE: source, FEED__SPEED: '20' }), [1, 30]);
  assert.deepEqual(await count({ FEED__SOURCE: source, FEED__SPEED: 'max' }), [100, 0]);
  // Ten stocks and two indices, each about once a second.
  const [, slow = 0] = await count({ ...simulated, FEED__SPEED: '1' });
  const [, fast = 0] = await count({ ...simulated, FEED__SPEED: '20' });
  assert.ok(Math.abs(slow - 18) <= 1 && Math.abs(fast - 360) <= 1, `${slow} and ${fast} ticks`);
  assert.deepEqual(await count({ ...simulated, FEED__SPEED: 'max' }), [ROOM, ROOM]);
});

test('FEED__SEED decides the simulated market, and the same one gives the same ticks', async (t) => {
  const ticks = async (seed: string) => {
    const { after } = await opened(t, { FEED__SEED: seed, FEED__SPEED: 'max' });
    // Without the seed that each id names.
    return (await after(0)).map((tick) => tick.replace(/^sim-\d+:/, ''));
  };
  const first = await ticks('42');
  assert.deepEqual(await ticks('42'), first);
  assert.notDeepEqual(await ticks('43'), first);
});

test('FEED__INSTRUMENTS is how many stocks the simulated market has', async (t) => {
  for (const count of ['3', '20']) {
    const { feed } = await opened(t, { FEED__INSTRUMENTS: count });
    assert.equal(feed.instruments.filter(({ tradable }) => tradable).length, Number(count));
  }
});

test('FEED__TICKS_PER_SECOND is how often each instrument of the simulated market ticks in its own time', async (t) => {
  for (const each of ['1', '3', '0.5']) {
    const { after } = await opened(t, { FEED__INSTRUMENTS: '10', FEED__TICKS_PER_SECOND: each });
    await after(0);
    const ticks = (await after(1_000)).length;
    assert.ok(Math.abs(ticks - 12 * Number(each)) <= 1, `${ticks} ticks at ${each} a second`);
  }
});

test('FEED__BATCH_TICKS is the most ticks of one commit, whatever follows from them', async (t) => {
  const source = tapeOf(t, 50);
  const run = (most: string) =>
    pumped(t, { FEED__SOURCE: source, FEED__BATCH_TICKS: most }, ({ store }) => {
      const ticks = store.inputsAfter(0, 100).map((input) => input.ticks);
      return { counts: ticks.filter((count) => count > 0), read: store.read('market.ticks', 0, 100) };
    });
  const [small, large] = [await run('20'), await run('2000')];
  assert.deepEqual([small.counts, large.counts], [[20, 20, 10], [50]]);
  assert.deepEqual(small.read, large.read);
});
