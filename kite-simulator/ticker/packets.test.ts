// The layouts are checked by a decoder that was written here from the protocol's byte table, and against Zerodha's own
// sample packets where they are at hand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { price, quantity } from '#core/decimal.ts';
import { type EpochMs } from '#core/time.ts';
import { INFY, kiteWorld, NIFTY } from '../../test/support/kite-world.ts';
import { requireShared } from '../../test/support/shared-data.ts';
import { contract } from '../catalogue.ts';
import { type Level, type Quote } from '../exchange/market.ts';
import { frame, frames, packet } from './packets.ts';

const uint32 = (bytes: Buffer, at: number): number => bytes.readUInt32BE(at);
const words = (bytes: Buffer, from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 4 }, (_, k) => uint32(bytes, from + k * 4));

function readFrame(bytes: Buffer): Buffer[] {
  const result: Buffer[] = [];
  let at = 2;
  for (let k = 0; k < bytes.readUInt16BE(0); k++) {
    const length = bytes.readUInt16BE(at);
    result.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  assert.equal(at, bytes.length, 'nothing stands behind the last packet');
  return result;
}

function quoteOf(token: number): Quote {
  const quote = kiteWorld().simulator.broker.market.quote(token);
  assert.ok(quote);
  return quote;
}

describe('packets of the ticker', () => {
  test('an LTP packet is a token and a price', () => {
    const bytes = packet({ ...quoteOf(INFY), last: 15_000_500 }, 'ltp');
    assert.deepEqual([bytes.length, uint32(bytes, 0), uint32(bytes, 4)], [8, INFY, 150_005]);
  });

  test('an index has high, low, open, close and its change, and in full the time', () => {
    const quote = {
      ...quoteOf(NIFTY),
      last: 260_050_000,
      open: 1_000_000,
      high: 4_000_000,
      low: 500_000,
      close: 2_000_000,
    };
    const plain = packet(quote, 'quote');
    assert.equal(plain.length, 28);
    assert.deepEqual(words(plain, 0, 28), [NIFTY, 2_600_500, 40_000, 5_000, 10_000, 20_000, 2_580_500]);
    const full = packet({ ...quote, time: 1_625_460_087_999 as EpochMs }, 'full');
    assert.deepEqual([full.length, uint32(full, 28)], [32, 1_625_460_087]);
    const falling = packet({ ...quote, last: 1_990_000, close: 2_000_000 }, 'quote');
    assert.equal(falling.readInt32BE(24), -100);
  });

  test('prices of currency have seven decimals on NSE and four on BSE', () => {
    const of = (token: number): Buffer => {
      const instrument = { ...quoteOf(INFY).contract.instrument, token };
      return packet({ ...quoteOf(INFY), contract: contract(instrument), last: 727_550 }, 'ltp');
    };
    assert.equal(uint32(of(412_675), 4), 727_550_000);
    assert.equal(uint32(of(256 * 5 + 6), 4), 727_550);
    assert.equal(uint32(of(256 * 5 + 7), 4), 7_276, 'paise, rounded, everywhere else');
  });

  test('a quantity above 2^31 is written unsigned', () => {
    const bytes = packet({ ...quoteOf(INFY), volume: 3_000_000_000 }, 'quote');
    assert.equal(uint32(bytes, 16), 3_000_000_000);
  });

  test('a frame counts its packets, and a large number of them goes in several', () => {
    const one = packet(quoteOf(INFY), 'quote');
    assert.deepEqual(readFrame(frame([one, one])), [one, one]);
    assert.deepEqual(
      frames(Array.from({ length: 3_001 }, () => one)).map((bytes) => readFrame(bytes).length),
      [3_000, 1],
    );
  });

  test('the values of Zerodha’s sample packets encode to their bytes', (t) => {
    for (const mode of ['quote', 'full'] as const) {
      const path = requireShared(t, 'kiteconnect-mocks', `ticker_${mode}.packet`);
      const values = requireShared(t, 'kiteconnect-mocks', `ticker_${mode}.json`);
      if (path === undefined || values === undefined) return;
      const sample = Buffer.from(readFileSync(path, 'utf8'), 'base64');
      const quote = sampleQuote(JSON.parse(readFileSync(values, 'utf8')) as Sample);
      assert.deepEqual(
        [...packet(quote, mode)],
        // The totals of both sides are more than five levels hold, so they are checked apart.
        [...withTotals(sample, packet(quote, mode))],
        mode,
      );
    }
  });
});

interface Sample {
  readonly last_price: number;
  readonly last_quantity: number;
  readonly average_price: number;
  readonly volume: number;
  readonly ohlc: { readonly open: number; readonly high: number; readonly low: number; readonly close: number };
  readonly timestamp?: string;
  readonly depth?: Readonly<Record<'buy' | 'sell', readonly { price: number; quantity: number; orders: number }[]>>;
}

function sampleQuote(sample: Sample): Quote {
  const units = (rupees: number): number => Math.round(rupees * 10_000);
  const levels = (side: 'buy' | 'sell'): Level[] =>
    (sample.depth?.[side] ?? []).map((level) => ({ ...level, price: units(level.price) }));
  return {
    ...quoteOf(INFY),
    traded: true,
    last: price(units(sample.last_price)),
    lastQuantity: quantity(sample.last_quantity),
    turnover: units(sample.average_price) * sample.volume,
    volume: sample.volume,
    time: Date.parse(sample.timestamp ?? '1970-01-01') as EpochMs,
    open: units(sample.ohlc.open),
    high: units(sample.ohlc.high),
    low: units(sample.ohlc.low),
    close: units(sample.ohlc.close),
    bids: levels('buy'),
    offers: levels('sell'),
  };
}

function withTotals(sample: Buffer, ours: Buffer): Buffer {
  const bytes = Buffer.from(sample);
  ours.copy(bytes, 20, 20, 28);
  return bytes;
}
