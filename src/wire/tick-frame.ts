// A range of ticks as one compact binary frame that needs nothing else to be read: the instruments in a header, then the
// columns of the batch, each as narrow as its values allow. Little-endian, as every machine is that we run on; the last four bytes are a CRC-32 of the rest.
import { invariant } from '#core/invariant.ts';
import { DEPTH_WIDTH, NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import { checkSum } from './check-sum.ts';
import { quoted } from './envelope.ts';

/*
 * Layout, in bytes:
 *   0  magic 'APTK'      4  version u8, flags u8, zero u16     8  rows u32     12  length of the header u32
 *  16  base time f64    24  header: JSON [[token, source], …] in ASCII, padded with blanks to a multiple of 8
 *      for each row: price f64 (unless flag 4 is set), volume f64 (unless flag 8), sequence f64 (with flag 16 of the first
 *      row alone), time f64 (when flag 2 is set);
 *      time since the base u32 (unless flag 2), price u32 (flag 4), volume u32 (flag 8); depth i32 × 30 (flag 1); place in
 *      the header u16; zeros up to a multiple of 4; CRC-32 u32
 * Version 1 knew the flags 1 and 2 alone.
 */
const MAGIC = 0x4b54_5041;
const VERSION = 2;
const WITH_DEPTH = 1;
const WIDE_TIME = 2;
const NARROW_PRICE = 4;
const NARROW_VOLUME = 8;
/** Each row's sequence is one more than that of the row before. */
const COUNTED = 16;
const FLAGS_OF_VERSION_1 = WITH_DEPTH | WIDE_TIME;
const ALL_FLAGS = FLAGS_OF_VERSION_1 | NARROW_PRICE | NARROW_VOLUME | COUNTED;
/** Stands for `NO_VOLUME` in a column of 32 bits. */
const NO_NARROW_VOLUME = 0xffff_ffff;
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

const BLANK = 0x20;
/** From so many rows on a column is copied as a whole, which is not worth its views for fewer. */
const COPIED_MIN = 32;
const NOT_ASCII = /[^\x20-\x7e]/g;
const textDecoder = new TextDecoder('utf-8', { fatal: true });
/** Place + 1 of each instrument index in the frame at hand; all zero between calls. */
const placeOf = new Uint32Array(65_536);

/**
 * Rows `from` to `to` (excluded) of a batch; `describe` is asked once for each instrument among them. An order may wait
 * for a frame of one row, so a column of few rows is written row by row and not through an array of its own.
 */
export function encodeTickFrame(
  batch: TickBatch,
  from: number,
  to: number,
  describe: (instrument: number) => FramedInstrument,
): Uint8Array {
  const rows = to - from;
  invariant(rows > 0 && rows <= ROWS_MAX && to <= batch.count, `a frame of rows ${from} to ${to} of ${batch.count}`);
  const places = new Uint16Array(rows);
  const header = headerText(placeInstruments(batch.instrument, from, to, places).map(describe));
  const headerLength = Math.ceil(header.length / 8) * 8;
  const flags = flagsOf(batch, from, to);
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
  view.setFloat64(16, batch.time[from] as number, true);
  for (let k = 0; k < headerLength; k++) frame[HEADER_AT + k] = k < header.length ? header.charCodeAt(k) : BLANK;
  view.setUint32(at.end - 4, 0, true);
  if (rows >= COPIED_MIN && byteOffset % 8 === 0) writeColumns(frame, { batch, from, to, flags, at }, places);
  else writeRows(view, { batch, from, to, flags, at }, places);
  if (batch.hasDepth) {
    const depth = batch.depth.subarray(from * DEPTH_WIDTH, to * DEPTH_WIDTH);
    for (let k = 0; k < depth.length; k++) view.setInt32(at.depth + k * 4, depth[k] as number, true);
  }
  view.setUint32(at.end, checkSum(frame, at.end), true);
  return frame;
}

/** What is written, and where. */
interface Writing {
  readonly batch: TickBatch;
  readonly from: number;
  readonly to: number;
  readonly flags: number;
  readonly at: ReturnType<typeof offsets>;
}

function writeRows(view: DataView, { batch, from, to, flags, at }: Writing, places: Uint16Array): void {
  const { time, price, volume, sequence } = batch;
  const base = time[from] as number;
  for (let k = 0; k < to - from; k++) {
    const [money, units] = [price[from + k] as number, volume[from + k] as number];
    if ((flags & NARROW_PRICE) !== 0) view.setUint32(at.narrowPrice + k * 4, money, true);
    else view.setFloat64(at.price + k * 8, money, true);
    if ((flags & NARROW_VOLUME) !== 0) view.setUint32(at.narrowVolume + k * 4, units, true);
    else view.setFloat64(at.volume + k * 8, units, true);
    if (k === 0 || (flags & COUNTED) === 0) view.setFloat64(at.sequence + k * 8, sequence[from + k] as number, true);
    if ((flags & WIDE_TIME) !== 0) view.setFloat64(at.time + k * 8, time[from + k] as number, true);
    else view.setUint32(at.sinceBase + k * 4, (time[from + k] as number) - base, true);
    view.setUint16(at.place + k * 2, places[k] as number, true);
  }
}

function writeColumns(frame: Uint8Array, { batch, from, to, flags, at }: Writing, places: Uint16Array): void {
  const { buffer, byteOffset } = frame;
  const rows = to - from;
  const wide = (offset: number, column: Float64Array): void =>
    new Float64Array(buffer, byteOffset + offset, rows).set(column.subarray(from, to));
  const narrow = (offset: number, column: Float64Array, base: number): void => {
    const written = new Uint32Array(buffer, byteOffset + offset, rows);
    for (let k = 0; k < rows; k++) written[k] = (column[from + k] as number) - base;
  };
  if ((flags & NARROW_PRICE) !== 0) narrow(at.narrowPrice, batch.price, 0);
  else wide(at.price, batch.price);
  if ((flags & NARROW_VOLUME) !== 0) narrow(at.narrowVolume, batch.volume, 0);
  else wide(at.volume, batch.volume);
  if ((flags & COUNTED) === 0) wide(at.sequence, batch.sequence);
  else new Float64Array(buffer, byteOffset + at.sequence, 1)[0] = batch.sequence[from] as number;
  if ((flags & WIDE_TIME) !== 0) wide(at.time, batch.time);
  else narrow(at.sinceBase, batch.time, batch.time[from] as number);
  new Uint16Array(buffer, byteOffset + at.place, rows).set(places);
}

/** Ticks of a frame, with the prefix of the tick ids of each instrument index that occurs. */
export interface DecodedTicks {
  readonly batch: TickBatch;
  readonly sources: ReadonlyMap<number, string>;
}

/** The ticks of a frame again; `resolve` gives the index of a token, or -1. Throws `TickFrameError`. */
export function decodeTickFrame(frame: Uint8Array, resolve: (token: number) => number): DecodedTicks {
  const columns = openTickFrame(frame);
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
  const batch = new TickBatch(columns.rows, columns.depth !== undefined);
  columns.copyInto(batch, indices);
  return { batch, sources };
}

/** Columns over the bytes of a frame, without a copy. */
export class TickColumns {
  readonly rows: number;
  readonly instruments: readonly FramedInstrument[];
  readonly depth: Int32Array | undefined;
  readonly #base: number;
  readonly #price: Float64Array | Uint32Array;
  readonly #volume: Float64Array | Uint32Array;
  readonly #sequence: Float64Array;
  readonly #time: Float64Array | Uint32Array;
  readonly #flags: number;
  readonly #place: Uint16Array;

  /** Of a frame that is whole, whose first byte lies at a multiple of 8. */
  constructor(frame: Uint8Array, rows: number, flags: number, headerLength: number) {
    const { buffer, byteOffset } = frame;
    const at = offsets(rows, headerLength, flags);
    const floats = (from: number, length: number): Float64Array => new Float64Array(buffer, byteOffset + from, length);
    const words = (from: number): Uint32Array => new Uint32Array(buffer, byteOffset + from, rows);
    this.rows = rows;
    this.#flags = flags;
    this.instruments = decodeHeader(frame.subarray(HEADER_AT, HEADER_AT + headerLength));
    this.#base = new DataView(buffer, byteOffset).getFloat64(16, true);
    this.#price = (flags & NARROW_PRICE) === 0 ? floats(at.price, rows) : words(at.narrowPrice);
    this.#volume = (flags & NARROW_VOLUME) === 0 ? floats(at.volume, rows) : words(at.narrowVolume);
    this.#sequence = floats(at.sequence, (flags & COUNTED) === 0 ? rows : 1);
    this.#time = (flags & WIDE_TIME) === 0 ? words(at.sinceBase) : floats(at.time, rows);
    const withDepth = (flags & WITH_DEPTH) !== 0;
    this.depth = withDepth ? new Int32Array(buffer, byteOffset + at.depth, rows * DEPTH_WIDTH) : undefined;
    this.#place = new Uint16Array(buffer, byteOffset + at.place, rows);
  }

  instrumentAt(row: number): FramedInstrument {
    return this.instruments[this.#place[row] as number] as FramedInstrument;
  }

  priceAt(row: number): number {
    return this.#price[row] as number;
  }

  /** Cumulative volume of the day, or `NO_VOLUME`. */
  volumeAt(row: number): number {
    const volume = this.#volume[row] as number;
    return volume === NO_NARROW_VOLUME && (this.#flags & NARROW_VOLUME) !== 0 ? NO_VOLUME : volume;
  }

  sequenceAt(row: number): number {
    return (this.#flags & COUNTED) === 0 ? (this.#sequence[row] as number) : (this.#sequence[0] as number) + row;
  }

  /** Epoch milliseconds. */
  timeAt(row: number): number {
    const time = this.#time[row] as number;
    return (this.#flags & WIDE_TIME) === 0 ? this.#base + time : time;
  }

  /** Whether every row is of an instrument of the header. */
  get sound(): boolean {
    let most = 0;
    for (let k = 0; k < this.rows; k++) most = Math.max(most, this.#place[k] as number);
    return most < this.instruments.length;
  }

  /** Writes every row into a batch that is empty and has room; `indices` has the index of each of `instruments`. */
  copyInto(batch: TickBatch, indices: readonly number[]): void {
    const { rows } = this;
    batch.count = rows;
    batch.price.set(this.#price);
    batch.volume.set(this.#volume);
    if ((this.#flags & NARROW_VOLUME) !== 0) {
      for (let k = 0; k < rows; k++) if (batch.volume[k] === NO_NARROW_VOLUME) batch.volume[k] = NO_VOLUME;
    }
    if ((this.#flags & COUNTED) === 0) batch.sequence.set(this.#sequence);
    else for (let k = 0; k < rows; k++) batch.sequence[k] = (this.#sequence[0] as number) + k;
    for (let k = 0; k < rows; k++) batch.time[k] = this.timeAt(k);
    for (let k = 0; k < rows; k++) batch.instrument[k] = indices[this.#place[k] as number] as number;
    if (this.depth === undefined) return;
    batch.hasDepth = true;
    batch.depth.set(this.depth);
  }
}

/** The columns of a frame that was found whole. Throws `TickFrameError`. */
export function openTickFrame(given: Uint8Array): TickColumns {
  // Columns of eight bytes need their alignment, which a slice of a larger buffer may not have.
  const frame = given.byteOffset % 8 === 0 ? given : new Uint8Array(given);
  const { rows, flags, headerLength } = checkFrame(frame);
  const columns = new TickColumns(frame, rows, flags, headerLength);
  if (!columns.sound) throw damaged('a row of no instrument');
  return columns;
}

/** Where each column begins; `end` is where the check sum lies. */
function offsets(rows: number, headerLength: number, flags: number) {
  const [eight, four] = [rows * 8, rows * 4];
  const price = HEADER_AT + headerLength;
  const volume = price + ((flags & NARROW_PRICE) === 0 ? eight : 0);
  const sequence = volume + ((flags & NARROW_VOLUME) === 0 ? eight : 0);
  const time = sequence + ((flags & COUNTED) === 0 ? eight : 8);
  const sinceBase = time + ((flags & WIDE_TIME) === 0 ? 0 : eight);
  const narrowPrice = sinceBase + ((flags & WIDE_TIME) === 0 ? four : 0);
  const narrowVolume = narrowPrice + ((flags & NARROW_PRICE) === 0 ? 0 : four);
  const depth = narrowVolume + ((flags & NARROW_VOLUME) === 0 ? 0 : four);
  const place = depth + ((flags & WITH_DEPTH) === 0 ? 0 : rows * DEPTH_WIDTH * 4);
  const end = Math.ceil((place + rows * 2) / 4) * 4;
  return { price, volume, sequence, time, sinceBase, narrowPrice, narrowVolume, depth, place, end };
}

function checkFrame(frame: Uint8Array): { rows: number; flags: number; headerLength: number } {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.byteLength < HEADER_AT + 4 || view.getUint32(0, true) !== MAGIC) {
    const words = `expected a tick frame, found ${frame.byteLength} bytes that are none`;
    throw new TickFrameError('NOT_A_FRAME', `${words}; hand in what encodeTickFrame wrote`);
  }
  const version = view.getUint8(4);
  if (version !== 1 && version !== VERSION) {
    const words = `expected a tick frame of version 1 or ${VERSION}, found ${version}`;
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
  const known = version === 1 ? FLAGS_OF_VERSION_1 : ALL_FLAGS;
  if (rows === 0 || rows > ROWS_MAX || headerLength % 8 !== 0 || (flags & ~known) !== 0) {
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

/** How the columns of some rows are written: as narrow as all of their values allow. */
function flagsOf(batch: TickBatch, from: number, to: number): number {
  const { time, price, volume, sequence } = batch;
  const [base, first] = [time[from] as number, (sequence[from] as number) - from];
  let [wideTime, widePrice, wideVolume, uncounted] = [false, false, false, false];
  for (let k = from; k < to; k++) {
    const since = (time[k] as number) - base;
    const money = price[k] as number;
    const units = volume[k] as number;
    if (since >>> 0 !== since) wideTime = true;
    if (money >>> 0 !== money) widePrice = true;
    if (units !== NO_VOLUME && (units >>> 0 !== units || units === NO_NARROW_VOLUME)) wideVolume = true;
    if (sequence[k] !== first + k) uncounted = true;
  }
  return (
    (batch.hasDepth ? WITH_DEPTH : 0) |
    (wideTime ? WIDE_TIME : 0) |
    (widePrice ? 0 : NARROW_PRICE) |
    (wideVolume ? 0 : NARROW_VOLUME) |
    (uncounted ? 0 : COUNTED)
  );
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
