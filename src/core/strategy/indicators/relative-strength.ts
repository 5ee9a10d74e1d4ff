// The relative strength index with simple means of gains and losses (Cutler's form of the index in J. Welles Wilder,
// New Concepts in Technical Trading Systems, 1978). It has no memory beyond its window, so a restart cannot change it.
import { pushRing, ringAgo, startRing, type Ring } from './ring.ts';

/** The index before any move: neither bought nor sold. */
const NEUTRAL = 50;

/** Sums of the rises and the falls among the newest `period` changes of a series. */
export interface RelativeStrength {
  readonly period: number;
  readonly changes: Ring;
  /** The value that the next change is counted from; null before the first. */
  last: number | null;
  gains: number;
  losses: number;
}

/** A relative strength index over `period` changes, at least one, before its first value. */
export function startRsi(period: number): RelativeStrength {
  return { period, changes: startRing(period), last: null, gains: 0, losses: 0 };
}

/**
 * Takes a value and returns the index, 0 to 100, or undefined before `period` changes. It is 100 without losses and 50
 * without any change. The sums are exact while values are integers, so a window of 3 up and 7 down is 30, not nearly 30.
 */
export function pushRsi(rsi: RelativeStrength, value: number): number | undefined {
  if (rsi.last === null) {
    rsi.last = value;
    return undefined;
  }
  const change = value - rsi.last;
  rsi.last = value;
  const leaving = ringAgo(rsi.changes, rsi.period - 1) ?? 0;
  pushRing(rsi.changes, change);
  rsi.gains += Math.max(change, 0) - Math.max(leaving, 0);
  rsi.losses += Math.max(-change, 0) - Math.max(-leaving, 0);
  if (rsi.changes.pushed < rsi.period) return undefined;
  const moves = rsi.gains + rsi.losses;
  return moves === 0 ? NEUTRAL : (100 * rsi.gains) / moves;
}
