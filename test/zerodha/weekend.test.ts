// Seventy-two virtual hours with a weekend in them: Kite ends the session every morning at a moment of its own, connections
// break, and a person signs in when they come to it. Real sockets, a virtual clock.
import assert from 'node:assert/strict';
import { setImmediate, setTimeout as delay } from 'node:timers/promises';
import { test, type TestContext } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { RequestBudget } from '#adapters/zerodha/budget.ts';
import { dataOnly } from '#adapters/zerodha/data-only.ts';
import { HttpClient } from '#adapters/zerodha/http.ts';
import { KiteClient } from '#adapters/zerodha/kite-client.ts';
import { KiteSession } from '#adapters/zerodha/session.ts';
import { openKiteFeed, type KiteFeed } from '#adapters/zerodha/ticker/kite-feed.ts';
import { CALENDARS } from '#app/project.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Candle, type FeedGap } from '#core/market/gap.ts';
import { TickBatch } from '#core/market/tick.ts';
import { draw } from '#core/random.ts';
import { MINUTE_MS, SECOND_MS, type DayNumber, type EpochMs } from '#core/time.ts';
import { SIMULATOR_CREDENTIALS } from '#kite-simulator/options.ts';
import { serveKite } from '#kite-simulator/transport.ts';
import { rs } from '../support/builders.ts';
import { INFY, kiteWorld, SBIN, shares, type KiteWorld } from '../support/kite-world.ts';
import { ist } from '../support/tape-builder.ts';

const FRIDAY_NOON = ist('2026-01-09T12:00:00');
const MONDAY_OPEN = ist('2026-01-12T09:15:00');
const MONDAY_NOON = ist('2026-01-12T12:00:00');
const TICK_EVERY_MS = 5 * SECOND_MS;
/** Scaled like the weekend: nobody hears of a minute of silence in it. */
const HEARTBEAT_MS = MINUTE_MS;
const SILENCE_MS = 5 * MINUTE_MS;
const reconnection = { maxAttempts: 5, baseDelayMs: 1_000, maxDelayMs: 60_000, multiplier: 2, timeoutMs: 30_000 };
const TURNS = 12;

/** A whole number from `from` up to `to`, by the seed. */
function between(seed: number, what: string, k: number, from: number, to: number): number {
  return from + (draw(seed, what, k) % (to - from + 1));
}

interface Outage {
  /** When a person signed in, and how long it took until a tick was read. */
  readonly signedIn: EpochMs;
  backMs: number | undefined;
}

class Weekend {
  readonly #kite: KiteWorld;
  readonly #feed: KiteFeed;
  readonly #session: KiteSession;
  readonly #calendar: Calendar;
  readonly #batch = new TickBatch(1_000, true);
  readonly troubles: string[];
  readonly gaps: FeedGap[] = [];
  readonly outages: Outage[] = [];
  /** What was traded, as the market and as the feed saw it: `token time price`. */
  readonly traded: (readonly [number, EpochMs, number])[] = [];
  readonly seen = new Set<string>();
  #step = 0;

  constructor(kite: KiteWorld, feed: KiteFeed, session: KiteSession, calendar: Calendar, troubles: string[]) {
    this.troubles = troubles;
    this.#kite = kite;
    this.#feed = feed;
    this.#session = session;
    this.#calendar = calendar;
  }

