import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { price, quantity } from '#core/decimal.ts';
import { alwaysOpen } from '#core/market/always-open.ts';
import { CalendarError } from '#core/market/calendar.ts';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { dayOf, type EpochMs, formatInstant } from '#core/time.ts';
import { type Feed, type FeedPosition } from '#ports/feed.ts';
import { JUNE_2021 } from '../../../test/support/tape-builder.ts';
import { type SimulatedInstrument } from './share.ts';
import { MARKET_START, openSimulatedFeed, type SimulatedFeedOptions } from './simulated-feed.ts';

const CONFIG = join(import.meta.dirname, '..', '..', '..', 'config');
const CALENDAR = loadCalendar('nse', join(CONFIG, 'calendars'));
const LISTINGS = loadInstruments(join(CONFIG, 'instruments')).listings;

function made(symbol: string, rupees: number, averageDailyVolume: number, tradable = true): SimulatedInstrument {
  const token = symbol.charCodeAt(0);
  const lotSize = quantity(symbol === 'LOTS' ? 75 : 1);
  return {
    instrument: { token, symbol, exchange: 'NSE', segment: 'NSE', tickSize: price(500), lotSize, tradable },
    previousClose: price(rupees * 10_000),
    averageDailyVolume: quantity(averageDailyVolume),
  };
}

const FEW = [made('A', 100, 1_000_000), made('INDEX', 15_000, 0, false), made('LOTS', 2_500, 50_000)];

function open(options: Partial<SimulatedFeedOptions> = {}): Feed {
  const now = (): number => assert.fail('a market at full speed asked for the time');
  return openSimulatedFeed({ seed: 7, instruments: FEW, calendar: CALENDAR, speed: 'max', now, ...options });
}

interface SimulatedTick {
  readonly id: string;
  readonly instrument: number;
  readonly time: number;
  readonly price: number;
  readonly volume: number;
  readonly depth: readonly number[];
}

async function readTicks(feed: Feed, size: number, limit: number): Promise<SimulatedTick[]> {
  const batch = new TickBatch(size, true);
  const ticks: SimulatedTick[] = [];
  while (ticks.length < limit) {
    batch.clear();
    const outcome = await feed.read(batch, Math.min(size, limit - ticks.length));
    for (let k = 0; k < batch.count; k++) {
      const instrument = batch.instrument[k] ?? -1;
      ticks.push({
        id: `${feed.sourceOf(instrument)}:${batch.sequence[k]}`,
        instrument,
        time: batch.time[k] ?? 0,
        price: batch.price[k] ?? 0,
        volume: batch.volume[k] ?? 0,
        depth: [...batch.depth.subarray(k * DEPTH_WIDTH, (k + 1) * DEPTH_WIDTH)],
      });
    }
    if (outcome !== 'ticks') break;
  }
  return ticks;
}

/** Names the first tick that differs; a difference of thousands of ticks would take minutes to print. */
function assertSameTicks(found: readonly SimulatedTick[], expected: readonly SimulatedTick[]): void {
  const k = found.findIndex((tick, at) => JSON.stringify(tick) !== JSON.stringify(expected[at]));
  if (k >= 0) assert.deepEqual(found[k], expected[k]);
  assert.equal(found.length, expected.length);
}

/** Through JSON, as a store keeps it. */
function stored(feed: Feed): FeedPosition {
  return JSON.parse(JSON.stringify(feed.position())) as FeedPosition;
}

/** Few enough ticks a day that a test sees several days. */
const RARE = { ticksPerSecond: 1 / 60 };
const RARE_DAY = 375 * FEW.length;

test('The same seed gives the same ticks in batches of any size, another seed gives others', async () => {
  const ticks = await readTicks(open(RARE), 1_000, 3_000);
  assert.equal(ticks.length, 3_000);
  for (const size of [1, 7]) assertSameTicks(await readTicks(open(RARE), size, 3_000), ticks);
  const others = await readTicks(open({ ...RARE, seed: 8 }), 1_000, 3_000);
  assert.ok(others.filter((tick, k) => tick.price === ticks[k]?.price).length < 600);
  assert.equal(others[0]?.id, 'sim-8:1');
});

