// Writes ticks as a tape that this folder reads: a CSV for each instrument, plain or packed, in a folder that bears its name
// only once it is whole.
import { appendFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { formatDecimal } from '#core/decimal.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME, type TickBatch } from '#core/market/tick.ts';
import { type EpochMs, formatInstant, IST_OFFSET_MS } from '#core/time.ts';
import { refuseTaken } from './refuse-taken.ts';

export type TapeFormat = 'csv' | 'gzip';

/** Written beside the rows, so that whoever finds the folder knows what it is. */
export interface TapeManifest {
  readonly made_by: string;
  readonly rows: number;
  readonly from: string | null;
  readonly to: string | null;
  /** Whether what was asked for came to its end. */
  readonly complete: boolean;
  readonly instruments: readonly { readonly symbol: string; readonly rows: number }[];
}

/** Rows of an instrument that wait to be written; a folder of thousands of instruments stays small. */
const WAITING_CHARACTERS = 32_768;
const HEADER = 'timestamp,ltp,volume\n';
const pack = promisify(gzip);

interface Waiting {
  text: string;
  rows: number;
}

export class TapeWriter {
  readonly #path: string;
  readonly #part: string;
  readonly #format: TapeFormat;
  readonly #instruments: readonly Instrument[];
  readonly #waiting = new Map<number, Waiting>();
  #rows = 0;
  #from: number | undefined;
  #to = 0;

  private constructor(path: string, format: TapeFormat, instruments: readonly Instrument[]) {
    this.#path = path;
    this.#part = `${path}.part`;
    this.#format = format;
    this.#instruments = instruments;
  }

  /** Throws `FeedError` when something lies at the path already. What an earlier attempt left behind is thrown away. */
  static async open(path: string, format: TapeFormat, instruments: readonly Instrument[]): Promise<TapeWriter> {
    await refuseTaken(path, 'folder');
    await rm(`${path}.part`, { recursive: true, force: true });
    await mkdir(`${path}.part`, { recursive: true });
    return new TapeWriter(path, format, instruments);
  }

  /** Takes every row of a batch, whose instruments are indices of those given at the start. */
  async write(batch: TickBatch): Promise<void> {
    for (let k = 0; k < batch.count; k++) {
      const index = batch.instrument[k] as number;
      const waiting = this.#waiting.get(index) ?? { text: HEADER, rows: 0 };
      this.#waiting.set(index, waiting);
      const time = batch.time[k] as number;
      waiting.text += rowText(time, batch.price[k] as number, batch.volume[k] as number);
      waiting.rows++;
      this.#rows++;
      this.#from ??= time;
      this.#to = time;
      if (waiting.text.length >= WAITING_CHARACTERS) await this.#flush(index, waiting);
    }
  }

  /** Gives the folder its name. */
  async finish(madeBy: string, complete: boolean): Promise<TapeManifest> {
    for (const [index, waiting] of this.#waiting) await this.#flush(index, waiting);
    const manifest: TapeManifest = {
      made_by: madeBy,
      rows: this.#rows,
      from: this.#from === undefined ? null : formatInstant(this.#from as EpochMs),
      to: this.#from === undefined ? null : formatInstant(this.#to as EpochMs),
      complete,
      instruments: [...this.#waiting]
        .map(([index, { rows }]) => ({ symbol: this.#symbolOf(index), rows }))
        .sort((a, b) => (a.symbol < b.symbol ? -1 : 1)),
    };
    await writeFile(join(this.#part, 'tape.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(this.#part, this.#path);
    return manifest;
  }

  async #flush(index: number, waiting: Waiting): Promise<void> {
    const { text } = waiting;
    waiting.text = '';
    if (text === '') return;
    const isPacked = this.#format === 'gzip';
    const name = `${this.#symbolOf(index)}.csv${isPacked ? '.gz' : ''}`;
    // A packed file is a row of packed pieces, which every unpacker reads as one.
    await appendFile(join(this.#part, name), isPacked ? await pack(text) : text);
  }

  #symbolOf(index: number): string {
    return this.#instruments[index]?.symbol ?? String(index);
  }
}

/** `2021-06-11 09:15:47,3218.05,22359`, with milliseconds where there are any. */
function rowText(time: number, price: number, volume: number): string {
  const text = formatInstant((time + IST_OFFSET_MS) as EpochMs);
  const fraction = time % 1_000 === 0 ? '' : text.slice(19, 23);
  return `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction},${formatDecimal(price)},${volume === NO_VOLUME ? '' : volume}\n`;
}
