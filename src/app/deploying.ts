// What a person does to deployments from the command line: lays a checked file beside the others, or switches one on or
// off in the namespaces where it runs.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import type { Settings } from './config/settings-schema.ts';
import { asked, type Ordered } from './controls.ts';
import {
  deploy,
  deployedFiles,
  DeploymentError,
  readDeployment,
  resolveDeployment,
  type DeploymentFile,
} from './deployments.ts';
import { ModelFiles } from './models.ts';
import { INSTRUMENTS } from './project.ts';
import { RequestError } from './reading/open-store.ts';
import { readStrategies } from './reading/strategies.ts';
import { requestControl } from './requests.ts';
import { loadStrategies } from './strategies.ts';

export interface Deployed {
  readonly path: string;
  readonly strategyId: string;
  /** What the person should know before the next start. */
  readonly notices: readonly string[];
}

/** Checks the file as the start will, and puts it into the data directory. Throws `DeploymentError`. */
export async function deployFile(settings: Settings, folder: string, name: string): Promise<Deployed> {
  const source = resolve(folder, name);
  const file = readDeployment(readText(source), source);
  const catalogue = await loadStrategies(settings.strategiesDir);
  // What the feed of the next start will have is not known here, so unknown instruments are only mentioned.
  const models = new ModelFiles(settings);
  const context = { brokers: settings.activeBrokers, instruments: [], catalogue, models };
  resolveDeployment({ ...file, instruments: 'all' }, context);
  const before = deployedFiles(settings.dataDir);
  const path = deploy(settings.dataDir, file);
  return { path, strategyId: file.strategy_id, notices: noticesOf(file, settings, before) };
}

export interface SwitchRequest extends Pick<Ordered, 'who' | 'why' | 'within' | 'requestId'> {
  readonly strategyId: string;
  /** Undefined: every active namespace that it is deployed to. */
  readonly broker: string | undefined;
  readonly action: 'enable' | 'disable';
}

/** Asks the platform to switch a deployment on or off; returns the namespaces. Throws `RequestError`. */
export async function switchDeployment(settings: Settings, request: SwitchRequest): Promise<readonly string[]> {
  const { strategyId, broker, action } = request;
  const { deployments } = await readStrategies(settings, request.within);
  const deployment = deployments.find(({ strategy_id }) => strategy_id === strategyId);
  if (deployment === undefined) {
    const known = deployments.map(({ strategy_id }) => strategy_id).join(', ');
    throw new RequestError(`expected a deployment, one of ${known}; found ${JSON.stringify(strategyId)}`);
  }
  const runsOn = deployment.brokers.map((each) => each.broker);
  if (broker !== undefined && !runsOn.includes(broker)) {
    throw new RequestError(`${strategyId} is deployed to ${runsOn.join(', ')}, not to ${JSON.stringify(broker)}`);
  }
  const brokers = broker === undefined ? runsOn : [broker];
  const wanted = action === 'enable' ? 'strategy_enabled' : 'strategy_disabled';
  for (const each of brokers) {
    requestControl({ ...asked(settings, request, each, wanted), subject: strategyId, action: wanted });
  }
  return brokers;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new DeploymentError(`${path}: expected a readable file: ${(error as Error).message}`);
  }
}

function noticesOf(file: DeploymentFile, settings: Settings, before: readonly DeploymentFile[] | undefined): string[] {
  const notices: string[] = [];
  if (before === undefined) {
    notices.push('this is your first deployment: from the next start on it runs instead of the shipped set');
  }
  const inactive = (file.brokers ?? []).filter((name) => settings.activeBrokers.every((id) => id !== name));
  if (inactive.length > 0) notices.push(`not active now, so nothing runs there: ${inactive.join(', ')}`);
  const listed = loadInstruments(INSTRUMENTS).listings.map(({ instrument }) => instrument);
  const wanted = file.instruments === 'all' ? [] : file.instruments;
  const unknown = wanted.filter((name) => !listed.some(({ symbol, token }) => symbol === name || token === name));
  if (unknown.length > 0) {
    notices.push(`not in config/instruments, so the feed must know them at the start: ${unknown.join(', ')}`);
  }
  return notices;
}
