// A calendar in which every segment trades at every instant, one session a day. It stands beside the exchange's
// calendar for markets of our own making and for tests that are about something else.
import { DAY_MS, type DayNumber, type EpochMs, dayOf, formatDay, startOfDay } from '../time.ts';
import { type Calendar, type Session } from './calendar.ts';

/** Never closed: sessions run from midnight to midnight in India and are named `ALWAYS:2021-06-11`. */
export function alwaysOpen(): Calendar {
  let session = sessionOf(0 as DayNumber);
  const sessionAt = (_segment: string, at: EpochMs): Session => {
    if (!(at >= session.open && at < session.close)) session = sessionOf(dayOf(at));
    return session;
  };
  return { name: 'always_open', sessionAt, nextSession: sessionAt, phaseAt: () => 'open' };
}

function sessionOf(day: DayNumber): Session {
  const open = startOfDay(day);
  return { id: `ALWAYS:${formatDay(day)}`, day, preOpen: open, open, close: (open + DAY_MS) as EpochMs };
}
