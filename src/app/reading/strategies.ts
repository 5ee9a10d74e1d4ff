// Strategies and deployments as commands show them: what could run, what runs where, and what was stopped.
import { placeOf, type OpenPlace } from '../place.ts';
import { describe, type Parameter } from '#core/strategy/parameters.ts';
import type { Strategy } from '#core/strategy/strategy.ts';
import { StoreError, type StoreReader } from '#ports/store.ts';
import type { Settings } from '../config/settings-schema.ts';
import { deployedFiles, shippedDeployments, type DeploymentFile } from '../deployments.ts';
import { loadStrategies } from '../strategies.ts';
import { stoppedStrategies, type Stopped } from './control-changes.ts';
import { RequestError, withStore } from './open-store.ts';

export interface StrategyLine {
  readonly strategy: string;
  readonly version: number;
  readonly summary: string;
}

export interface DeploymentLine {
  readonly strategy_id: string;
  readonly strategy: string;
  readonly parameters: DeploymentFile['parameters'];
  readonly instruments: DeploymentFile['instruments'];
  readonly brokers: readonly {
    readonly broker: string;
    readonly status: 'enabled' | Stopped['how'];
    readonly who: string | null;
    readonly why: string | null;
  }[];
}

export interface StrategiesReport {
  readonly strategies: readonly StrategyLine[];
  /** Whether the deployments are the user's files or, when there is none, the shipped set. */
  readonly deployed: 'files' | 'shipped set';
  readonly deployments: readonly DeploymentLine[];
}

export interface ParameterLine {
  readonly name: string;
  readonly default: number | boolean | string;
  readonly accepts: string;
  readonly doc: string;
}

export interface StrategyDetails extends StrategyLine {
  readonly warm_up_ticks: number | null;
  readonly parameters: readonly ParameterLine[];
  readonly deployments: readonly DeploymentLine[];
}

/** @param within where the platform itself has its store, when it is the platform that asks */
export async function readStrategies(settings: Settings, within?: OpenPlace): Promise<StrategiesReport> {
  const catalogue = await loadStrategies(settings.strategiesDir);
  const files = deployedFiles(settings.dataDir);
  return {
    strategies: catalogue.map(({ type, version, summary }) => ({ strategy: type, version, summary })),
    deployed: files === undefined ? 'shipped set' : 'files',
    deployments: deploymentLines(files ?? shippedDeployments(catalogue), settings, within),
  };
}

/** One strategy, or the one that a deployment of this id runs. Throws `RequestError` when nothing is called so. */
export async function readStrategy(settings: Settings, id: string): Promise<StrategyDetails> {
  const catalogue = await loadStrategies(settings.strategiesDir);
  const { strategies, deployments } = await readStrategies(settings);
  const type = deployments.find(({ strategy_id }) => strategy_id === id)?.strategy ?? id;
  const strategy = catalogue.find((candidate) => candidate.type === type);
  const line = strategies.find((candidate) => candidate.strategy === type);
  if (strategy === undefined || line === undefined) {
    const known = [...new Set([...catalogue.map((each) => each.type), ...deployments.map((each) => each.strategy_id)])];
    throw new RequestError(
      `expected a strategy or deployment, one of ${known.join(', ')}; found ${JSON.stringify(id)}`,
    );
  }
  return {
    ...line,
    warm_up_ticks: warmUpOf(strategy),
    parameters: Object.entries(strategy.parameters).map(([name, parameter]) => parameterLine(name, parameter)),
    deployments: deployments.filter((each) => each.strategy === type),
  };
}

function parameterLine(name: string, parameter: Parameter): ParameterLine {
  return { name, default: parameter.default, accepts: describe(parameter), doc: parameter.doc };
}

/** With its defaults; a user's strategy may throw here, which is no reason not to show it. */
function warmUpOf(strategy: Strategy): number | null {
  const defaults = Object.entries(strategy.parameters).map(([name, parameter]) => [name, parameter.default]);
  try {
    return strategy.warmUpTicks(Object.fromEntries(defaults) as never);
  } catch {
    return null;
  }
}

function deploymentLines(
  files: readonly DeploymentFile[],
  settings: Settings,
  within: OpenPlace | undefined,
): readonly DeploymentLine[] {
  const stopped = readStopped(settings, within);
  return files.map(({ strategy_id, strategy, parameters, instruments, brokers = settings.activeBrokers }) => ({
    strategy_id,
    strategy,
    parameters,
    instruments,
    brokers: brokers.map((broker) => {
      const found = stopped.get(broker)?.get(strategy_id);
      return { broker, status: found?.how ?? 'enabled', who: found?.who ?? null, why: found?.why ?? null };
    }),
  }));
}

/** Before the first start nothing is stopped. */
function readStopped(
  settings: Settings,
  within: OpenPlace | undefined,
): ReadonlyMap<string, ReadonlyMap<string, Stopped>> {
  try {
    const { activeBrokers } = settings;
    const stopped = (reader: StoreReader) => new Map(activeBrokers.map((id) => [id, stoppedStrategies(reader, id)]));
    return withStore(within ?? placeOf(settings), stopped, 'risk_manager');
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'MISSING') throw error;
    return new Map();
  }
}
