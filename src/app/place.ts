// Where the store of a deployment lies, for whoever only reads it or leaves a message: the settings say it, and nothing else
// knows which profile that is. src/app/open-place.ts opens it.
import { type Inbox, type StoreReader } from '#ports/store.ts';
import { type Settings } from './config/settings-schema.ts';

/** The path of a data directory, or the database of the distributed profile. */
export type Place = string | { readonly postgresUrl: string };

/** The store and the inbox that this process has open already: whoever is given them leaves them open. */
export interface OpenPlace {
  readonly store: StoreReader;
  readonly inbox: Inbox;
}

export function placeOf({ profile, dataDir, database }: Pick<Settings, 'profile' | 'dataDir' | 'database'>): Place {
  return profile === 'embedded' ? dataDir : { postgresUrl: database.postgresUrl };
}
