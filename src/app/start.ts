// `alpha-panda start`: configuration, then everything in order, then the pipeline until it is told to stop.
import { systemClock } from '#adapters/clock/system-clock.ts';
import { loadCalendar } from '#adapters/calendar-files/calendar-files.ts';
import { type PlatformMetrics } from '#adapters/prometheus/platform-metrics.ts';
import { type LogTelemetry } from '#adapters/telemetry/telemetry.ts';
import { startServer, type Server } from '#api/server.ts';
import { type HealthMonitor } from '#engine/health.ts';
import { type Committed } from '#engine/ingest.ts';
import { isDone } from '#engine/lockstep.ts';
import { type Pump } from '#engine/pump.ts';
import { groupsReading } from '#engine/pipeline.ts';
import { type AccessStore } from '#ports/access.ts';
import { type Clock } from '#ports/clock.ts';
import { tellLastWord } from './alerting/last-word.ts';
import { alertWatch, type AlertWatch } from './alerting/open-alert-watch.ts';
import { Application, type Part } from './application.ts';
import { audited, startTrail } from './audit/platform-trail.ts';
import { type Trail } from './audit/trail.ts';
import { type TrailCheck } from './audit/trail-check.ts';
import { trailWatch } from './audit/trail-watch.ts';
import { type Settings } from './config/settings-schema.ts';
import { isLoopback } from './config/loopback.ts';
import { closePipeline, openPipeline, watchDefects, type Pipeline } from './pipeline.ts';
import { Freshness } from './freshness.ts';
import { healthMonitor, repeatChecks } from './health.ts';
import { demandStep, settingsApart, type OpenPart, type PartOptions } from './parts.ts';
import { preflightChecks } from './preflight.ts';
import { CALENDARS, DASHBOARD, version } from './project.ts';
import { keepWithinLimits } from './retention.ts';
import { apiCommands } from './serving/api-commands.ts';
import { dashboardFiles } from './serving/dashboard-files.ts';
import { corsOf, openApiAccess } from './serving/api-access.ts';
import { measuredBy, metricsOf } from './serving/metrics.ts';
import { metricsSample, type SampleSource } from './serving/metrics-sample.ts';
import { StoreReading } from './serving/store-reading.ts';
import { webhooksOf } from './serving/webhooks.ts';
import { explain, StartRefused } from './start-error.ts';
import { StopSignal } from './stop-signal.ts';
import { runSubscriptions, type RunningSubscriptions } from './subscriptions/run-subscriptions.ts';
import { deploymentsOf } from './serving/deployments-in-force.ts';
import { loadStrategies } from './strategies.ts';
import { openTelemetry } from './telemetry.ts';
import { openTraces, type OpenTraces } from './tracing/open-traces.ts';
import { TradingLog } from './trading-log.ts';

export interface StartOptions {
  readonly settings: Settings;
  /** Sentences that the settings ask to be told. */
  readonly notices: readonly string[];
  /** End when a tape is done; listen only when the port was asked for. */
  readonly once: boolean;
  readonly listen: boolean;
  /** Which stages run here; all of them when it is not said. */
  readonly part?: PartOptions | undefined;
  /** Every setting by its name, secrets masked, for whoever asks later. */
  readonly inForce?: Readonly<Record<string, string>> | undefined;
}

/** Runs the platform until it is stopped or, with `once`, the tape is done. Returns the exit code. */
export async function runStart(given: StartOptions): Promise<number> {
  if (given.part !== undefined) demandStep(given.part);
  const options = given.part === undefined ? given : { ...given, settings: settingsApart(given.settings) };
  const clock = systemClock();
  const telemetry = openTelemetry(options.settings, clock);
  const logger = telemetry.logger('main');
  const stop = new StopSignal(logger);
  try {
    return await runPlatform(options, clock, telemetry, stop);
  } catch (error) {
    return explain(error, logger);
  } finally {
    stop.dispose();
    await telemetry.close();
  }
}

