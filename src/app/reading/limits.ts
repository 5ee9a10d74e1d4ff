// The limits of the risk gate in force, as commands show them: the settings, the deployment files, and what was changed in
// the log, put together as the gate does it.
import { placeOf, type Place } from '../place.ts';
import { LimitsInForce } from '#core/risk/limits-in-force.ts';
import { formatLimit, LIMIT_ROWS, readLimit } from '#core/risk/limits.ts';
import type { BrokerId, StrategyId } from '#core/ids.ts';
import { refusedOffsets } from '#engine/refused.ts';
import { StoreError, type StoreReader } from '#ports/store.ts';
import { topic } from '#wire/topics.ts';
import type { Settings } from '../config/settings-schema.ts';
import { deployedFiles, resolveDeployment, shippedDeployments } from '../deployments.ts';
import { ModelFiles } from '../models.ts';
import { namespacePlan } from '../plan.ts';
import { loadStrategies } from '../strategies.ts';
import { RequestError, withStore } from './open-store.ts';

export interface LimitLine {
  readonly broker: string;
  readonly limit: string;
  readonly value: string;
  /** Whether it is of each book or of the whole account. */
  readonly of: 'book' | 'account';
}

const PAGE = 512;

/** Every limit of the active namespaces, or of one, as they are for one strategy or for a new one. */
export async function readLimits(
  settings: Settings,
  only: string | undefined,
  strategyId: string | undefined,
): Promise<readonly LimitLine[]> {
  const brokers = settings.brokers.filter(({ id }) => only === undefined || id === only);
  if (brokers.length === 0) {
    const active = settings.activeBrokers.join(', ');
    throw new RequestError(`expected an active broker, one of ${active}; found ${JSON.stringify(only)}`);
  }
  const catalogue = await loadStrategies(settings.strategiesDir);
  const files = deployedFiles(settings.dataDir) ?? shippedDeployments(catalogue);
  const models = new ModelFiles(settings);
  const context = { brokers: settings.activeBrokers, instruments: [], catalogue, models };
  const deployments = files.map((file) => resolveDeployment({ ...file, instruments: 'all' }, context));
  return brokers.flatMap((broker) => {
    const force = new LimitsInForce({});
    force.replan(namespacePlan(broker, settings).limits, deployments);
    applyChanges(placeOf(settings), broker.id, force);
    const limits = strategyId === undefined ? force.account : force.of(strategyId as StrategyId);
    return LIMIT_ROWS.map((row) => ({
      broker: broker.id,
      limit: row.name,
      value: formatLimit(row, limits[row.field]),
      of: row.of,
    }));
  });
}

function applyChanges(place: Place, broker: BrokerId, force: LimitsInForce): void {
  try {
    withStore(place, (reader) => fold(reader, broker, force), 'risk_manager');
  } catch (error) {
    // Before the first start there is no log, and nothing was changed.
    if (!(error instanceof StoreError) || error.code !== 'MISSING') throw error;
  }
}

interface ChangeText {
  readonly data: { readonly subject: string; readonly limit_name?: string; readonly limit_value?: string };
}

function fold(reader: StoreReader, broker: BrokerId, force: LimitsInForce): void {
  const name = topic(broker, 'control.changes');
  const refused = refusedOffsets(reader, name);
  for (let page = reader.read(name, 0, PAGE), last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const { offset, value } of page) {
      // It may be no JSON at all.
      if (refused.has(offset)) continue;
      const { data } = JSON.parse(value) as ChangeText;
      const limit = readLimit(data.limit_name ?? '', data.limit_value ?? '');
      if (typeof limit !== 'string') force.onControl({ subject: data.subject, limit });
    }
    page = reader.read(name, last.offset + 1, PAGE);
  }
}
