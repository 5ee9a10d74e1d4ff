// What a pipeline stands on: the store, the messages that wait for it, and whatever else its profile runs beside it.
import { type HealthCheck } from '#engine/health.ts';
import { type Clock } from '#ports/clock.ts';
import { type Inbox, type Store } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { openEmbedded } from './embedded.ts';

export interface Foundation {
  readonly store: Store;
  readonly inbox: Inbox;
  /** The checks of what it stands on: `database`, `redis` and `redpanda`. */
  readonly checks: readonly HealthCheck[];
  /** The pipeline runs: what goes on beside it begins. */
  begin(): void;
  /** Ends what goes on beside the pipeline, when that has committed for the last time, and closes everything. */
  close(): Promise<void>;
}

export interface FoundationOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Opens what the profile of the settings says. Throws `StoreError`. */
export async function openFoundation(options: FoundationOptions): Promise<Foundation> {
  return openEmbedded(options);
}
