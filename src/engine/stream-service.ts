// Puts a service on the log: what it reads, what it may send, and what becomes of its errors. It is all that a user's own
// service needs to import; docs/guides/add-a-service.md builds one.
import { type BrokerId } from '#core/ids.ts';
import { type Clock } from '#ports/clock.ts';
import { type EventLog } from '#ports/event-log.ts';
import { type KeyValue } from '#ports/key-value.ts';
import { type Logger } from '#ports/telemetry.ts';
import { type Envelope } from '#wire/envelope.ts';
import { type Producer } from './service-producer.ts';
import { checkPlan } from './service-plan.ts';
import { RunningService } from './running-service.ts';
import { type MetricsReport } from './service-metrics.ts';

/** What a service is given by whoever runs it. */
export interface ServiceSettings {
  readonly brokers: readonly BrokerId[];
  /** The first part of every consumer group's name. */
  readonly groupIdPrefix: string;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly keyValue?: KeyValue;
  /** `memory`: the process hands messages over by `deliver`, and the log is not read; `log` when it is not said. */
  readonly delivery?: 'log' | 'memory';
  /** Draws from 0 to 1, 1 excluded, for the spread of retries; without it they follow from the service's name. */
  readonly random?: () => number;
}

export type ServiceMessage = Envelope<Readonly<Record<string, unknown>>>;

/** What a handler is given besides its message. */
export interface ServiceContext {
  /** The namespace of the message's topic; undefined for market data and at the start. */
  readonly broker: BrokerId | undefined;
  /** Counts the tries at this message, from 1. */
  readonly attempt: number;
  /** Aborted when nobody waits for the handler any more. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
  /** With `addProducer()`. */
  readonly producer: Producer;
  /** With `withRedis()`. */
  readonly keyValue: ServiceKeyValue;
  /** With `withStore()`. */
  readonly store: ServiceStore;
}

/** Values of this service by broker and name. */
export interface ServiceKeyValue {
  get(broker: BrokerId, name: string): Promise<string | undefined>;
  set(broker: BrokerId, name: string, value: string): Promise<void>;
  delete(broker: BrokerId, name: string): Promise<void>;
}

/** What the log holds, to read at will: to rebuild what a service knows when it starts. */
export type ServiceStore = Pick<EventLog, 'read' | 'range'>;

/** Handles a message, or throws. It may be called again with the same message, and then makes the same ids. */
export type ServiceHandler = (message: ServiceMessage, topic: string, context: ServiceContext) => unknown;

export interface ConsumerHandler {
  readonly topics: readonly string[];
  /** One group a service and purpose, for all brokers: `{prefix}.{service}.{purpose}`. */
  readonly groupId: string;
  readonly handler: ServiceHandler;
  /** The topics that the handler may send to; any that the service may write to when it does not say. */
  readonly sends?: readonly string[];
  /** Where a new group begins; when it does not say, at the end of ticks and signals and at the start of all else. */
  readonly from?: 'start' | 'end';
  /** How long one try may take; 30 s when it does not say. */
  readonly timeoutMs?: number;
}

export type StartHandler = (context: ServiceContext) => unknown;

export interface ServiceStatus {
  readonly service_name: string;
  readonly active_brokers: readonly BrokerId[];
  readonly orchestrator_status: { readonly running: boolean; readonly consumers: number; readonly producers: number };
  /** Messages that were handled. */
  readonly processed_count: number;
  /** Attempts that failed. */
  readonly error_count: number;
  /** With `withMetrics()`. */
  readonly metrics?: MetricsReport;
}

export interface StreamService {
  readonly name: string;
  /** Sends outside of handlers, where every message needs an id; throws without `addProducer()`. */
  readonly producer: Producer;
  /** Finds where to go on, runs the start handlers, then reads. Rejects, with nothing left running, when it cannot. */
  start(): Promise<void>;
  /**
   * Hands a message to the handler of its topic at once, with delivery in memory; false when no handler reads the topic.
   * What the handler throws is thrown on.
   */
  deliver(message: ServiceMessage, topic: string): boolean;
  /** Finishes the message at hand, keeps the position and ends, within about ten seconds. Never rejects. */
  stop(): Promise<void>;
  status(): ServiceStatus;
  /** Resolves when the service has ended: to undefined when it was stopped, to the error when it broke. Never rejects. */
  readonly ended: Promise<Error | undefined>;
}

/** What a builder was told. */
export interface ServicePlan {
  readonly name: string;
  readonly settings: ServiceSettings;
  readonly store: boolean;
  readonly errorHandling: boolean;
  readonly metrics: boolean;
  readonly keyValue: boolean;
  readonly producer: boolean;
  readonly consumers: readonly ConsumerHandler[];
  readonly starters: readonly { readonly handler: StartHandler; readonly sends: readonly string[] | undefined }[];
}

/** Describes a service; the order of the calls does not matter. */
export class StreamServiceBuilder {
  #plan: ServicePlan;

  /** @param name lower-case words joined by `_`; it is part of the ids of what the service sends, so keep it */
  constructor(name: string, settings: ServiceSettings) {
    const none = { store: false, errorHandling: false, metrics: false, keyValue: false, producer: false };
    this.#plan = { name, settings, ...none, consumers: [], starters: [] };
  }

  /** Lets handlers read the log at will. */
  withStore(): this {
    return this.#with({ store: true });
  }

  /** Tries a message again, as often and after such pauses as its error deserves, before it goes to the dead letters. */
  withErrorHandling(): this {
    return this.#with({ errorHandling: true });
  }

  /** Adds counts and times to the status. */
  withMetrics(): this {
    return this.#with({ metrics: true });
  }

  /** Lets handlers keep values by name, in whatever key-value store the platform runs with. */
  withRedis(): this {
    return this.#with({ keyValue: true });
  }

  /** Lets handlers send. */
  addProducer(): this {
    return this.#with({ producer: true });
  }

  /** Hands every message of the topics to the handler: in order, one at a time, and again until it is done. */
  addConsumerHandler(consumer: ConsumerHandler): this {
    return this.#with({ consumers: [...this.#plan.consumers, consumer] });
  }

  /** Runs once at each start, before any message is handled. */
  onStart(handler: StartHandler, options: { readonly sends?: readonly string[] } = {}): this {
    return this.#with({ starters: [...this.#plan.starters, { handler, sends: options.sends }] });
  }

  /** The service as described; throws `ServiceError` when the description does not hold together. */
  build(): StreamService {
    checkPlan(this.#plan);
    return new RunningService(this.#plan);
  }

  #with(change: Partial<ServicePlan>): this {
    this.#plan = { ...this.#plan, ...change };
    return this;
  }
}
