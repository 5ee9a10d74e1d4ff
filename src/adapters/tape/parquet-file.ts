// Ticks to and from one Parquet file, a row group at a time.
import { rename } from 'node:fs/promises';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { RUPEE } from '#core/decimal.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME, type TickBatch } from '#core/market/tick.ts';
import { FeedError } from './feed-error.ts';
import { refuseTaken } from './refuse-taken.ts';

const GROUP_ROWS = 65_536;
const COLUMNS = ['timestamp', 'symbol', 'ltp', 'volume'] as const;
const SCHEMA: ConstructorParameters<typeof ParquetWriter>[0]['schema'] = [
  { name: 'ticks', num_children: COLUMNS.length },
  {
    name: 'timestamp',
    type: 'INT64',
    repetition_type: 'REQUIRED',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
  },
  { name: 'symbol', type: 'BYTE_ARRAY', repetition_type: 'REQUIRED', converted_type: 'UTF8' },
  { name: 'ltp', type: 'INT64', repetition_type: 'REQUIRED', converted_type: 'DECIMAL', scale: 4, precision: 18 },
  { name: 'volume', type: 'INT64', repetition_type: 'OPTIONAL' },
];

export class ParquetTapeWriter {
  readonly #path: string;
  readonly #writer: ParquetWriter;
  readonly #instruments: readonly Instrument[];
  readonly #times: Date[] = [];
  readonly #symbols: string[] = [];
  readonly #prices: bigint[] = [];
  readonly #volumes: (bigint | null)[] = [];
  rows = 0;

  private constructor(path: string, instruments: readonly Instrument[]) {
    this.#path = path;
    this.#instruments = instruments;
    this.#writer = new ParquetWriter({
      writer: fileWriter(`${path}.part`),
      schema: SCHEMA,
      createdBy: 'alpha-panda',
    });
  }

  /** Throws `FeedError` when a file lies there already. */
  static async open(path: string, instruments: readonly Instrument[]): Promise<ParquetTapeWriter> {
    await refuseTaken(path, 'file');
    return new ParquetTapeWriter(path, instruments);
  }

  async write(batch: TickBatch): Promise<void> {
    for (let k = 0; k < batch.count; k++) {
      const volume = batch.volume[k] as number;
      this.#times.push(new Date(batch.time[k] as number));
      this.#symbols.push(this.#instruments[batch.instrument[k] as number]?.symbol ?? '');
      this.#prices.push(BigInt(batch.price[k] as number));
      this.#volumes.push(volume === NO_VOLUME ? null : BigInt(volume));
    }
    this.rows += batch.count;
    if (this.#times.length >= GROUP_ROWS) await this.#flush();
  }

  /** Gives the file its name. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writer.finish();
    await rename(`${this.#path}.part`, this.#path);
  }

  async #flush(): Promise<void> {
    const columns = [this.#times, this.#symbols, this.#prices, this.#volumes];
    if (this.#times.length === 0) return;
    const columnData = COLUMNS.map((name, place) => ({ name, data: columns[place] as never }));
    await this.#writer.write({ columnData, rowGroupSize: GROUP_ROWS * 2 });
    for (const column of columns) column.length = 0;
  }
}

/** A row as it stands in the file; nobody has judged it. */
export interface ParquetRow {
  /** Epoch milliseconds; not a number when there is none. */
  readonly time: number;
  readonly symbol: string;
  /** In 1/10,000 rupee; not a number when there is none. */
  readonly price: number;
  /** `NO_VOLUME` when there is none. */
  readonly volume: number;
}

/** The symbols of a file, in alphabetical order. Throws `FeedError`. */
export async function parquetSymbols(path: string): Promise<readonly string[]> {
  const symbols = new Set<string>();
  let place = 0;
  for await (const rows of groupsOf(path, ['symbol'])) {
    for (const { symbol } of rows) {
      place++;
      if (typeof symbol !== 'string' || symbol === '') throw nameless(path, place);
      symbols.add(symbol);
    }
  }
  return [...symbols].sort();
}

/** The rows in the order of the file, a row group at a time. Throws `FeedError`. */
export async function* readParquet(path: string): AsyncGenerator<readonly ParquetRow[]> {
  for await (const rows of groupsOf(path, COLUMNS)) yield rows.map(rowOf);
}

type Fields = Readonly<Record<string, unknown>>;

async function* groupsOf(path: string, columns: readonly string[]): AsyncGenerator<readonly Fields[]> {
  const file = await asyncBufferFromFile(path).catch((cause: unknown) => {
    throw new FeedError('TAPE_MISSING', `cannot open the tape ${path}: ${String(cause)}`, { cause });
  });
  const metadata = await parquetMetadataAsync(file).catch((cause: unknown) => {
    const message = `${path} is no Parquet file, or is cut short: ${String(cause)}. Fetch it again.`;
    throw new FeedError('TAPE_FOREIGN', message, { cause });
  });
  const known = metadata.schema.map(({ name }) => name);
  const missing = COLUMNS.filter((name) => !known.includes(name));
  if (missing.length > 0) {
    const expected = `expected ${COLUMNS.join(', ')}, found ${known.slice(1).join(', ')}`;
    throw new FeedError('TAPE_FOREIGN', `${path} has no column ${missing.join(', ')}: ${expected}`);
  }
  let rowStart = 0;
  for (const { num_rows: count } of metadata.row_groups) {
    const rowEnd = rowStart + Number(count);
    const asked = { file, metadata, columns: [...columns], rowStart, rowEnd };
    yield await parquetReadObjects(asked).catch((cause: unknown) => {
      const message = `rows ${rowStart + 1} to ${rowEnd} of the tape ${path} cannot be read: ${String(cause)}`;
      throw new FeedError('TAPE_DAMAGED', `${message}. The rows before them were used. Fetch the file again.`, {
        cause,
      });
    });
    rowStart = rowEnd;
  }
}

function rowOf({ timestamp, symbol, ltp, volume }: Fields): ParquetRow {
  return {
    time: timestamp instanceof Date ? timestamp.getTime() : Number.NaN,
    symbol: String(symbol),
    price: typeof ltp === 'number' || typeof ltp === 'bigint' ? Math.round(Number(ltp) * RUPEE) : Number.NaN,
    volume: isCount(volume) ? Number(volume) : NO_VOLUME,
  };
}

function isCount(volume: unknown): volume is number | bigint {
  return (
    (typeof volume === 'number' || typeof volume === 'bigint') && Number.isSafeInteger(Number(volume)) && volume >= 0
  );
}

function nameless(path: string, place: number): FeedError {
  return new FeedError('TAPE_FOREIGN', `row ${place} of ${path} names no instrument: expected a symbol in every row`);
}
