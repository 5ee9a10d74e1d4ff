// The distributed profile: PostgreSQL holds what the embedded profile keeps in a file, Kafka or Redpanda the log that
// processes share, Redis what may be lost. The pipeline is the same; beside it a publisher and a bridge carry messages
// between the store and the shared log.
import { missingTopics, planTopics, type TopicPlan } from '#adapters/kafka/topics.ts';
import { openPostgresDeployment, partsIn, schemaOfPart } from '#adapters/postgres/deployment.ts';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from '#adapters/postgres/store.ts';
import { SECOND_MS } from '#core/time.ts';
import { Fellows } from '#engine/fellows.ts';
import { glanced } from '#engine/health.ts';
import { FELLOWS_GROUP, type Deployment } from '#ports/deployment.ts';
import { LogError, type EventLog } from '#ports/event-log.ts';
import { StoreError } from '#ports/store.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { Carriers, outboxGroup } from './carriers.ts';
import { type Settings } from './config/settings-schema.ts';
import { StoodByError, type Foundation, type FoundationOptions } from './foundation.ts';
import { kafkaOf } from './kafka-connection.ts';
import { partName, type OpenPart, type PartOptions } from './parts.ts';
import { checkRedis } from './redis-check.ts';
import { openSharedLog } from './shared-log.ts';

/** A log that is away is tried again without end; one try must not outlast the end. */
const APPEND_MS_MAX = 5_000;
/** How often a process that stands by looks whether the store is free. */
const STAND_BY_MS = 500;

/** The topics of the active brokers. */
export function topicPlanOf(settings: Settings, sizes: Parameters<typeof planTopics>[1] = {}): readonly TopicPlan[] {
  return planTopics(
    settings.brokers.map(({ id, mode }) => ({ id, live: mode === 'live' })),
    sizes,
  );
}

/** Opens the store and the log. Throws `StoreError` or `LogError`. */
export async function openDistributed(options: FoundationOptions): Promise<Foundation> {
  const { settings } = options;
  await demandTopics(settings);
  const { store, origin, joined } = await openStore(options);
  const log = openSharedLog(settings, options.logger, { origin, appendMsMax: APPEND_MS_MAX });
  try {
    const inbox = store.inbox();
    const part = joined === undefined ? undefined : { ...joined, log };
    const carriers = new Carriers(options, store, log, origin, part);
    await carriers.open();
    const redis = checkRedis(settings, options.logger);
    return {
      store,
      inbox,
      ...(part !== undefined && { part }),
      checks: [
        { component: 'database', scope: 'infrastructure', run: () => checkStore(store, options) },
        redis.check,
        glanced({ component: 'redpanda', scope: 'infrastructure', run: () => checkLog(log, settings) }),
      ],
      failure: carriers.failure,
      behindMs: () => carriers.behindMs(),
      begin: () => carriers.begin(),
      committed: (committed) => carriers.committed(committed),
      close: async () => {
        try {
          await carriers.end();
        } finally {
          // What stays open would keep the process alive.
          await Promise.allSettled([log.close(), redis.close()]);
          part?.deployment.close();
          store.close();
        }
      },
    };
  } catch (error) {
    await log.close();
    joined?.deployment.close();
    store.close();
    throw error;
  }
}

/** The store of what runs here, and what names it in the log. */
interface OpenedStore {
  readonly store: PostgresStore;
  readonly origin: string;
  readonly joined: Omit<OpenPart, 'log'> | undefined;
}

async function openStore(options: FoundationOptions): Promise<OpenedStore> {
  const { settings, clock, part } = options;
  const { postgresUrl } = settings.database;
  const tables = { now: () => clock.now(), ...tablesOf(settings) };
  if (part !== undefined) return openPartStore(options, part, tables);
  const [before] = partsIn(postgresUrl);
  if (before !== undefined) {
    const found = `its stages run apart, ${before.stages.join(', ')} in a process of their own`;
    throw new StoreError(
      'LOCKED',
      `In this database ${found}; start with --stages as before, or use another database.`,
    );
  }
  const store = openPostgresStore(postgresUrl, tables);
  return { store, origin: store.origin(), joined: undefined };
}

