// Opens the store of a deployment for reading, or what messages for it are left in, whatever keeps them.
import { openInbox } from '#adapters/sqlite/inbox.ts';
import { openStoreReader } from '#adapters/sqlite/store-reader.ts';
import { type Inbox, type StoreReader } from '#ports/store.ts';
import { type Place } from './place.ts';

/** Opens the store for reading, beside a writer that may be running. Throws `StoreError`. */
export function openReader(place: Place): StoreReader {
  return openStoreReader(place);
}

/** Opens what messages for the platform are left in. Throws `StoreError`. */
export function openMessages(place: Place): Inbox {
  return openInbox(place);
}
