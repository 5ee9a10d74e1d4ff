// The embedded profile: one process, and one SQLite file that holds everything.
import { accessSync, constants, statfsSync } from 'node:fs';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStore } from '#adapters/sqlite/store.ts';
import { SECOND_MS } from '#core/time.ts';
import { type HealthCheck } from '#engine/health.ts';
import { type Store } from '#ports/store.ts';
import { type Foundation, type FoundationOptions } from './foundation.ts';

const FREE_BYTES_MIN = 64 * 1024 * 1024;

/** Opens the files of the data directory. Throws `StoreError`. */
export function openEmbedded(options: FoundationOptions): Foundation {
  const { settings, clock } = options;
  const store = openStore(settings.dataDir, { now: () => clock.now(), fsync: settings.store.fsync });
  try {
    const inbox = openInbox(settings.dataDir);
    return {
      store,
      inbox,
      checks: embeddedChecks(store, options),
      failure: new AbortController().signal,
      begin: () => undefined,
      committed: () => undefined,
      close: async () => {
        inbox.close();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The checks of the embedded profile; the other systems of the design are listed as not used. */
export function embeddedChecks(
  store: Pick<Store, 'lastSeq' | 'fsync'>,
  options: Pick<FoundationOptions, 'settings' | 'clock'>,
): readonly HealthCheck[] {
  const notUsed = { passed: true, message: 'not used in the embedded profile' };
  return [
    { component: 'database', scope: 'infrastructure', run: () => checkStore(store, options) },
    { component: 'redis', scope: 'information', run: () => notUsed },
    { component: 'redpanda', scope: 'information', run: () => notUsed },
  ];
}

function checkStore(
  store: Pick<Store, 'lastSeq' | 'fsync'>,
  { settings, clock }: Pick<FoundationOptions, 'settings' | 'clock'>,
): { passed: boolean; message: string } {
  const { dataDir, healthChecks } = settings;
  const from = clock.monotonicMs();
  accessSync(dataDir, constants.W_OK);
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  if (free < FREE_BYTES_MIN) {
    return { passed: false, message: `only ${Math.floor(free / 1_048_576)} MiB are free at ${dataDir}; make room` };
  }
  const inputs = store.lastSeq();
  // The store answers on this thread, so nothing can interrupt it: what took too long is found afterwards.
  const tookSeconds = (clock.monotonicMs() - from) / SECOND_MS;
  if (tookSeconds > healthChecks.databaseConnectionTimeoutSeconds) {
    const most = `at most ${healthChecks.databaseConnectionTimeoutSeconds} s are allowed`;
    return { passed: false, message: `the store took ${tookSeconds.toFixed(1)} s to answer, ${most}; check the disk` };
  }
  return { passed: true, message: `the store is open with ${inputs} inputs, fsync ${store.fsync()}` };
}
