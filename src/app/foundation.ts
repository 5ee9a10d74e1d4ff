// What a pipeline stands on: the store, the messages that wait for it, and whatever else its profile runs beside it.
import { type HealthCheck } from '#engine/health.ts';
import { type Committed } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { type Inbox, type Store } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { openEmbedded } from './embedded.ts';
import { type OpenPart, type PartOptions } from './parts.ts';

export interface Foundation {
  readonly store: Store;
  readonly inbox: Inbox;
  /** The checks of what it stands on: `database`, `redis` and `redpanda`. */
  readonly checks: readonly HealthCheck[];
  /** Aborted, with the error, when something beside the pipeline has failed for good; the process must end. */
  readonly failure: AbortSignal;
  /** How long something may have been committed that the shared log does not have yet; absent where no log is shared. */
  readonly behindMs?: () => number;
  /** Which stages run here, when the others run elsewhere. */
  readonly part?: OpenPart;
  /** The pipeline runs: what goes on beside it begins. */
  begin(): void;
  /** The pipeline has committed. */
  committed(committed: Committed): void;
  /** Ends what goes on beside the pipeline, when that has committed for the last time, and closes everything. */
  close(): Promise<void>;
}

/** A start that stood by was told to stop before its turn came: there is nothing to clean up. */
export class StoodByError extends Error {
  override readonly name = 'StoodByError';
}

export interface FoundationOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which stages run here; all of them when it is not said. */
  readonly part?: PartOptions | undefined;
  /** Ends the wait for a store that another process writes. */
  readonly signal?: AbortSignal | undefined;
}

/** Opens what the profile of the settings says. Throws `StoreError` or `LogError`. */
export async function openFoundation(options: FoundationOptions): Promise<Foundation> {
  if (options.settings.profile === 'embedded') return openEmbedded(options);
  // Loaded when it is asked for: the clients of three servers are no part of a start without them.
  return (await import('./distributed.ts')).openDistributed(options);
}
