import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import * as fc from 'fast-check';
import { TickTrace } from '#core/ids.ts';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { decodeTickFrame, encodeTickFrame, TickFrameError, type TickFrameErrorCode } from './tick-frame.ts';
import { tickMessages } from './tick-messages.ts';
import { decodeEnvelope } from './decode.ts';
import { type Envelope } from './envelope.ts';
import { DEFAULTS, OPEN } from './wire-under-test.ts';

interface Row {
  readonly instrument: number;
  readonly time: number;
  readonly price: number;
  readonly volume: number;
  readonly sequence: number;
  readonly depth: readonly number[];
}

const depth = fc.oneof(
  fc.constant(Array.from({ length: DEPTH_WIDTH }, () => 0)),
  fc.array(fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }), { minLength: DEPTH_WIDTH, maxLength: DEPTH_WIDTH }),
);
const row: fc.Arbitrary<Row> = fc.record({
  instrument: fc.oneof(fc.nat(3), fc.nat(65_535)),
  time: fc.oneof(fc.integer({ min: OPEN, max: OPEN + 100_000 }), fc.integer({ min: 0, max: 8_640_000_000_000_000 })),
  price: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  volume: fc.oneof(fc.constant(NO_VOLUME), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })),
  sequence: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  depth,
});

function batchOf(rows: readonly Row[], withDepth: boolean): TickBatch {
  const batch = new TickBatch(rows.length, withDepth);
  for (const [k, { instrument, time, price, volume, sequence, depth: levels }] of rows.entries()) {
    batch.push(instrument, time, price, volume, sequence);
    if (withDepth) batch.depth.set(levels, k * DEPTH_WIDTH);
  }
  batch.hasDepth = withDepth;
  return batch;
}

/** Tokens are indices moved by a constant, so that a mix-up of the two shows. */
const SHIFT = 500_000;
const describe = (instrument: number) => ({ token: instrument + SHIFT, source: `file-${instrument % 3}` });
const resolve = (token: number): number => token - SHIFT;

function rowsOf(batch: TickBatch, from: number, to: number): readonly object[] {
  return Array.from({ length: to - from }, (_, k) => {
    const at = from + k;
    const levels = batch.hasDepth ? [...batch.depth.subarray(at * DEPTH_WIDTH, (at + 1) * DEPTH_WIDTH)] : [];
    const [instrument, time, price] = [batch.instrument[at], batch.time[at], batch.price[at]];
    return { instrument, time, price, volume: batch.volume[at], sequence: batch.sequence[at], levels };
  });
}

const anyBatch = fc
  .record({ rows: fc.array(row, { minLength: 1, maxLength: 12 }), withDepth: fc.boolean() })
  .map(({ rows, withDepth }) => batchOf(rows, withDepth));

test('a decoded frame holds exactly the rows that were encoded, wherever the frame lies in memory', () => {
  const place = fc.record({
    batch: anyBatch,
    cut: fc.nat(11),
    length: fc.integer({ min: 1, max: 12 }),
    shift: fc.nat(9),
  });
  fc.assert(
    fc.property(place, ({ batch, cut, length, shift }) => {
      const from = cut % batch.count;
      const to = Math.min(batch.count, from + length);
      const frame = encodeTickFrame(batch, from, to, describe);
      const moved = new Uint8Array(frame.length + shift).subarray(shift);
      moved.set(frame);
      const decoded = decodeTickFrame(moved, resolve);
      assert.equal(decoded.batch.count, to - from);
      assert.equal(decoded.batch.hasDepth, batch.hasDepth);
      assert.deepEqual(rowsOf(decoded.batch, 0, to - from), rowsOf(batch, from, to));
      for (let k = from; k < to; k++) {
        const instrument = batch.instrument[k] as number;
        assert.equal(decoded.sources.get(instrument), describe(instrument).source);
      }
    }),
  );
});

test('a frame is the same bytes whatever lay around its rows and whatever was encoded before', () => {
  fc.assert(
    fc.property(anyBatch, anyBatch, (batch, other) => {
      const alone = Buffer.from(encodeTickFrame(batch, 0, batch.count, describe)).toString('hex');
      encodeTickFrame(other, 0, other.count, describe);
      const again = Buffer.from(encodeTickFrame(batch, 0, batch.count, describe)).toString('hex');
      assert.equal(again, alone);
    }),
    { numRuns: 50 },
  );
});

/** Three rows as version 1 wrote them. */
const OF_VERSION_1 =
  'QVBUSwEAAAADAAAAKAAAAAAApsSSn3dCW1s1MDAwMDAsImZpbGUtMCJdLFs1MDAwMDEsImZpbGUtMSJdXSAgIAAAAIDieG9BAAAAAAAAWUAAAAAAIXlvQQAAAAAA' +
  'wJJAAAAAAAAA8L8AAAAAAOyTQAAAAAAAgF1AAAAAAADAXUAAAAAAAEBfQAAAAAD6AAAA6AMAAAAAAQAAAAAAVIBbiA==';

