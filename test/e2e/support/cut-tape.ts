// The first rows of a few instruments of a recorded day, written as a tape of their own: real dirt in a second.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder, writeTape } from '../../support/tape-builder.ts';

/** Takes the rows around the opening, which a recording begins with, and returns the folder of the tape. */
export function cutTape(
  test: Pick<TestContext, 'after'>,
  recorded: string,
  symbols: readonly string[],
  rows: number,
): string {
  const cut = (symbol: string): string[] => {
    const [, ...all] = gunzipSync(readFileSync(join(recorded, `${symbol}.csv.gz`)))
      .toString('latin1')
      .split('\n');
    return all.slice(0, rows).map((row) => row.replace(/\r$/, ''));
  };
  return writeTape(temporaryFolder(test), Object.fromEntries(symbols.map((symbol) => [symbol, cut(symbol)])));
}
