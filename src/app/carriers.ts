// What carries things from the store to the servers that are shared, and back, while the pipeline runs: messages to the log and
// from it, how far its groups have come, and views to Redis.
import { Bridge } from '#engine/bridge.ts';
import { GroupPlaces } from '#engine/group-places.ts';
import { type FeedRow } from '#engine/pump.ts';
import { type Committed } from '#engine/ingest.ts';
import { groupsReading, takesFromOutside, type StageName } from '#engine/pipeline.ts';
import { Publisher } from '#engine/publisher.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type PartitionOffset } from '#ports/store.ts';
import { MARKET_TICKS, topicsOf } from '#wire/topics.ts';
import { type PostgresStore } from '#adapters/postgres/store.ts';
import { ViewServer } from '#adapters/redis/view-server.ts';
import { type Settings } from './config/settings-schema.ts';
import { type FoundationOptions } from './foundation.ts';
import { HotViews, type ViewName } from './hot-views.ts';
import { type OpenPart } from './parts.ts';
import { redisOf } from './redis-check.ts';

/** How long the end waits for what is not published yet; what is left then is published by the next start. */
const DRAIN_MS_MAX = 8_000;
/** What carries messages between the store and the shared log while the pipeline runs. */
export class Carriers {
  readonly #options: FoundationOptions;
  readonly #publisher: Publisher;
  readonly #bridge: Bridge;
  readonly #places: GroupPlaces;
  readonly #server: ViewServer;
  readonly #views: HotViews;
  readonly #stopping = new AbortController();
  readonly #failing = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: FoundationOptions, store: PostgresStore, log: EventLog, origin: string, part?: OpenPart) {
    const { settings, clock, logger } = options;
    this.#options = options;
    const common = { log, clock, logger, random: Math.random };
    const { fellows, stages, deployment } = part ?? {};
    this.#publisher = new Publisher({
      ...common,
      store,
      group: outboxGroup(settings),
      ...(fellows !== undefined && { sign: fellows.sign.bind(fellows) }),
      ...(stages !== undefined && { publishesTicks: stages.includes('market_feed') }),
    });
    const topics = topicsOf(settings.activeBrokers).filter(
      (name) => !name.startsWith(MARKET_TICKS) && !isLetters(name),
    );
    this.#bridge = new Bridge({
      ...common,
      inbox: store.inbox(),
      topics,
      origin: deployment === undefined ? origin : `${deployment.id}/`,
      ...(fellows !== undefined && { fellows }),
      ...(stages !== undefined && { takesFromOutside: (name: string) => takesFromOutside(stages, name) }),
    });
    this.#places = new GroupPlaces({
      ...common,
      groupsOf: groupsReading(settings.redpanda.groupIdPrefix, stages),
      places: async () => [...this.#bridge.places(), ...(await tickPlaces(store, log, part))],
    });
    this.#server = new ViewServer({ ...redisOf(settings), trouble: () => undefined });
    this.#views = new HotViews({
      server: this.#server,
      store,
      brokers: settings.activeBrokers,
      views: viewsOf(stages),
      clock,
    });
  }

  /** Aborted with what has failed for good. */
  get failure(): AbortSignal {
    return this.#failing.signal;
  }

  behindMs(): number {
    return this.#publisher.behindMs();
  }

  async open(): Promise<void> {
    await this.#bridge.open();
  }

  begin(): void {
    const { signal } = this.#stopping;
    const run = (work: Promise<void>): Promise<void> => work.catch((error: unknown) => this.#failing.abort(error));
    const carriers = [this.#publisher, this.#bridge, this.#places, this.#views];
    this.#running = Promise.all(carriers.map((carrier) => run(carrier.run(signal))));
  }

  committed({ rows }: Committed): void {
    this.#publisher.wake();
    this.#views.committed(rows);
  }

  /** Ends all of it, and publishes what is left while the log takes it. */
  async end(): Promise<void> {
    const { clock, logger } = this.#options;
    this.#stopping.abort();
    await this.#running;
    await this.#server.close();
    if (this.failure.aborted) return;
    const over = new AbortController();
    const late = clock.sleep(DRAIN_MS_MAX, over.signal).then(() => over.abort());
    const whole = await this.#publisher.drain(over.signal).finally(() => over.abort());
    await late;
    if (!whole) logger.warning('Not everything that was committed is published; the next start goes on with it');
  }
}

/** The views whose rows a process writes. */
function viewsOf(stages: readonly StageName[] | undefined): readonly ViewName[] {
  const has = (stage: StageName): boolean => stages?.includes(stage) !== false;
  const books: readonly ViewName[] = has('portfolio_manager') ? ['portfolio'] : [];
  return has('trading_engine') ? [...books, 'orders'] : books;
}

/** How far the ticks were read: where they are made, everything that stands in the log has been taken already. */
async function tickPlaces(store: PostgresStore, log: EventLog, part?: OpenPart): Promise<readonly PartitionOffset[]> {
  const places = (offsets: readonly number[]): readonly PartitionOffset[] =>
    offsets.map((offset, partition) => ({ topic: MARKET_TICKS, partition, offset }));
  if (part === undefined || part.stages.includes('market_feed')) {
    const partitions = (await log.partitions?.(MARKET_TICKS)) ?? 1;
    const ranges = Array.from({ length: partitions }, (_, partition) => log.range(MARKET_TICKS, partition));
    return places((await Promise.all(ranges)).map(({ end }) => end));
  }
  const kept = store.row('feed', 'market', 'position');
  const position = kept === undefined ? undefined : (JSON.parse(kept) as FeedRow).position;
  return places((position as { readonly offsets?: readonly number[] } | undefined)?.offsets ?? []);
}

export function outboxGroup({ redpanda }: Settings): string {
  return `${redpanda.groupIdPrefix}.outbox`;
}

function isLetters(topic: string): boolean {
  return topic.endsWith('.dlq');
}
