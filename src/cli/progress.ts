// One line of progress on a terminal, written over and over; nothing at all elsewhere.
import type { Io } from './io.ts';

export interface Progress {
  readonly show: (done: number, all: number) => void;
  /** Takes the line away. */
  readonly done: () => Promise<void>;
}

const BETWEEN_MS = 100;
const CLEAR = '\r\u001B[K';

/** `what` names the work. `show` may be called as often as one likes. */
export function progress(io: Io, what: string): Progress {
  if (!io.stderr.isTTY) return { show: () => undefined, done: async () => undefined };
  let last = -BETWEEN_MS;
  return {
    show: (done, all) => {
      const now = performance.now();
      if (now - last < BETWEEN_MS) return;
      last = now;
      // A terminal takes a line at once, and the work in hand is synchronous: there is nothing to wait for.
      void io.stderr.write(`${CLEAR}${what} ${all === 0 ? 100 : Math.floor((100 * done) / all)} %`);
    },
    done: async () => io.stderr.write(CLEAR),
  };
}
