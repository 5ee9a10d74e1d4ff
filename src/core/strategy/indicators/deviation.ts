// How far the values of a window lie from their mean. The window is gone through afresh each time, because a sliding sum
// of squares of prices would either drift or leave the safe integers.
import { ringAgo, type Ring } from './ring.ts';

/**
 * Sample standard deviation (divisor: number of values less one) of the newest `window` values, whose mean the caller
 * has; 0 for a window of one, undefined before there are as many values.
 */
export function sampleDeviation(ring: Ring, window: number, mean: number): number | undefined {
  if (ringAgo(ring, window - 1) === undefined) return undefined;
  let squares = 0;
  for (let back = window - 1; back >= 0; back--) {
    const distance = (ringAgo(ring, back) as number) - mean;
    squares += distance * distance;
  }
  return window === 1 ? 0 : Math.sqrt(squares / (window - 1));
}
