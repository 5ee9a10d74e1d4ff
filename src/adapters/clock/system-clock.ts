// The clock of the machine.
import { setImmediate } from 'node:timers/promises';
import { type EpochMs } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';

export function systemClock(): Clock {
  return {
    now: () => Date.now() as EpochMs,
    monotonicMs: () => performance.now(),
    sleep,
    turn: async () => setImmediate(),
  };
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