async function openPartStore(
  options: FoundationOptions,
  part: PartOptions,
  tables: PostgresStoreOptions,
): Promise<OpenedStore> {
  const { settings } = options;
  const { postgresUrl } = settings.database;
  const name = partName(part.stages);
  const store = await takeOver(options, () =>
    openPostgresStore(postgresUrl, { ...tables, schema: schemaOfPart(name) }),
  );
  const migrates = tables.schemaManagement === 'auto';
  let deployment: Deployment | undefined;
  try {
    deployment = openPostgresDeployment(postgresUrl, { outboxGroup: outboxGroup(settings), migrates });
    deployment.enter({ part: name, stages: part.stages });
    const others = deployment
      .parts()
      .map((other) => [other.part, store.committed(FELLOWS_GROUP, other.part) ?? 0] as const);
    const fellows = new Fellows({ self: name, secret: deployment.secret, taken: new Map(others) });
    return { store, origin: `${deployment.id}/${name}`, joined: { ...part, name, deployment, fellows } };
  } catch (error) {
    deployment?.close();
    store.close();
    throw error;
  }
}

/** Opens the store of a part, however long another process writes it: this one takes over when that ends. */
async function takeOver(options: FoundationOptions, open: () => PostgresStore): Promise<PostgresStore> {
  const { clock, logger, signal } = options;
  for (let waited = false; ; waited = true) {
    try {
      return open();
    } catch (error) {
      const isHeld = error instanceof StoreError && error.code === 'LOCKED';
      if (!isHeld) throw error;
      if (signal?.aborted === true) throw new StoodByError('told to stop while another process writes the store');
      if (!waited) logger.info(`Standing by: ${error.message}`);
    }
    await clock.sleep(STAND_BY_MS, signal);
  }
}

/** Who makes the tables: this start outside production, and otherwise a person with `alpha-panda migrate`. */
export function tablesOf({
  database,
  environment,
}: Pick<Settings, 'database' | 'environment'>): Required<
  Pick<PostgresStoreOptions, 'schemaManagement' | 'verifyMigrations'>
> {
  const { schemaManagement, verifyMigrations } = database;
  const makes = schemaManagement === 'create_all' || (schemaManagement === 'auto' && environment !== 'production');
  return { schemaManagement: makes ? 'auto' : 'migrations_only', verifyMigrations };
}

async function demandTopics(settings: Settings): Promise<void> {
  const missing = await missingTopics(kafkaOf(settings), topicPlanOf(settings));
  if (missing.length === 0) return;
  const [first, second] = missing;
  const some = missing.length > 2 ? `${first}, ${second} and ${missing.length - 2} more` : missing.join(' and ');
  const text = `the log lacks the topics ${some}; create them with: alpha-panda topics bootstrap`;
  throw new LogError('MISSING_TOPIC', text);
}

function checkStore(
  store: PostgresStore,
  { settings, clock }: FoundationOptions,
): { readonly passed: boolean; readonly message: string } {
  const from = clock.monotonicMs();
  store.ping();
  const inputs = store.lastSeq();
  // The store answers on this thread, so nothing can interrupt it: what took too long is found afterwards.
  const tookSeconds = (clock.monotonicMs() - from) / SECOND_MS;
  const most = settings.healthChecks.databaseConnectionTimeoutSeconds;
  if (tookSeconds > most) {
    const text = `PostgreSQL took ${tookSeconds.toFixed(1)} s to answer, at most ${most} s are allowed; check the server`;
    return { passed: false, message: text };
  }
  return { passed: true, message: `the store in PostgreSQL is open with ${inputs} inputs, fsync ${store.fsync()}` };
}

async function checkLog(
  log: EventLog,
  { redpanda }: Settings,
): Promise<{ readonly passed: boolean; readonly message: string }> {
  const { end } = await log.range(MARKET_TICKS);
  const servers = redpanda.bootstrapServers.join(', ');
  return { passed: true, message: `${servers} answer; ${MARKET_TICKS} ends at ${end} in its first partition` };
}
