// The five stages as services: each is built from its row of the pipeline's table with the builder that any service uses.
// What they hand each other in memory does not come this way; what comes from outside does, whoever keeps the log.
import { type BrokerId } from '#core/ids.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { groupId, PIPELINE, topicsOfGroup, type StageName, type StageRow } from './pipeline.ts';
import { WHOLE, type Part } from './part.ts';
import {
  StreamServiceBuilder,
  type ServiceMessage,
  type ServiceSettings,
  type ServiceStatus,
  type StreamService,
} from './stream-service.ts';

/** Where the stages live: the cascade with its shell. */
export interface StageHost {
  /**
   * Takes a message of the log in, for every stage of its namespace at once. One that was taken before, or that a stage
   * of this process decided, is recognised by its id and changes nothing. Resolves when what follows is durable, or
   * returns when the commit at hand will hold it.
   */
  take(message: ServiceMessage, topic: string): unknown;
  /** Messages that a topic has got since the start; what the cascade decided counts. */
  received(topic: string): number;
  /** Messages of a topic that went to the dead letters since the start. */
  refused(topic: string): number;
  readonly warmedUpInstruments: number;
  readonly pendingSignals: number;
}

export interface StageStatus extends ServiceStatus {
  /** Of the trading engine alone. */
  readonly warmed_up_instruments?: number;
  readonly pending_signals?: number;
}

export class Stages {
  readonly services: readonly StreamService[];
  readonly #brokers: readonly BrokerId[];
  readonly #host: StageHost;
  readonly #rows: readonly StageRow[];

  /** @param part which stages run here; all of them when it is not said */
  constructor(settings: ServiceSettings, host: StageHost, part: Part = WHOLE) {
    this.#rows = PIPELINE.filter(({ name }) => part[name]);
    this.#brokers = settings.brokers;
    this.#host = host;
    this.services = this.#rows.map((row) => buildStage(row, settings, host));
  }

  async start(): Promise<void> {
    for (const service of this.services) await service.start();
  }

  async stop(): Promise<void> {
    for (const service of this.services.toReversed()) await service.stop();
  }

  /** Hands a message from outside to every stage that reads its topic; false when none does. */
  deliver(message: ServiceMessage, topic: string): boolean {
    return this.services.map((service) => service.deliver(message, topic)).includes(true);
  }

  status(): readonly StageStatus[] {
    return this.#rows.map((row, k) => this.#statusOf(row, (this.services[k] as StreamService).status()));
  }

  /** A stage in memory has handled whatever its topics hold: a commit holds all that follows from its inputs. */
  #statusOf(row: StageRow, status: ServiceStatus): StageStatus {
    const topics = topicsOf(row, this.#brokers);
    const { warmedUpInstruments, pendingSignals } = this.#host;
    const ofEngine = { warmed_up_instruments: warmedUpInstruments, pending_signals: pendingSignals };
    return {
      ...status,
      processed_count: topics.reduce((sum, topic) => sum + this.#host.received(topic), 0),
      error_count: status.error_count + topics.reduce((sum, topic) => sum + this.#host.refused(topic), 0),
      ...(row.name === 'trading_engine' ? ofEngine : {}),
    };
  }
}

/** The service of one stage. Its group of a topic is the one whose position commits with the cascade. */
export function buildStage(row: StageRow, settings: ServiceSettings, host: StageHost): StreamService {
  const builder = new StreamServiceBuilder(row.name, settings).withErrorHandling().addProducer();
  for (const group of row.groups) {
    builder.addConsumerHandler({
      topics: topicsOfGroup(group, settings.brokers),
      groupId: groupId(settings.groupIdPrefix, row.name, group.purpose),
      handler: (message, topic) => host.take(message, topic),
    });
  }
  return builder.build();
}

/** What a stage reads; the feed, which reads no topic, answers for what it writes. */
function topicsOf({ name, groups }: StageRow, brokers: readonly BrokerId[]): readonly string[] {
  const feed: StageName = 'market_feed';
  return name === feed ? [MARKET_TICKS] : groups.flatMap((group) => topicsOfGroup(group, brokers));
}