  signIn(): void {
    this.#session.begin({ userId: 'SIM001', accessToken: this.#kite.simulator.control.login() });
    this.#feed.renew();
    this.outages.push({ signedIn: this.#kite.clock.now(), backMs: undefined });
  }

  /** Ends the connections and, so that something is missed while the market trades, the next two attempts. */
  drop(): void {
    const { control } = this.#kite.simulator;
    if (this.isOpen) control.arm('refuse-socket', { count: 2, status: 503 });
    control.dropSockets();
  }

  get now(): EpochMs {
    return this.#kite.clock.now();
  }

  get instruments(): number {
    return this.#feed.instruments.length;
  }

  get isOpen(): boolean {
    return this.#calendar.phaseAt('NSE', this.now) === 'open';
  }

  get failures(): number {
    return this.#kite.simulator.control.truth().counts.authenticationFailures;
  }

  /** Some seconds in small steps, in which sockets have the time that they need. */
  async settle(): Promise<void> {
    for (let step = 0; step < 30; step++) {
      await delay(3);
      await this.#kite.clock.advance(200);
      await this.#read();
    }
  }

  /** Lets time pass, and everything happen that sockets bring. */
  async pass(ms: number, seed: number): Promise<void> {
    const { clock } = this.#kite;
    await clock.advance(ms);
    const now = clock.now();
    if (this.isOpen) {
      for (const [k, token] of [INFY, SBIN].entries()) {
        const rupees = 100 * (k + 1) + between(seed, 'price', 2 * this.#step + k, 0, 1_000) / 20;
        this.traded.push([token, now, rs(rupees)]);
        this.#kite.tick(token, rupees);
      }
      this.#step++;
    }
    for (let turn = 0; turn < TURNS; turn++) {
      await setImmediate();
      await this.#read();
    }
  }

  async #read(): Promise<void> {
    this.#batch.clear();
    await this.#feed.read(this.#batch, 1_000);
    const now = this.#kite.clock.now();
    for (let k = 0; k < this.#batch.count; k++) {
      const { token = 0 } = this.#feed.instruments[this.#batch.instrument[k] ?? 0] ?? {};
      this.seen.add(`${token} ${this.#batch.time[k]} ${this.#batch.price[k]}`);
    }
    const last = this.outages.at(-1);
    if (this.#batch.count > 0 && last !== undefined) last.backMs ??= now - last.signedIn;
    this.gaps.push(...this.#feed.takeGaps());
  }
}

async function weekendOf(t: TestContext, seed: number): Promise<Weekend> {
  const calendar = loadCalendar('nse', CALENDARS);
  const endsAt = (day: DayNumber): number => between(seed, 'session end', day, 3 * 60, 8 * 60 + 30) * MINUTE_MS;
  const kite = kiteWorld({ start: FRIDAY_NOON, sessionEnd: endsAt, heartbeatMs: HEARTBEAT_MS, seed });
  const { simulator, clock } = kite;
  const server = await serveKite(simulator);
  const session = new KiteSession({ ...SIMULATOR_CREDENTIALS, loginRoot: server.url });
  session.begin({ userId: 'SIM001', accessToken: simulator.control.login() });
  const http = new HttpClient({ root: server.url, timeoutMs: 7_000, bytesMax: 1_000_000 });
  const client = new KiteClient({ http: dataOnly(http), session, budget: new RequestBudget(clock) });
  const troubles: string[] = [];
  let k = 0;
  const feed = openKiteFeed({
    root: server.tickerUrl,
    session,
    clock,
    instruments: shares().map(({ instrument }) => instrument),
    calendar,
    marketNow: () => clock.now(),
    candles: (token, from, to) => client.candles(token, from, to),
    reconnection,
    random: () => between(seed, 'delay', k++, 0, 999) / 1_000,
    silenceMs: SILENCE_MS,
    stallMs: SILENCE_MS,
    orderUpdate: () => undefined,
    trouble: (message) => troubles.push(message),
  });
  t.after(async () => {
    await feed.close();
    http.close();
    await server.close();
    await simulator.close();
  });
  return new Weekend(kite, feed, session, calendar, troubles);
}

/** What happens at a virtual time of the weekend. */
interface Incident {
  readonly at: EpochMs;
  readonly what: 'drop' | 'sign in';
}

const DROPS_IN_SESSION = 3;

/** Drops in both sessions and each morning after the session has ended; somebody signs in on some days, late on Monday. */
function incidentsOf(seed: number): readonly Incident[] {
  const incident = (what: Incident['what'], day: string, from: number, to: number, k: number): Incident => {
    const at = ist(`2026-01-${day}T00:00:00`) + between(seed, what, k, from, to) * SECOND_MS;
    return { at: at as EpochMs, what };
  };
  const hours = (from: number, to: number): readonly [number, number] => [from * 3_600, to * 3_600];
  const list = [
    incident('drop', '09', ...hours(12.2, 15), 1),
    incident('drop', '09', ...hours(12.2, 15), 2),
    incident('drop', '10', ...hours(8.55, 8.9), 3),
    incident('drop', '11', ...hours(8.55, 8.9), 4),
    incident('drop', '12', ...hours(8.55, 8.65), 5),
    incident('sign in', '12', ...hours(8.7, 11), 6),
    incident('drop', '12', ...hours(11.1, 11.9), 7),
  ];
  if (seed % 2 === 0) list.push(incident('sign in', '10', ...hours(9, 20), 8));
  if (seed % 3 === 0) list.push(incident('sign in', '11', ...hours(9, 20), 9));
  return list.toSorted((a, b) => a.at - b.at);
}

async function played(t: TestContext, seed: number): Promise<Weekend> {
  const weekend = await weekendOf(t, seed);
  const incidents = [...incidentsOf(seed)];
  while (weekend.now < MONDAY_NOON) {
    const step = weekend.isOpen ? TICK_EVERY_MS : MINUTE_MS;
    const next = incidents[0];
    if (next !== undefined && next.at <= weekend.now + step) {
      incidents.shift();
      if (next.what === 'drop') weekend.drop();
      else {
        weekend.signIn();
        await weekend.settle();
      }
    }
    // Steps stay on whole minutes, and on whole ticks.
    await weekend.pass(step - (weekend.now % step), seed);
  }
  return weekend;
}

interface Range {
  open: number;
  high: number;
  low: number;
  close: number;
}

/** What the market traded, by token and minute. */
function minutesOf(traded: Weekend['traded']): ReadonlyMap<string, Range> {
  const found = new Map<string, Range>();
  for (const [token, at, price] of traded) {
    const key = `${token} ${Math.floor(at / MINUTE_MS) * MINUTE_MS}`;
    const range = found.get(key);
    if (range === undefined) found.set(key, { open: price, high: price, low: price, close: price });
    else Object.assign(range, { high: Math.max(range.high, price), low: Math.min(range.low, price), close: price });
  }
  return found;
}

for (const seed of [1, 2, 6]) {
  test(
    `a weekend of seed ${seed}: few failed sign-ins, back at once, every gap flagged and filled`,
    { timeout: 60_000 },
    async (t) => {
      const weekend = await played(t, seed);
      const { gaps, traded, seen, outages, troubles } = weekend;
      const said = JSON.stringify({ troubles, gaps: gaps.map(({ id, from, to }) => [id, from, to]) });
      assert.ok(weekend.failures < 5, `${weekend.failures} failed authentications; ${said}`);
      assert.ok(weekend.failures > 0, 'the session died');
      for (const { backMs } of outages)
        assert.ok(backMs !== undefined && backMs <= 5_000, `back after ${backMs} ms; ${said}`);

      const flagged = gaps.filter(({ candles }) => candles === undefined);
      const filled = gaps.filter(({ candles }) => candles !== undefined);
      const late = incidentsOf(seed).some(({ at, what }) => what === 'sign in' && at > MONDAY_OPEN);
      assert.equal(flagged.length, weekend.instruments * (DROPS_IN_SESSION + (late ? 1 : 0)), said);
      assert.equal(
        troubles.some((trouble) => /although the market is open/.test(trouble)),
        false,
        'neither the night nor a missing session is a stall',
      );
      const begins = (list: readonly FeedGap[]): readonly string[] =>
        list.map(({ token, from, to }) => `${token} ${from} ${to}`);
      assert.deepEqual(begins(filled).toSorted(), begins(flagged).toSorted(), said);

      let missed = 0;
      for (const [token, at, price] of traded) {
        if (seen.has(`${token} ${at} ${price}`)) continue;
        missed++;
        assert.ok(
          flagged.some((gap) => gap.token === token && gap.from <= at && at <= gap.to),
          `${token} at ${new Date(at).toISOString()} was missed and no gap says so; ${said}`,
        );
      }
      assert.ok(missed > 0, said);
      const minutes = minutesOf(traded);
      for (const { token, from, to, candles = [] } of filled) {
        const touched = [...minutes.keys()].filter((key) => {
          const [of, minute] = key.split(' ').map(Number);
          return of === token && (minute ?? 0) + MINUTE_MS > from && (minute ?? 0) < to;
        });
        assert.deepEqual(
          candles.map(({ start }: Candle) => `${token} ${start}`),
          touched,
          said,
        );
        for (const { start, open, high, low, close } of candles) {
          assert.deepEqual({ open, high, low, close }, minutes.get(`${token} ${start}`));
        }
      }
    },
  );
}
