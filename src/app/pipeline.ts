// The pipeline of a deployment: put together on the foundation of its profile, recovered, and run.
import { join } from 'node:path';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { loadInstruments } from '#adapters/instrument-files/instrument-files.ts';
import {
  forgetHung,
  readHung,
  startWatchdog,
  type DeploymentNames,
  type Watchdog,
} from '#adapters/watchdog/watchdog.ts';
import { ExecutionRouter } from '#core/execution/router.ts';
import { type StrategyId } from '#core/ids.ts';
import { invariant } from '#core/invariant.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { requireRates } from '#core/portfolio/charges.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { dayOf } from '#core/time.ts';
import { BookShelves } from '#engine/book-shelves.ts';
import { Ingest, type Committed } from '#engine/ingest.ts';
import { Intake, type Apart } from '#engine/intake.ts';
import { type Intent } from '#engine/sink.ts';
import { partOf, WHOLE, type Part } from '#engine/part.ts';
import { groupsReading, type StageName } from '#engine/pipeline.ts';
import { Pump, type FeedRow } from '#engine/pump.ts';
import { quarantine } from '#engine/quarantine.ts';
import { recover, type Recovered } from '#engine/recovery.ts';
import { type StageTiming } from '#engine/stage-timing.ts';
import { Stages } from '#engine/stages.ts';
import { storeLog } from '#engine/store-log.ts';
import { type Clock } from '#ports/clock.ts';
import { type Feed } from '#ports/feed.ts';
import { type Store } from '#ports/store.ts';
import { type Logger, silentLogger } from '#ports/telemetry.ts';
import { type Settings } from './config/settings-schema.ts';
import { deployedFiles, resolveDeployment, shippedDeployments } from './deployments.ts';
import { forgetDefect, haltedMessage, isHalted, noteDefect, readDefect, type Defect } from './defects.ts';
import { resumes, UsageError } from './feeds.ts';
import { openFoundation, type Foundation } from './foundation.ts';
import { type Gateways } from './gateways.ts';
import { openMarketSource, type MarketSource } from './market-source.ts';
import { ModelFiles } from './models.ts';
import { isStage, partName, type OpenPart, type PartOptions } from './parts.ts';
import { makePlan, withFreezeQuantities } from './plan.ts';
import { CALENDARS, INSTRUMENTS } from './project.ts';
import { SelfTestWatch } from './self-test-watch.ts';
import { catalogueOf } from './strategies.ts';
import { StrategyWatch } from './strategy-watch.ts';

/** Milliseconds after which a quiet feed lets messages from outside be seen. */
const IDLE_MS_MAX = 25;

export interface Measured {
  readonly onBatch: () => void;
  readonly writing: (write: () => void, urgent: boolean) => void;
  readonly timing: StageTiming;
  readonly decided: (ms: number) => void;
}

export interface PipelineOptions {
  readonly settings: Settings;
  readonly strategies: readonly Strategy[];
  readonly clock: Clock;
  readonly committed: (committed: Committed) => void;
  readonly logger: Logger;
  /** What gateways and their broker say; the other logger's when it is not said. */
  readonly brokerLogger?: Logger;
  /** What is told of batches and commits to measure them; nothing when it is not said. */
  readonly measured?: Measured | undefined;
  /** What the stages say of their starting and stopping; nowhere when it is not said. */
  readonly stageLogger?: Logger;
  /** Which stages run here; all of them when it is not said. */
  readonly part?: PartOptions | undefined;
  /** Ends the wait for a store that another process writes. */
  readonly signal?: AbortSignal;
}

/** The pipeline with everything it holds open. */
export interface Pipeline {
  readonly foundation: Foundation;
  readonly store: Store;
  readonly feed: Feed;
  /** What is closed for the feed's sake: the feed itself, or everything behind it. */
  readonly source: Pick<MarketSource, 'halt' | 'close' | 'isLive' | 'feedTrouble' | 'loginUrl' | 'liveAccountOf'>;
  readonly gateways: Gateways;
  readonly ingest: Ingest;
  readonly intake: Intake;
  readonly stages: Stages;
  readonly pump: Pump;
  readonly watchdog: Watchdog;
  readonly recovered: Recovered;
  readonly plan: Plan;
  /** The feed had given its last tick before this start. */
  readonly finished: boolean;
  /** Where this process notes what the next start has to know of it. */
  readonly workDir: string;
}

