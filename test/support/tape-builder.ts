// Tapes for tests: files written into a folder of their own, read back as plain ticks, under a calendar of one month.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { instrumentDirectory } from '#core/market/instrument-directory.ts';
import { parseCalendarData } from '#core/market/calendar-data.ts';
import { sessionCalendar } from '#core/market/session-calendar.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type EpochMs, formatInstant, parseInstant } from '#core/time.ts';
import { type Feed } from '#ports/feed.ts';

export const HEADER = 'timestamp,ltp,volume';

/** June 2021 of NSE, which has no holiday on a weekday. */
export const JUNE_2021 = sessionCalendar([
  parseCalendarData(
    {
      name: 'nse',
      covers: { from: '2021-06-01', to: '2021-06-30' },
      segments: {
        NSE: {
          hours: [{ from: '2021-06-01', preOpen: '09:00', open: '09:15', close: '15:30', source: 'test' }],
          holidays: { '2021': { source: 'test', days: {} } },
          special: [],
        },
      },
    },
    'june-2021.json',
  ),
]);

/** A folder that is removed after the test. */
export function temporaryFolder(test: Pick<TestContext, 'after'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-tape-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes `SYMBOL.csv` for each symbol, or the bytes given under a name with an extension. */
export function writeTape(folder: string, files: Readonly<Record<string, readonly string[] | Uint8Array>>): string {
  for (const [name, content] of Object.entries(files)) {
    if (content instanceof Uint8Array) writeFileSync(join(folder, name), content);
    else writeFileSync(join(folder, `${name}.csv`), csv(content));
  }
  return folder;
}

export function csv(rows: readonly string[]): string {
  return [HEADER, ...rows, ''].join('\n');
}

/** Every name is an instrument of NSE. */
export function anyInstrument() {
  const directory = instrumentDirectory([]);
  return (symbol: string) => directory.find(symbol);
}

/** `2021-06-11T09:15:00` in India. */
export function ist(text: string): EpochMs {
  const at = parseInstant(`${text}+05:30`);
  if (at === undefined) throw new Error(`not an instant: ${text}`);
  return at;
}

/** A tick as text: id, symbol, time, price and volume. */
export function ticksOf(feed: Feed, batch: TickBatch): string[] {
  return Array.from({ length: batch.count }, (_, k) => {
    const instrument = batch.instrument[k] ?? -1;
    const id = `${feed.sourceOf(instrument)}:${batch.sequence[k]}`;
    const at = formatInstant((batch.time[k] ?? 0) as EpochMs);
    return [id, feed.instruments[instrument]?.symbol, at, batch.price[k], batch.volume[k]].join(' ');
  });
}

/** Reads until the feed has nothing more to give, or at most `limit` ticks. */
export async function readAll(feed: Feed, size: number, limit = Infinity): Promise<string[]> {
  const batch = new TickBatch(size, false);
  const ticks: string[] = [];
  while (ticks.length < limit) {
    batch.clear();
    const outcome = await feed.read(batch, Math.min(size, limit - ticks.length));
    ticks.push(...ticksOf(feed, batch));
    if (outcome !== 'ticks') break;
  }
  return ticks;
}

export function total(counts: { readonly used: number; readonly refused: Readonly<Record<string, number>> }): number {
  return Object.values(counts.refused).reduce((sum, count) => sum + count, counts.used);
}
