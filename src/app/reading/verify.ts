// Opens the store, the calendars and the strategies for a rebuild from the log.
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { partOf } from '#engine/part.ts';
import { verifyStore, type ReplayProgress, type ReplayReport } from '#engine/replay.ts';
import { invariant } from '#core/invariant.ts';
import { openPartReader, openReader, partsOf } from '../open-place.ts';
import { placeOf } from '../place.ts';
import type { Settings } from '../config/settings-schema.ts';
import { ModelFiles } from '../models.ts';
import { isStage } from '../parts.ts';
import { CALENDARS } from '../project.ts';
import { catalogueOf, loadStrategies } from '../strategies.ts';

export interface VerifyReport extends ReplayReport {
  /** Which part of a deployment whose stages run apart. */
  readonly part?: string;
}

/** Rebuilds what the log holds and compares it; each report tells the first difference of a store. */
export async function runVerify(settings: Settings, progress: ReplayProgress): Promise<readonly VerifyReport[]> {
  const catalogue = catalogueOf(await loadStrategies(settings.strategiesDir), new ModelFiles(settings));
  const context = { catalogue, calendar };
  const { postgresUrl } = settings.database;
  const parts = partsOf(placeOf(settings));
  if (parts.length === 0)
    return [closing(openReader(placeOf(settings)), (reader) => verifyStore(reader, context, progress))];
  return parts.map((name) => {
    const part = partOf(name.stages.filter(isStage));
    const verify = (reader: ReturnType<typeof openReader>): ReplayReport =>
      verifyStore(reader, { ...context, part }, progress);
    return { ...closing(openPartReader(postgresUrl, name), verify), part: name.part };
  });
}

function closing<T>(reader: ReturnType<typeof openReader>, work: (reader: ReturnType<typeof openReader>) => T): T {
  try {
    return work(reader);
  } finally {
    reader.close();
  }
}

function calendar(name: string): ReturnType<typeof loadCalendar> {
  invariant(name === 'nse' || name === 'always_open', `the log names an unknown calendar ${name}`);
  return loadCalendar(name, CALENDARS);
}
