// The end of a day in a rehearsal: the simulator forgets a day with the first tick of the next, so everything is read before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { temporaryFolder } from '../../test/support/tape-builder.ts';
import { settingsOf } from '../../test/settings/settings-run.ts';
import { CALENDARS, INSTRUMENTS } from './project.ts';
import { openRehearsal, type Rehearsal } from './rehearsal.ts';

/** A rehearsal whose market hurries: a day is over in a second. */
async function hurried(dataDir: string): Promise<Rehearsal> {
  const settings = settingsOf({
    DATA_DIR: dataDir,
    ACTIVE_BROKERS: 'paper,zerodha',
    FEED__SOURCE: 'simulator',
    FEED__INSTRUMENTS: '2',
    FEED__TICKS_PER_SECOND: '0.05',
  });
  assert.equal(settings.brokers[1]?.runsAs, 'gateway');
  return openRehearsal({
    settings: { ...settings, feed: { ...settings.feed, speed: 20_000 } },
    clock: systemClock(),
    calendar: loadCalendar('nse', CALENDARS),
    instruments: loadInstruments(INSTRUMENTS),
    kept: undefined,
    at: 0 as EpochMs,
    logger: silentLogger,
  });
}

test('the market waits at the end of a day, closed and with its book, until everything is read and durable', async (t) => {
  const rehearsal = await hurried(temporaryFolder(t));
  t.after(() => rehearsal.close());
  const [account, ...others] = rehearsal.accounts;
  assert.ok(account !== undefined && others.length === 0, 'only zerodha has an account');
  const { client } = account;
  const symbol = rehearsal.feed.instruments.find(({ tradable }) => tradable)?.symbol ?? '';
  const place = (order_type: string, terms: object): ReturnType<typeof client.place> => {
    const order = { exchange: 'NSE', tradingsymbol: symbol, transaction_type: 'BUY', product: 'CNC', validity: 'DAY' };
    return client.place({ ...order, quantity: 1, order_type, ...terms }, { rank: 'entry' });
  };
  const statuses = async (): Promise<readonly string[]> => {
    const book = await client.orders();
    assert.ok(book.kind === 'read', JSON.stringify(book));
    return book.value.map(({ status }) => status);
  };
  const batch = new TickBatch(1, true);
  const days: (readonly string[])[] = [];
  let late: unknown;
  const over = new Promise<void>((done, fail) => {
    const settled = async (): Promise<boolean> => {
      days.push(await statuses());
      late ??= await place('MARKET', { market_protection: '-1' });
      // Time for ticks that should not come.
      await new Promise((resolve) => setTimeout(resolve, 50));
      days.push(await statuses());
      if (days.length === 2) return true;
      done();
      return false;
    };
    rehearsal.begin(() => settled().catch((error: unknown) => (fail(error as Error), false)));
  });
  while ((await rehearsal.feed.read(batch, 1)) === 'idle') await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal((await place('MARKET', { market_protection: '-1' })).kind, 'accepted');
  assert.equal((await place('LIMIT', { price: '1' })).kind, 'refused', 'outside the band');
  const price = `${Math.floor((batch.price[0] ?? 0) / 12_000)}`;
  assert.equal((await place('LIMIT', { price })).kind, 'accepted');
  await over;
  assert.deepEqual(late, { kind: 'refused', code: 'MARKET_CLOSED', message: (late as { message: string }).message });
  assert.deepEqual(days, [['COMPLETE', 'CANCELLED'], ['COMPLETE', 'CANCELLED'], [], []]);
});
