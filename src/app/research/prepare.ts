// From settings and parameters to a plan that can be run over a tape, checked before the first tick is read.
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import { type Calendar } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Deployment, type Plan } from '#core/plan.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { type Settings } from '../config/settings-schema.ts';
import { resolveDeployment } from '../deployments.ts';
import { ModelFiles } from '../models.ts';
import { makePlan } from '../plan.ts';
import { CALENDARS, INSTRUMENTS } from '../project.ts';
import { catalogueOf, loadStrategies } from '../strategies.ts';
import { type TapeRules } from './tick-source.ts';

export type GivenParameters = Readonly<Record<string, string>>;

/** What every run of one strategy under one set of settings shares. */
export interface Workbench {
  readonly calendar: Calendar;
  readonly catalogue: StrategyCatalogue;
  readonly strategies: readonly Strategy[];
  /** Throws `DeploymentError` for parameters that do not go. */
  readonly check: (parameters: GivenParameters) => void;
  /** The plan of one deployment in the first active namespace. Throws `DeploymentError` for parameters that do not go. */
  readonly planOf: (parameters: GivenParameters) => Plan;
}

export async function openWorkbench(
  settings: Settings,
  instruments: readonly Instrument[],
  strategy: string,
): Promise<Workbench> {
  const strategies = await loadStrategies(settings.strategiesDir);
  const models = new ModelFiles({ strategiesDir: settings.strategiesDir });
  const brokers = settings.brokers.slice(0, 1).map((broker) => ({ ...broker, runsAs: 'simulated' }) as const);
  const context = { brokers: brokers.map(({ id }) => id), instruments, catalogue: strategies, models };
  const deploymentOf = (parameters: GivenParameters): Deployment =>
    resolveDeployment({ strategy_id: strategy, strategy, parameters, instruments: 'all' }, context);
  return {
    calendar: loadCalendar(settings.execution.calendar, CALENDARS),
    catalogue: catalogueOf(strategies, models),
    strategies,
    check: (parameters) => {
      deploymentOf(parameters);
    },
    planOf: (parameters) => makePlan({ ...settings, brokers }, instruments, [deploymentOf(parameters)], undefined),
  };
}

/** How a tape's rows are judged and its files named under these settings. */
export function tapeRules(settings: Settings): TapeRules {
  const directory = loadInstruments(INSTRUMENTS);
  return {
    calendar: loadCalendar(settings.execution.calendar, CALENDARS),
    instrumentOf: (symbol) => directory.find(symbol),
  };
}
