// A tape in another form. Only rows that a run would use are written, so that the new tape runs to the same result.
import { ParquetTapeWriter } from '#adapters/tape/parquet-file.ts';
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

/** Throws `FeedError`. */
export async function convertTape(
  from: string,
  to: string,
  format: TapeFormat | 'parquet',
  settings: Settings,
): Promise<Converted> {
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
