// Moving averages, one value at a time. The simple one keeps an integer sum and so never drifts; the exponential one
// forgets its rounding as fast as it forgets its values.
import { pushRing, ringAgo, startRing, type Ring } from './ring.ts';

/** Simple moving average: the sum of the newest `window` values, divided by their number. */
export interface Sma {
  readonly window: number;
  /** The values behind the sum, for what else looks at the same window. */
  readonly ring: Ring;
  sum: number;
}

/** A simple moving average over `window` values, at least one, before its first value. */
export function startSma(window: number): Sma {
  return { window, ring: startRing(window), sum: 0 };
}

/** Takes a value and returns the average, or undefined before `window` values. Exact while values are integers. */
export function pushSma(sma: Sma, value: number): number | undefined {
  sma.sum += value - (ringAgo(sma.ring, sma.window - 1) ?? 0);
  pushRing(sma.ring, value);
  return sma.ring.pushed < sma.window ? undefined : sma.sum / sma.window;
}

/**
 * Exponential moving average with smoothing 2 / (window + 1), which begins as the simple average of its first `window`
 * values, as TA-Lib's EMA does.
 */
export interface Ema {
  readonly window: number;
  pushed: number;
  /** The average once `window` values came; their sum until then. */
  value: number;
}

/** An exponential moving average over `window` values, at least one, before its first value. */
export function startEma(window: number): Ema {
  return { window, pushed: 0, value: 0 };
}

/** Takes a value and returns the average, or undefined before `window` values. */
export function pushEma(ema: Ema, value: number): number | undefined {
  ema.pushed += 1;
  if (ema.pushed > ema.window) {
    ema.value += ((value - ema.value) * 2) / (ema.window + 1);
    return ema.value;
  }
  ema.value += value;
  if (ema.pushed < ema.window) return undefined;
  ema.value /= ema.window;
  return ema.value;
}
