// What a tape holds and how far it can be trusted, read row by row.
import { FeedError } from '#adapters/tape/feed-error.ts';
import { TickBatch } from '#core/market/tick.ts';
import { dayOf, type EpochMs, formatInstant, MINUTE_MS } from '#core/time.ts';
import { type Settings } from '../config/settings-schema.ts';
import { tapeRules } from '../research/prepare.ts';
import { streamTape } from '../research/tick-source.ts';

/** A longer silence of an instrument within a day is a gap. */
const GAP_MS = 5 * MINUTE_MS;

export interface TapeLine {
  readonly symbol: string;
  readonly rows: number;
  readonly from: string | null;
  readonly to: string | null;
  readonly days: number;
  readonly gaps: number;
  readonly longest_gap_ms: number;
}

export interface TapeReport {
  readonly tape: string;
  readonly rows: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly instruments: readonly TapeLine[];
  /** Each in a sentence; none when the tape is as a tape should be. */
  readonly problems: readonly string[];
}

const ADVICE: Readonly<Record<string, string>> = {
  bad_time: 'no time of the form 2021-06-11 09:15:00 without a zone, or before 2000: write Indian wall clock',
  bad_price: 'no price above zero with at most four decimals, or not three columns',
  out_of_session: 'outside the sessions of the calendar: after the close, or in another time zone',
  duplicate: 'the same as the row before it',
  out_of_order: 'earlier than a row before it: sort the file by time',
};

interface Seen {
  rows: number;
  from: number;
  to: number;
  days: number;
  gaps: number;
  longest: number;
}

/** Throws `FeedError` when nothing of the tape can be read; damage further on is a problem of the report. */
export async function inspectTape(path: string, settings: Settings): Promise<TapeReport> {
  const source = await streamTape(path, tapeRules(settings));
  const seen = source.instruments.map((): Seen => ({ rows: 0, from: 0, to: 0, days: 0, gaps: 0, longest: 0 }));
  const problems: string[] = [];
  const batch = new TickBatch(4_096, false);
  try {
    while (await source.next(batch)) {
      note(batch, seen);
      batch.clear();
    }
  } catch (error) {
    if (!(error instanceof FeedError)) throw error;
    note(batch, seen);
    problems.push(error.message);
  } finally {
    await source.close();
  }
  const refused = source.refused();
  const rows = seen.reduce((sum, each) => sum + each.rows, 0);
  if (rows === 0) problems.push('no row can be used');
  for (const [reason, count] of Object.entries(refused)) {
    if (count > 0)
      problems.push(`${count} rows are refused as ${reason}: ${ADVICE[reason] ?? 'see the folder of the tape'}`);
  }
  const lines = source.instruments.map(({ symbol }, index) => lineOf(symbol, seen[index] as Seen));
  for (const { symbol, rows: own, gaps } of lines) {
    if (own === 0 && rows > 0) problems.push(`${symbol} has no row that can be used`);
    if (gaps > 0) problems.push(`${symbol} is silent for more than 5 minutes within a day, ${gaps} times`);
  }
  return { tape: source.tape, rows, refused, instruments: lines, problems };
}

function note(batch: TickBatch, seen: readonly Seen[]): void {
  for (let k = 0; k < batch.count; k++) {
    const each = seen[batch.instrument[k] as number] as Seen;
    const time = batch.time[k] as number;
    const isSameDay = each.rows > 0 && dayOf(each.to as EpochMs) === dayOf(time as EpochMs);
    if (!isSameDay) each.days++;
    else if (time - each.to > GAP_MS) {
      each.gaps++;
      each.longest = Math.max(each.longest, time - each.to);
    }
    if (each.rows === 0) each.from = time;
    each.to = time;
    each.rows++;
  }
}

function lineOf(symbol: string, { rows, from, to, days, gaps, longest }: Seen): TapeLine {
  const text = (at: number): string | null => (rows === 0 ? null : formatInstant(at as EpochMs));
  return { symbol, rows, from: text(from), to: text(to), days, gaps, longest_gap_ms: longest };
}
