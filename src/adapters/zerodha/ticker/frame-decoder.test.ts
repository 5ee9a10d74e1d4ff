import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { array, assert as assertProperty, constantFrom, integer, property, record, tuple } from 'fast-check';
import { DEPTH_WIDTH, NO_VOLUME } from '#core/market/tick.ts';
import { requireShared } from '../../../../test/support/shared-data.ts';
import { FrameDecoder } from './frame-decoder.ts';

const INFY = 408_065;
const NIFTY = 256_265;
const USDINR = 412_675;
const BCD = 1_038_854;
const TOKENS = [INFY, NIFTY, USDINR, BCD];
const indexOf = new Map(TOKENS.map((token, k) => [token, k]));

interface Taken {
  readonly instrument: number;
  readonly price: number;
  readonly volume: number;
  readonly time: number;
  readonly depth: readonly number[] | undefined;
}

function decode(frame: Uint8Array, decoder = new FrameDecoder(indexOf)): Taken[] {
  const taken: Taken[] = [];
  decoder.decode(frame, {
    packet: (instrument, price, volume, time, depth) =>
      taken.push({ instrument, price, volume, time, depth: depth === undefined ? undefined : [...depth] }),
  });
  return taken;
}

/** Packets as a frame, written here and nowhere else. */
function frameOf(packets: readonly Uint8Array[]): Buffer {
  const bytes = Buffer.alloc(2 + packets.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = bytes.writeUInt16BE(packets.length);
  for (const packet of packets) {
    at = bytes.writeUInt16BE(packet.length, at);
    bytes.set(packet, at);
    at += packet.length;
  }
  return bytes;
}

interface Expected {
  readonly last_price: number;
  readonly volume_traded: number;
  readonly exchange_timestamp?: string;
  readonly depth?: Readonly<Record<'buy' | 'sell', readonly { price: number; quantity: number; orders: number }[]>>;
}

test('reads the recorded packets to the values that were written down for them', (t) => {
  const folder = requireShared(t, 'kiteconnect-mocks');
  if (folder === undefined) return;
  const packetOf = (name: string): Buffer => Buffer.from(readFileSync(join(folder, name), 'utf8'), 'base64');
  const expectedOf = (name: string): Expected[] =>
    JSON.parse(readFileSync(join(folder, 'expected', name), 'utf8')) as Expected[];
  const [full, quote] = [packetOf('ticker_full.packet'), packetOf('ticker_quote.packet')];
  const [wanted] = expectedOf('ticker_full.json');
  const [got] = decode(frameOf([full]));
  assert.ok(wanted?.depth !== undefined && got?.depth !== undefined);
  assert.deepEqual(
    [got.price, got.volume, got.time],
    [Math.round(wanted.last_price * 10_000), wanted.volume_traded, Date.parse(wanted.exchange_timestamp ?? '')],
  );
  const levels = [...wanted.depth.buy, ...wanted.depth.sell];
  assert.deepEqual(
    got.depth,
    levels.flatMap(({ price, quantity, orders }) => [Math.round(price * 10_000), quantity, orders]),
  );
  const both = decode(frameOf([quote, full]));
  assert.deepEqual(
    both.map(({ price, volume }) => [price, volume]),
    expectedOf('ticker_quote_and_full_one_frame.json').map((tick) => [
      Math.round(tick.last_price * 10_000),
      tick.volume_traded,
    ]),
  );
  const [ltp] = decode(frameOf([quote.subarray(0, 8)]));
  const [wantedLtp] = expectedOf('ticker_ltp_derived.json');
  assert.deepEqual(
    [ltp?.price, ltp?.volume, ltp?.time],
    [Math.round((wantedLtp?.last_price ?? 0) * 10_000), NO_VOLUME, 0],
  );
});

const level = record({
  quantity: integer({ min: 0, max: 0xffff_ffff }),
  price: integer({ min: 0, max: 0x7fff_ffff }),
  orders: integer({ min: 0, max: 0xffff }),
});
const fullTick = record({
  price: integer({ min: 1, max: 0x7fff_ffff }),
  volume: integer({ min: 0, max: 0xffff_ffff }),
  seconds: integer({ min: 1, max: 0xffff_ffff }),
  depth: array(level, { minLength: 10, maxLength: 10 }),
});

test('reads every full packet as it was written, unsigned where Kite is', () => {
  assertProperty(
    property(array(fullTick, { minLength: 1, maxLength: 4 }), (ticks) => {
      const packets = ticks.map(({ price, volume, seconds, depth }) => {
        const bytes = Buffer.alloc(184);
        bytes.writeUInt32BE(INFY, 0);
        bytes.writeInt32BE(price, 4);
        bytes.writeUInt32BE(volume, 16);
        bytes.writeUInt32BE(seconds, 60);
        for (const [k, each] of depth.entries()) {
          bytes.writeUInt32BE(each.quantity, 64 + k * 12);
          bytes.writeInt32BE(each.price, 68 + k * 12);
          bytes.writeUInt16BE(each.orders, 72 + k * 12);
        }
        return bytes;
      });
      const limited = (value: number): number => Math.min(value, 0x7fff_ffff);
      const expected = ticks.map(({ price, volume, seconds, depth }) => ({
        instrument: 0,
        price: price * 100,
        volume,
        time: seconds * 1_000,
        depth: depth.flatMap((each) =>
          each.price === 0 ? [0, 0, 0] : [limited(each.price * 100), limited(each.quantity), each.orders],
        ),
      }));
      assert.deepEqual(decode(frameOf(packets)), expected);
    }),
  );
});

test('knows the price units of currency, and refuses what is no whole unit', () => {
  const ltp = (token: number, wire: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(token, 0);
    bytes.writeInt32BE(wire, 4);
    return bytes;
  };
  const decoder = new FrameDecoder(indexOf);
  const prices = decode(frameOf([ltp(USDINR, 727_550_000), ltp(BCD, 727_550), ltp(NIFTY, 2_601_050)]), decoder);
  assert.deepEqual(
    prices.map(({ price }) => price),
    [727_550, 727_550, 260_105_000],
  );
  assert.deepEqual(decode(frameOf([ltp(USDINR, 727_550_001), ltp(INFY, 0), ltp(INFY, -5), ltp(5, 1)]), decoder), []);
  assert.deepEqual(decoder.refused, { malformed_frame: 0, unknown_packet: 0, unknown_instrument: 1, bad_price: 3 });
});

test('takes a frame whole or not at all', () => {
  const packet = Buffer.alloc(44);
  packet.writeUInt32BE(INFY, 0);
  packet.writeInt32BE(150_000, 4);
  const frame = frameOf([packet, packet]);
  assert.equal(decode(frame).length, 2);
  for (let length = 2; length < frame.length; length++) {
    const decoder = new FrameDecoder(indexOf);
    assert.deepEqual(decode(frame.subarray(0, length), decoder), []);
    assert.equal(decoder.refused.malformed_frame, 1);
  }
  const longer = new FrameDecoder(indexOf);
  assert.deepEqual(decode(Buffer.concat([frame, Buffer.from([0])]), longer), []);
  assert.equal(longer.refused.malformed_frame, 1);
  assert.deepEqual(decode(Buffer.from([0])), []);
  const empty = new FrameDecoder(indexOf);
  assert.deepEqual(decode(Buffer.alloc(0), empty), []);
  assert.equal(empty.refused.malformed_frame, 1);
  const odd = new FrameDecoder(indexOf);
  assert.equal(decode(frameOf([packet, packet.subarray(0, 40), packet]), odd).length, 2);
  assert.equal(odd.refused.unknown_packet, 1);
});

const RANDOM_FRAMES = 20_000;

test('accounts for every packet of every frame, whatever the bytes are', () => {
  const lengths = constantFrom(0, 1, 8, 12, 28, 32, 44, 184, 200);
  const tokens = constantFrom(...TOKENS, 0, 77, 0xffff_ffff);
  const part = tuple(lengths, tokens, integer({ min: -0x8000_0000, max: 0x7fff_ffff }));
  assertProperty(
    property(
      array(part, { maxLength: 6 }),
      integer({ min: -3, max: 3 }),
      integer({ min: 0, max: 1_000 }),
      (parts, wrong, seed) => {
        const packets = parts.map(([length, token, price], k) => {
          const bytes = Buffer.alloc(length, (seed * 31 + k * 7) & 0xff);
          if (length >= 4) bytes.writeUInt32BE(token, 0);
          if (length >= 8) bytes.writeInt32BE(price, 4);
          return bytes;
        });
        const whole = frameOf(packets);
        const frame =
          wrong === 0 ? whole : Buffer.concat([whole, Buffer.alloc(8)]).subarray(0, Math.max(0, whole.length + wrong));
        const decoder = new FrameDecoder(indexOf);
        const taken = decode(frame, decoder);
        const { malformed_frame: malformed, ...refused } = decoder.refused;
        const counted = taken.length + Object.values(refused).reduce((sum, each) => sum + each, 0);
        if (malformed === 1) assert.equal(counted, 0);
        else if (frame.length > 1) assert.equal(counted, frame.readUInt16BE(0));
        for (const { instrument, price, time, volume, depth } of taken) {
          assert.ok(instrument >= 0 && instrument < TOKENS.length && Number.isSafeInteger(price) && price > 0);
          assert.ok(Number.isSafeInteger(time) && volume >= NO_VOLUME);
          assert.ok(depth === undefined || depth.length === DEPTH_WIDTH);
        }
      },
    ),
    { numRuns: RANDOM_FRAMES },
  );
});
