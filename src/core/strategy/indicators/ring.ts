// The last few values of a series, kept without an allocation for each new one. Everything that looks back over a window
// stands on it; it is plain data, so that a strategy's state can be written to a snapshot and read back.

/** The newest values of a series. The number of slots is a power of two, so that a place is found by a bit mask. */
export interface Ring {
  readonly slots: number[];
  /** Values pushed since the start, those that have been overwritten included. */
  pushed: number;
}

/** An empty ring that holds at least the newest `window` values. */
export function startRing(window: number): Ring {
  let capacity = 1;
  while (capacity < window) capacity *= 2;
  return { slots: Array.from({ length: capacity }, () => 0), pushed: 0 };
}

/** Adds the newest value; the oldest one gives way when the ring is full. */
export function pushRing(ring: Ring, value: number): void {
  ring.slots[ring.pushed & (ring.slots.length - 1)] = value;
  ring.pushed += 1;
}

/** The value pushed `back` values before the newest (0 is the newest); undefined when the ring does not hold it. */
export function ringAgo(ring: Ring, back: number): number | undefined {
  if (back >= ring.pushed || back >= ring.slots.length) return undefined;
  return ring.slots[(ring.pushed - 1 - back) & (ring.slots.length - 1)];
}

/** The greatest of the newest `window` values; undefined before there are as many. */
export function highest(ring: Ring, window: number): number | undefined {
  let found = ringAgo(ring, window - 1);
  if (found === undefined) return undefined;
  for (let back = window - 2; back >= 0; back--) found = Math.max(found, ringAgo(ring, back) as number);
  return found;
}

/** The smallest of the newest `window` values; undefined before there are as many. */
export function lowest(ring: Ring, window: number): number | undefined {
  let found = ringAgo(ring, window - 1);
  if (found === undefined) return undefined;
  for (let back = window - 2; back >= 0; back--) found = Math.min(found, ringAgo(ring, back) as number);
  return found;
}