async function runPlatform(
  { settings, notices, once, listen, part, inForce }: StartOptions,
  clock: Clock,
  telemetry: LogTelemetry,
  stop: StopSignal,
): Promise<number> {
  const logger = telemetry.logger('main');
  logger.info(`Managing active brokers: [${settings.brokers.map(({ id }) => `'${id}'`).join(', ')}]`);
  for (const notice of notices) logger.info(notice);
  if (part !== undefined) logger.info(`Running the stages ${part.stages.join(', ')}; the others run elsewhere`);
  const platform = new Platform(settings, clock, telemetry, { listen, part, inForce, stop: stop.signal });
  const application = new Application(platform.parts(), clock, logger);
  await application.start();
  try {
    logger.info('All services started successfully.');
    logger.info('Application is now running. Press Ctrl+C to exit.');
    await platform.run(once, stop.signal);
    return 0;
  } catch (error) {
    await tellLastWord(settings, error, { clock, logger });
    throw error;
  } finally {
    logger.info('Shutting down Alpha Panda application...');
    await application.stop();
    logger.info('Alpha Panda application shutdown complete.');
  }
}

/** How often a part that is done looks whether the others are. */
const LOOK_MS = 200;

interface RunOptions {
  readonly listen: boolean;
  readonly part: PartOptions | undefined;
  readonly inForce: StartOptions['inForce'];
  readonly stop: AbortSignal;
}

class Platform {
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #telemetry: LogTelemetry;
  readonly #run: RunOptions;
  readonly #trading: TradingLog;
  readonly #freshness: Freshness;
  #pipeline: Pipeline | undefined;
  #health: HealthMonitor | undefined;
  /** Only when something listens: it keeps up with every commit. */
  #reading: StoreReading | undefined;
  readonly #metrics: PlatformMetrics | undefined;
  readonly #traces: OpenTraces | undefined;
  #trail: Trail | undefined;
  #trailCheck: TrailCheck | undefined;
  #running = false;
  #alerts: AlertWatch | undefined;
  #subscribed: RunningSubscriptions | undefined;

  constructor(settings: Settings, clock: Clock, telemetry: LogTelemetry, run: RunOptions) {
    this.#settings = settings;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#run = run;
    this.#trading = new TradingLog(telemetry, clock);
    this.#freshness = new Freshness(clock);
    this.#traces = openTraces(settings, clock, telemetry.logger('tracing', 'monitoring'));
    this.#metrics = run.listen ? metricsOf(settings, clock, async () => metricsSample(this.#sampled())) : undefined;
  }

