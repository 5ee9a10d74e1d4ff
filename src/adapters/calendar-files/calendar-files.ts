// Calendars from the dated files of a folder, read once at the start and synchronously: nothing can be decided before
// the market's hours are known.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { alwaysOpen } from '#core/market/always-open.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type CalendarData, CalendarDataError, parseCalendarData } from '#core/market/calendar-data.ts';
import { sessionCalendar } from '#core/market/session-calendar.ts';

export type CalendarName = 'nse' | 'always_open';

/**
 * `always_open` reads nothing; `nse` is every `*.json` of the folder, so that a file for another exchange only has to be
 * laid there. Throws `CalendarDataError` for a missing or broken file.
 */
export function loadCalendar(name: CalendarName, directory: string): Calendar {
  if (name === 'always_open') return alwaysOpen();
  const files = filesOf(directory);
  if (!files.includes(`${name}.json`)) {
    throw new CalendarDataError(
      `expected the calendar file ${join(directory, `${name}.json`)}, found ${files.join(', ') || 'no calendar file'} ` +
        `in that folder. Restore it from the project, or name the folder that holds it.`,
    );
  }
  return sessionCalendar(readCalendarData(directory));
}

/** The data of every file of the folder, each checked by itself. */
export function readCalendarData(directory: string): readonly CalendarData[] {
  return filesOf(directory).map((file) => readCalendarFile(join(directory, file)));
}

function filesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .sort();
  } catch (cause) {
    throw new CalendarDataError(`expected a folder of calendar files at ${directory}: ${messageOf(cause)}`, { cause });
  }
}

function readCalendarFile(path: string): CalendarData {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new CalendarDataError(`${path}: expected a readable JSON file: ${messageOf(cause)}`, { cause });
  }
  return parseCalendarData(json, path);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
