// Where the store of a deployment lies, for whoever only reads it or leaves a message: the settings say it, and nothing else
// knows which profile that is. src/app/open-place.ts opens it.
import { type Settings } from './config/settings-schema.ts';

/** The path of a data directory, or the database of the distributed profile. */
export type Place = string | { readonly postgresUrl: string };

export function placeOf({ profile, dataDir, database }: Pick<Settings, 'profile' | 'dataDir' | 'database'>): Place {
  return profile === 'embedded' ? dataDir : { postgresUrl: database.postgresUrl };
}
