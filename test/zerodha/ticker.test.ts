// The live feed against the Kite simulator's ticker over real sockets, on a virtual clock.
import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openKiteFeed, type KiteFeed, type KiteFeedOptions } from '#adapters/zerodha/ticker/kite-feed.ts';
import { KiteTicker, TOKENS_MAX } from '#adapters/zerodha/ticker/kite-ticker.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { DEPTH_WIDTH, TickBatch } from '#core/market/tick.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { serveKite } from '#kite-simulator/transport.ts';
import { rs } from '../support/builders.ts';
import { INFY, kiteWorld, NIFTY, SBIN, shares, type KiteWorld } from '../support/kite-world.ts';

const reconnection = { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 8_000, multiplier: 2, timeoutMs: 30_000 };
const BATCH = 1_000;

interface FeedWorld {
  readonly kite: KiteWorld;
  readonly session: KiteSession;
  readonly feed: KiteFeed;
  readonly gaps: string[];
  readonly troubles: string[];
  readonly hints: () => number;
  /** Everything read so far, as [token, rupees]. */
  readonly ticks: (readonly [number, number])[];
  /** Lets the sockets have their turns, and virtual time pass, until it holds. */
  readonly until: (what: string, holds: () => boolean) => Promise<void>;
}

async function feedWorld(t: TestContext, options: Partial<KiteFeedOptions> = {}): Promise<FeedWorld> {
  const kite = kiteWorld();
  const { simulator, clock } = kite;
  const server = await serveKite(simulator);
  const session = new KiteSession({ ...SIMULATOR_CREDENTIALS, loginRoot: server.url });
  const renew = (): void => session.begin({ userId: 'SIM001', accessToken: simulator.control.login() });
  renew();
  const [gaps, troubles]: [string[], string[]] = [[], []];
  let hints = 0;
  const feed = openKiteFeed({
    root: server.tickerUrl,
    session,
    clock,
    instruments: shares().map(({ instrument }) => instrument),
    calendar: alwaysOpen(),
    reconnection,
    random: () => 0,
    orderUpdate: () => hints++,
    trouble: (message) => troubles.push(message),
    candles: () => Promise.resolve({ kind: 'failed', message: 'there is no history here' }),
    ...options,
  });
  t.after(async () => {
    await feed.close();
    await server.close();
    await simulator.close();
  });
  const ticks: (readonly [number, number])[] = [];
  const batch = new TickBatch(BATCH, true);
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let turns = 0; turns < 600; turns++) {
      batch.clear();
      await feed.read(batch, BATCH);
      for (let k = 0; k < batch.count; k++) {
        ticks.push([feed.instruments[batch.instrument[k] ?? 0]?.token ?? 0, (batch.price[k] ?? 0) / 10_000]);
      }
      for (const { token, from, to } of feed.takeGaps()) gaps.push(`${token} ${to - from}`);
      if (holds()) return;
      await delay(2);
      await clock.advance(200);
    }
    assert.fail(`it never came to it: ${what}; ${JSON.stringify({ ticks, troubles, counts: feed.counts() })}`);
  };
  return { kite, session, feed, gaps, troubles, hints: () => hints, ticks, until };
}

const connected =
  ({ kite }: FeedWorld) =>
  (): boolean =>
    kite.simulator.control.truth().counts.sockets === 1;

/** Waits until the feed is connected and has subscribed: it gets a snapshot of what has a price. */
async function begun(world: FeedWorld, rupees = 1500): Promise<void> {
  world.kite.tick(INFY, rupees);
  await world.until('a first tick', () => world.ticks.some(([token, price]) => token === INFY && price === rupees));
}

