// How long to wait before the next attempt to connect: longer each time, drawn by chance, so that many clients that were cut
// off together do not come back together.

/** The seed's reconnection settings. */
export interface ReconnectionSettings {
  /** After so many failed attempts in a row the feed counts as down; it goes on trying. */
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  readonly multiplier: number;
  /** How long one attempt may take. */
  readonly timeoutMs: number;
}

/**
 * Milliseconds before attempt number `failed + 1`, after `failed` that failed: drawn between half of the full delay and
 * the full delay, and the longest there is once the feed counts as down.
 * @param chance from 0 up to, not including, 1
 */
export function delayBefore(failed: number, settings: ReconnectionSettings, chance: number): number {
  const { baseDelayMs, maxDelayMs, multiplier, maxAttempts } = settings;
  if (failed >= maxAttempts) return maxDelayMs;
  const full = Math.min(maxDelayMs, baseDelayMs * multiplier ** (failed - 1));
  return Math.ceil(full / 2 + (full / 2) * chance);
}
