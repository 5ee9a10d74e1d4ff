// A range of ticks as one compact binary frame that needs nothing else to be read: the instruments in a header, then the
// columns of the batch. Little-endian, as every machine is that we run on; the last four bytes are a CRC-32 of the rest.
import { invariant } from '#core/invariant.ts';
import { DEPTH_WIDTH, TickBatch } from '#core/market/tick.ts';
import { checkSum } from './check-sum.ts';
import { quoted } from './envelope.ts';

/*
 * Layout, in bytes:
 *   0  magic 'APTK'      4  version u8, flags u8, zero u16     8  rows u32     12  length of the header u32
 *  16  base time f64    24  header: JSON [[token, source], …] in ASCII, padded with blanks to a multiple of 8
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

const BLANK = 0x20;
/** From so many rows on a column is copied as a whole, which is not worth its views for fewer. */
const COPIED_MIN = 32;
const NOT_ASCII = /[^\x20-\x7e]/g;
const textDecoder = new TextDecoder('utf-8', { fatal: true });
/** Place + 1 of each instrument index in the frame at hand; all zero between calls. */
const placeOf = new Uint32Array(65_536);

/**
 * Rows `from` to `to` (excluded) of a batch; `describe` is asked once for each instrument among them. An order may wait
 * for a frame of one row, so a column is written row by row and not through an array of its own.
 */
export function encodeTickFrame(
  batch: TickBatch,
  from: number,
  to: number,
  describe: (instrument: number) => FramedInstrument,
): Uint8Array {
  const rows = to - from;
  invariant(rows > 0 && rows <= ROWS_MAX && to <= batch.count, `a frame of rows ${from} to ${to} of ${batch.count}`);
  const { instrument, time, price, volume, sequence } = batch;
  const places = new Uint16Array(rows);
  const header = headerText(placeInstruments(instrument, from, to, places).map(describe));
  const headerLength = Math.ceil(header.length / 8) * 8;
  const base = time[from] as number;
  const wide = !fitDeltas(time, from, to);
  const flags = (batch.hasDepth ? WITH_DEPTH : 0) | (wide ? WIDE_TIME : 0);
  const at = offsets(rows, headerLength, flags);

  // Out of the pool, which takes a tenth of the time of memory of its own.
  const { buffer, byteOffset, byteLength } = Buffer.allocUnsafe(at.end + 4);
  const frame = new Uint8Array(buffer, byteOffset, byteLength);
  const view = new DataView(buffer, byteOffset, byteLength);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, VERSION);
  view.setUint16(5, flags, true);
  view.setUint8(7, 0);
  view.setUint32(8, rows, true);
  view.setUint32(12, headerLength, true);
  view.setFloat64(16, base, true);
  for (let k = 0; k < headerLength; k++) frame[HEADER_AT + k] = k < header.length ? header.charCodeAt(k) : BLANK;
  view.setUint32(at.end - 4, 0, true);
  if (rows >= COPIED_MIN && byteOffset % 8 === 0) {
    for (const [column, offset] of [
      [price, at.price],
      [volume, at.volume],
      [sequence, at.sequence],
    ] as const) {
      new Float64Array(buffer, byteOffset + offset, rows).set(column.subarray(from, to));
    }
    new Uint16Array(buffer, byteOffset + at.place, rows).set(places);
    if (wide) new Float64Array(buffer, byteOffset + at.time, rows).set(time.subarray(from, to));
    else {
      const sinceBase = new Uint32Array(buffer, byteOffset + at.sinceBase, rows);
      for (let k = 0; k < rows; k++) sinceBase[k] = (time[from + k] as number) - base;
    }
  } else
    for (let k = 0; k < rows; k++) {
      view.setFloat64(at.price + k * 8, price[from + k] as number, true);
      view.setFloat64(at.volume + k * 8, volume[from + k] as number, true);
      view.setFloat64(at.sequence + k * 8, sequence[from + k] as number, true);
      view.setUint16(at.place + k * 2, places[k] as number, true);
      if (wide) view.setFloat64(at.time + k * 8, time[from + k] as number, true);
      else view.setUint32(at.sinceBase + k * 4, (time[from + k] as number) - base, true);
    }
  if (batch.hasDepth) {
    const depth = batch.depth.subarray(from * DEPTH_WIDTH, to * DEPTH_WIDTH);
    for (let k = 0; k < depth.length; k++) view.setInt32(at.depth + k * 4, depth[k] as number, true);
  }
  view.setUint32(at.end, checkSum(frame, at.end), true);
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
  const computed = checkSum(frame, end);
  if (written !== computed) throw damaged(`the check sum ${written} where ${computed} follows from the bytes`);
  if (rows === 0 || rows > ROWS_MAX || headerLength % 8 !== 0 || flags > (WITH_DEPTH | WIDE_TIME)) {
    throw damaged(`${rows} rows, a header of ${headerLength} bytes and flags ${flags}`);
  }
  return { rows, flags, headerLength };
}

function damaged(found: string): TickFrameError {
  return new TickFrameError('DAMAGED', `expected a sound tick frame, found ${found}; restore the file from a backup`);
}

/** Fills in the place of each row's instrument; returns the instruments in the order in which they first tick. */
function placeInstruments(
  instruments: TickBatch['instrument'],
  from: number,
  to: number,
  places: Uint16Array,
): readonly number[] {
  const seen: number[] = [];
  for (let k = from; k < to; k++) {
    const instrument = instruments[k] as number;
    if (placeOf[instrument] === 0) placeOf[instrument] = seen.push(instrument);
    places[k - from] = (placeOf[instrument] as number) - 1;
  }
  for (const instrument of seen) placeOf[instrument] = 0;
  return seen;
}

/** Whether the milliseconds of each row since the first fit into 32 bits. */
function fitDeltas(time: Float64Array, from: number, to: number): boolean {
  const base = time[from] as number;
  for (let k = from; k < to; k++) {
    const delta = (time[k] as number) - base;
    if (delta >>> 0 !== delta) return false;
  }
  return true;
}

/** In ASCII: other characters are escaped, as JSON allows. */
function headerText(instruments: readonly FramedInstrument[]): string {
  const pairs = instruments.map(({ token, source }) => `[${token},${quoted(source)}]`);
  return `[${pairs.join(',')}]`.replace(NOT_ASCII, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
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