describe('the feed', () => {
  test('brings ticks with depth, volume and the exchange’s time, in sequence', async (t) => {
    const world = await feedWorld(t);
    const { kite, feed } = world;
    await begun(world);
    kite.tick(INFY, 1501.05, { volume: 120, depth: [1501, 7, 1501.05, 9] });
    kite.tick(NIFTY, 26_010.5);
    await delay(50);
    const batch = new TickBatch(BATCH, true);
    await feed.read(batch, BATCH);
    assert.deepEqual([...batch.price.subarray(0, batch.count)], [rs(1501.05), rs(26_010.5)]);
    assert.deepEqual([batch.volume[0], batch.volume[1]], [120, -1]);
    assert.deepEqual([...batch.depth.subarray(0, 3)], [rs(1501), 7, 1]);
    assert.deepEqual([...batch.depth.subarray(DEPTH_WIDTH, DEPTH_WIDTH + 3)], [0, 0, 0]);
    assert.equal(batch.time[0], Math.floor(kite.clock.now() / 1000) * 1000);
    assert.equal(batch.sequence[1], (batch.sequence[0] ?? 0) + 1);
    assert.equal(feed.counts().used, feed.position()['sequence']);
    assert.match(feed.sourceOf(), /^kite-/);
  });

  test('hints at changes of orders, and tells a person what Kite says', async (t) => {
    const world = await feedWorld(t);
    await begun(world, 1490);
    await world.kite.placed({ quantity: 1 });
    await world.until('a hint', () => world.hints() > 0);
    world.kite.simulator.control.say('message', 'maintenance tonight');
    await world.until('a message', () => world.troubles.some((text) => /maintenance tonight/.test(text)));
  });

  for (const fault of ['drop', 'double-drop', 'silent-socket'] as const) {
    test(`comes back after ${fault}, subscribes anew, and tells the gap`, async (t) => {
      const world = await feedWorld(t);
      const { kite, ticks, gaps } = world;
      await begun(world);
      kite.simulator.control.arm(fault, { count: 1, ms: 3_600_000 });
      kite.tick(INFY, 1502);
      await world.until('the connection is new', () => ticks.some(([, price]) => price === 1502));
      kite.tick(INFY, 1503);
      await world.until('ticks go on', () => ticks.some(([, price]) => price === 1503));
      assert.equal(gaps.length > 0, true);
      assert.match(gaps[0] ?? '', new RegExp(`^${INFY} [1-9]\\d+$`));
      assert.equal(kite.simulator.control.truth().counts.sockets, 1);
    });
  }

  test('begins anew when only heartbeats come while the market is open', async (t) => {
    const world = await feedWorld(t, { stallMs: 10_000 });
    const { kite, ticks, troubles } = world;
    await begun(world);
    kite.simulator.control.arm('heartbeats-only', { count: 1, ms: 3_600_000 });
    kite.tick(INFY, 1502);
    await world.until('it began anew', () => troubles.some((text) => /although the market is open/.test(text)));
    await world.until('the snapshot of the new connection', () => ticks.some(([, price]) => price === 1502));
  });

  test('counts what it does not take', async (t) => {
    const world = await feedWorld(t);
    const { kite, feed, ticks } = world;
    await begun(world);
    kite.tick(INFY, 1501);
    for (const fault of ['malformed-frame', 'stray-tick', 'zero-price', 'old-tick'] as const) {
      kite.simulator.control.arm(fault, { count: 1 });
      kite.tick(INFY, 1502);
    }
    kite.tick(INFY, 1503);
    await world.until('the last tick', () => ticks.at(-1)?.[1] === 1503);
    const { refused } = feed.counts();
    const { unknown_instrument, bad_price, out_of_order, malformed_frame, unknown_packet } = refused;
    assert.deepEqual(
      { unknown_instrument, bad_price, out_of_order },
      { unknown_instrument: 1, bad_price: 1, out_of_order: 1 },
    );
    assert.ok((malformed_frame ?? 0) + (unknown_packet ?? 0) >= 1, JSON.stringify(refused));
  });

  test('waits for a new token when the old one is dead, without trying', async (t) => {
    const world = await feedWorld(t);
    const { kite, session, feed, ticks } = world;
    await begun(world);
    kite.simulator.control.expireToken();
    kite.simulator.control.arm('drop', { count: 1 });
    kite.tick(INFY, 1502);
    await world.until('the session is dead', () => session.state === 'dead');
    const { authenticationFailures } = kite.simulator.control.truth().counts;
    for (let k = 0; k < 20; k++) await kite.clock.advance(60_000);
    await delay(20);
    assert.equal(kite.simulator.control.truth().counts.authenticationFailures, authenticationFailures);
    session.begin({ userId: 'SIM001', accessToken: kite.simulator.control.login() });
    feed.renew();
    await world.until('it is back', connected(world));
    kite.tick(INFY, 1504);
    await world.until('ticks go on', () => ticks.some(([, price]) => price === 1504));
  });

  test('counts as down after the attempts that are set, goes on trying, and says when it is back', async (t) => {
    const world = await feedWorld(t);
    const { kite, troubles } = world;
    await begun(world);
    kite.simulator.control.arm('refuse-socket', { status: 429, count: 5 });
    kite.simulator.control.arm('drop', { count: 1 });
    kite.tick(INFY, 1502);
    await world.until('it is down', () => troubles.some((text) => /down after 3 attempts/.test(text)));
    await world.until('it is back', () => troubles.some((text) => /is back/.test(text)));
  });

  test('refuses a packet that finds no room, and counts it', async (t) => {
    const world = await feedWorld(t);
    await begun(world);
    const { feed } = world;
    const { sequence } = feed.position();
    for (let k = 0; k < 70_000; k++) feed.packet(0, rs(1500), 1, Number.MAX_SAFE_INTEGER - 70_000 + k, undefined);
    assert.equal(feed.counts().refused['overrun'], 70_000 - 65_536);
    assert.equal(feed.position()['sequence'], sequence);
  });
});

test('a ticker takes as many instruments as three connections', async () => {
  const { clock } = kiteWorld();
  const session = new KiteSession({ ...SIMULATOR_CREDENTIALS, loginRoot: '' });
  const nothing = (): void => undefined;
  const events = { frame: nothing, orderUpdate: nothing, lost: nothing, back: nothing, trouble: nothing };
  const tokens = Array.from({ length: TOKENS_MAX + 1 }, (_, k) => k);
  const make = (count: number): KiteTicker =>
    new KiteTicker({
      root: 'ws://127.0.0.1:1',
      session,
      clock,
      tokens: tokens.slice(0, count),
      mode: 'full',
      reconnection,
      random: () => 0,
      events,
    });
  assert.throws(() => make(TOKENS_MAX + 1), /at most 9000 instruments .* found 9001/);
  await make(TOKENS_MAX).run(AbortSignal.abort());
});

test('two feeds of two accounts have nothing in common', async (t) => {
  const [one, other] = [await feedWorld(t), await feedWorld(t)];
  await begun(one, 1500);
  await begun(other, 1600);
  one.kite.simulator.control.expireToken();
  one.kite.simulator.control.arm('drop', { count: 1 });
  one.kite.tick(INFY, 1501);
  await one.until('one is dead', () => one.session.state === 'dead');
  other.kite.tick(SBIN, 800);
  await other.until('the other goes on', () => other.ticks.some(([token]) => token === SBIN));
  assert.equal(other.session.state, 'active');
});