test('A market that goes on at any tick gives the same rest', async () => {
  const whole = open({ ...RARE, untilTicks: 2_500 });
  const ticks = await readTicks(whole, 1_000, Infinity);
  const stops = fc.oneof(
    fc.integer({ min: 1, max: 2_499 }),
    fc.constantFrom(RARE_DAY, RARE_DAY + 1, 2 * RARE_DAY, 2_500),
  );
  await fc.assert(
    fc.asyncProperty(stops, async (stop) => {
      const before = open(RARE);
      const first = await readTicks(before, 400, stop);
      const after = open({ ...RARE, untilTicks: 2_500, position: stored(before) });
      assert.deepEqual(stored(after), stored(before));
      assert.equal(after.firstTime, whole.firstTime);
      assertSameTicks([...first, ...(await readTicks(after, 7, Infinity))], ticks);
      assert.deepEqual(stored(after), stored(whole));
    }),
    { numRuns: 25 },
  );
});

test('The position of another market is ignored, an unreadable one is refused', async () => {
  const feed = open();
  const [first] = await readTicks(feed, 10, 10);
  const position = stored(feed);
  for (const other of [{ seed: 8 }, { ticksPerSecond: 2 }, { instruments: FEW.slice(0, 2) }]) {
    const [tick] = await readTicks(open({ ...other, position }), 1, 1);
    assert.match(tick?.id ?? '', /:1$/);
  }
  assert.deepEqual((await readTicks(open({ position: { tape: 'x' } }), 1, 1))[0], first);
  assert.throws(
    () => open({ position: { ...position, prices: [1] } }),
    /position of simulated market .* is unreadable/,
  );
});

test('The market opens at 09:15 on 5 January 2026 and goes from each close straight to the next open', async () => {
  const ticks = await readTicks(open(RARE), 1_000, 3 * RARE_DAY);
  const days = [0, 1, 2].map((day) => ticks.slice(day * RARE_DAY, (day + 1) * RARE_DAY));
  const spans = days.map((day) =>
    [day[0], day.at(-1)].map((tick) => formatInstant((tick?.time ?? 0) as EpochMs).slice(0, 16)),
  );
  assert.deepEqual(spans, [
    ['2026-01-05T03:45', '2026-01-05T09:59'],
    ['2026-01-06T03:45', '2026-01-06T09:59'],
    ['2026-01-07T03:45', '2026-01-07T09:59'],
  ]);
  assert.equal(formatInstant(MARKET_START), '2026-01-05T03:45:00.000Z');
  assert.equal(open(RARE).firstTime, ticks[0]?.time);
  for (const tick of ticks) assert.equal(CALENDAR.phaseAt('NSE', tick.time as EpochMs), 'open');
});

test('Each instrument ticks once a second, and time never goes back', async () => {
  const feed = open({ instruments: LISTINGS });
  const ticks = await readTicks(feed, 4_096, LISTINGS.length * 60);
  let last = 0;
  ticks.forEach(({ instrument, time, id }, k) => {
    assert.equal(id, `sim-7:${k + 1}`);
    assert.equal(instrument, k % LISTINGS.length);
    assert.equal(Math.floor((time - MARKET_START) / 1_000), Math.floor(k / LISTINGS.length));
    assert.ok(time >= last);
    last = time;
  });
  assert.ok(new Set(ticks.map(({ time }) => time % 1_000)).size > 500, 'ticks are spread over the second');
});

