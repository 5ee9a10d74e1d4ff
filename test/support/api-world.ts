// A platform that played a short tape in four namespaces and now answers over HTTP, on a port of the system's choice, in
// the test's own process: what the API says can be held against the store that it says it of.
import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openMemoryAccess } from '#adapters/memory/access.ts';
import { openMemoryAudit } from '#adapters/memory/audit.ts';
import { LogFiles } from '#adapters/telemetry/log-files.ts';
import { TextCleaner } from '#adapters/telemetry/redaction.ts';
import { TrailCheck } from '#app/audit/trail-check.ts';
import { closePipeline, openPipeline, type Pipeline } from '#app/pipeline.ts';
import { apiCommands } from '#app/serving/api-commands.ts';
import { deploymentsOf } from '#app/serving/deployments-in-force.ts';
import { subscriptionBook } from '#app/serving/subscriptions.ts';
import { webhooksOf } from '#app/serving/webhooks.ts';
import { StoreReading } from '#app/serving/store-reading.ts';
import { loadStrategies } from '#app/strategies.ts';
import { Dispatcher } from '#app/subscriptions/dispatcher.ts';
import { Subscriptions } from '#app/subscriptions/subscriptions.ts';
import { Hooks } from '#app/webhooks/hooks.ts';
import { Sealer } from '#app/access/sealed.ts';
import type { Route } from '#api/route.ts';
import type { Alerts } from '#api/alert-routes.ts';
import { startServer, type ServerOptions } from '#api/server.ts';
import type { SubscriptionBook } from '#api/subscription-routes.ts';
import { AlertBook } from '#core/alerts/alert-book.ts';
import type { EpochMs } from '#core/time.ts';
import { HealthMonitor } from '#engine/health.ts';
import type { AccessStore } from '#ports/access.ts';
import { silentLogger } from '#ports/telemetry.ts';
import { StepClock } from '../settings/platform-run.ts';
import { settingsOf, type Env } from '../settings/settings-run.ts';
import { OPEN } from './builders.ts';
import { temporaryFolder, writeTape } from './tape-builder.ts';

export const API_BROKERS = ['desk_four', 'paper', 'paper_two', 'zerodha'];

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Env;
  readonly body?: string | Uint8Array;
}

export interface ApiWorld {
  readonly pipeline: Pipeline;
  readonly port: number;
  readonly registered: ReadonlySet<string>;
  /** The table of what is answered. */
  readonly routes: readonly Route[];
  /** What the server said should not have happened. */
  readonly failures: readonly Error[];
  readonly play: () => Promise<void>;
  /** Takes what waits in the inbox, as the pipeline does before its next ticks. */
  readonly takeWaiting: () => void;
  readonly close: () => Promise<void>;
  /** Asks as it stands: the path is not made right, the headers are sent as they are. */
  readonly ask: (path: string, init?: Asked) => Promise<Answer>;
}

export interface WorldOptions {
  /** One that was used before is gone on with. */
  readonly dataDir?: string;
  /** False leaves playing to the test. */
  readonly playing?: boolean;
  /** Where answers to writes are kept; without it nothing is ordered. */
  readonly answers?: AccessStore;
  /** Settings beside those of this world. */
  readonly env?: Env;
}

/** Three stocks with a row a second from the open on. */
function tapeOfThree(t: TestContext, rows: number): string {
  const text = (second: number): string => new Date(OPEN + second * 1_000 + 19_800_000).toISOString().slice(0, 19);
  const lines = (price: number): string[] =>
    Array.from({ length: rows }, (_, k) => `${text(k).replace('T', ' ')},${price + (k % 9) * 0.05},${k * 10}`);
  return `tape:${writeTape(temporaryFolder(t), { INFY: lines(1_400), RELIANCE: lines(2_800), TCS: lines(3_900) })}`;
}

