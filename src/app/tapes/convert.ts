// A tape in another form. Only rows that a run would use are written, so that the new tape runs to the same result.
import { type TapeFormat, type TapeManifest, TapeWriter } from '#adapters/tape/tape-writer.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type RefusedCounts } from '#ports/feed.ts';
import { type Settings } from '../config/settings-schema.ts';
import { tapeRules } from '../research/prepare.ts';
import { streamTape } from '../research/tick-source.ts';

export interface Converted extends TapeManifest {
  /** Rows that are not in the new tape, by reason. */
  readonly refused: RefusedCounts;
}

/** Throws `FeedError`. */
export async function convertTape(
  from: string,
  to: string,
  format: TapeFormat,
  settings: Settings,
): Promise<Converted> {
  const source = await streamTape(from, tapeRules(settings));
  try {
    const writer = await TapeWriter.open(to, format, source.instruments);
    const batch = new TickBatch(4_096, false);
    while (await source.next(batch)) {
      await writer.write(batch);
      batch.clear();
    }
    return { ...(await writer.finish(`tape convert of ${source.tape}`, true)), refused: source.refused() };
  } finally {
    await source.close();
  }
}
