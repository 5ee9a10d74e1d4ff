// The life of a service that was described: start, handle, stop. It is apart from the description so that what a user
// reads first is short.
import { invariant } from '#core/invariant.ts';
import { draw } from '#core/random.ts';
import { parseTopic } from '#wire/topics.ts';
import { type Attempt } from './consumer-lane.ts';
import { ConsumerLoop } from './consumer-loop.ts';
import { textOf } from './error-policy.ts';
import { HandlerContext, serviceKeyValue, serviceStore, type Means } from './service-context.ts';
import { ServiceError } from './service-error.ts';
import { ServiceMetrics } from './service-metrics.ts';
import { ScopedProducer, type Producer, type ProducerOptions, type SendScope } from './service-producer.ts';
import {
  type ConsumerHandler,
  type ServiceMessage,
  type ServicePlan,
  type ServiceStatus,
  type StreamService,
} from './stream-service.ts';

type Phase = 'built' | 'starting' | 'running' | 'stopping' | 'ended';

const HANDLER_MS_MAX = 30_000;
/** How long a stop waits for the handlers at hand, and then for what is left to be written. */
const STOP_MS_MAX = 10_000;
const LEAVE_MS_MAX = 1_000;

export class RunningService implements StreamService {
  readonly name: string;
  readonly ended: Promise<Error | undefined>;
  readonly #plan: ServicePlan;
  readonly #metrics = new ServiceMetrics();
  readonly #inMemory: boolean;
  readonly #loops: readonly ConsumerLoop[];
  readonly #producerOptions: ProducerOptions;
  readonly #means: Omit<Means, 'producer'>;
  readonly #lifeProducer: Producer | undefined;
  readonly #over = new AbortController();
  readonly #end: (failure: Error | undefined) => void;
  #phase: Phase = 'built';
  #starting: Promise<void> = Promise.resolve();
  #loopsEnded: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(plan: ServicePlan) {
    const { name, settings } = plan;
    const { brokers, log, clock } = settings;
    this.#plan = plan;
    this.name = name;
    ({ promise: this.ended, resolve: this.#end } = Promise.withResolvers<Error | undefined>());
    this.#producerOptions = { service: name, brokers, log, clock, sent: () => this.#metrics.sent++ };
    this.#means = {
      service: name,
      keyValue:
        plan.keyValue && settings.keyValue !== undefined
          ? serviceKeyValue(settings.keyValue, name, brokers)
          : undefined,
      store: plan.store ? serviceStore(log, brokers) : undefined,
    };
    this.#lifeProducer = this.#scoped({
      cause: undefined,
      declared: undefined,
      settles: false,
      closed: () => this.#notRunning(),
    });
    this.#inMemory = settings.delivery === 'memory';
    this.#loops = this.#inMemory ? [] : plan.consumers.map((consumer) => this.#loopOf(consumer));
  }

  get producer(): Producer {
    return this.#context(undefined, 1, this.#over.signal, this.#lifeProducer).producer;
  }

  async start(): Promise<void> {
    if (this.#phase !== 'built') {
      const found = this.#phase === 'ended' ? 'one that has ended' : 'one that was started';
      throw new ServiceError(
        'ALREADY_STARTED',
        `expected a service that was never started, found ${found}: ${this.name}; build it again`,
      );
    }
    this.#phase = 'starting';
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { logger, brokers } = this.#plan.settings;
    logger.info(`Starting ${this.name}`, { service: this.name, brokers });
    try {
      for (const loop of this.#loops) await loop.open();
      for (const starter of this.#plan.starters) await this.#runStarter(starter);
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(textOf(error), { cause: error }));
      throw error;
    }
    if (this.#over.signal.aborted) return;
    this.#phase = 'running';
    this.#loopsEnded = Promise.all(this.#loops.map(async (loop) => this.#runLoop(loop)));
    logger.info(`${this.name} started`, { service: this.name, consumers: this.#loops.length });
  }

  async #runStarter({ handler, sends }: ServicePlan['starters'][number]): Promise<void> {
    if (this.#over.signal.aborted) return;
    const producer = this.#scoped({
      cause: undefined,
      declared: sends,
      settles: true,
      closed: () => this.#notRunning(),
    });
    await handler(this.#context(undefined, 1, this.#over.signal, producer));
    await producer?.settle();
  }

  /** A loop ends when it is stopped; one that breaks takes the whole service with it, which then does not look alive. */
  async #runLoop(loop: ConsumerLoop): Promise<void> {
    try {
      await loop.run();
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(textOf(error), { cause: error });
      this.#plan.settings.logger.critical(`${this.name} broke and reads no more`, {
        service: this.name,
        error: failure,
      });
      for (const other of this.#loops) other.stop();
      this.#finish(failure);
    }
  }

  deliver(message: ServiceMessage, topic: string): boolean {
    invariant(this.#inMemory, `${this.name} reads its log, and is handed no message besides`);
    if (this.#phase !== 'running') throw this.#notRunning() ?? new Error(`${this.name} is not running yet`);
    const consumer = this.#plan.consumers.find(({ topics }) => topics.includes(topic));
    if (consumer === undefined) return false;
    consumer.handler(message, topic, this.#context(topic, 1, this.#over.signal, this.#lifeProducer));
    this.#metrics.handled++;
    return true;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { logger } = this.#plan.settings;
    if (this.#phase === 'built') return this.#finish(undefined);
    if (this.#phase !== 'ended') this.#phase = 'stopping';
    for (const loop of this.#loops) loop.stop();
    this.#over.abort();
    if (!(await this.#endWithin(STOP_MS_MAX))) {
      logger.warning(`${this.name} stops without waiting for its handler any longer`, { service: this.name });
      for (const loop of this.#loops) loop.abandon();
      if (!(await this.#endWithin(LEAVE_MS_MAX))) {
        logger.error(`${this.name} stopped before its position was kept`, { service: this.name });
      }
    }
    this.#finish(undefined);
    logger.info(`${this.name} stopped`, { service: this.name });
  }

  async #endWithin(ms: number): Promise<boolean> {
    const done = new AbortController();
    const tooLate = this.#plan.settings.clock.sleep(ms, done.signal).then(() => false);
    const allEnded = Promise.allSettled([this.#starting])
      .then(() => this.#loopsEnded)
      .then(() => true);
    const ended = await Promise.race([allEnded, tooLate]);
    done.abort();
    return ended;
  }

  /** The first to say how it ended is right. */
  #finish(failure: Error | undefined): void {
    this.#phase = 'ended';
    this.#end(failure);
  }

  status(): ServiceStatus {
    const running = this.#phase === 'running';
    const { handled, errors } = this.#metrics;
    return {
      service_name: this.name,
      active_brokers: this.#plan.settings.brokers,
      orchestrator_status: {
        running,
        consumers: running ? this.#plan.consumers.length : 0,
        producers: running && this.#plan.producer ? 1 : 0,
      },
      processed_count: handled,
      error_count: errors,
      ...(this.#plan.metrics ? { metrics: this.#metrics.report() } : {}),
    };
  }

  #loopOf(consumer: ConsumerHandler): ConsumerLoop {
    const { name, errorHandling, settings } = this.#plan;
    const { log, clock, logger } = settings;
    return new ConsumerLoop({
      service: name,
      group: consumer.groupId,
      topics: consumer.topics,
      from: consumer.from,
      log,
      clock,
      logger,
      random: settings.random ?? seededRandom(consumer.groupId),
      retries: errorHandling,
      timeoutMs: consumer.timeoutMs ?? HANDLER_MS_MAX,
      metrics: this.#metrics,
      handle: async (message, attempt) => this.#handle(consumer, message as ServiceMessage, attempt),
    });
  }

  async #handle(consumer: ConsumerHandler, message: ServiceMessage, attempt: Attempt): Promise<void> {
    const closed = (): ServiceError | undefined => (attempt.signal.aborted ? this.#attemptEnded(attempt) : undefined);
    const producer = this.#scoped({ cause: message, declared: consumer.sends, settles: true, closed });
    await consumer.handler(
      message,
      attempt.topic,
      this.#context(attempt.topic, attempt.number, attempt.signal, producer),
    );
    await producer?.settle();
  }

  #scoped(scope: SendScope): ScopedProducer | undefined {
    return this.#plan.producer ? new ScopedProducer(this.#producerOptions, scope) : undefined;
  }

  #context(
    topic: string | undefined,
    attempt: number,
    signal: AbortSignal,
    producer: Producer | undefined,
  ): HandlerContext {
    const parsed = topic === undefined ? undefined : parseTopic(topic);
    const broker = parsed?.scope === 'broker' ? parsed.broker : undefined;
    const facts = {
      service: this.name,
      ...(topic === undefined ? {} : { topic }),
      ...(broker === undefined ? {} : { broker }),
    };
    const logger = this.#plan.settings.logger.child(facts);
    return new HandlerContext({ broker, attempt, signal, logger }, { ...this.#means, producer });
  }

  #notRunning(): ServiceError | undefined {
    if (this.#phase === 'starting' || this.#phase === 'running') return undefined;
    return new ServiceError(
      'NOT_RUNNING',
      `${this.name} can send between start() and stop(), found it ${this.#phase}; start it first`,
    );
  }

  #attemptEnded({ topic }: Attempt): ServiceError {
    const advice = 'wait for everything before the handler returns, and end when its signal is aborted';
    return new ServiceError(
      'ATTEMPT_ENDED',
      `a handler of ${this.name} sends after its attempt at a message of ${topic} has ended; ${advice}`,
    );
  }
}

/** The same draws for the same name at each start. */
function seededRandom(name: string): () => number {
  let count = 0;
  return () => draw(0, name, count++) / 0x1_0000_0000;
}