test('Prices keep to the tick size and the circuit, volumes grow by whole lots and begin anew each day', async () => {
  const wild = [made('A', 1, 3_000), ...FEW.slice(1)];
  for (const seed of [1, 2, 3]) {
    const previousCloses = wild.map((each) => Number(each.previousClose));
    const latest = [...previousCloses];
    const volumes = wild.map(() => 0);
    let day = dayOf(MARKET_START);
    for (const tick of await readTicks(open({ ...RARE, instruments: wild, seed }), 1_000, 20 * RARE_DAY)) {
      if (dayOf(tick.time as EpochMs) !== day) {
        day = dayOf(tick.time as EpochMs);
        latest.forEach((close, k) => (previousCloses[k] = close));
        volumes.fill(0);
      }
      const close = previousCloses[tick.instrument] ?? 0;
      assert.equal(tick.price % 500, 0);
      assert.ok(tick.price * 10 >= close * 8 && tick.price * 10 <= close * 12, `${tick.price} of ${close}`);
      latest[tick.instrument] = tick.price;
      if (tick.instrument === 1) assert.equal(tick.volume, NO_VOLUME);
      else {
        const lots = (tick.volume - (volumes[tick.instrument] ?? 0)) / (tick.instrument === 2 ? 75 : 1);
        assert.ok(Number.isInteger(lots) && lots >= 0);
        assert.ok(tick.volume <= 2 * Number(wild[tick.instrument]?.averageDailyVolume), 'the volume of one day');
        volumes[tick.instrument] = tick.volume;
      }
    }
  }
});

test('A day trades about its average volume, most at its ends, and moves by one or two in a hundred', async () => {
  const ticks = await readTicks(open({ ticksPerSecond: 1 / 5 }), 4_096, 4_500 * FEW.length);
  const own = ticks.filter(({ instrument }) => instrument === 0);
  const volumeAt = (share: number): number => own[Math.floor((own.length - 1) * share)]?.volume ?? 0;
  assert.ok(volumeAt(1) > 900_000 && volumeAt(1) < 1_100_000, `${volumeAt(1)}`);
  const [opening, noon, closing] = [volumeAt(0.1), volumeAt(0.55) - volumeAt(0.45), volumeAt(1) - volumeAt(0.9)];
  assert.ok(opening > 2 * noon && closing > 2 * noon, `${opening} ${noon} ${closing}`);
  const prices = own.map((tick) => tick.price);
  const range = (Math.max(...prices) - Math.min(...prices)) / 1_000_000;
  assert.ok(range > 0.004 && range < 0.1, `${range}`);
});

test('An index follows its shares', async () => {
  const ticks = await readTicks(open({ ticksPerSecond: 1 / 5, seed: 3 }), 4_096, 4_500 * FEW.length);
  const gains = [0, 1, 2].map((instrument) => {
    const prices = ticks.filter((tick) => tick.instrument === instrument).map((tick) => tick.price);
    return prices.map((each) => each / Number(FEW[instrument]?.previousClose) - 1);
  });
  const [a = [], index = [], lots = []] = gains;
  index.forEach((gain, k) => {
    const [low, high] = [Math.min(a[k] ?? 0, lots[k] ?? 0), Math.max(a[k] ?? 0, lots[k] ?? 0)];
    // The other share of the round ticks after the index, so a round's move may lie between them.
    assert.ok(gain >= low - 0.006 && gain <= high + 0.006, `${k}: ${low} ${gain} ${high}`);
  });
});

test('Depth has five levels a side around the last price, and an index has none', async () => {
  for (const tick of await readTicks(open(RARE), 500, 2_000)) {
    if (tick.instrument === 1) {
      assert.deepEqual(
        tick.depth,
        Array.from({ length: DEPTH_WIDTH }, () => 0),
      );
      continue;
    }
    const levels = Array.from({ length: 10 }, (_, k) => tick.depth.slice(k * 3, k * 3 + 3));
    const [bids, offers] = [levels.slice(0, 5), levels.slice(5)].map((side) => side.map(([each = 0]) => each));
    assert.ok(bids?.[0] === tick.price || offers?.[0] === tick.price);
    assert.ok((bids?.[0] ?? 0) < (offers?.[0] ?? 0));
    assert.deepEqual(
      bids,
      [...new Set(bids)].sort((x, y) => y - x),
    );
    assert.deepEqual(
      offers,
      [...new Set(offers)].sort((x, y) => x - y),
    );
    for (const [each = 0, units = 0, orders = 0] of levels) {
      assert.equal(each % 500, 0);
      assert.equal(units % (tick.instrument === 2 ? 75 : 1), 0);
      assert.ok(units > 0 && orders > 0 && orders <= units);
    }
  }
});