test('a frame of version 1 is read as it was written', () => {
  const { batch, sources } = decodeTickFrame(Buffer.from(OF_VERSION_1, 'base64'), resolve);
  const read = Array.from({ length: batch.count }, (_, k) => [
    batch.instrument[k],
    batch.time[k],
    batch.price[k],
    batch.volume[k],
    batch.sequence[k],
  ]);
  assert.deepEqual(read, [
    [0, OPEN, 16_500_500, 1_200, 118],
    [1, OPEN + 250, 100, NO_VOLUME, 119],
    [0, OPEN + 1_000, 16_501_000, 1_275, 125],
  ]);
  assert.deepEqual(
    [...sources],
    [
      [0, 'file-0'],
      [1, 'file-1'],
    ],
  );
});

test('each column is as narrow as all of its values allow, and is read again', () => {
  const [narrow, wide] = [2 ** 32 - 1, 2 ** 32];
  const bytesOf = (rows: readonly (readonly [price: number, volume: number, sequence: number])[]): number => {
    const batch = new TickBatch(40, false);
    for (let k = 0; k < 40; k++) {
      const [price, volume, sequence] = rows[k % rows.length] as readonly [number, number, number];
      batch.push(0, OPEN, price, volume, sequence === 0 ? k : sequence);
    }
    const frame = encodeTickFrame(batch, 0, 40, describe);
    assert.deepEqual(rowsOf(decodeTickFrame(frame, resolve).batch, 0, 40), rowsOf(batch, 0, 40));
    return frame.length;
  };
  const least = bytesOf([
    [narrow, narrow - 1, 0],
    [1, NO_VOLUME, 0],
    [1, 0, 0],
  ]);
  assert.equal(bytesOf([[wide, 0, 0]]) - least, 40 * 4);
  assert.equal(
    bytesOf([[1, narrow, 0]]) - least,
    40 * 4,
    'the word that stands for no volume is no volume of a narrow column',
  );
  assert.equal(bytesOf([[1, wide, 0]]) - least, 40 * 4);
  assert.equal(bytesOf([[1, 1, 7]]) - least, 39 * 8);
});

test('an instrument is described once, and a frame names only those that tick in it', () => {
  const batch = new TickBatch(5, false);
  for (const [k, instrument] of [7, 9, 7, 9, 3].entries()) batch.push(instrument, OPEN + k, 100, 1, k);
  const asked: number[] = [];
  const frame = encodeTickFrame(batch, 0, 4, (instrument) => {
    asked.push(instrument);
    return describe(instrument);
  });
  assert.deepEqual(asked, [7, 9]);
  assert.deepEqual([...decodeTickFrame(frame, resolve).sources.keys()], [7, 9]);
});

test('times that go back or leap more than 49 days are kept', () => {
  for (const times of [
    [OPEN, OPEN - 1],
    [OPEN, OPEN + 2 ** 32],
    [OPEN, OPEN + 2 ** 32 - 1],
    [OPEN, OPEN + 0.5],
  ]) {
    const batch = new TickBatch(2, false);
    for (const [k, time] of times.entries()) batch.push(0, time, 100, 1, k);
    const decoded = decodeTickFrame(encodeTickFrame(batch, 0, 2, describe), resolve);
    assert.deepEqual([...decoded.batch.time], times);
  }
});

test('an ordinary row without depth takes 14 bytes', () => {
  const batch = new TickBatch(1_000, false);
  for (let k = 0; k < 1_000; k++) batch.push(k % 50, OPEN + k, 100, 1, k);
  const [all, half] = [
    encodeTickFrame(batch, 0, 1_000, describe).length,
    encodeTickFrame(batch, 0, 500, describe).length,
  ];
  assert.equal(all - half, 500 * 14);
});

function aFrame(): Uint8Array {
  const batch = new TickBatch(3, true);
  for (let k = 0; k < 3; k++) batch.push(k, OPEN + k, 100 + k, 1, k);
  batch.hasDepth = true;
  return encodeTickFrame(batch, 0, 3, describe);
}

function codeOf(frame: Uint8Array): TickFrameErrorCode {
  try {
    decodeTickFrame(frame, resolve);
  } catch (error) {
    assert.ok(error instanceof TickFrameError, String(error));
    assert.match(error.message, /expected .*, found .*; /);
    return error.code;
  }
  throw new assert.AssertionError({ message: 'a damaged frame was accepted' });
}

test('any changed byte of a frame is noticed', () => {
  const frame = aFrame();
  for (let at = 0; at < frame.length; at++) {
    const changed = frame.slice();
    changed[at] = (changed[at] as number) ^ 0x41;
    codeOf(changed);
  }
});

test('a frame that is cut or grew is refused at any length', () => {
  const frame = aFrame();
  for (let length = 0; length < frame.length; length++) {
    assert.match(codeOf(frame.subarray(0, length)), /^(?:TRUNCATED|NOT_A_FRAME)$/);
  }
  assert.equal(codeOf(new Uint8Array([...frame, 0])), 'TRUNCATED');
});

