// The official client's ticker against the simulator's: it reads what is sent, byte for byte, and its packets of the
// fixtures read as they always did.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { frame, packet, type Mode } from '#kite-simulator/ticker/packets.ts';
import { INFY, kiteWorld, NIFTY } from '../support/kite-world.ts';
import { requireShared } from '../support/shared-data.ts';
import { officialClient } from './client-process.ts';

type Row = Readonly<Record<string, unknown>>;
const USDINR = 412675;

describe('the official client’s ticker', { timeout: 120_000 }, () => {
  test('subscribes, changes modes and reads ticks', async (t) => {
    const client = await officialClient(t);
    const { world } = client;
    await client.ask('ticker.connect');
    await client.event('connect');
    world.tick(INFY, 1500, { volume: 100, depth: [1499.95, 10, 1500, 20] });
    await client.ask('ticker.subscribe', [INFY, NIFTY]);
    const [snapshot] = (await client.event('ticks')) as [Row[]];
    assert.deepEqual(
      snapshot.map((tick) => [tick['instrument_token'], tick['mode'], tick['last_price']]),
      [[INFY, 'quote', 1500]],
    );
    await client.ask('ticker.mode', 'full', [INFY, NIFTY]);
    await client.event('ticks');
    world.tick(NIFTY, 26_010.5);
    const [[index]] = (await client.event('ticks')) as [Row[]];
    assert.deepEqual([index?.['last_price'], index?.['mode'], index?.['tradable']], [26_010.5, 'full', false]);
    world.tick(INFY, 1501, { volume: 130, depth: [1500.5, 7, 1501, 9] });
    const [[full]] = (await client.event('ticks')) as [Row[]];
    assert.equal(full?.['volume_traded'], 130);
    assert.equal(full?.['exchange_timestamp'], '2026-01-05T03:50:00.000Z');
    const depth = full?.['depth'] as { buy: Row[] } | undefined;
    assert.deepEqual(depth?.buy[0], { quantity: 7, price: 1500.5, orders: 1 });
  });

  test('hears of a fill', async (t) => {
    const client = await officialClient(t);
    client.world.tick(INFY, 1490);
    await client.ask('ticker.connect');
    await client.event('connect');
    const id = await client.world.placed({ quantity: 4 });
    const [update] = (await client.event('order_update')) as [Row];
    assert.deepEqual([update['order_id'], update['status'], update['filled_quantity']], [id, 'COMPLETE', 4]);
    const { apiSecret } = client.world.simulator.broker.sessions.credentials;
    assert.equal(await client.ask('validatePostback', update, apiSecret), true);
  });

  test('is refused with a dead token, and as the fourth of its key', async (t) => {
    const world = kiteWorld();
    const client = await officialClient(t, world);
    const { apiKey } = world.simulator.broker.sessions.credentials;
    const token = world.simulator.broker.sessions.current?.accessToken ?? '';
    const sink = { binary: () => undefined, text: () => undefined, cut: () => undefined };
    for (let k = 0; k < 3; k++) assert.equal(typeof world.simulator.ticker.connect(apiKey, token, sink), 'object');
    await client.ask('ticker.connect');
    assert.match(JSON.stringify(await client.event('error')), /429/);
  });

  test('reads every mode as it was meant', async (t) => {
    const client = await officialClient(t);
    const { world } = client;
    world.tick(INFY, 1500.05, { volume: 3_000_000_000 });
    world.tick(NIFTY, 26_000);
    world.simulator.control.setPrice('CDS:USDINR26JANFUT', 900_150);
    const read = async (token: number, mode: Mode): Promise<Row | undefined> => {
      const quote = world.simulator.broker.market.quote(token);
      assert.ok(quote);
      const bytes = frame([packet(quote, mode)]);
      const [tick] = (await client.ask('parse', bytes.toString('base64'))) as Row[];
      return tick;
    };
    assert.deepEqual(await read(INFY, 'ltp'), {
      tradable: true,
      mode: 'ltp',
      instrument_token: INFY,
      last_price: 1500.05,
    });
    assert.equal((await read(USDINR, 'quote'))?.['last_price'], 90.015);
    assert.deepEqual((await read(NIFTY, 'quote'))?.['ohlc'], {
      open: 26_000,
      high: 26_000,
      low: 26_000,
      close: 26_000,
    });
    // The client reads signed: what does not fit turns negative there, and not in our adapter.
    assert.equal((await read(INFY, 'full'))?.['volume_traded'], 3_000_000_000 - 2 ** 32);
  });

  test('reads the fixture packets to the values that were expected of it', async (t) => {
    const folder = requireShared(t, 'kiteconnect-mocks');
    if (folder === undefined) return;
    const client = await officialClient(t);
    const bare = (name: string): Buffer => Buffer.from(readFileSync(join(folder, name), 'utf8'), 'base64');
    const expected = (name: string): unknown => JSON.parse(readFileSync(join(folder, 'expected', name), 'utf8'));
    const [quote, full] = [bare('ticker_quote.packet'), bare('ticker_full.packet')];
    for (const [packets, name] of [
      [[full], 'ticker_full.json'],
      [[quote], 'ticker_quote.json'],
      [[quote, full], 'ticker_quote_and_full_one_frame.json'],
      [[quote.subarray(0, 8)], 'ticker_ltp_derived.json'],
    ] as const) {
      assert.deepEqual(await client.ask('parse', frame(packets).toString('base64')), expected(name), name);
    }
  });
});
