// A calendar in which every segment trades at every instant, one session a day. It stands beside the exchange's
// calendar for markets of our own making and for tests that are about something else.
import { DAY_MS, type DayNumber, type EpochMs, dayOf, formatDay, startOfDay } from '../time.ts';
import { type Calendar, type MarketStatus, type Session } from './calendar.ts';

/** Never closed: sessions run from midnight to midnight in India and are named `ALWAYS:2021-06-11`. */
export function alwaysOpen(): Calendar {
  let status = statusOf(0 as DayNumber);
  const statusAt = (_segment: string, at: EpochMs): MarketStatus & { readonly session: Session } => {
    const { session } = status;
    if (!(at >= session.open && at < session.close)) status = statusOf(dayOf(at));
    return status;
  };
  const sessionAt = (segment: string, at: EpochMs): Session => statusAt(segment, at).session;
  return { name: 'always_open', sessionAt, nextSession: sessionAt, phaseAt: () => 'open', marketStatus: statusAt };
}

function statusOf(day: DayNumber): MarketStatus & { readonly session: Session } {
  const open = startOfDay(day);
  const close = (open + DAY_MS) as EpochMs;
  const whole = { phase: 'open', entry: 'all' } as const;
  const phases = [{ ...whole, from: open, to: close }];
  const id = `ALWAYS:${formatDay(day)}`;
  return {
    ...whole,
    session: { id, day, preOpen: open, open, continuousClose: close, close, phases },
    nextChange: close,
  };
}
