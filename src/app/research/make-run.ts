// A run from a tape, and the same run made again from its record.
import { type CalendarName, loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Settings } from '../config/settings-schema.ts';
import { ModelFiles } from '../models.ts';
import { CALENDARS } from '../project.ts';
import { catalogueOf, loadStrategies } from '../strategies.ts';
import { codeVersion } from './code-version.ts';
import { execute, type JournalOptions } from './execute.ts';
import { type JournalReplay, replayJournal } from './journal-replay.ts';
import { type GivenParameters, openWorkbench, tapeRules } from './prepare.ts';
import { recordOf, resultOf, type Run, type RunRecord } from './run-record.ts';
import { streamTape } from './tick-source.ts';

export interface RunRequest {
  readonly settings: Settings;
  readonly ticks: string;
  readonly strategy: string;
  readonly parameters: GivenParameters;
  /** As it stands in the record. */
  readonly createdAt: string;
  readonly journal?: JournalOptions | undefined;
}

export async function makeRun(request: RunRequest): Promise<Run> {
  const { settings, ticks, strategy, parameters, createdAt, journal } = request;
  const source = await streamTape(ticks, tapeRules(settings));
  try {
    const { planOf, catalogue, calendar, strategies } = await openWorkbench(settings, source.instruments, strategy);
    const plan = planOf(parameters);
    const execution = await execute({
      plan,
      catalogue,
      calendar,
      source,
      details: true,
      batchTicks: settings.feed.batchTicks,
      journal,
    });
    const code = codeVersion(settings.strategiesDir);
    const strategyVersion = strategies.find(({ type }) => type === strategy)?.version ?? 0;
    return recordOf(execution, source, { path: ticks, plan, code, strategyVersion, createdAt });
  } finally {
    await source.close();
  }
}

/** Takes a journal again under its own plan, with the strategies and calendars that are here. Throws `RequestError`. */
export async function replayOf(path: string, { strategiesDir }: Settings): Promise<JournalReplay> {
  const catalogue = catalogueOf(await loadStrategies(strategiesDir), new ModelFiles({ strategiesDir }));
  const calendar = (name: string): Calendar => loadCalendar(name as CalendarName, CALENDARS);
  return replayJournal(path, { catalogue, calendar });
}

export interface Reproduction {
  readonly equal: boolean;
  readonly same_data: boolean;
  readonly same_code: boolean;
  readonly expected_sha256: string;
  /** Null when the tape is another one, over which the run would say nothing. */
  readonly found_sha256: string | null;
}

/** Runs the plan of a record again, whatever the settings say now, and compares what comes out. */
export async function reproduce(record: RunRecord, settings: Settings, ticks: string): Promise<Reproduction> {
  const { plan } = record;
  const calendar = loadCalendar(plan.calendar as CalendarName, CALENDARS);
  const source = await streamTape(ticks, { ...tapeRules(settings), calendar });
  try {
    const strategies = await loadStrategies(settings.strategiesDir);
    const catalogue = catalogueOf(strategies, new ModelFiles({ strategiesDir: settings.strategiesDir }));
    const batchTicks = settings.feed.batchTicks;
    const sameData = source.tape === record.data.tape;
    const found = sameData ? resultOf(await execute({ plan, catalogue, calendar, source, batchTicks })) : null;
    return {
      equal: found === record.result_sha256,
      same_data: sameData,
      same_code: codeVersion(settings.strategiesDir).sha256 === record.code.sha256,
      expected_sha256: record.result_sha256,
      found_sha256: found,
    };
  } finally {
    await source.close();
  }
}
