// Instruments and candles over HTTP, against the ticks of the log.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Candle, Instrument } from '#api/contract.ts';
import { parseDecimal } from '#core/decimal.ts';
import { apiWorld } from '../support/api-world.ts';

interface Tick {
  readonly instrument_token: number;
  readonly last_price: string;
  readonly timestamp: string;
}

test('candles are those of the ticks in the log, minute by minute, and grow with them', async (t) => {
  const world = await apiWorld(t, {}, { playing: false });
  const get = async <Answer>(path: string): Promise<Answer> => {
    const { status, text } = await world.ask(`/api/v1/${path}`);
    assert.equal(status, 200, text);
    return JSON.parse(text) as Answer;
  };
  const before = await get<{ items: readonly Instrument[] }>('instruments');
  assert.deepEqual(before.items.map(({ symbol, last_price: price }) => `${symbol} ${price}`).slice(0, 1), [
    `${before.items[0]?.symbol} null`,
  ]);
  await world.play();
  const { items: instruments } = await get<{ items: readonly Instrument[] }>('instruments');
  const ticks: Tick[] = [];
  for (let from = 0; ; from += 1_000) {
    const path = `topics/market.ticks/messages?limit=1000&from=${from}`;
    const { items } = await get<{ items: readonly { envelope: { data: Tick } }[] }>(path);
    ticks.push(...items.map(({ envelope }) => envelope.data));
    if (items.length === 0) break;
  }
  const ticked = instruments.filter(({ last_price: price }) => price !== null);
  assert.equal(ticked.length, 3);
  for (const { instrument_token: token, symbol, last_price: last } of ticked) {
    const mine = ticks.filter((tick) => tick.instrument_token === token);
    const { items: candles } = await get<{ items: readonly Candle[] }>(`candles?instrument=${symbol}`);
    const minutes = Map.groupBy(mine, ({ timestamp }) => `${timestamp.slice(0, 17)}00.000Z`);
    assert.deepEqual(
      candles.map(({ ts }) => ts),
      [...minutes.keys()],
    );
    for (const candle of candles) {
      const within = minutes.get(candle.ts) ?? [];
      const prices = within.map(({ last_price: price }) => parseDecimal(price) ?? 0);
      assert.equal(candle.ticks, within.length);
      assert.equal(candle.open, within[0]?.last_price);
      assert.equal(candle.close, within.at(-1)?.last_price);
      assert.equal(parseDecimal(candle.high), Math.max(...prices));
      assert.equal(parseDecimal(candle.low), Math.min(...prices));
    }
    assert.equal(last, mine.at(-1)?.last_price);
    const byToken = await get<{ items: readonly Candle[] }>(`candles?instrument=${token}&limit=2`);
    assert.deepEqual(byToken.items, candles.slice(-2));
  }
  assert.equal((await world.ask('/api/v1/candles?instrument=NOBODY')).status, 404);
  assert.equal((await world.ask('/api/v1/candles')).status, 400);
});