/** Opens the store, rebuilds the state and gets everything ready to run. Whatever it opened it closes when it throws. */
export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { settings, clock, logger } = options;
  const workDir = workDirOf(settings, options.part);
  const defect = readDefect(workDir);
  if (isHalted(defect)) logger.critical(haltedMessage(defect, workDir), { broker: defect.broker });
  const foundation = await openFoundation({ ...options, logger: options.stageLogger ?? logger });
  const { store, part } = foundation;
  const opened: { close(): void | Promise<void> }[] = [foundation];
  try {
    const hungMs = settings.strategies.hungSeconds * 1_000;
    const watchdog = startWatchdog({ directory: workDir, hungMs });
    opened.push(watchdog);
    const realtime = settings.feed.source.kind !== 'tape';
    const { deciding } = watchdog;
    const monotonicMs = (): number => clock.monotonicMs();
    const measuring = { slowMs: settings.strategies.slowMs, realtime, monotonicMs, decided: options.measured?.decided };
    const watch = new StrategyWatch({ deciding, logger, ...measuring });
    const models = new ModelFiles(settings);
    const router = new ExecutionRouter<Intent>();
    const ingest = newIngest(foundation, options, models, watchdog, watch, router);
    const recovered = recover(store, ingest);
    watch.clear();
    const kept = keptFeed(store);
    const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
    const instruments = loadInstruments(INSTRUMENTS);
    const brokerLogger = options.brokerLogger ?? logger;
    const parts = { settings, clock, calendar, instruments, kept, ingest, router, logger: brokerLogger, part };
    const source = await openMarketSource(parts);
    opened.push(source);
    const { feed, gateways } = source;
    const running = { ...options, settings: withoutHalted(settings, defect, workDir) };
    const plan = adoptPlan(ingest, feed, running, models, store);
    source.adopt(plan);
    const { intake, stages } = await openIntake(options, foundation, ingest, source);
    const skip = resumes(feed, kept) ? (kept?.skip ?? 0) : 0;
    quarantineHung(workDir, ingest, feed);
    const trial = new SelfTestWatch(logger, () => clock.now());
    const afterTurn = (): void => {
      const slow = watch.settle(ingest);
      const tried = realtime && partHere(part).risk_manager && trial.settle(ingest);
      const reported = source.settle();
      if (slow || tried || reported) ingest.commit(false);
    };
    const careful = defect === undefined || isHalted(defect) ? 0 : settings.feed.batchTicks;
    const onBatch = options.measured?.onBatch;
    const pump = newPump({ settings, clock, feed, ingest, intake, skip, careful, afterTurn, onBatch });
    watchdog.watch(namesOf(ingest));
    begin(foundation, source);
    // A feed that has given its last tick is not over: the process may have died before the close.
    const finished = resumes(feed, kept) && kept?.over === true;
    return {
      foundation,
      store,
      feed,
      source,
      gateways,
      ingest,
      intake,
      stages,
      pump,
      watchdog,
      recovered,
      plan,
      finished,
      workDir,
    };
  } catch (error) {
    for (const each of opened.toReversed()) await each.close();
    throw error;
  }
}

/**
 * Runs `work` on the pipeline; when a stage throws, writes down where before it throws on. What it throws otherwise, such
 * as a store that cannot write, is no defect of ours.
 */
export async function watchDefects<T>(
  pipeline: Pipeline,
  { feed }: Pick<Settings, 'feed'>,
  work: () => Promise<T>,
): Promise<T> {
  const { ingest, store, watchdog } = pipeline;
  try {
    return await work();
  } catch (error) {
    if (ingest.broken) noteDefect(pipeline.workDir, ingest, store, watchdog.deciding, error, feed.batchTicks);
    throw error;
  }
}

