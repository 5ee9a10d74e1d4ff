// Which stages a process runs when a deployment is split over several, and what that part is called.
import { type Deployment } from '#ports/deployment.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type Fellows } from '#engine/fellows.ts';
import { PIPELINE, type StageName } from '#engine/pipeline.ts';
import { type Settings } from './config/settings-schema.ts';
import { UsageError } from './feeds.ts';

const SHORT: Readonly<Record<StageName, string>> = {
  market_feed: 'feed',
  strategy_runner: 'strategy',
  risk_manager: 'risk',
  trading_engine: 'engine',
  portfolio_manager: 'portfolio',
};

/** What a process runs of the deployment. */
export interface PartOptions {
  readonly stages: readonly StageName[];
  /** Takes a tape in step with the other parts. */
  readonly lockstep: boolean;
}

/** A part with what connects it to the others. */
export interface OpenPart extends PartOptions {
  readonly name: string;
  readonly deployment: Deployment;
  readonly fellows: Fellows;
  readonly log: EventLog;
}

/**
 * Refuses what cannot keep in step: a feed lets its tick go when its own process has taken it, so of the other stages only
 * the engine, which comes first, may be there. Throws `UsageError`.
 */
export function demandStep({ stages, lockstep }: PartOptions): void {
  const isFirst = !stages.includes('market_feed') || stages.length === 1 || stages.includes('trading_engine');
  if (!lockstep || isFirst) return;
  throw new UsageError(
    `--lockstep needs market_feed alone or with trading_engine, found ${stages.join(',')}; start the others apart from it`,
  );
}

export function isStage(name: string): name is StageName {
  return PIPELINE.some((row) => row.name === name);
}

/** The stages of a list such as `risk_manager,trading_engine`, in the order of the pipeline. Throws `UsageError`. */
export function parseStages(list: string): readonly StageName[] {
  const names = list.split(',').map((name) => name.trim());
  const known: readonly string[] = PIPELINE.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`expected --stages to list some of ${known.join(', ')}, found ${JSON.stringify(unknown)}`);
  }
  return PIPELINE.map(({ name }) => name).filter((name) => names.includes(name));
}

/** What a part is called in the log and in the database: its stages, in short and in the order of the pipeline. */
export function partName(stages: readonly StageName[]): string {
  return stages.map((stage) => SHORT[stage]).join('_');
}

/** Whether messages of a producer are those of the part that runs the feed. */
export function isFeedPart(producer: string, deploymentId: string): boolean {
  return producer === `${deploymentId}/feed` || producer.startsWith(`${deploymentId}/feed_`);
}

/** Settings of a split deployment: what needs the feed and the orders in one process is refused or simulated. */
export function settingsApart(settings: Settings): Settings {
  if (settings.profile === 'embedded') {
    throw new UsageError('--stages needs PROFILE=distributed: the embedded profile runs every stage in one process');
  }
  const live = settings.brokers.find(({ mode }) => mode === 'live');
  if (live !== undefined) {
    throw new UsageError(`${live.id} trades live, which needs every stage in one process; start without --stages`);
  }
  if (settings.feed.source.kind === 'zerodha') {
    throw new UsageError('FEED__SOURCE=zerodha needs every stage in one process; start without --stages');
  }
  // A Kite simulator lives where the feed is; the simulated exchange answers with the same rules wherever the engine is.
  return { ...settings, brokers: settings.brokers.map((broker) => ({ ...broker, runsAs: 'simulated' })) };
}
