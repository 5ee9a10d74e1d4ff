// The recorded day made shorter and longer: what depends on a tape's length shows when the same rows come by the half or
// twice.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { CALENDARS } from '#app/project.ts';
import { DAY_MS, formatDay, parseDay, startOfDay, type EpochMs } from '#core/time.ts';

/** The first half of every file's rows. */
export function halfOf(tape: string, folder: string): string {
  return rewrite(tape, folder, (rows) => rows.slice(0, rows.length >> 1));
}

/** Every file's rows, and then the same rows on the next trading day. */
export function doubleOf(tape: string, folder: string): string {
  return rewrite(tape, folder, (rows) => {
    // Rows of a clock that was never set come first and last.
    const day = rows.findLast((row) => row.startsWith('2'))?.slice(0, 10);
    if (day === undefined) return rows;
    return [...rows, ...rows.map((row) => (row.startsWith(day) ? nextTradingDay(day) + row.slice(10) : row))];
  });
}

function rewrite(tape: string, folder: string, change: (rows: readonly string[]) => readonly string[]): string {
  mkdirSync(folder);
  for (const name of readdirSync(tape).toSorted()) {
    const bytes = readFileSync(join(tape, name));
    const packed = name.endsWith('.gz');
    const [header = '', ...rows] = (packed ? gunzipSync(bytes) : bytes).toString('utf8').trimEnd().split('\n');
    const text = `${[header, ...change(rows)].join('\n')}\n`;
    writeFileSync(join(folder, name), packed ? gzipSync(text) : text);
  }
  return folder;
}

const calendar = loadCalendar('nse', CALENDARS);
const nextDays = new Map<string, string>();

function nextTradingDay(day: string): string {
  let next = nextDays.get(day);
  if (next === undefined) {
    const number = parseDay(day);
    if (number === undefined) throw new Error(`expected a row that begins with its day, found ${day}`);
    next = formatDay(calendar.nextSession('NSE', (startOfDay(number) + DAY_MS) as EpochMs).day);
    nextDays.set(day, next);
  }
  return next;
}