export async function apiWorld(
  t: TestContext,
  options: Partial<ServerOptions> = {},
  { dataDir, playing = true, answers, env = {} }: WorldOptions = {},
): Promise<ApiWorld> {
  const opened: (() => Promise<void>)[] = [];
  // Before the folder goes: hooks run in the order in which they were given.
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).toReversed()) await part();
  };
  t.after(close);
  const settings = settingsOf({
    ACTIVE_BROKERS: JSON.stringify(API_BROKERS),
    BROKERS__PAPER_TWO__KIND: 'paper',
    BROKERS__DESK_FOUR__KIND: 'zerodha',
    DATA_DIR: dataDir ?? join(temporaryFolder(t), 'data'),
    FEED__SPEED: 'max',
    FEED__SOURCE: tapeOfThree(t, 400),
    ...env,
  });
  const clock = new StepClock();
  const told: StoreReading[] = [];
  const pipeline = await openPipeline({
    settings,
    strategies: await loadStrategies(settings.strategiesDir),
    clock,
    committed: (batch) => told.forEach((reading) => reading.onCommitted(batch)),
    logger: silentLogger,
  });
  opened.push(async () => closePipeline(pipeline));
  const { store, ingest, stages, foundation } = pipeline;
  const reading = new StoreReading({
    store,
    brokers: settings.brokers,
    plan: () => ingest.cascade.plan,
    namespaces: () => ingest.cascade.namespaces(),
    deployments: deploymentsOf(settings, { store, inbox: foundation.inbox }),
  });
  told.push(reading);
  const failures: Error[] = [];
  const trail = options.trail ?? openMemoryAudit();
  const check = new TrailCheck({
    trail,
    log: undefined,
    now: () => clock.ms,
    failed: (error) => failures.push(error as Error),
  });
  const server = await startServer({
    host: '127.0.0.1',
    port: 0,
    version: '0',
    loopback: true,
    brokers: settings.brokers.map(({ id }) => id),
    health: new HealthMonitor([], clock, 1_000),
    stages: () => stages.status(),
    running: () => true,
    reading,
    // Slow enough that nobody asks too often.
    nowMs: () => (clock.ms += 20),
    now: () => clock.ms,
    access: undefined,
    writing: answers && { commands: apiCommands(settings, { store, inbox: foundation.inbox }), answers },
    alerts: alertsOf(clock),
    audit: () => undefined,
    trail,
    trailState: () => check.look(),
    logs: new LogFiles({
      logsDir: join(temporaryFolder(t), 'logs'),
      multiChannelEnabled: true,
      cleaner: new TextCleaner([]),
      flush: async () => undefined,
    }),
    subscriptions: bookOf(
      answers ?? openMemoryAccess(),
      { store, brokers: settings.brokers.map(({ id }) => id) },
      clock,
    ),
    webhooks: answers && webhooksOf(settings, answers, foundation.inbox, { now: () => options.now?.() ?? clock.ms }),
    metrics: async () => 'up 1\n',
    cors: { origins: [], methods: [], headers: [], credentials: false },
    failed: (error) => failures.push(error),
    ...options,
  });
  opened.push(async () => server.close());
  const play = async (): Promise<void> => {
    if (!pipeline.finished) await pipeline.pump.run(new AbortController().signal);
  };
  if (playing) await play();
  const port = Number(new URL(server.address).port);
  return {
    pipeline,
    port,
    registered: server.registered,
    routes: server.routes,
    failures,
    play,
    takeWaiting: () => {
      pipeline.intake.takeWaiting(1_000);
      ingest.commit(false);
    },
    close,
    ask: async (path, init) => ask(port, path, init),
  };
}

async function ask(port: number, path: string, init: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = init;
    const sent = request({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Subscriptions that can be changed, to which nothing is sent. */
function bookOf(
  access: AccessStore,
  log: Pick<ConstructorParameters<typeof Dispatcher>[0], 'store' | 'brokers'>,
  clock: StepClock,
): SubscriptionBook {
  const sealer = new Sealer(settingsOf({}).auth.secretKey);
  const now = (): number => clock.now();
  const subscriptions = new Subscriptions(access, sealer, now);
  const dispatcher = new Dispatcher({ ...log, subscriptions, clock, logger: silentLogger, alerts: () => [] });
  return subscriptionBook(dispatcher, subscriptions, new Hooks(access, sealer, now));
}

/** One alert of a namespace, one of another and one of none. */
function alertsOf(clock: StepClock): Alerts {
  const at = 0 as EpochMs;
  const book = new AlertBook({ quietUntil: at, repeatMs: 0, escalateMs: [], keep: 100 });
  const about = { subject: 'alpha', text: 'FUNDS' };
  book.raise({ ...about, code: 'ORDER_REJECTED', broker: 'paper' }, at);
  book.raise({ ...about, code: 'ORDER_REJECTED', broker: 'desk_four' }, at);
  book.raise({ ...about, code: 'DISK_FULL', broker: undefined }, at);
  book.due(at);
  return {
    list: () => book.list(),
    acknowledge: (id, who, why) => book.acknowledge(id, who, why, clock.now()),
  };
}
