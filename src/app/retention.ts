// Keeps the journal of ticks within the limits of the settings, at the start and again every minute while it runs.
import { DAY_MS, MINUTE_MS } from '#core/time.ts';
import { type Clock } from '#ports/clock.ts';
import { type Store } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';

const MEBIBYTE = 1_048_576;

export interface RetentionOptions {
  readonly store: Pick<Store, 'retain'>;
  readonly limits: Pick<Settings['store'], 'tickRetentionDays' | 'tickRetentionMb'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Forgets what is past a limit until `signal` is aborted. Never rejects: a store that failed refuses the next commit. */
export async function keepWithinLimits(options: RetentionOptions, signal: AbortSignal): Promise<void> {
  const { store, limits, clock, logger } = options;
  const bytesMax = limits.tickRetentionMb * MEBIBYTE;
  while (!signal.aborted) {
    try {
      store.retain({ olderThan: clock.now() - limits.tickRetentionDays * DAY_MS, bytesMax });
    } catch (error) {
      logger.error('Old ticks could not be deleted', { error });
      return;
    }
    await clock.sleep(MINUTE_MS, signal);
  }
}