/** Commits what is pending with a snapshot, and closes everything in order. */
export async function closePipeline(pipeline: Pipeline): Promise<void> {
  const { foundation, source, gateways, ingest, stages, watchdog, workDir } = pipeline;
  try {
    await stages.stop();
    source.halt();
    await gateways.close(ingest);
    ingest.commit(ingest.sinceSnapshot > 0);
    if (!ingest.broken && !isHalted(readDefect(workDir))) forgetDefect(workDir);
  } finally {
    await watchdog.close();
    await source.close();
    await foundation.close();
  }
}

/** A part of a deployment may share its data directory with others on the same machine. */
function workDirOf({ dataDir }: Settings, part: PartOptions | undefined): string {
  return part === undefined ? dataDir : join(dataDir, partName(part.stages));
}

function newIngest(
  foundation: Foundation,
  options: PipelineOptions,
  models: ModelFiles,
  watchdog: Watchdog,
  watch: StrategyWatch,
  router: ExecutionRouter<Intent>,
): Ingest {
  const { settings, strategies, committed, measured } = options;
  const { store } = foundation;
  const ingest: Ingest = new Ingest({
    store,
    context: {
      catalogue: catalogueOf(
        strategies.map((strategy) => watch.measured(strategy)),
        models,
      ),
      calendar: (name) => {
        invariant(name === 'nse' || name === 'always_open', `the log names an unknown calendar ${name}`);
        return loadCalendar(name, CALENDARS);
      },
      deciding: watchdog.deciding,
      part: partHere(foundation.part),
      timing: measured?.timing,
    },
    shelves: new BookShelves(store, settings.portfolioManager.maxPortfolioLocks),
    groupsOf: groupsReading(settings.redpanda.groupIdPrefix),
    send: (intent) => router.send(intent),
    ...(measured && { writing: measured.writing }),
    committed: (batch) => {
      if (batch.events.some(({ type }) => type === 'control_changed')) watchdog.watch(namesOf(ingest));
      foundation.committed(batch);
      committed(batch);
    },
  });
  return ingest;
}

function begin(foundation: Foundation, source: MarketSource): void {
  const { store, behindMs } = foundation;
  if (behindMs !== undefined) source.gateways.behindMs = behindMs;
  source.begin(store);
  foundation.begin();
}

/** What takes messages in, and the stages that they pass. */
async function openIntake(
  options: PipelineOptions,
  { store, inbox, part }: Foundation,
  ingest: Ingest,
  source: MarketSource,
): Promise<{ readonly intake: Intake; readonly stages: Stages }> {
  const intake = new Intake(ingest, store, inbox, source.feed.firstTime, (broker) => source.armingTrouble(broker));
  if (part !== undefined) intake.apart = apartOf(part);
  const stages = stagesOf(options, store, intake, partHere(part));
  await stages.start();
  intake.stages = stages;
  return { intake, stages };
}

function apartOf(part: OpenPart): Apart {
  const known = new Map<string, readonly StageName[]>();
  const stagesIn = (name: string): readonly StageName[] => {
    // A part may have entered since.
    if (!known.has(name)) for (const each of part.deployment.parts()) known.set(each.part, each.stages.filter(isStage));
    return known.get(name) ?? [];
  };
  return { fellows: part.fellows, part: partHere(part), stagesOf: stagesIn };
}

function partHere(part: PartOptions | undefined): Part {
  return part === undefined ? WHOLE : partOf(part.stages);
}

/** The five stages as services, which receive in memory what the store takes in. */
function stagesOf({ settings, clock, stageLogger }: PipelineOptions, store: Store, host: Intake, part: Part): Stages {
  const logger = stageLogger ?? silentLogger;
  const brokers = settings.brokers.map(({ id }) => id);
  const { groupIdPrefix } = settings.redpanda;
  return new Stages({ brokers, groupIdPrefix, log: storeLog(store), clock, logger, delivery: 'memory' }, host, part);
}

