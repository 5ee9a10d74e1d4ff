// What a platform saw, as a tape: the ticks on its log, whatever feed they came from. This is how a live day is recorded; it
// may be done beside the platform while it runs.
import { type TapeFormat, type TapeManifest, TapeWriter } from '#adapters/tape/tape-writer.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type StoreReader } from '#ports/store.ts';
import { readTick } from '#wire/read-tick.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { openReader } from '../open-place.ts';
import { type Place } from '../place.ts';
import { RequestError } from '../reading/open-store.ts';
import { instrumentsOf } from '../reading/symbols.ts';

const PAGE = 2_000;

export interface LogRecordRequest {
  readonly place: Place;
  readonly out: string;
  readonly format: TapeFormat;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/**
 * A tape is complete when nothing of its time is known to be missing: the feed had no gap, and retention has taken no tick.
 * Throws `RequestError`, `StoreError` or `FeedError`.
 */
export async function recordLog({ place, ...request }: LogRecordRequest): Promise<TapeManifest> {
  const reader = openReader(place, 'market_feed');
  try {
    return await copyTicks(reader, request);
  } finally {
    reader.close();
  }
}

async function copyTicks(reader: StoreReader, request: Omit<LogRecordRequest, 'place'>): Promise<TapeManifest> {
  const { out, format, signal, onProgress } = request;
  const range = reader.range(MARKET_TICKS);
  if (range.end === range.start) throw new RequestError('the log holds no ticks to record');
  const instruments = [...instrumentsOf(reader).values()];
  const places = new Map(instruments.map(({ token }, place) => [token, place]));
  const writer = await TapeWriter.open(out, format, instruments);
  const batch = new TickBatch(PAGE, false);
  let isComplete = range.start === 0;
  let next = range.start;
  while (next < range.end && !signal.aborted) {
    const page = reader.read(MARKET_TICKS, next, PAGE);
    for (const { value } of page) {
      const tick = readTick(value);
      const place = tick === undefined ? undefined : places.get(tick.token);
      // A gap, or a tick of an instrument that no plan names: either way something is not on the tape.
      if (tick === undefined || place === undefined) isComplete = false;
      else batch.push(place, tick.time, tick.price, tick.volume, tick.sequence);
    }
    await writer.write(batch);
    batch.clear();
    next = (page.at(-1)?.offset ?? range.end) + 1;
    onProgress(next - range.start, range.end - range.start);
  }
  return writer.finish('record --feed log', isComplete && !signal.aborted);
}