test('Depth changes no tick: a batch without room for it gives the same prices', async () => {
  const feed = open(RARE);
  const batch = new TickBatch(600, false);
  await feed.read(batch, 600);
  assert.equal(batch.hasDepth, false);
  const ticks = await readTicks(open(RARE), 600, 600);
  assert.deepEqual(
    [...batch.price],
    ticks.map((tick) => tick.price),
  );
});

test('With a factor, ticks come at their time, and a process that was away does not catch up', async () => {
  let clock = 1_000;
  const at = async (feed: Feed, ms: number): Promise<number> => {
    clock = ms;
    return (await readTicks(feed, 1_000, 1_000)).length;
  };
  const feed = open({ speed: 1, now: () => clock });
  assert.equal(await at(feed, 50_000), 1, 'the first tick is due at once');
  const idle = feed.idleMs();
  assert.ok(idle > 0 && idle <= 700, `${idle}`);
  assert.equal(await at(feed, 50_000 + idle - 1), 0);
  assert.equal(await at(feed, 50_000 + idle), 1);
  const aSecond = await at(feed, 50_000 + idle + 1_000);
  assert.ok(aSecond >= 2 && aSecond <= 4, `${aSecond}`);
  const afterSleep = await at(feed, 9_000_000);
  assert.ok(afterSleep >= 5 && afterSleep <= 7, `two seconds and no more: ${afterSleep}`);
  const goesOn = await at(feed, 9_001_000);
  assert.ok(goesOn >= 2 && goesOn <= 4, `${goesOn}`);
  const fast = open({ speed: 10, now: () => clock });
  await at(fast, 10_000_000);
  const inASecond = await at(fast, 10_001_000);
  assert.ok(inASecond >= 28 && inASecond <= 32, `${inASecond}`);
});

/** The position after so many ticks. */
async function positionAfter(ticks: number, options: Partial<SimulatedFeedOptions>): Promise<FeedPosition> {
  const feed = open(options);
  await readTicks(feed, 1_000, ticks);
  return stored(feed);
}

test('A night costs no time on the clock, and the next day goes on at its pace', async () => {
  let clock = 0;
  const position = await positionAfter(RARE_DAY - 1, RARE);
  const feed = open({ ...RARE, speed: 1, now: () => clock, position });
  const days: string[] = [];
  const waits: number[] = [];
  while (days.length < 4) {
    for (const { time } of await readTicks(feed, 9, 9)) days.push(formatInstant(time as EpochMs).slice(0, 10));
    waits.push(feed.idleMs());
    clock += feed.idleMs();
  }
  assert.deepEqual(days, ['2026-01-05', '2026-01-06', '2026-01-06', '2026-01-06']);
  assert.ok(
    waits.every((ms) => ms > 0 && ms < 40_000),
    `a tick every 20 s or so: ${waits.join(', ')}`,
  );
});

test('The circuit moves with each close', async () => {
  const instruments = [made('A', 150, 1_000), made('INDEX', 100, 0, false), made('LOTS', 100, 1_000)];
  const position = await positionAfter(RARE_DAY, { ...RARE, instruments });
  const atTheCircuit = { previousCloses: [1_000_000, 1_000_000, 1_000_000], prices: [1_200_000, 1_000_000, 800_000] };
  const feed = open({ ...RARE, instruments, position: { ...position, ...atTheCircuit } });
  const [first] = await readTicks(feed, 1, 1);
  assert.ok((first?.price ?? 0) > 1_200_000, 'a share that is drawn up opens above the circuit of the day before');
  const low = open({ ...RARE, instruments, position: { ...position, ...atTheCircuit, slot: 0 } });
  const ticks = await readTicks(low, 99, 99);
  const prices = ticks.map((tick) => tick.price);
  assert.equal(Math.max(...prices), 1_200_000);
  assert.equal(Math.min(...prices), 800_000);
  const levels = ticks
    .filter(({ instrument }) => instrument !== 1)
    .flatMap(({ depth }) => depth.filter((_, k) => k % 3 === 0));
  assert.ok(levels.includes(0), 'a book at the circuit is empty on one side');
  assert.ok(levels.every((each) => each === 0 || (each >= 800_000 && each <= 1_200_000)));
});