/** The settings with the namespace left out that a defect halted. Throws `UsageError` when none is left. */
function withoutHalted(settings: Settings, defect: Defect | undefined, workDir: string): Settings {
  if (!isHalted(defect)) return settings;
  const brokers = settings.brokers.filter(({ id }) => id !== defect.broker);
  if (brokers.length === 0) throw new UsageError(haltedMessage(defect, workDir));
  return { ...settings, brokers };
}

/** Who stands where, for the thread that can only read places. */
function namesOf({ cascade }: Ingest): DeploymentNames {
  return cascade
    .namespaces()
    .map(({ plan, runner }) => ({ broker: plan.broker, strategyIds: [...runner.strategyIds] }));
}

/** A deployment that held the loop until the last process was ended is quarantined before anything is taken. */
function quarantineHung(directory: string, ingest: Ingest, feed: Feed): void {
  const hung = readHung(directory);
  if (hung === undefined) return;
  const at = ingest.cascade.at === 0 ? (feed.firstTime ?? ingest.cascade.at) : ingest.cascade.at;
  const why = `did not come back for ${hung.seconds} s, and the process was ended`;
  const strategyId = hung.strategyId as StrategyId;
  // The same code would not come back in another namespace either.
  for (const { plan, runner } of ingest.cascade.namespaces()) {
    if (!runner.strategyIds.includes(strategyId)) continue;
    quarantine(ingest, { broker: plan.broker, strategyId, who: 'watchdog', why, at });
  }
  ingest.commit(false);
  forgetHung(directory);
}

/** Takes up the plan of the settings; it is recorded only when it differs from the one in force. */
function adoptPlan(
  ingest: Ingest,
  feed: Feed,
  { settings, strategies }: PipelineOptions,
  models: ModelFiles,
  store: Store,
): Plan {
  const brokers = settings.brokers.map(({ id }) => id);
  const before = store.lastSeq() === 0 ? undefined : ingest.cascade.plan;
  const context = { brokers, instruments: feed.instruments, catalogue: strategies, models };
  const files = deployedFiles(settings.dataDir) ?? shippedDeployments(strategies);
  const deployments = files.map((file) => resolveDeployment(file, context));
  models.keep();
  const from = before === undefined ? feed.firstTime : ingest.cascade.at;
  const offered = from === undefined ? feed.instruments : withFreezeQuantities(feed.instruments, dayOf(from));
  const plan = makePlan(settings, offered, deployments, before);
  // A day or an instrument without rates is refused now, and not at its first fill.
  if (plan.charges !== undefined && feed.firstTime !== undefined) {
    requireRates(plan.charges, dayOf(feed.firstTime), plan.instruments);
  }
  if (before !== undefined && JSON.stringify(before) === JSON.stringify(plan)) return before;
  ingest.plan(plan);
  ingest.commit(false);
  return plan;
}

function keptFeed(store: Store): FeedRow | undefined {
  const row = store.rows('feed', 'market').find(({ id }) => id === 'position');
  return row === undefined ? undefined : (JSON.parse(row.value) as FeedRow);
}

interface PumpParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly feed: Feed;
  readonly ingest: Ingest;
  readonly intake: Intake;
  readonly skip: number;
  readonly careful: number;
  readonly afterTurn: () => void;
  readonly onBatch: (() => void) | undefined;
}

function newPump({ settings, clock, feed, ingest, intake, skip, careful, afterTurn, onBatch }: PumpParts): Pump {
  const table = ingest.cascade.instruments;
  const indexOf = Int32Array.from(feed.instruments, ({ token }) => table.indexOf(token));
  const sources: string[] = [];
  feed.instruments.forEach((_, k) => (sources[indexOf[k] as number] = feed.sourceOf(k)));
  return new Pump({
    feed,
    ingest,
    intake,
    clock,
    batch: new TickBatch(settings.feed.batchTicks, feed.kind === 'realtime'),
    indexOf,
    skip,
    careful,
    snapshotEveryTicks: settings.store.snapshotEveryTicks,
    snapshotEveryMs: settings.store.snapshotEverySeconds * 1_000,
    idleMsMax: IDLE_MS_MAX,
    afterTurn,
    onBatch,
    sourceOf: (instrument) => sources[instrument] ?? '',
  });
}
