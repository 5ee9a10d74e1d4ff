// When what was bought is delivered. It is a rule of the calendar: a purchase arrives at the end of the next session's
// day, so that it is on its way on that day and held from the one after.
import { type DayNumber, startOfDay } from '../time.ts';
import { type Calendar } from './calendar.ts';

/** Says whether what was bought on a day has been delivered by the morning of `today`. */
export function deliveredBy(calendar: Calendar, segment: string, today: DayNumber): (bought: DayNumber) => boolean {
  return (bought) => calendar.nextSession(segment, startOfDay((bought + 1) as DayNumber)).day < today;
}
