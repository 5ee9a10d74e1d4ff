// A range of ticks as one compact binary frame that needs nothing else to be read: the instruments in a header, then the
// columns of the batch. Little-endian, as every machine is that we run on; the last four bytes are a CRC-32 of the rest.
import { crc32 } from 'node:zlib';
import { invariant } from '#core/invariant.ts';
import { DEPTH_WIDTH, TickBatch } from '#core/market/tick.ts';

/*
 * Layout, in bytes:
 *   0  magic 'APTK'      4  version u8, flags u8, zero u16     8  rows u32     12  length of the header u32
 *  16  base time f64    24  header: JSON [[token, source], …] in UTF-8, padded with spaces to a multiple of 8
 *      price f64, volume f64, sequence f64 (and time f64 when flag 2 is set), for each row
 *      time since the base u32 (when flag 2 is not set); depth i32 × 30 (when flag 1 is set); place in the header u16
 *      zeros up to a multiple of 4; CRC-32 u32
 */
const MAGIC = 0x4b54_5041;
const VERSION = 1;
const WITH_DEPTH = 1;
const WIDE_TIME = 2;
const HEADER_AT = 24;
const ROWS_MAX = 1_048_576;
const UINT32_MAX = 0xffff_ffff;

export type TickFrameErrorCode = 'NOT_A_FRAME' | 'FUTURE_VERSION' | 'TRUNCATED' | 'DAMAGED' | 'UNKNOWN_TOKEN';

/** A frame cannot be read; the message says what was expected, what was found and what to do. */
export class TickFrameError extends Error {
  override readonly name = 'TickFrameError';
  readonly code: TickFrameErrorCode;

