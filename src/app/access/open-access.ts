// Opens where users and keys are kept, for the server and for the commands that change them.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { argonPasswords } from '#adapters/passwords/argon.ts';
import { openPostgresAccess } from '#adapters/postgres/access.ts';
import { openAccess } from '#adapters/sqlite/access.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Settings } from '../config/settings-schema.ts';
import { placeOf } from '../place.ts';
import { Keys } from './keys.ts';
import { Sealer } from './sealed.ts';
import { SecondFactor } from './second-factor.ts';
import { SignIns } from './sign-ins.ts';
import { Users } from './users.ts';

export interface AccessBook {
  readonly store: AccessStore;
  readonly users: Users;
  readonly keys: Keys;
  readonly factor: SecondFactor;
  readonly signIns: SignIns;
}

/** Throws `StoreError`. The data directory is made when it is missing: the first user comes before the first start. */
export function openAccessBook(settings: Settings): AccessBook {
  const store = openAccessStore(settings);
  const clock = systemClock();
  const now = (): number => clock.now();
  const factor = new SecondFactor(store, new Sealer(settings.auth.secretKey), now);
  const users = new Users(store, argonPasswords(), now);
  return { store, users, keys: new Keys(store, now), factor, signIns: new SignIns(store, now) };
}

/** Throws `StoreError`. */
export function openAccessStore(settings: Settings): AccessStore {
  const place = placeOf(settings);
  return typeof place === 'string' ? openAccess(place) : openPostgresAccess(place.postgresUrl);
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
