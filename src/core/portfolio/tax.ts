// How the gain of a disposal is taxed in India, and in which year. It says what a tax adviser needs; it is not advice.
import { dayNumber, type DayNumber, formatDay, parseDay } from '../time.ts';
import { type Disposal } from './lots.ts';

/** Deliveries held at most twelve months, or longer; equity intraday; and derivatives. */
export const GAINS = ['short_term', 'long_term', 'speculative', 'business'] as const;
export type Gain = (typeof GAINS)[number];

/** What kind of gain a disposal is. */
export function gainOf({ kind, product, buyDay, sellDay }: Disposal): Gain {
  if (kind !== 'equity') return 'business';
  // A sale before the purchase is no delivery either.
  if (product === 'MIS' || sellDay <= buyDay) return 'speculative';
  return sellDay > twelveMonthsAfter(buyDay) ? 'long_term' : 'short_term';
}

/** The year that a disposal belongs to: its profit is there when both sides are done. */
export function closedOn({ buyDay, sellDay }: Disposal): DayNumber {
  return buyDay > sellDay ? buyDay : sellDay;
}

/** The first and last day of `2026-27`, April to March; undefined when it is no such year. */
export function taxYear(text: string): { readonly from: DayNumber; readonly to: DayNumber } | undefined {
  const match = /^(\d{4})-(\d{2})$/.exec(text);
  const year = Number(match?.[1]);
  if (match === null || (year + 1) % 100 !== Number(match[2])) return undefined;
  return { from: dayNumber(year, 4, 1), to: dayNumber(year + 1, 3, 31) };
}

/** The tax year of a day, as `2026-27`. */
export function taxYearOf(day: DayNumber): string {
  const [year = '', month = ''] = formatDay(day).split('-');
  const from = Number(month) >= 4 ? Number(year) : Number(year) - 1;
  return `${from}-${`${(from + 1) % 100}`.padStart(2, '0')}`;
}

/** The last day of twelve months from a day on; of 29 February it is the 28th. */
function twelveMonthsAfter(day: DayNumber): DayNumber {
  const [year = '', month = '', date = ''] = formatDay(day).split('-');
  const next = Number(year) + 1;
  return parseDay(`${next}-${month}-${date}`) ?? dayNumber(next, 2, 28);
}
