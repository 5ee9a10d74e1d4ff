// The minutes of a broker's history as a tape. What has been read stays beside the tape that is to be, so a download that was
// ended, or that failed, goes on where it was.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FeedError } from '#adapters/tape/feed-error.ts';
import { type TapeFormat, type TapeManifest, TapeWriter } from '#adapters/tape/tape-writer.ts';
import { type KiteClient } from '#adapters/zerodha/kite-client.ts';
import { type Candle } from '#core/market/gap.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME, TickBatch } from '#core/market/tick.ts';
import {
  DAY_MS,
  type DayNumber,
  dayOf,
  type EpochMs,
  formatDay,
  MINUTE_MS,
  SECOND_MS,
  startOfDay,
} from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { candleTicks } from './candle-ticks.ts';

export interface DownloadRequest {
  readonly client: Pick<KiteClient, 'candles'>;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly instruments: readonly Instrument[];
  /** The first day and the last one, both of them over. */
  readonly from: DayNumber;
  readonly to: DayNumber;
  readonly out: string;
  readonly format: TapeFormat;
  /** Ends the download early; what has been read is kept for the next one. */
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, all: number) => void;
}

/** Days that Kite tells the minutes of in one answer (reference 4). */
const SPAN_DAYS = 60;
const ATTEMPTS = 3;
const BATCH_TICKS = 4_096;

interface Span {
  readonly from: EpochMs;
  /** The first instant behind it. */
  readonly to: EpochMs;
}

/**
 * Reads what is not there yet, and makes the tape when all is. Throws `FeedError` when the folder is there, when something cannot be
 * read, or when it was told to end; what has been read is kept then.
 */
export async function downloadHistory(request: DownloadRequest): Promise<TapeManifest> {
  const { instruments, out, format, from, to, signal, onProgress } = request;
  const spans = spansOf(from, to);
  const pieces = `${out}.pieces`;
  // It refuses a folder that is there before anything is asked for.
  const writer = await TapeWriter.open(out, format, instruments);
  await mkdir(pieces, { recursive: true });
  let done = 0;
  for (const span of spans) {
    for (const instrument of instruments) {
      if (signal.aborted) {
        throw new FeedError('TAPE_INCOMPLETE', `ended; ${goesOn(done, spans.length * instruments.length, pieces)}`);
      }
      const path = pieceOf(pieces, instrument, span);
      if (!existsSync(path)) await download(request, instrument, span, path);
      onProgress(++done, spans.length * instruments.length);
    }
  }
  for (const span of spans) await writeSpan(writer, request, span, pieces);
  const madeBy = `record --feed history, ${formatDay(from)} to ${formatDay(to)}: each minute as open, low, high, close`;
  const manifest = await writer.finish(madeBy, true);
  await rm(pieces, { recursive: true });
  return manifest;
}

function spansOf(first: DayNumber, last: DayNumber): readonly Span[] {
  const spans: Span[] = [];
  const end = (startOfDay(last) + DAY_MS) as EpochMs;
  for (let from = startOfDay(first); from < end;) {
    const to = Math.min(from + SPAN_DAYS * DAY_MS, end) as EpochMs;
    spans.push({ from, to });
    from = to;
  }
  return spans;
}

async function download(
  { client, clock, signal, out }: DownloadRequest,
  { token, symbol }: Instrument,
  { from, to }: Span,
  path: string,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await client.candles(token, from, (to - MINUTE_MS) as EpochMs);
    if (outcome.kind === 'read') {
      // It bears its name only when it is whole.
      await writeFile(`${path}.part`, JSON.stringify(outcome.value));
      await rename(`${path}.part`, path);
      return;
    }
    if (attempt === ATTEMPTS || signal.aborted) {
      const days = `${formatDay(dayOf(from))} to ${formatDay(dayOf((to - 1) as EpochMs))}`;
      const message = `the minutes of ${symbol} from ${days} were not read: ${outcome.message}`;
      throw new FeedError(
        'TAPE_INCOMPLETE',
        `${message}; what was read is in ${out}.pieces, and the same command goes on`,
      );
    }
    await clock.sleep(SECOND_MS * 2 ** attempt, signal);
  }
}

/** Minute by minute, of all instruments: a tape's rows are in order of time. */
async function writeSpan(
  writer: TapeWriter,
  { instruments }: DownloadRequest,
  span: Span,
  pieces: string,
): Promise<void> {
  const lanes = await Promise.all(instruments.map(async (each) => candlesIn(pieceOf(pieces, each, span))));
  const next = lanes.map(() => 0);
  const traded = lanes.map(() => ({ day: -1, volume: 0 }));
  const batch = new TickBatch(BATCH_TICKS, false);
  for (;;) {
    const start = Math.min(...lanes.map((lane, k) => lane[next[k] as number]?.start ?? Number.POSITIVE_INFINITY));
    if (start === Number.POSITIVE_INFINITY) break;
    const told = lanes.flatMap((lane, index) => {
      const candle = lane[next[index] as number];
      if (candle?.start !== start) return [];
      next[index] = (next[index] as number) + 1;
      const day = dayOf(candle.start);
      const before = traded[index]?.day === day ? (traded[index]?.volume ?? 0) : 0;
      traded[index] = { day, volume: before + candle.volume };
      const hasVolume = instruments[index]?.tradable === true;
      return candleTicks(candle, before).map((tick) => ({
        ...tick,
        index,
        volume: hasVolume ? tick.volume : NO_VOLUME,
      }));
    });
    for (const { index, time, price, volume } of told.toSorted((a, b) => a.time - b.time)) {
      if (batch.count === batch.capacity) {
        await writer.write(batch);
        batch.clear();
      }
      batch.push(index, time, price, volume, 0);
    }
  }
  await writer.write(batch);
}

function pieceOf(pieces: string, { symbol }: Instrument, { from, to }: Span): string {
  return join(pieces, `${symbol}.${formatDay(dayOf(from))}.${formatDay(dayOf((to - 1) as EpochMs))}.json`);
}

async function candlesIn(path: string): Promise<readonly Candle[]> {
  return JSON.parse(await readFile(path, 'utf8')) as readonly Candle[];
}

function goesOn(done: number, all: number, pieces: string): string {
  return `${done} of ${all} pieces are in ${pieces}, and the same command goes on with them`;
}
