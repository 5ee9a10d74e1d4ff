// Which files make a tape, and what they are: found, hashed and checked for being rows at all before the first row is
// read, since ids and positions are named after the content and never after a path.
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { openBytes } from './byte-source.ts';
import { FeedError } from './feed-error.ts';

const HEADER = 'timestamp,ltp,volume';
/** Enough of a file to tell its first line from anything else. */
const HEAD_BYTES = 64;
/** What a file is by the end of its name. */
const FORMATS = { '.csv.gz': 'csv', '.csv': 'csv', '.bin': 'binary', '.parquet': 'parquet' } as const;
const EXTENSIONS = Object.keys(FORMATS) as readonly (keyof typeof FORMATS)[];
/** As it looks when each byte is taken for a character. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

export interface TapeFile {
  readonly path: string;
  readonly symbol: string;
  readonly format: 'csv' | 'binary' | 'parquet';
}

/** The files of a path in order of their symbols. Throws `FeedError` when there is none, or two for one symbol. */
export async function findTapeFiles(path: string): Promise<readonly TapeFile[]> {
  const found = await stat(path).catch((cause: unknown) => {
    const message = `no tape at ${path}: expected a .csv, a .csv.gz, a .parquet, a .bin or a folder of the first two`;
    throw new FeedError('TAPE_MISSING', message, { cause });
  });
  if (!found.isDirectory()) return [fileOf(path) ?? refuseName(path)];
  const entries = await readdir(path, { withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .flatMap((entry) => fileOf(join(path, entry.name)) ?? [])
    .filter((file) => file.format === 'csv')
    .sort((a, b) => compareText(a.symbol, b.symbol));
  if (files.length === 0) {
    throw new FeedError('TAPE_MISSING', `the folder ${path} holds no tape: expected .csv or .csv.gz files in it`);
  }
  files.forEach((file, k) => {
    const before = files[k - 1];
    if (before?.symbol !== file.symbol) return;
    const message = `${before.path} and ${file.path} are both the tape of ${file.symbol}: keep one of them`;
    throw new FeedError('TAPE_AMBIGUOUS', message);
  });
  return files;
}

/** The sha256 of a file of rows, unpacked, up to a damage where there is one. Throws `FeedError` without the header. */
export async function hashCsv(path: string): Promise<string> {
  const source = await openBytes(path);
  try {
    const hash = createHash('sha256');
    let head = '';
    let isChecked = false;
    for (;;) {
      const chunk = await source.next();
      const isOver = chunk === 'ended' || chunk instanceof FeedError;
      if (!isOver) {
        hash.update(chunk);
        if (!isChecked) head += String.fromCharCode(...chunk.subarray(0, HEAD_BYTES));
      }
      if (!isChecked && (isOver || head.includes('\n') || head.length >= HEAD_BYTES)) {
        checkHeader(path, head, chunk instanceof FeedError ? chunk : undefined);
        isChecked = true;
      }
      if (isOver) return hash.digest('hex');
    }
  } finally {
    await source.close();
  }
}

/** Names a set of contents: the same files under the same symbols give the same id wherever they lie. */
export function tapeId(contents: readonly { readonly symbol: string; readonly hash: string }[]): string {
  const sorted = [...contents].sort((a, b) => compareText(a.symbol, b.symbol));
  const hash = createHash('sha256');
  for (const { symbol, hash: content } of sorted) hash.update(`${symbol}\n${content}\n`);
  return hash.digest('hex').slice(0, 16);
}

function fileOf(path: string): TapeFile | undefined {
  const name = basename(path);
  const extension = EXTENSIONS.find((each) => name.endsWith(each) && name.length > each.length);
  if (extension === undefined) return undefined;
  return { path, symbol: name.slice(0, -extension.length), format: FORMATS[extension] };
}

function refuseName(path: string): never {
  const expected = 'SYMBOL.csv, SYMBOL.csv.gz, NAME.parquet, NAME.bin or a folder of the first two';
  throw new FeedError('TAPE_FOREIGN', `${path} is no tape by its name: expected ${expected}`);
}

function checkHeader(path: string, head: string, damage: FeedError | undefined): void {
  const line = (head.split('\n', 1)[0] ?? '').replace(/\r$/, '').replace(BYTE_ORDER_MARK, '');
  if (line === HEADER) return;
  const cause = damage?.cause instanceof Error ? damage.cause.message : undefined;
  const found = cause === undefined ? `found ${JSON.stringify(line.slice(0, HEAD_BYTES))}` : `cannot read it: ${cause}`;
  const expected = `expected the first line ${JSON.stringify(HEADER)}`;
  const message = `${path} is not a tape: ${expected}, ${found}. Give a file with it.`;
  throw new FeedError('TAPE_FOREIGN', message, { cause: damage });
}

/** By code units, which is the same on every machine. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
