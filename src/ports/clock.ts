// The time of the shell. Core never sees it: the shell reads it once for an input and hands the instant on.
import { type EpochMs } from '#core/time.ts';

export interface Clock {
  /** Wall-clock time; it may jump. */
  now(): EpochMs;
  /** Milliseconds that never go back; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms`, or as soon as `signal` is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Lets sockets and timers have a turn, and comes back as soon as they had it. */
  turn(): Promise<void>;
}
