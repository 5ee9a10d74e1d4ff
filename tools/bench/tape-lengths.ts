// The recorded day made shorter and longer: what depends on a tape's length shows when the same rows come by the half or
// twice.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { CALENDARS } from '#app/project.ts';
import { DAY_MS, formatDay, parseDay, startOfDay, type DayNumber, type EpochMs } from '#core/time.ts';

/** `2021-06-11`, before the time of a row. */
const DAY_WIDTH = 10;

/** The first half of every file's rows. */
export function halfOf(tape: string, folder: string): string {
  return rewrite(tape, folder, (rows) => rows.slice(0, rows.length >> 1));
}

/** Every file's rows, and then the same rows moved to the next trading day. */
export function doubleOf(tape: string, folder: string): string {
  const calendar = loadCalendar('nse', CALENDARS);
  return rewrite(tape, folder, (rows) => {
    const day = parseDay(commonestDay(rows));
    if (day === undefined) return rows;
    const later = calendar.nextSession('NSE', (startOfDay(day) + DAY_MS) as EpochMs).day - day;
    const moved = new Map<string, string>();
    return [...rows, ...rows.map((row) => moveRow(row, later, moved))];
  });
}

/** A clock that was never set gives days of its own, which are left alone. */
function commonestDay(rows: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.slice(0, DAY_WIDTH), (counts.get(row.slice(0, DAY_WIDTH)) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

function moveRow(row: string, days: number, moved: Map<string, string>): string {
  const text = row.slice(0, DAY_WIDTH);
  let to = moved.get(text);
  if (to === undefined) {
    const day = text.startsWith('2') ? parseDay(text) : undefined;
    to = day === undefined ? text : formatDay((day + days) as DayNumber);
    moved.set(text, to);
  }
  return to + row.slice(DAY_WIDTH);
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
