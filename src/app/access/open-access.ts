// Opens where users and keys are kept, for the server and for the commands that change them.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { argonPasswords } from '#adapters/passwords/argon.ts';
import { openPostgresAccess } from '#adapters/postgres/access.ts';
import { openAccess } from '#adapters/sqlite/access.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Settings } from '../config/settings-schema.ts';
import { placeOf } from '../place.ts';
import { Keys } from './keys.ts';
import { Users } from './users.ts';

export interface AccessBook {
  readonly store: AccessStore;
  readonly users: Users;
  readonly keys: Keys;
}

/** Throws `StoreError`. The data directory is made when it is missing: the first user comes before the first start. */
export function openAccessBook(settings: Settings): AccessBook {
  const place = placeOf(settings);
  const store = typeof place === 'string' ? openAccess(place) : openPostgresAccess(place.postgresUrl);
  const clock = systemClock();
  const now = (): number => clock.now();
  return { store, users: new Users(store, argonPasswords(), now), keys: new Keys(store, now) };
}

/** Runs `work` on them and closes them. */
export async function withAccessBook<T>(settings: Settings, work: (book: AccessBook) => Promise<T> | T): Promise<T> {
  const book = openAccessBook(settings);
  try {
    return await work(book);
  } finally {
    book.store.close();
  }
}
