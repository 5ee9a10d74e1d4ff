// The benchmark's tape: one file of records for many instruments, 16 bytes each, little endian: f64 epoch milliseconds,
// u32 instrument, u32 price in paise. It is generated, so a record is right or the file is not such a tape.
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { NO_VOLUME } from '#core/market/tick.ts';
import { dayNumber, type EpochMs, startOfDay } from '#core/time.ts';
import { FeedError } from './feed-error.ts';
import { type CursorState, noneRefused, type TapeCursor } from './tape-cursor.ts';

const RECORD_BYTES = 16;
const PIECE_BYTES = 4096 * RECORD_BYTES;
const INSTRUMENTS_MAX = 65_536;
const PAISA = 100;
const EARLIEST = startOfDay(dayNumber(2000, 1, 1));

export interface BinaryContent {
  readonly hash: string;
  readonly instruments: number;
  readonly firstTime: EpochMs | undefined;
}

/** Hashes the file and checks every record. Throws `FeedError` when it is no such tape. */
export async function inspectBinary(path: string): Promise<BinaryContent> {
  const file = await openBinary(path);
  try {
    const hash = createHash('sha256');
    const bytes = Buffer.allocUnsafe(PIECE_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, PIECE_BYTES);
    let before = -Infinity;
    let last = -1;
    let row = 0;
    let firstTime: EpochMs | undefined;
    for (let length = await fill(file, bytes, 0); length > 0; length = await fill(file, bytes, row * RECORD_BYTES)) {
      hash.update(bytes.subarray(0, length));
      for (let at = 0; at < length; at += RECORD_BYTES) {
        row++;
        const isWhole = length - at >= RECORD_BYTES;
        const time = isWhole ? view.getFloat64(at, true) : NaN;
        const instrument = isWhole ? view.getUint32(at + 8, true) : INSTRUMENTS_MAX;
        const isRight = Number.isSafeInteger(time) && time >= EARLIEST && time >= before;
        if (!isRight || instrument >= INSTRUMENTS_MAX || view.getUint32(at + 12, true) === 0) throw foreign(path, row);
        before = time;
        firstTime ??= time as EpochMs;
        if (instrument > last) last = instrument;
      }
    }
    return { hash: hash.digest('hex'), instruments: last + 1, firstTime };
  } finally {
    await file.close();
  }
}

/** Gives out every record, from the one after `consumed` on. */
export async function openBinaryCursor(path: string, label: string, consumed: number): Promise<TapeCursor> {
  return new BinaryCursor(path, await openBinary(path), label, consumed);
}

class BinaryCursor implements TapeCursor {
  readonly label: string;
  readonly order = 0;
  time = -Infinity;
  price = 0;
  readonly volume = NO_VOLUME;
  row: number;
  instrument = 0;
  readonly sessionEnd = Infinity;
  consumed: number;
  readonly refused = noneRefused();
  readonly failure = undefined;

  readonly #path: string;
  readonly #file: FileHandle;
  readonly #bytes = Buffer.allocUnsafe(PIECE_BYTES);
  readonly #view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, PIECE_BYTES);
  #at = 0;
  #length = 0;
  #isDone = false;

  constructor(path: string, file: FileHandle, label: string, consumed: number) {
    this.#path = path;
    this.#file = file;
    this.label = label;
    this.row = consumed;
    this.consumed = consumed;
  }

  advance(): CursorState {
    const at = this.#at;
    this.consumed = this.row;
    if (at >= this.#length) return this.#isDone ? 'ended' : 'starved';
    this.time = this.#view.getFloat64(at, true);
    this.instrument = this.#view.getUint32(at + 8, true);
    this.price = this.#view.getUint32(at + 12, true) * PAISA;
    this.row++;
    this.#at = at + RECORD_BYTES;
    return 'row';
  }

  async feed(): Promise<void> {
    this.#length = await fill(this.#file, this.#bytes, this.row * RECORD_BYTES);
    this.#at = 0;
    this.#isDone = this.#length === 0;
    if (this.#length % RECORD_BYTES !== 0) throw foreign(this.#path, this.row + Math.ceil(this.#length / RECORD_BYTES));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function openBinary(path: string): Promise<FileHandle> {
  return open(path, 'r').catch((cause: unknown) => {
    throw new FeedError('TAPE_MISSING', `cannot open the tape ${path}: ${String(cause)}`, { cause });
  });
}

/** Reads until the buffer is full or the file ends. */
async function fill(file: FileHandle, bytes: Buffer, position: number): Promise<number> {
  let length = 0;
  for (;;) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, position + length);
    length += bytesRead;
    if (bytesRead === 0 || length === bytes.length) return length;
  }
}

function foreign(path: string, row: number): FeedError {
  const message =
    `record ${row} of ${path} is not one of a binary tape: expected 16 bytes, little endian: f64 epoch milliseconds ` +
    `that never go back, u32 instrument below ${INSTRUMENTS_MAX}, u32 price in paise above 0. ` +
    `Make the tape again with npm run bench, or give a .csv.`;
  return new FeedError('TAPE_FOREIGN', message);
}
