// What a tape is made of, opened: its id, its instruments in the order of their symbols, and a cursor for each file.
import { price, quantity } from '#core/decimal.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type EpochMs } from '#core/time.ts';
import { type FeedPosition } from '#ports/feed.ts';
import { inspectBinary, openBinaryCursor } from './binary-cursor.ts';
import { openBytes } from './byte-source.ts';
import { CsvCursor } from './csv-cursor.ts';
import { FeedError } from './feed-error.ts';
import { type TapeCursor } from './tape-cursor.ts';
import { findTapeFiles, hashCsv, type TapeFile, tapeId } from './tape-files.ts';
import { readPosition } from './tape-position.ts';

export interface TapeRules {
  readonly calendar: Calendar;
  /** The instrument of a file's name; a binary tape brings its own. */
  readonly instrumentOf: (symbol: string) => Instrument;
}

export interface TapeParts {
  readonly tape: string;
  readonly instruments: readonly Instrument[];
  /** Instrument index -> the prefix of its tick ids. */
  readonly sources: readonly string[];
  readonly cursors: readonly TapeCursor[];
  /** Where it is known before the rows are judged. */
  readonly firstTime: EpochMs | undefined;
}

interface Content {
  readonly symbol: string;
  readonly hash: string;
}

const SOURCE_DIGITS = 12;
const HASHED_AT_ONCE = 4;

/** Throws `FeedError`. The position only serves a binary tape, which goes on without reading what is done. */
export async function openParts(
  path: string,
  rules: TapeRules,
  position: FeedPosition | undefined,
): Promise<TapeParts> {
  const files = await findTapeFiles(path);
  const [first] = files;
  if (first?.format === 'parquet') return openParquetParts(first, rules);
  return first?.format === 'binary' ? openBinaryParts(first, position) : openCsvParts(files, rules);
}

async function openParquetParts({ path, symbol: label }: TapeFile, rules: TapeRules): Promise<TapeParts> {
  // Only who has such a tape loads what reads it.
  const [{ hashFile, ParquetCursor }, { parquetSymbols }] = await Promise.all([
    import('./parquet-cursor.ts'),
    import('./parquet-file.ts'),
  ]);
  const symbols = await parquetSymbols(path);
  const found = symbols.map((symbol) => rules.instrumentOf(symbol));
  refuseSameInstrument(
    symbols.map((symbol) => `${symbol} in ${path}`),
    found,
  );
  const hash = await hashFile(path);
  const instruments = new Map(
    symbols.map((symbol, place) => [symbol, { place, instrument: found[place] as Instrument }]),
  );
  const cursor = new ParquetCursor({ path, label, instruments, calendar: rules.calendar });
  const sources = found.map(() => hash.slice(0, SOURCE_DIGITS));
  return {
    tape: tapeId([{ symbol: label, hash }]),
    instruments: found,
    sources,
    cursors: [cursor],
    firstTime: undefined,
  };
}

async function openCsvParts(files: readonly TapeFile[], rules: TapeRules): Promise<TapeParts> {
  const contents = await hashAll(files);
  const instruments = files.map(({ symbol }) => rules.instrumentOf(symbol));
  refuseSameInstrument(
    files.map(({ path }) => path),
    instruments,
  );
  const cursors: TapeCursor[] = [];
  try {
    for (const [order, { path, symbol: label }] of files.entries()) {
      const instrument = instruments[order] ?? rules.instrumentOf(label);
      const source = await openBytes(path);
      cursors.push(
        new CsvCursor({ label, order, path, segment: instrument.segment, calendar: rules.calendar, source }),
      );
    }
  } catch (error) {
    await Promise.all(cursors.map((cursor) => cursor.close()));
    throw error;
  }
  return { tape: tapeId(contents), instruments, sources: sourcesOf(contents), cursors, firstTime: undefined };
}

async function openBinaryParts({ path, symbol }: TapeFile, position: FeedPosition | undefined): Promise<TapeParts> {
  const { hash, instruments: count, firstTime } = await inspectBinary(path);
  const tape = tapeId([{ symbol, hash }]);
  const instruments = Array.from({ length: count }, (_, token) => binaryInstrument(token));
  const sources = instruments.map(() => hash.slice(0, SOURCE_DIGITS));
  const consumed = readPosition(position, tape)?.files[symbol] ?? 0;
  return { tape, instruments, sources, cursors: [await openBinaryCursor(path, symbol, consumed)], firstTime };
}

/** A few at a time: unpacking runs on other threads, and a folder may hold more files than a process may open. */
async function hashAll(files: readonly TapeFile[]): Promise<readonly Content[]> {
  const contents: Content[] = [];
  while (contents.length < files.length) {
    const group = files.slice(contents.length, contents.length + HASHED_AT_ONCE);
    contents.push(
      ...(await Promise.all(group.map(async ({ path, symbol }) => ({ symbol, hash: await hashCsv(path) })))),
    );
  }
  return contents;
}

function binaryInstrument(token: number): Instrument {
  const symbol = `I${token}`;
  return {
    token,
    symbol,
    exchange: 'NSE',
    segment: 'NSE',
    tickSize: price(500),
    lotSize: quantity(1),
    tradable: true,
  };
}

/** Names rows by their file's content; files that hold the same rows under two symbols are told apart by the symbol. */
function sourcesOf(contents: readonly Content[]): readonly string[] {
  const seen = new Map<string, number>();
  for (const { hash } of contents) seen.set(hash, (seen.get(hash) ?? 0) + 1);
  return contents.map(({ symbol, hash }) => {
    const source = hash.slice(0, SOURCE_DIGITS);
    return seen.get(hash) === 1 ? source : `${source}.${symbol}`;
  });
}

/** `names`: what each instrument's rows are called. */
function refuseSameInstrument(names: readonly string[], instruments: readonly Instrument[]): void {
  const byToken = new Map<number, number>();
  instruments.forEach(({ token, exchange, symbol }, k) => {
    const before = names[byToken.get(token) ?? -1];
    byToken.set(token, k);
    if (before === undefined) return;
    const message = `${before} and ${names[k]} are both the tape of ${exchange}:${symbol}: keep one of them`;
    throw new FeedError('TAPE_AMBIGUOUS', message);
  });
}