  parts(): readonly Part[] {
    return [
      { name: 'pipeline', start: () => this.#openPipeline() },
      { name: 'pre-flight checks', start: () => this.#preflight() },
      { name: 'audit trail', start: async () => this.#keepTrail() },
      { name: 'alerts', start: async () => this.#watch() },
      { name: 'retention', start: async () => this.#retain() },
      { name: 'api', start: () => this.#serve() },
    ];
  }

  async run(once: boolean, signal: AbortSignal): Promise<void> {
    const pipeline = this.#opened();
    this.#freshness.begin(pipeline.ingest.cascade.at);
    this.#running = true;
    const run = watchDefects(pipeline, this.#settings, async () => this.#feed(pipeline, once, signal));
    await Promise.race([run, failureOf(pipeline.foundation.failure)]);
    this.#running = false;
  }

  async #feed(
    { pump, feed, finished, intake, foundation }: Pipeline,
    once: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const ended = finished ? 'finished' : await pump.run(signal);
    const { used, refused } = feed.counts();
    const counts = Object.entries(refused).map(([reason, count]) => `${reason}=${count}`);
    const { duplicates, deadLettered } = intake.counts();
    const fields = { used, ...refused, duplicate_messages: duplicates, dead_lettered: deadLettered };
    this.#telemetry.logger('market_feed').info(`Feed ${ended}: used=${used} ${counts.join(' ')}`, fields);
    if (ended !== 'finished') return;
    if (!once) return pump.serve(signal);
    // What the other parts still decide concerns this one too.
    if (foundation.part !== undefined) await this.#serveUntilAllIsDone(pump, foundation.part, signal);
  }

  async #serveUntilAllIsDone(pump: Pump, { deployment }: OpenPart, signal: AbortSignal): Promise<void> {
    const done = new AbortController();
    const serving = pump.serve(AbortSignal.any([signal, done.signal]));
    while (!signal.aborted && !isDone(deployment.look())) await this.#clock.sleep(LOOK_MS, signal);
    done.abort();
    await serving;
  }

  #opened(): Pipeline {
    if (this.#pipeline === undefined) throw new Error('the pipeline is used before it was opened');
    return this.#pipeline;
  }

  async #openPipeline(): Promise<() => Promise<void>> {
    const logger = this.#telemetry.logger('main');
    const strategies = await loadStrategies(this.#settings.strategiesDir);
    const committed = (batch: Committed): void => {
      this.#trading.onCommitted(batch);
      this.#freshness.onCommitted(batch);
      this.#reading?.onCommitted(batch);
      this.#metrics?.onCommitted(batch, this.#pipeline && marketAgeMs(this.#pipeline));
      this.#traces?.traces.onCommitted(batch.events);
      if (batch.messages > 0) this.#trail?.onCommitted();
      this.#alerts?.onCommitted(batch);
    };
    const { part, stop: signal } = this.#run;
    const parts = { settings: this.#settings, strategies, clock: this.#clock, committed, part, signal };
    const pipeline = await openPipeline({
      ...parts,
      logger: this.#telemetry.logger('strategy_runner'),
      measured: measuredBy(this.#metrics?.times, this.#traces?.traces, this.#clock),
      stageLogger: logger,
      brokerLogger: this.#telemetry.logger('broker_gateway'),
    });
    this.#pipeline = pipeline;
    const { instruments } = pipeline.ingest.cascade;
    this.#trading.symbolOf = (token) => instruments.list()[instruments.indexOf(token)]?.symbol ?? `${token}`;
    const { fromSnapshot, replayedInputs } = pipeline.recovered;
    logger.info('Database initialized', { snapshot: fromSnapshot, replayed_inputs: replayedInputs });
    return async () => {
      await closePipeline(pipeline);
      await this.#traces?.close();
    };
  }

  async #preflight(): Promise<() => void> {
    const logger = this.#telemetry.logger('main');
    const settings = this.#settings;
    const calendar = loadCalendar(settings.execution.calendar, CALENDARS);
    const context = { pipeline: this.#opened(), clock: this.#clock, freshness: this.#freshness };
    const checks = [...preflightChecks({ ...context, settings, calendar }), trailWatch(() => this.#trail?.reader)];
    const health = healthMonitor(checks, settings.monitoring, this.#clock);
    this.#health = health;
    logger.info('Conducting system pre-flight health checks...');
    for (const { component, passed, message, scope } of await health.run()) {
      if (passed) logger.info(`Health check PASSED for ${component}: ${message}`);
      else if (scope === 'information') logger.warning(`Health check FAILED for ${component}: ${message}`);
      else logger.error(`Health check FAILED for ${component}: ${message}`);
    }
    if (!health.healthy) {
      logger.critical('System health checks failed. Application will not start.');
      logger.critical('Please fix the configuration or infrastructure issues above and restart.');
      throw new StartRefused('pre-flight checks failed');
    }
    logger.info('All health checks passed. Proceeding with remaining service startup...');
    return repeatChecks(health, settings.monitoring, this.#clock);
  }

  #watch(): () => Promise<void> {
    if (this.#health === undefined) throw new Error('nothing can be watched before it was checked');
    const logger = this.#telemetry.logger('alerts', 'monitoring');
    const watched = { pipeline: this.#opened(), health: this.#health, running: () => this.#running };
    const dead = (): ReturnType<RunningSubscriptions['dead']> => this.#subscribed?.dead() ?? [];
    const { watch, deliveries } = alertWatch({
      ...watched,
      settings: this.#settings,
      clock: this.#clock,
      logger,
      dead,
    });
    this.#alerts = watch;
    const ended = new AbortController();
    const run = watch.run(ended.signal);
    return async () => {
      ended.abort();
      await run;
      deliveries.close();
    };
  }

  #retain(): () => void {
    const ended = new AbortController();
    const logger = this.#telemetry.logger('retention', 'database');
    const { store } = this.#opened();
    void keepWithinLimits({ store, limits: this.#settings.store, clock: this.#clock, logger }, ended.signal);
    return () => ended.abort();
  }

  #keepTrail(): () => void {
    const { part, inForce = {} } = this.#run;
    const started = {
      version: version(),
      brokers: this.#settings.activeBrokers,
      stages: part?.stages,
      settings: inForce,
    };
    const { trail, check, stop } = startTrail({
      settings: this.#settings,
      log: this.#opened().store,
      clock: this.#clock,
      logger: this.#telemetry.logger('audit_trail', 'audit'),
      part,
      started,
    });
    this.#trail = trail;
    this.#trailCheck = check;
    return stop;
  }

  async #serve(): Promise<() => Promise<void>> {
    const [health, alerts, trail, check] = [this.#health, this.#alerts, this.#trail, this.#trailCheck];
    const isReady = health !== undefined && alerts !== undefined && trail !== undefined && check !== undefined;
    if (!this.#run.listen || !isReady) return async () => undefined;
    const { api, brokers } = this.#settings;
    const { store, ingest, foundation } = this.#opened();
    const namespaces = (): ReturnType<typeof ingest.cascade.namespaces> => ingest.cascade.namespaces();
    this.#reading = new StoreReading({
      store,
      brokers,
      plan: () => ingest.cascade.plan,
      namespaces,
      deployments: deploymentsOf(this.#settings, { store, inbox: foundation.inbox }),
    });
    const logger = this.#telemetry.logger('api');
    const audit = this.#telemetry.logger('api', 'audit');
    const writtenDown = audited(audit, trail);
    const guarded = openApiAccess(this.#settings, this.#clock, logger);
    const commands = apiCommands(this.#settings, { store, inbox: foundation.inbox });
    const metrics = this.#metrics;
    const subscribed = guarded && this.#tellOthers(guarded.store, alerts);
    const server: Server = await startServer({
      ...this.#sampled(),
      host: api.host,
      port: api.port,
      loopback: isLoopback(api.host),
      version: version(),
      nowMs: () => this.#clock.monotonicMs(),
      now: () => this.#clock.now(),
      access: guarded?.access,
      alerts,
      writing: guarded && { commands, answers: guarded.store },
      metrics: metrics && (async () => metrics.text()),
      audit: (event, fields) => {
        alerts.onAudited(event, fields);
        writtenDown(event, fields);
      },
      trail: trail.reader,
      trailState: () => check.look(),
      logs: this.#telemetry.search,
      subscriptions: subscribed?.book,
      webhooks: guarded && webhooksOf(this.#settings, guarded.store, foundation.inbox, this.#clock),
      cors: corsOf(this.#settings),
      pages: dashboardFiles(DASHBOARD),
      failed: (error) => logger.error('A request could not be answered', { error }),
    });
    logger.info(`Listening on ${server.address}`);
    subscribed?.begin();
    return async () => {
      await server.close();
      await subscribed?.stop();
      metrics?.close();
      guarded?.store.close();
    };
  }

  #tellOthers(access: AccessStore, alerts: AlertWatch): RunningSubscriptions {
    const parts = { settings: this.#settings, access, log: this.#opened().store, alerts: () => alerts.list() };
    this.#subscribed = runSubscriptions({
      ...parts,
      clock: this.#clock,
      logger: this.#telemetry.logger('subscriptions'),
    });
    return this.#subscribed;
  }

  /** What the API tells of, and the metrics look at. */
  #sampled(): SampleSource {
    const { store, stages } = this.#opened();
    if (this.#health === undefined || this.#reading === undefined)
      throw new Error('nothing can be told before the start');
    return {
      store,
      brokers: this.#settings.brokers.map(({ id }) => id),
      health: this.#health,
      stages: () => stages.status(),
      running: () => this.#running,
      reading: this.#reading,
      groupsOf: groupsReading(this.#settings.redpanda.groupIdPrefix),
      knownAlerts: () => this.#alerts?.list() ?? [],
      droppedLogLines: () => this.#telemetry.droppedLines,
    };
  }
}

/** How old the newest tick is by the market's own time; undefined where only ticks tell it. */
function marketAgeMs({ feed, ingest }: Pipeline): number | undefined {
  const now = feed.now?.();
  return now && now - ingest.cascade.at;
}

/** Rejects when the signal is aborted. */
function failureOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