  constructor(code: TickFrameErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** An instrument as a frame names it: its token, and the prefix of its tick ids. */
export interface FramedInstrument {
  readonly token: number;
  readonly source: string;
}

/** Columns over the bytes of a frame, without a copy. */
export interface TickColumns {
  readonly rows: number;
  readonly instruments: readonly FramedInstrument[];
  readonly base: number;
  readonly price: Float64Array;
  readonly volume: Float64Array;
  readonly sequence: Float64Array;
  /** Time of each row; undefined when `sinceBase` has it. */
  readonly time: Float64Array | undefined;
  readonly sinceBase: Uint32Array | undefined;
  readonly depth: Int32Array | undefined;
  /** Place of each row's instrument in `instruments`. */
  readonly place: Uint16Array;
}

const textEncoder = new TextEncoder();
const textDecoder = new TextDecoder('utf-8', { fatal: true });
/** Place + 1 of each instrument index in the frame at hand; all zero between calls. */
const placeOf = new Uint32Array(65_536);

/** Rows `from` to `to` (excluded) of a batch; `describe` is asked once for each instrument among them. */
export function encodeTickFrame(
  batch: TickBatch,
  from: number,
  to: number,
  describe: (instrument: number) => FramedInstrument,
): Uint8Array {
  const rows = to - from;
  invariant(rows > 0 && rows <= ROWS_MAX && to <= batch.count, `a frame of rows ${from} to ${to} of ${batch.count}`);
  const places = new Uint16Array(rows);
  const header = encodeHeader(placeInstruments(batch, from, to, places, describe));
  const sinceBase = deltas(batch.time, from, to);
  const flags = (batch.hasDepth ? WITH_DEPTH : 0) | (sinceBase === undefined ? WIDE_TIME : 0);
  const at = offsets(rows, header.length, flags);

  const buffer = new ArrayBuffer(at.end + 4);
  const view = new DataView(buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint8(5, flags);
  view.setUint32(8, rows, true);
  view.setUint32(12, header.length, true);
  view.setFloat64(16, batch.time[from] as number, true);
  const frame = new Uint8Array(buffer);
  frame.set(header, HEADER_AT);
  new Float64Array(buffer, at.price, rows).set(batch.price.subarray(from, to));
  new Float64Array(buffer, at.volume, rows).set(batch.volume.subarray(from, to));
  new Float64Array(buffer, at.sequence, rows).set(batch.sequence.subarray(from, to));
  if (sinceBase === undefined) new Float64Array(buffer, at.time, rows).set(batch.time.subarray(from, to));
  else new Uint32Array(buffer, at.sinceBase, rows).set(sinceBase);
  if (batch.hasDepth) {
    const depth = batch.depth.subarray(from * DEPTH_WIDTH, to * DEPTH_WIDTH);
    new Int32Array(buffer, at.depth, rows * DEPTH_WIDTH).set(depth);
  }
  new Uint16Array(buffer, at.place, rows).set(places);
  view.setUint32(at.end, crc32(frame.subarray(0, at.end)), true);
  return frame;
}

/** Ticks of a frame, with the prefix of the tick ids of each instrument index that occurs. */
export interface DecodedTicks {
  readonly batch: TickBatch;
  readonly sources: ReadonlyMap<number, string>;
}

/** The ticks of a frame again; `resolve` gives the index of a token, or -1. Throws `TickFrameError`. */
export function decodeTickFrame(frame: Uint8Array, resolve: (token: number) => number): DecodedTicks {
  const columns = openTickFrame(frame);
  const { rows, base, place } = columns;
  const sources = new Map<number, string>();
  const indices = columns.instruments.map(({ token, source }) => {
    const index = resolve(token);
    if (index === -1) {
      const words = `expected a token of the instrument table, found ${token}`;
      throw new TickFrameError('UNKNOWN_TOKEN', `${words}; load the instruments that the frame was written with`);
    }
    sources.set(index, source);
    return index;
  });
  const batch = new TickBatch(rows, columns.depth !== undefined);
  batch.count = rows;
  batch.price.set(columns.price);
  batch.volume.set(columns.volume);
  batch.sequence.set(columns.sequence);
  if (columns.time !== undefined) batch.time.set(columns.time);
  else for (let k = 0; k < rows; k++) batch.time[k] = base + (columns.sinceBase?.[k] as number);
  if (columns.depth !== undefined) {
    batch.hasDepth = true;
    batch.depth.set(columns.depth);
  }
  for (let k = 0; k < rows; k++) batch.instrument[k] = indices[place[k] as number] as number;
  return { batch, sources };
}

/** The columns of a frame that was found whole. Throws `TickFrameError`. */
export function openTickFrame(given: Uint8Array): TickColumns {
  // Columns of eight bytes need their alignment, which a slice of a larger buffer may not have.
  const frame = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const { rows, flags, headerLength } = checkFrame(frame);
  const { buffer, byteOffset } = frame;
  const at = offsets(rows, headerLength, flags);
  const floats = (from: number): Float64Array => new Float64Array(buffer, byteOffset + from, rows);
  const wide = (flags & WIDE_TIME) !== 0;
  const withDepth = (flags & WITH_DEPTH) !== 0;
  const columns: TickColumns = {
    rows,
    instruments: decodeHeader(frame.subarray(HEADER_AT, HEADER_AT + headerLength)),
    base: new DataView(buffer, byteOffset).getFloat64(16, true),
    price: floats(at.price),
    volume: floats(at.volume),
    sequence: floats(at.sequence),
    time: wide ? floats(at.time) : undefined,
    sinceBase: wide ? undefined : new Uint32Array(buffer, byteOffset + at.sinceBase, rows),
    depth: withDepth ? new Int32Array(buffer, byteOffset + at.depth, rows * DEPTH_WIDTH) : undefined,
    place: new Uint16Array(buffer, byteOffset + at.place, rows),
  };
  if (columns.place.some((place) => place >= columns.instruments.length)) throw damaged('a row of no instrument');
  return columns;
}

/** Where each column begins; `end` is where the check sum lies. */
function offsets(rows: number, headerLength: number, flags: number) {
  const price = HEADER_AT + headerLength;
  const volume = price + rows * 8;
  const sequence = volume + rows * 8;
  const time = sequence + rows * 8;
  const sinceBase = time + ((flags & WIDE_TIME) === 0 ? 0 : rows * 8);
  const depth = sinceBase + ((flags & WIDE_TIME) === 0 ? rows * 4 : 0);
  const place = depth + ((flags & WITH_DEPTH) === 0 ? 0 : rows * DEPTH_WIDTH * 4);
  return { price, volume, sequence, time, sinceBase, depth, place, end: Math.ceil((place + rows * 2) / 4) * 4 };
}

function checkFrame(frame: Uint8Array): { rows: number; flags: number; headerLength: number } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.byteLength < HEADER_AT + 4 || view.getUint32(0, true) !== MAGIC) {
    const words = `expected a tick frame, found ${frame.byteLength} bytes that are none`;
    throw new TickFrameError('NOT_A_FRAME', `${words}; hand in what encodeTickFrame wrote`);
  }
  const version = view.getUint8(4);
  if (version !== VERSION) {
    const words = `expected a tick frame of version ${VERSION}, found ${version}`;
    throw new TickFrameError('FUTURE_VERSION', `${words}; update the platform`);
  }
  const flags = view.getUint8(5);
  const rows = view.getUint32(8, true);
  const headerLength = view.getUint32(12, true);
  const { end } = offsets(rows, headerLength, flags);
  if (frame.byteLength !== end + 4) {
    const words = `expected a tick frame of ${end + 4} bytes, found ${frame.byteLength}`;
    throw new TickFrameError('TRUNCATED', `${words}; restore the file from a backup`);
  }
  const written = view.getUint32(end, true);
  const computed = crc32(frame.subarray(0, end));
  if (written !== computed) throw damaged(`the check sum ${written} where ${computed} follows from the bytes`);
  if (rows === 0 || rows > ROWS_MAX || headerLength % 8 !== 0 || flags > (WITH_DEPTH | WIDE_TIME)) {
    throw damaged(`${rows} rows, a header of ${headerLength} bytes and flags ${flags}`);
  }
  return { rows, flags, headerLength };
}

function damaged(found: string): TickFrameError {
  return new TickFrameError('DAMAGED', `expected a sound tick frame, found ${found}; restore the file from a backup`);
}

/** Fills in the place of each row's instrument; the instruments come in the order in which they first tick. */
function placeInstruments(
  batch: TickBatch,
  from: number,
  to: number,
  places: Uint16Array,
  describe: (instrument: number) => FramedInstrument,
): readonly FramedInstrument[] {
  const seen: number[] = [];
  for (let k = from; k < to; k++) {
    const instrument = batch.instrument[k] as number;
    if (placeOf[instrument] === 0) placeOf[instrument] = seen.push(instrument);
    places[k - from] = (placeOf[instrument] as number) - 1;
  }
  for (const instrument of seen) placeOf[instrument] = 0;
  return seen.map((instrument) => describe(instrument));
}

/** Milliseconds of each row since the first; undefined when one does not fit into 32 bits. */
function deltas(time: Float64Array, from: number, to: number): Uint32Array | undefined {
  const base = time[from] as number;
  const since = new Uint32Array(to - from);
  for (let k = from; k < to; k++) {
    const delta = (time[k] as number) - base;
    since[k - from] = delta;
    if (since[k - from] !== delta || delta > UINT32_MAX) return undefined;
  }
  return since;
}

function encodeHeader(instruments: readonly FramedInstrument[]): Uint8Array {
  const text = textEncoder.encode(JSON.stringify(instruments.map(({ token, source }) => [token, source])));
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function decodeHeader(bytes: Uint8Array): readonly FramedInstrument[] {
  let pairs: unknown;
  try {
    pairs = JSON.parse(textDecoder.decode(bytes));
  } catch (error) {
    throw damaged(`a header that is not JSON (${String(error)})`);
  }
  if (!Array.isArray(pairs)) throw damaged('a header that is no list');
  return (pairs as readonly (readonly [number, string])[]).map(([token, source]) => ({ token, source }));
}
