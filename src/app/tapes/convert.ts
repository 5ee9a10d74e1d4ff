// A tape in another form. Only rows that a run would use are written, so that the new tape runs to the same result.
import { basename } from 'node:path';
import { ParquetTapeWriter, parquetSymbols, readParquet } from '#adapters/parquet/parquet-tape.ts';
import { type TapeFormat, TapeWriter } from '#adapters/tape/tape-writer.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type RefusedCounts } from '#ports/feed.ts';
import { type Settings } from '../config/settings-schema.ts';
import { tapeRules } from '../research/prepare.ts';
import { streamTape } from '../research/tick-source.ts';

export interface Converted {
  readonly rows: number;
  /** Rows that are not in the new tape, by reason. */
  readonly refused: RefusedCounts;
}

const BATCH_TICKS = 4_096;

/** A Parquet file becomes a folder of CSV, which is judged when it is read. Throws `FeedError` or `ParquetError`. */
export async function convertTape(
  from: string,
  to: string,
  format: TapeFormat | 'parquet',
  settings: Settings,
): Promise<Converted> {
  if (from.endsWith('.parquet')) return fromParquet(from, to, format === 'parquet' ? 'gzip' : format, settings);
  const source = await streamTape(from, tapeRules(settings));
  try {
    const madeBy = `tape convert of ${source.tape}`;
    const writer =
      format === 'parquet'
        ? await ParquetTapeWriter.open(to, source.instruments)
        : await TapeWriter.open(to, format, source.instruments);
    const batch = new TickBatch(BATCH_TICKS, false);
    let rows = 0;
    while (await source.next(batch)) {
      rows += batch.count;
      await writer.write(batch);
      batch.clear();
    }
    if (writer instanceof ParquetTapeWriter) await writer.finish();
    else await writer.finish(madeBy, true);
    return { rows, refused: source.refused() };
  } finally {
    await source.close();
  }
}

async function fromParquet(from: string, to: string, format: TapeFormat, settings: Settings): Promise<Converted> {
  const symbols = await parquetSymbols(from);
  const { instrumentOf } = tapeRules(settings);
  const places = new Map(symbols.map((symbol, place) => [symbol, place]));
  const writer = await TapeWriter.open(to, format, symbols.map(instrumentOf));
  const batch = new TickBatch(BATCH_TICKS, false);
  for await (const rows of readParquet(from)) {
    for (const { time, symbol, price, volume } of rows) {
      if (batch.count === batch.capacity) {
        await writer.write(batch);
        batch.clear();
      }
      batch.push(places.get(symbol) as number, time, price, volume, 0);
    }
  }
  await writer.write(batch);
  const { rows } = await writer.finish(`tape convert of ${basename(from)}`, true);
  return { rows, refused: {} };
}
