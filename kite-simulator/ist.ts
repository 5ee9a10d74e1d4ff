// Kite writes times in Indian time, mostly without a zone; these are the forms in which the answers carry them.
import {
  dayOf,
  formatClock,
  formatDay,
  parseClock,
  parseDay,
  startOfDay,
  timeOfDay,
  type EpochMs,
} from '#core/time.ts';

/** `2026-01-05 09:15:00`. */
export function istTime(at: EpochMs): string {
  return `${formatDay(dayOf(at))} ${formatClock(timeOfDay(at))}`;
}

/** `09:15:00`, as a trade carries the time of its order. */
export function istClock(at: EpochMs): string {
  return formatClock(timeOfDay(at));
}

/** `2026-01-05T09:15:00+0530`, as candles carry it. */
export function candleTime(at: EpochMs): string {
  return `${formatDay(dayOf(at))}T${formatClock(timeOfDay(at))}+0530`;
}

/** Reads `2026-01-05` or `2026-01-05 09:15:00`; undefined for anything else. */
export function parseIst(text: string): EpochMs | undefined {
  const [date = '', clock = '00:00:00'] = text.trim().split(/[ T]/, 2);
  const day = parseDay(date);
  const ms = parseClock(clock.replace(/\+05:?30$/, ''));
  return day === undefined || ms === undefined ? undefined : ((startOfDay(day) + ms) as EpochMs);
}