test('The feed ends after the ticks that were asked for, and counts them all as used', async () => {
  const feed = open({ untilTicks: 5 });
  assert.equal((await readTicks(feed, 3, Infinity)).length, 5);
  assert.equal(await feed.read(new TickBatch(1, true), 1), 'finished');
  assert.deepEqual(feed.counts(), { used: 5, refused: {} });
  await feed.close();
});

test('A tick that is held back is the same when it comes', async () => {
  const free = (await readTicks(open(), 9, 9)).slice(0, 9);
  let until = 1_000;
  const feed = open({ admits: (time) => time < until });
  const batch = new TickBatch(9, true);
  assert.equal(await feed.read(batch, 9), 'ticks');
  assert.equal(await feed.read(batch, 9 - batch.count), 'idle');
  assert.equal(batch.count, free.filter(({ time }) => time < MARKET_START + until).length);
  until = Number.POSITIVE_INFINITY;
  await feed.read(batch, 9 - batch.count);
  assert.deepEqual(
    [...batch.price],
    free.map((tick) => tick.price),
  );
});

test('Where the calendar ends, every tick before is given out, then the calendar says so', async () => {
  const feed = open({ ticksPerSecond: 1 / 22_500 });
  const batch = new TickBatch(2_000, false);
  let last = 0;
  await assert.rejects(async () => {
    for (;;) {
      await feed.read(batch, 2);
      last = batch.count;
    }
  }, CalendarError);
  assert.equal(batch.count, last, 'a read that fails has taken nothing');
  assert.equal(formatInstant((batch.time[last - 1] ?? 0) as EpochMs).slice(0, 10), '2026-12-31');
  assert.equal(last % FEW.length, 0);
});

test('A calendar without the first day, a closed first day and options out of range are refused', () => {
  assert.throws(() => open({ calendar: JUNE_2021 }), CalendarError);
  assert.throws(() => open({ seed: -1 }), /32-bit whole number, found -1/);
  assert.throws(() => open({ seed: 1.5 }), /32-bit/);
  assert.throws(() => open({ speed: 0 }), /max or above 0, found 0/);
  assert.throws(() => open({ ticksPerSecond: 0 }), /ticks a second/);
  assert.throws(() => open({ instruments: [] }), /instruments of one segment, found none|tradable instrument/);
  assert.throws(() => open({ instruments: [made('INDEX', 1, 0, false)] }), /needs a tradable instrument/);
  assert.throws(
    () => open({ instruments: [made('A', 200_000, 1)] }),
    /A cannot be simulated: expected a previous close/,
  );
  const closed = { ...CALENDAR, name: 'closed', sessionAt: () => undefined };
  assert.throws(
    () => open({ calendar: closed }),
    /begins at 2026-01-05T03:45:00.000Z: .* calendar closed, found it closed/,
  );
});

test('A market that never closes runs from midnight to midnight after its first day', async () => {
  const ticks = await readTicks(open({ calendar: alwaysOpen(), ticksPerSecond: 1 / 3_600 }), 100, 3 * 50);
  assert.deepEqual([...new Set(ticks.map(({ time }) => dayOf(time as EpochMs) - dayOf(MARKET_START)))], [0, 1, 2]);
});

test('Known ticks of a known seed do not change, on any machine', async () => {
  const ticks = await readTicks(open({ instruments: LISTINGS, seed: 42 }), 1_000, 60_000);
  const known = [...ticks.slice(0, 3), ...ticks.slice(-2)];
  assert.deepEqual(
    known.map(({ time, price: each, volume }) => [time - MARKET_START, each, volume]),
    [
      [12, 8_553_000, 1_497],
      [37, 29_298_500, 40],
      [46, 7_421_000, 1_085],
      [1_153_815, 3_450_000, 3_691_087],
      [1_153_837, 11_050_500, 1_424_228],
    ],
  );
  assert.deepEqual(ticks.at(-3)?.depth.slice(0, 6), [7_102_000, 1_214, 6, 7_101_000, 3_603, 5]);
});
