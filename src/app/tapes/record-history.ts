// What `record --feed history` does: the session on the disk, the instruments that are asked for, and days that are over.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { type TapeManifest } from '#adapters/tape/tape-writer.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type InstrumentDirectory } from '#core/market/instrument-directory.ts';
import { type DayNumber, dayOf, parseDay } from '#core/time.ts';
import { type Settings } from '../config/settings-schema.ts';
import { listingsFor, UsageError } from '../feeds.ts';
import { withDataAccess } from '../kite-data.ts';
import { INSTRUMENTS } from '../project.ts';
import { downloadHistory, type DownloadRequest } from './download.ts';

export interface HistoryRequest extends Pick<DownloadRequest, 'out' | 'format' | 'signal' | 'onProgress'> {
  readonly settings: Settings;
  /** Days as a person writes them, `2026-01-31`. */
  readonly from: string;
  readonly to: string;
  /** By their names in `config/instruments`; those of the settings when none are named. */
  readonly symbols: readonly string[] | undefined;
}

/** Throws `UsageError` for days and names that cannot be asked for, and what `downloadHistory` throws. */
export async function recordHistory({ settings, from, to, symbols, ...rest }: HistoryRequest): Promise<TapeManifest> {
  const clock = systemClock();
  const [first, last] = [dayIn('from', from), dayIn('to', to)];
  if (last < first) throw new UsageError(`expected --to to be ${from} or later, found ${to}`);
  if (last >= dayOf(clock.now())) throw new UsageError(`expected --to to be a day that is over, found ${to}`);
  const instruments = instrumentsOf(settings, symbols, loadInstruments(INSTRUMENTS));
  return withDataAccess(settings, clock, async (client) =>
    downloadHistory({ ...rest, client, clock, instruments, from: first, to: last }),
  );
}

function dayIn(flag: string, text: string): DayNumber {
  const day = parseDay(text);
  if (day === undefined) throw new UsageError(`expected --${flag} to be a day such as 2026-01-31, found "${text}"`);
  return day;
}

function instrumentsOf(
  settings: Settings,
  symbols: readonly string[] | undefined,
  directory: InstrumentDirectory,
): readonly Instrument[] {
  if (symbols === undefined) return listingsFor(settings, directory).map(({ instrument }) => instrument);
  return [...new Set(symbols)].map((symbol) => {
    const found = directory.listings.find(
      ({ instrument, aliases }) => instrument.symbol === symbol || aliases.includes(symbol),
    );
    if (found !== undefined) return found.instrument;
    throw new UsageError(`expected --symbols to name instruments of config/instruments, found "${symbol}"`);
  });
}
