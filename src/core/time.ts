// Instants and Indian calendar days, as plain integers. Core is told the time; it never asks for it.

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = number & { readonly brand: 'EpochMs' };
/** A calendar day in India: days since 1970-01-01. */
export type DayNumber = number & { readonly brand: 'DayNumber' };

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;
/** India has one time zone and no daylight saving since 1945: UTC+05:30. */
export const IST_OFFSET_MS = 19_800_000;

/** The calendar day in India at an instant. */
export function dayOf(at: EpochMs): DayNumber {
  return Math.floor((at + IST_OFFSET_MS) / DAY_MS) as DayNumber;
}

/** The instant of midnight at the start of a day in India. */
export function startOfDay(day: DayNumber): EpochMs {
  return (day * DAY_MS - IST_OFFSET_MS) as EpochMs;
}

/** Milliseconds since midnight in India. */
export function timeOfDay(at: EpochMs): number {
  return at - startOfDay(dayOf(at));
}

/** 0 is Sunday, 6 is Saturday. */
export function weekday(day: DayNumber): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** Day number of a civil date (Howard Hinnant's days_from_civil). */
export function dayNumber(year: number, month: number, day: number): DayNumber {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return (era * 146_097 + dayOfEra - 719_468) as DayNumber;
}

/** `2021-06-11` of a day number (Howard Hinnant's civil_from_days). */
export function formatDay(day: DayNumber): string {
  const z = day + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${`${year}`.padStart(4, '0')}-${twoDigits(month)}-${twoDigits(dayOfMonth)}`;
}

/** Reads `2021-06-11`; undefined when it is not a real calendar date. */
export function parseDay(text: string): DayNumber | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const day = dayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
  return formatDay(day) === text ? day : undefined;
}

/** RFC 3339 in UTC with milliseconds, as every envelope carries it: `2021-06-11T03:45:00.000Z`. */
export function formatInstant(at: EpochMs): string {
  const day = Math.floor(at / DAY_MS) as DayNumber;
  const rest = at - day * DAY_MS;
  return `${formatDay(day)}T${formatClock(rest)}.${threeDigits(rest % SECOND_MS)}Z`;
}

/** `09:15:00` of milliseconds since midnight. */
export function formatClock(ms: number): string {
  const seconds = Math.floor(ms / SECOND_MS);
  return `${twoDigits(Math.floor(seconds / 3600))}:${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`;
}

/** Reads `09:15` or `09:15:30` into milliseconds since midnight; undefined when it is no time of day. */
export function parseClock(text: string): number | undefined {
  const match = /^(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return (hours * 3600 + minutes * 60 + seconds) * SECOND_MS;
}

/** Reads RFC 3339 with a zone (`Z` or `+05:30`); undefined when it is anything else. */
export function parseInstant(text: string): EpochMs | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/.exec(text);
  if (match === null) return undefined;
  const day = parseDay(match[1] as string);
  const clock = parseClock(match[2] as string);
  if (day === undefined || clock === undefined) return undefined;
  const zone = match[4] as string;
  const offset = zone === 'Z' ? 0 : parseClock(zone.slice(1));
  if (offset === undefined) return undefined;
  const millis = Number((match[3] ?? '').padEnd(3, '0').slice(0, 3));
  return (day * DAY_MS + clock + millis - (zone.startsWith('-') ? -offset : offset)) as EpochMs;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** 0 to 999 as three digits. */
export function threeDigits(value: number): string {
  return value < 100 ? `0${twoDigits(value)}` : `${value}`;
}
