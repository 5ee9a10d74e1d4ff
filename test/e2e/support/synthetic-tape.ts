// A small market day written as a tape, from a seed: prices that wander enough for every shipped strategy to trade, an
// instrument that cannot be traded, one that no list knows, and, if wanted, the dirt of a real feed.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ist, temporaryFolder, writeTape } from '../../support/tape-builder.ts';
import { draw } from '#core/random.ts';
import type { TestContext } from 'node:test';

export interface Day {
  /** Rows of each symbol. */
  readonly rows: number;
  readonly symbols?: readonly string[];
  /** `2021-06-11`, a Friday. */
  readonly day?: string;
  readonly from?: string;
  readonly stepSeconds?: number;
  readonly seed?: number;
  readonly dirty?: boolean;
}

export const TRADED = ['INFY', 'RELIANCE', 'TCS'] as const;
/** A stock that config/instruments does not list. */
const UNLISTED = 'PANDAWORKS';
const INDEX = 'Nifty';

/** Writes the tape of a day into a folder of its own, and returns the folder. */
export function syntheticTape(test: Pick<TestContext, 'after'>, day: Day): string {
  const symbols = day.symbols ?? [...TRADED, UNLISTED, INDEX];
  return writeTape(temporaryFolder(test), Object.fromEntries(symbols.map((symbol) => [symbol, rowsOf(symbol, day)])));
}

const FIVE_PAISE = 5;

function rowsOf(
  symbol: string,
  { rows, day = '2021-06-11', from = '09:15:00', stepSeconds = 1, ...rest }: Day,
): string[] {
  const { seed = 1, dirty = false } = rest;
  const dice = (k: number, sides: number): number => draw(seed, symbol, k) % sides;
  const anchor = 100_000 + dice(0, 1_000) * FIVE_PAISE;
  const start = ist(`${day}T${from}`);
  const lines: string[] = [];
  let paise = anchor;
  let volume = 0;
  for (let k = 0; k < rows; k++) {
    // Pulled back to where it began, so that it crosses its averages all day long.
    const pull = paise > anchor ? -1 : 1;
    paise = Math.max(FIVE_PAISE, paise + (dice(3 * k + 1, 41) - 20 + pull * 2) * FIVE_PAISE);
    volume += dice(3 * k + 2, 400);
    const line = `${clockText(start + k * stepSeconds * 1_000)},${rupees(paise)},${volume}`;
    lines.push(line);
    if (dirty) lines.push(...dirtAfter(line, dice(3 * k + 3, 60)));
  }
  return lines;
}

/** What a real feed sends now and then; most rows have nothing after them. */
function dirtAfter(line: string, luck: number): string[] {
  const [time = '', price = '', volume = ''] = line.split(',');
  if (luck === 0) return [`1970-01-01 05:30:00,${price},${volume}`];
  if (luck === 1) return [`${time},-1,${volume}`];
  if (luck === 2) return [`${time.slice(0, 10)} 15:30:00,${price},${volume}`];
  if (luck === 3) return [line];
  if (luck === 4) return [`${time.slice(0, 10)} 09:10:00,${price},${volume}`];
  return [];
}

function rupees(paise: number): string {
  return `${Math.floor(paise / 100)}.${`${paise % 100}`.padStart(2, '0')}`;
}

/** As a tape writes an instant: the wall clock of India without its zone. */
function clockText(at: number): string {
  const text = new Date(at + 5.5 * 3_600_000).toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 19)}`;
}

/** Rows of all files of a tape, refused ones included. */
export function rowsOfTape(folder: string): number {
  const lines = readdirSync(folder).map(
    (name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n').length,
  );
  return lines.reduce((sum, count) => sum + count - 1, 0);
}
