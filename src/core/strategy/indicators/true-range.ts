// The average true range: how far a price goes in a bar, gaps to the bar before included (J. Welles Wilder, New Concepts
// in Technical Trading Systems, 1978).

/** Wilder's average of true ranges; the mean of the first `period` of them begins it. */
export interface TrueRange {
  readonly period: number;
  pushed: number;
  /** The average once `period` ranges came; their sum until then. */
  value: number;
  /** The close before; null before the first bar. */
  last: number | null;
}

/** An average true range over `period` bars, at least one, before its first bar. */
export function startTrueRange(period: number): TrueRange {
  return { period, pushed: 0, value: 0, last: null };
}

/** Takes a bar's prices and returns the average, or undefined before `period` bars. */
export function pushTrueRange(average: TrueRange, high: number, low: number, close: number): number | undefined {
  const { period, last } = average;
  const range = last === null ? high - low : Math.max(high, last) - Math.min(low, last);
  average.last = close;
  average.pushed += 1;
  if (average.pushed > period) {
    average.value = (average.value * (period - 1) + range) / period;
    return average.value;
  }
  average.value += range;
  if (average.pushed < period) return undefined;
  average.value /= period;
  return average.value;
}
