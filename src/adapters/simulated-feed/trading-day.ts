// How a session is cut into slots, one a tick, and how lively it is over its hours. Slots are counted and not timed, so
// that a position is a whole number.
import { type Calendar } from '#core/market/calendar.ts';
import { invariant } from '#core/invariant.ts';
import { type EpochMs, formatInstant, SECOND_MS } from '#core/time.ts';

/** The part of a session in which the simulated market ticks, in rounds of one tick an instrument. */
export interface TradingDay {
  readonly from: EpochMs;
  readonly close: EpochMs;
  readonly rounds: number;
  /** Its square root, rounded down: a day's deviation is that many times a round's. */
  readonly rootRounds: number;
}

/** The day that begins at an instant inside a session, and ends with that session. */
export function tradingDayFrom(from: EpochMs, calendar: Calendar, segment: string, ticksPerSecond: number): TradingDay {
  const session = calendar.sessionAt(segment, from);
  invariant(
    session !== undefined && from >= session.open,
    `the simulated market begins at ${formatInstant(from)}: expected ${segment} to be open then by the calendar ` +
      `${calendar.name}, found it closed`,
  );
  const { close } = session;
  const rounds = Math.max(1, Math.floor(((close - from) / SECOND_MS) * ticksPerSecond));
  return { from, close, rounds, rootRounds: wholeRoot(rounds) };
}

/** Milliseconds after the day's begin at which a slot begins; a day has `slots` of them. */
export function slotStart(day: TradingDay, slots: number, slot: number): number {
  return Math.floor(((day.close - day.from) * slot) / slots);
}

/** How much the price moves in a round, in thousandths of the day's average: most at the open and the close. */
export function movement(day: TradingDay, round: number): number {
  return 700 + edge(day, round, 900);
}

/** How much is traded in a round, in thousandths of the day's average. */
export function activity(day: TradingDay, round: number): number {
  return 500 + edge(day, round, 1_500);
}

/** A parabola: `height` at both ends, 0 at noon, a third of it on average. */
function edge({ rounds }: TradingDay, round: number, height: number): number {
  const distance = 2 * round + 1 - rounds;
  return Math.floor((height * distance * distance) / (rounds * rounds));
}

/** Newton's method in whole numbers. */
function wholeRoot(value: number): number {
  let root = value;
  for (let next = Math.floor((root + 1) / 2); next < root; next = Math.floor((root + Math.floor(value / root)) / 2)) {
    root = next;
  }
  return root;
}
