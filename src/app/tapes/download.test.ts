import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { type TapeManifest } from '#adapters/tape/tape-writer.ts';
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { price } from '#core/decimal.ts';
import { type Candle } from '#core/market/gap.ts';
import { dayNumber, dayOf, type EpochMs, formatDay, MINUTE_MS } from '#core/time.ts';
import { gatewayWorld, type GatewayWorld } from '../../../test/support/kite-gateway-world.ts';
import { INFY, NIFTY, SBIN, shares } from '../../../test/support/kite-world.ts';
import { temporaryFolder } from '../../../test/support/tape-builder.ts';
import { candleTicks } from './candle-ticks.ts';
import { downloadHistory, type DownloadRequest } from './download.ts';

const DAY = dayNumber(2026, 1, 5);
const instruments = shares().map(({ instrument }) => instrument);

interface Downloading {
  readonly world: GatewayWorld;
  readonly out: string;
  /** Spans that were asked for, by token. */
  readonly asked: string[];
  readonly download: (more?: Partial<DownloadRequest>) => Promise<TapeManifest>;
}

/** A Kite that has seen four minutes of two stocks and an index. */
async function downloading(t: TestContext): Promise<Downloading> {
  const world = await gatewayWorld(t);
  for (const [rupees, volume] of [
    [1500, 100],
    [1502, 120],
    [1499, 150],
    [1501, 160],
  ] as const) {
    world.kite.tick(INFY, rupees, { volume });
    world.kite.tick(SBIN, rupees - 700, { volume: 2 * volume });
    world.kite.tick(NIFTY, 26_000 + rupees);
    await world.kite.clock.advance(MINUTE_MS);
  }
  const out = join(temporaryFolder(t), 'tape');
  const asked: string[] = [];
  const client: Pick<KiteClient, 'candles'> = {
    candles: async (token, from, to) => {
      asked.push(`${token} ${formatDay(dayOf(from))}`);
      return world.client.candles(token, from, to);
    },
  };
  const request: DownloadRequest = {
    client,
    clock: { sleep: () => Promise.resolve() },
    instruments,
    from: DAY,
    to: DAY,
    out,
    format: 'csv',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  return { world, out, asked, download: async (more = {}) => downloadHistory({ ...request, ...more }) };
}

describe('a download', () => {
  test('has every minute of the history as four ticks, and an index without a volume', async (t) => {
    const { out, download } = await downloading(t);
    const made = await download();
    assert.deepEqual([made.rows, made.complete, made.from], [48, true, '2026-01-05T03:50:00.000Z']);
    assert.equal(
      made.made_by,
      'record --feed history, 2026-01-05 to 2026-01-05: each minute as open, low, high, close',
    );
    const rows = readFileSync(join(out, 'INFY.csv'), 'utf8').trim().split('\n').slice(1);
    assert.deepEqual(rows.slice(0, 8), [
      '2026-01-05 09:20:00,1500.00,25',
      '2026-01-05 09:20:20,1500.00,50',
      '2026-01-05 09:20:40,1500.00,75',
      '2026-01-05 09:20:59,1500.00,100',
      '2026-01-05 09:21:00,1502.00,105',
      '2026-01-05 09:21:20,1502.00,110',
      '2026-01-05 09:21:40,1502.00,115',
      '2026-01-05 09:21:59,1502.00,120',
    ]);
    assert.match(
      readFileSync(join(out, 'NIFTY 50.csv'), 'utf8'),
      /^timestamp,ltp,volume\n2026-01-05 09:20:00,27500.00,\n/,
    );
    assert.equal(existsSync(`${out}.pieces`), false);
  });

  test('that fails keeps what was read, and goes on there', async (t) => {
    const { world, out, asked, download } = await downloading(t);
    const days = { from: dayNumber(2025, 12, 1), to: dayNumber(2026, 2, 28) };
    await world.stopServer();
    await assert.rejects(
      download(days),
      /^FeedError: the minutes of INFY from 2025-12-01 to 2026-01-29 were not read: /,
    );
    assert.deepEqual(
      asked.splice(0),
      Array.from({ length: 3 }, () => `${INFY} 2025-12-01`),
    );
    const again = await downloading(t);
    const stop = new AbortController();
    const onProgress = (done: number): void => (done === 2 ? stop.abort() : undefined);
    const ended = again.download({ ...days, out, signal: stop.signal, onProgress });
    await assert.rejects(ended, /^FeedError: ended; 2 of 6 pieces are in .*tape\.pieces, and the same command goes on/);
    assert.deepEqual(readdirSync(`${out}.pieces`).toSorted(), [
      'INFY.2025-12-01.2026-01-29.json',
      'SBIN.2025-12-01.2026-01-29.json',
    ]);
    again.asked.splice(0);
    const made = await again.download({ ...days, out });
    assert.deepEqual([made.rows, again.asked.length], [48, 4]);
    assert.ok(again.asked.every((each) => each !== `${INFY} 2025-12-01`));
    await assert.rejects(again.download({ ...days, out }), { code: 'TAPE_AMBIGUOUS' });
  });
});

test('the ticks of a minute fold into its candle again', () => {
  const start = Date.parse('2026-01-05T03:45:00Z') as EpochMs;
  for (const [open, high, low, close] of [
    [100, 110, 90, 105],
    [105, 110, 90, 100],
    [100, 100, 100, 100],
  ] as const) {
    const [o, h, l, c] = [price(open), price(high), price(low), price(close)] as const;
    const candle: Candle = { start, open: o, high: h, low: l, close: c, volume: 11 };
    const ticks = candleTicks(candle, 1_000);
    const prices = ticks.map((tick) => tick.price);
    assert.deepEqual([prices[0], Math.max(...prices), Math.min(...prices), prices.at(-1)], [o, h, l, c]);
    assert.ok(ticks.every(({ time }) => time >= start && time < start + MINUTE_MS));
    assert.deepEqual(
      ticks.map(({ volume }) => volume),
      [1_002, 1_004, 1_006, 1_011],
    );
  }
});
