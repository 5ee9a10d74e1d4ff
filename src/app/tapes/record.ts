// Records a feed as a tape: the simulated market, as fast as it goes.
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { openSimulatedFeed } from '#adapters/simulated-feed/simulated-feed.ts';
import { type TapeFormat, type TapeManifest, TapeWriter } from '#adapters/tape/tape-writer.ts';
import { TickBatch } from '#core/market/tick.ts';
import { dayOf, type EpochMs } from '#core/time.ts';
import { type Settings } from '../config/settings-schema.ts';
import { listingsFor } from '../feeds.ts';
import { CALENDARS, INSTRUMENTS } from '../project.ts';

export interface RecordRequest {
  readonly settings: Settings;
  readonly out: string;
  readonly format: TapeFormat;
  /** Trading days of the market's own time. */
  readonly days: number;
  /** Ends the recording early; what came before is a tape, which says that it is not complete. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/** The same settings make the same tape. Throws `FeedError` when the folder is there. */
export async function recordSimulator(request: RecordRequest): Promise<TapeManifest> {
  const { settings, out, format, days, signal, onProgress } = request;
  const { seed, ticksPerSecond } = settings.feed;
  const instruments = listingsFor(settings, loadInstruments(INSTRUMENTS));
  const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
  const feed = openSimulatedFeed({ seed, instruments, calendar, speed: 'max', now: () => 0, ticksPerSecond });
  const writer = await TapeWriter.open(out, format, feed.instruments);
  const batch = new TickBatch(1_024, false);
  const seen = new Set<number>();
  for (;;) {
    await feed.read(batch, batch.capacity);
    const kept = withinDays(batch, seen, days);
    const isOver = kept < batch.count;
    batch.count = kept;
    await writer.write(batch);
    batch.clear();
    onProgress(Math.min(seen.size, days) - 1, days);
    if (isOver || signal.aborted) break;
  }
  await feed.close();
  return writer.finish(`record --feed simulator, seed ${seed}`, !signal.aborted);
}

/** Rows of the batch before the day after the last one that is wanted; notes the days it sees. */
function withinDays(batch: TickBatch, seen: Set<number>, days: number): number {
  for (let k = 0; k < batch.count; k++) {
    seen.add(dayOf(batch.time[k] as EpochMs));
    if (seen.size > days) return k;
  }
  return batch.count;
}
