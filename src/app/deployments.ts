// The deployments that run: the user's own from files, or the shipped set when there is none.
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isBrokerId, type BrokerId, type StrategyId } from '#core/ids.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type Deployment, type RiskLimits } from '#core/plan.ts';
import { readParameters, type ParameterTable, type ParameterValues } from '#core/strategy/parameters.ts';
import { scheduleProblem } from '#core/strategy/schedule.ts';
import { limitScopeTrouble } from '#core/risk/control-check.ts';
import { readLimit } from '#core/risk/limits.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { shippedSet, shippedStrategies } from '#strategies/registry.ts';
import { type ModelFiles } from './models.ts';

const FOLDER = 'deployments';

const fileSchema = z.strictObject({
  strategy_id: z.string().regex(/^[a-z][a-z0-9_]{0,47}$/, 'lower-case letters, digits and _, at most 48'),
  strategy: z.string(),
  parameters: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])).default({}),
  /** Symbols or tokens; `all` is every tradable instrument of the feed. */
  instruments: z.union([z.literal('all'), z.array(z.union([z.string(), z.int()])).min(1)]).default('all'),
  /** Left out: every active broker. */
  brokers: z.array(z.string()).min(1).optional(),
  /** Limits of the risk gate that differ for this deployment, named as alpha-panda limits names them. */
  limits: z.record(z.string(), z.union([z.string(), z.int()])).optional(),
});

export type DeploymentFile = z.infer<typeof fileSchema>;

/** A deployment cannot run; the message names the file, what was found and what is accepted. */
export class DeploymentError extends Error {
  override readonly name = 'DeploymentError';
}

export interface DeploymentContext {
  readonly brokers: readonly BrokerId[];
  readonly instruments: readonly Instrument[];
  readonly catalogue: readonly Strategy[];
  readonly models: ModelFiles;
}

/** Reads and checks one deployment from JSON text. */
export function readDeployment(text: string, source: string): DeploymentFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new DeploymentError(`${source}: expected JSON, found ${String(cause)}`);
  }
  const read = fileSchema.safeParse(json);
  if (!read.success) throw new DeploymentError(`${source}: ${z.prettifyError(read.error)}`);
  return read.data;
}

/** The files of the data directory, or undefined when the user deployed nothing. */
export function deployedFiles(dataDir: string): readonly DeploymentFile[] | undefined {
  let names: readonly string[];
  try {
    names = readdirSync(join(dataDir, FOLDER)).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (names.length === 0) return undefined;
  return names.toSorted().map((name) => {
    const path = join(dataDir, FOLDER, name);
    return readDeployment(readFileSync(path, 'utf8'), path);
  });
}

/** Puts a deployment beside the others; it takes effect at the next start. */
export function deploy(dataDir: string, file: DeploymentFile): string {
  const folder = join(dataDir, FOLDER);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${file.strategy_id}.json`);
  writeFileSync(`${path}.new`, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return path;
}

/**
 * Parameters of the shipped set that differ from a strategy's defaults. The demo takes its side from whether the token is
 * even; every token of NSE is odd, and delivery trading cannot sell what it does not hold, so here it buys.
 */
const SHIPPED_PARAMETERS: Readonly<Record<string, DeploymentFile['parameters']>> = {
  low_frequency_demo: { side: 'BUY' },
};

/** The shipped set, and what the user's own folder has: each on everything, in every namespace. */
export function shippedDeployments(catalogue: readonly Strategy[]): readonly DeploymentFile[] {
  const others = shippedStrategies.filter((strategy) => !shippedSet.includes(strategy)).map(({ type }) => type);
  const deployed = catalogue.filter(({ type }) => !others.includes(type));
  return deployed.map(({ type }) => {
    const parameters = SHIPPED_PARAMETERS[type] ?? {};
    return { strategy_id: type, strategy: type, parameters, instruments: 'all' };
  });
}

/** Checks a deployment against what there is, and fills in its parameters. */
export function resolveDeployment(file: DeploymentFile, context: DeploymentContext): Deployment {
  const strategy = context.catalogue.find(({ type }) => type === file.strategy);
  if (strategy === undefined) {
    const known = context.catalogue.map(({ type }) => type).join(', ');
    throw new DeploymentError(
      `deployment ${file.strategy_id}: no strategy is called ${file.strategy}; known are ${known}`,
    );
  }
  const parameters = readParameters(strategy.parameters, file.parameters);
  const problem = parameters.ok ? problemOf(strategy, parameters.values) : parameters.problems.join('; ');
  if (!parameters.ok || problem !== undefined) throw new DeploymentError(`deployment ${file.strategy_id}: ${problem}`);
  return {
    strategyId: file.strategy_id as StrategyId,
    strategyType: file.strategy,
    parameters: withModels(strategy, parameters.values, file, context.models),
    tokens: file.instruments === 'all' ? 'all' : file.instruments.map((name) => tokenOf(name, file, context)),
    brokers: file.brokers === undefined ? context.brokers : file.brokers.map((name) => brokerOf(name, file)),
    ...(file.limits !== undefined && { limits: limitsOf(file.limits, file.strategy_id) }),
  };
}

function problemOf(strategy: Strategy, values: ParameterValues<ParameterTable>): string | undefined {
  const problem = strategy.validate?.(values);
  return problem ?? scheduleProblem(strategy.bars?.(values) ?? [], strategy.timers?.(values) ?? []);
}

/** The parameters with each model bound to its content; other content is another deployment, which warms up anew. */
function withModels(
  strategy: Strategy,
  values: ParameterValues<ParameterTable>,
  file: DeploymentFile,
  models: ModelFiles,
): Deployment['parameters'] {
  const bound = Object.entries(strategy.parameters).flatMap(([name, { kind }]) => {
    if (kind !== 'model') return [];
    try {
      return [[name, models.reference(String(values[name]))] as const];
    } catch (error) {
      throw new DeploymentError(`deployment ${file.strategy_id}: ${(error as Error).message}`);
    }
  });
  return { ...values, ...Object.fromEntries(bound) };
}

function limitsOf(wanted: Readonly<Record<string, string | number>>, strategyId: string): Partial<RiskLimits> {
  const read = Object.entries(wanted).map(([name, value]) => {
    const limit = readLimit(name, `${value}`);
    const trouble = typeof limit === 'string' ? limit : limitScopeTrouble(limit, `strategy:${strategyId}`);
    if (typeof limit === 'string' || trouble !== undefined) {
      throw new DeploymentError(`deployment ${strategyId}: limits: ${trouble}`);
    }
    return [limit.name, limit.value];
  });
  return Object.fromEntries(read) as Partial<RiskLimits>;
}

function tokenOf(name: string | number, file: DeploymentFile, { instruments }: DeploymentContext): number {
  const found = instruments.find(({ token, symbol }) => token === name || symbol === name);
  if (found !== undefined) return found.token;
  if (typeof name === 'number') return name;
  throw new DeploymentError(`deployment ${file.strategy_id}: the feed has no instrument ${name}`);
}

function brokerOf(name: string, file: DeploymentFile): BrokerId {
  if (isBrokerId(name)) return name;
  throw new DeploymentError(`deployment ${file.strategy_id}: ${name} cannot name a broker namespace`);
}
