// Opens the store, the calendars and the strategies for a rebuild from the log.
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { verifyStore, type ReplayProgress, type ReplayReport } from '#engine/replay.ts';
import { invariant } from '#core/invariant.ts';
import { openReader } from '../open-place.ts';
import { placeOf } from '../place.ts';
import type { Settings } from '../config/settings-schema.ts';
import { ModelFiles } from '../models.ts';
import { CALENDARS } from '../project.ts';
import { catalogueOf, loadStrategies } from '../strategies.ts';

export type VerifyReport = ReplayReport;

/** Rebuilds what the log holds and compares it; the report tells the first difference. */
export async function runVerify(settings: Settings, progress: ReplayProgress): Promise<VerifyReport> {
  const catalogue = catalogueOf(await loadStrategies(settings.strategiesDir), new ModelFiles(settings));
  const reader = openReader(placeOf(settings));
  try {
    return verifyStore(reader, { catalogue, calendar }, progress);
  } finally {
    reader.close();
  }
}

function calendar(name: string): ReturnType<typeof loadCalendar> {
  invariant(name === 'nse' || name === 'always_open', `the log names an unknown calendar ${name}`);
  return loadCalendar(name, CALENDARS);
}
