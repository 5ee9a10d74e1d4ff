// The strategies that deployments may name: the shipped ones, and those of the user's own folder.
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { shippedStrategies } from '#strategies/registry.ts';
import { UsageError } from './feeds.ts';
import { type ModelFiles } from './models.ts';

/** Every strategy by its type. Throws `UsageError` for a folder or file that cannot be used. */
export async function loadStrategies(strategiesDir: string | undefined): Promise<readonly Strategy[]> {
  const own = strategiesDir === undefined ? [] : await loadFolder(resolve(strategiesDir));
  const all = [...shippedStrategies, ...own];
  for (const [index, { type }] of all.entries()) {
    if (all.findIndex((other) => other.type === type) !== index) {
      throw new UsageError(`two strategies are called ${type}; rename the one in STRATEGIES_DIR`);
    }
  }
  return all;
}

/** A catalogue for the runner; the plan was checked against it before. */
export function catalogueOf(strategies: readonly Strategy[], models: ModelFiles): StrategyCatalogue {
  const byType = new Map(strategies.map((strategy) => [strategy.type, strategy]));
  const find = (type: string): Strategy => {
    const strategy = byType.get(type);
    if (strategy === undefined) {
      throw new UsageError(
        `the log was written with a strategy ${type} that is not there now; put it back, or set STRATEGIES_DIR to its folder`,
      );
    }
    return strategy;
  };
  return Object.assign(find, { model: (reference: string) => models.find(reference) });
}

async function loadFolder(folder: string): Promise<readonly Strategy[]> {
  let names: readonly string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  } catch (cause) {
    throw new UsageError(`STRATEGIES_DIR names ${folder}, which cannot be read: ${String(cause)}`);
  }
  const found: Strategy[] = [];
  for (const name of names.toSorted()) {
    const path = resolve(folder, name);
    try {
      const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
      found.push(...Object.values(module).filter(isStrategy));
    } catch (cause) {
      throw new UsageError(`the strategy file ${path} cannot be loaded: ${String(cause)}`);
    }
  }
  return found;
}

function isStrategy(value: unknown): value is Strategy {
  if (typeof value !== 'object' || value === null) return false;
  const candidate = value as Partial<Strategy>;
  return (
    typeof candidate.type === 'string' &&
    typeof candidate.version === 'number' &&
    typeof candidate.parameters === 'object' &&
    typeof candidate.start === 'function' &&
    typeof candidate.onTick === 'function'
  );
}
