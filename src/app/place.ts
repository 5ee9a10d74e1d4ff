// Where the store of a deployment lies, for whoever only reads it or leaves a message: the settings say it, and nothing else
// knows which profile that is. src/app/open-place.ts opens it.
import { type Settings } from './config/settings-schema.ts';

/** The path of a data directory. */
export type Place = string;

export function placeOf({ dataDir }: Pick<Settings, 'dataDir'>): Place {
  return dataDir;
}
