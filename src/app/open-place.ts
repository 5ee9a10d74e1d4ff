// Opens the store of a deployment for reading, or what messages for it are left in, whatever keeps them.
import { openPostgresInbox } from '#adapters/postgres/inbox.ts';
import { openPostgresReader } from '#adapters/postgres/store-reader.ts';
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { type Inbox, type StoreReader } from '#ports/store.ts';
import { type Place } from './place.ts';

/** Opens the store for reading, beside a writer that may be running. Throws `StoreError`. */
export function openReader(place: Place): StoreReader {
  return typeof place === 'string' ? openStoreReader(place) : openPostgresReader(place.postgresUrl);
}

/** Opens what messages for the platform are left in. Throws `StoreError`. */
export function openMessages(place: Place): Inbox {
  return typeof place === 'string' ? openInbox(place) : openPostgresInbox(place.postgresUrl);
}