/** Changes a frame and writes the check sum anew, as a later or a faulty program would. */
function forged(change: (frame: Uint8Array) => void): Uint8Array {
  const frame = aFrame();
  change(frame);
  const end = frame.length - 4;
  new DataView(frame.buffer).setUint32(end, crc32(frame.subarray(0, end)), true);
  return frame;
}

test('what is no frame, a later version and a forged frame are told apart', () => {
  assert.equal(codeOf(new TextEncoder().encode('{"type":"market_tick","version":1}')), 'NOT_A_FRAME');
  assert.equal(codeOf(forged((frame) => frame.set([3], 4))), 'FUTURE_VERSION');
  assert.equal(codeOf(forged((frame) => frame.set([0x58], 24))), 'DAMAGED');
  assert.equal(codeOf(forged((frame) => frame.set([0x7b, 0x7d].concat(Array(30).fill(0x20)), 24))), 'DAMAGED');
  assert.equal(codeOf(forged((frame) => frame.set([9], frame.length - 8))), 'DAMAGED');
});

test('a token that the table does not hold is refused by name', () => {
  assert.throws(
    () => decodeTickFrame(aFrame(), () => -1),
    (error) => error instanceof TickFrameError && error.code === 'UNKNOWN_TOKEN' && error.message.includes('500000'),
  );
});

test('rows that a batch does not have are our own defect', () => {
  const batch = new TickBatch(3, false);
  batch.push(0, OPEN, 100, 1, 0);
  for (const [from, to] of [
    [0, 0],
    [0, 2],
    [1, 0],
  ] as const) {
    assert.throws(() => encodeTickFrame(batch, from, to, describe), /a frame of rows/);
  }
});

test('a frame reads as the messages of its ticks, with their ids, keys and offsets', () => {
  const batch = new TickBatch(3, true);
  batch.push(0, OPEN, 16_500_500, 1_200, 118);
  batch.push(1, OPEN + 1, 100, NO_VOLUME, 5);
  batch.push(2, OPEN + 2, 1, 0, 6);
  batch.hasDepth = true;
  batch.depth.set(Array.from({ length: DEPTH_WIDTH }, (_, k) => k + 1));
  const messages = tickMessages(encodeTickFrame(batch, 0, 3, describe), 40, 0, 100);
  assert.deepEqual(
    messages.map(({ topic, key, id, offset }) => [topic, key, id, offset]),
    [
      ['market.ticks', '500000', 'file-0:118', 40],
      ['market.ticks', '500001', 'file-1:5', 41],
      ['market.ticks', '500002', 'file-2:6', 42],
    ],
  );
  assert.equal(messages[0]?.id, new TickTrace('file-0', 118).id, 'as the cascade names the tick');
  const data = messages.map(({ value }) => (JSON.parse(value) as Envelope<Record<string, unknown>>).data);
  assert.deepEqual(data[1], {
    instrument_token: 500_001,
    last_price: '0.01',
    timestamp: '2021-06-11T03:45:00.001Z',
    mode: 'ltp',
  });
  assert.equal(data[2]?.['mode'], 'quote');
  assert.equal(data[2]?.['volume_traded'], 0);
  assert.equal(data[0]?.['mode'], 'full');
  const book = data[0]?.['depth'] as { sell: readonly object[] } | undefined;
  assert.deepEqual(book?.sell[4], {
    price: '0.0028',
    quantity: 29,
    orders: 30,
  });
});

test('messages are given from an offset and up to a limit', () => {
  const frame = aFrame();
  const offsets = (from: number, limit: number): readonly number[] =>
    tickMessages(frame, 10, from, limit).map(({ offset }) => offset);
  assert.deepEqual(offsets(0, 100), [10, 11, 12]);
  assert.deepEqual(offsets(11, 100), [11, 12]);
  assert.deepEqual(offsets(11, 1), [11]);
  assert.deepEqual(offsets(12, 0), []);
  assert.deepEqual(offsets(13, 5), []);
});

test('a tick reads the same whichever frame it lies in', () => {
  fc.assert(
    fc.property(anyBatch, fc.integer({ min: 1, max: 12 }), (batch, size) => {
      const whole = tickMessages(encodeTickFrame(batch, 0, batch.count, describe), 0, 0, 100);
      const parts = [];
      for (let from = 0; from < batch.count; from += size) {
        const to = Math.min(batch.count, from + size);
        parts.push(...tickMessages(encodeTickFrame(batch, from, to, describe), from, 0, 100));
      }
      assert.deepEqual(parts, whole);
    }),
    { numRuns: 50 },
  );
});

test('the messages of a sound frame pass their own schema', () => {
  const batch = new TickBatch(2, true);
  batch.push(0, OPEN, 16_500_500, 1_200, 118);
  batch.push(1, OPEN, 16_500_500, NO_VOLUME, 119);
  batch.hasDepth = true;
  batch.depth.set(Array.from({ length: DEPTH_WIDTH }, (_, k) => k));
  for (const { topic, value } of tickMessages(encodeTickFrame(batch, 0, 2, describe), 0, 0, 2)) {
    const read = decodeEnvelope(topic, value, DEFAULTS);
    assert.ok(read.ok, read.ok ? '' : read.error.message);
  }
});
