// A rehearsal over several days of a market that waits for nobody, in one process: whatever was traded in the last moment of
// a day is booked before the simulator forgets that day.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { type BrokerId } from '#core/ids.ts';
import { fillsOf, kiteBook, netOf } from '../../test/e2e/support/kite-book.ts';
import { Place } from '../../test/e2e/support/place.ts';
import { settingsOf } from '../../test/settings/settings-run.ts';
import { type Settings } from './config/settings-schema.ts';
import { closeEmbedded, openEmbedded, type Embedded } from './embedded.ts';
import { loadStrategies } from './strategies.ts';

const ZERODHA = 'zerodha' as BrokerId;
const DAYS = 3;

function rehearsing(dataDir: string): Settings {
  const settings = settingsOf({
    DATA_DIR: dataDir,
    ACTIVE_BROKERS: 'paper,zerodha',
    FEED__INSTRUMENTS: '4',
    FEED__TICKS_PER_SECOND: '0.02',
    RISK__MAX_TRADES_PER_DAY: '0',
  });
  assert.equal(settings.brokers[1]?.runsAs, 'gateway');
  return { ...settings, feed: { ...settings.feed, speed: 'max' } };
}

async function open(settings: Settings): Promise<Embedded> {
  const strategies = await loadStrategies(undefined);
  const parts = { clock: systemClock(), logger: silentLogger, committed: () => undefined };
  return openEmbedded({ settings, strategies, ...parts });
}

test('every fill of a day is booked before the next one begins, over restarts too', { timeout: 60_000 }, async (t) => {
  const place = new Place(t);
  const settings = rehearsing(place.dataDir);
  const first = { day: 0 };
  for (let life = 0; life < 2; life++) {
    const embedded = await open(settings);
    const stop = new AbortController();
    const running = embedded.pump.run(stop.signal);
    const until = Date.now() + 20_000;
    const day = (): number => Math.floor(embedded.ingest.cascade.at / 86_400_000);
    while (first.day === 0 || day() < first.day + DAYS * (life + 1)) {
      if (first.day === 0) first.day = day();
      assert.ok(Date.now() < until, 'days pass');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stop.abort();
    await running;
    await closeEmbedded(embedded, place.dataDir);
    assert.deepEqual(
      embedded.ingest.cascade
        .namespace(ZERODHA)
        ?.engine.working()
        .filter(({ state }) => state === 'unknown'),
      [],
    );
  }
  const [book, fills] = [kiteBook(place), fillsOf(place)];
  const net: Record<string, number> = { ...netOf(book.trades) };
  for (const { token, quantity, t1 } of book.carried) net[token] = (net[token] ?? 0) + quantity + t1;
  assert.ok(fills.length > book.trades.length, 'most fills are of days that the simulator has forgotten');
  assert.deepEqual(netOf(fills), Object.fromEntries(Object.entries(net).filter(([, quantity]) => quantity !== 0)));
});
