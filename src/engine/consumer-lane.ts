// One partition of a topic as one consumer group reads it: strictly in order, one message at a time. Its offset moves only past a
// message that was handled or whose dead letter is durable, so a crash at any moment repeats work but never skips it.
import { InvariantError } from '#core/invariant.ts';
import { type Clock } from '#ports/clock.ts';
import { LogError, type EventLog, type LogMessage, type NewMessage, type TopicPartition } from '#ports/event-log.ts';
import { type Logger } from '#ports/telemetry.ts';
import { deadLetter } from '#wire/dead-letter.ts';
import { decodeEnvelope, type DecodeError } from '#wire/decode.ts';
import { type Envelope } from '#wire/envelope.ts';
import { parseTopic } from '#wire/topics.ts';
import { firstOffset } from './consumer-position.ts';
import { classify, codeOf, deadLetterOf, mayRetry, pauseMs, textOf } from './error-policy.ts';
import { RecentIds } from './recent-ids.ts';
import { ServiceError } from './service-error.ts';
import { type ServiceMetrics } from './service-metrics.ts';

/** One try to handle a message. */
export interface Attempt {
  readonly topic: string;
  /** Counts from 1. */
  readonly number: number;
  /** Aborted when the attempt is over, however it ended. */
  readonly signal: AbortSignal;
}

export interface ConsumerOptions {
  readonly service: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly from: 'start' | 'end' | undefined;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Draws from 0 to 1, 1 excluded. */
  readonly random: () => number;
  /** False dead-letters a message at its first error. */
  readonly retries: boolean;
  readonly timeoutMs: number;
  readonly metrics: ServiceMetrics;
  /** Resolves when everything that follows from the message is durable. */
  readonly handle: (message: Envelope, attempt: Attempt) => Promise<void>;
}

type Outcome = { readonly kind: 'handled' | 'abandoned' } | { readonly kind: 'failed'; readonly error: unknown };

const BATCH = 64;
const IDS_MAX = 10_000;
/** No signal is read into an event here, so its default life does not matter. */
const TTL_MS = 0;

export class ConsumerLane {
  readonly #topic: string;
  readonly #partition: number;
  readonly #options: ConsumerOptions;
  readonly #stopping: AbortSignal;
  readonly #logger: Logger;
  readonly #handled = new RecentIds(IDS_MAX);
  /** Every tick on its own would cost a commit each, and a tick handled twice after a crash does no harm. */
  readonly #commitsEach: boolean;
  #opened = false;
  #stopped = false;
  #next = 0;
  #committed = 0;
  #waiting: readonly LogMessage[] = [];
  /** Failed attempts at the message `#next`. */
  #attempts = 0;
  /** The dead letter of the message `#next`, once it is given up. */
  #deadLetter: NewMessage | undefined;
  /** Failures of the log in a row. */
  #stumbles = 0;
  #resumesAt = 0;
  #abandon: (() => void) | undefined;

  constructor({ topic, partition }: TopicPartition, options: ConsumerOptions, stopping: AbortSignal) {
    this.#topic = topic;
    this.#partition = partition;
    this.#options = options;
    this.#stopping = stopping;
    const parsed = parseTopic(topic);
    const { service, group } = options;
    const broker = parsed?.scope === 'broker' ? { broker: parsed.broker } : {};
    this.#logger = options.logger.child({ service, group, topic, ...(partition !== 0 && { partition }), ...broker });
    this.#commitsEach = parsed?.scope !== 'market';
  }

  /** Milliseconds of the monotonic clock before which there is nothing to do here. */
  get resumesAt(): number {
    return this.#resumesAt;
  }

  /** Finds where to begin, and keeps it: what arrives from now on is read, even if the service stops before. */
  async open(): Promise<void> {
    if (this.#opened) return;
    const { log, group, from } = this.#options;
    const range = await log.range(this.#topic, this.#partition);
    const committed = await log.committed(group, this.#topic, this.#partition);
    const { offset, missed } = firstOffset({ group, range, committed, from });
    if (missed > 0) this.#warnOfMissed(missed);
    this.#next = offset;
    this.#committed = committed ?? -1;
    await this.#commit();
    this.#opened = true;
  }

  isOf({ topic, partition }: TopicPartition): boolean {
    return topic === this.#topic && partition === this.#partition;
  }

  /** Begins no other message; a turn that is under way ends with the one at hand. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes a batch through the handler, as far as it goes; false when there was nothing to take. */
  async turn(): Promise<boolean> {
    try {
      await this.open();
      await this.#commit();
      if (this.#waiting.length === 0) this.#waiting = await this.#read();
      if (this.#waiting.length === 0) return false;
      let finished = 0;
      for (const message of this.#waiting) {
        if (this.#stopping.aborted || this.#stopped || !(await this.#finish(message))) break;
        finished++;
        if (this.#commitsEach) await this.#commit();
      }
      this.#waiting = this.#waiting.slice(finished);
      await this.#commit();
      this.#stumbles = 0;
    } catch (error) {
      this.#stumble(error);
    }
    return true;
  }

  /** Writes down what was finished, before the end. */
  async close(): Promise<void> {
    if (!this.#opened) return;
    try {
      await this.#commit();
    } catch (error) {
      this.#logger.error('The position could not be kept; messages will be handled again after the next start', {
        error,
      });
    }
  }

  /** Waits no longer for the handler at hand; its message is handled again after the next start. */
  abandon(): void {
    this.#abandon?.();
  }

  async #read(): Promise<readonly LogMessage[]> {
    const messages = await this.#options.log.read(this.#topic, this.#next, BATCH, this.#partition);
    const first = messages[0];
    if (first !== undefined && first.offset > this.#next) {
      this.#warnOfMissed(first.offset - this.#next);
      this.#next = first.offset;
    }
    return messages;
  }

  /** Takes one message to its end, unless that was done before; false when it has not come to it yet. */
  async #finish(message: LogMessage): Promise<boolean> {
    if (message.offset >= this.#next) {
      if (this.#deadLetter === undefined && !(await this.#try(message))) return false;
      if (this.#deadLetter !== undefined) await this.#bury(this.#deadLetter);
      this.#deadLetter = undefined;
      this.#attempts = 0;
      this.#next = message.offset + 1;
    }
    return true;
  }

  /** True when the message was handled, needs no handling, or is given up; false when it is to be tried again. */
  async #try(message: LogMessage): Promise<boolean> {
    const { clock, metrics } = this.#options;
    const offsetId = `${this.#topic}:${this.#partition}:${message.offset}`;
    // Read again for each attempt: a handler may have changed what it was given.
    const decoded = decodeEnvelope(this.#topic, message.value, { at: clock.now(), ttlMs: TTL_MS, offsetId });
    if (!decoded.ok) {
      this.#giveUpUnread(message, decoded.error);
      return true;
    }
    const { id } = decoded.value;
    if (this.#handled.has(id)) {
      metrics.duplicates++;
      return true;
    }
    const startedAt = clock.monotonicMs();
    const outcome = await this.#attempt(decoded.value);
    if (outcome.kind === 'abandoned') return false;
    if (outcome.kind === 'failed') return this.#onFailure(message, outcome.error);
    metrics.onHandled(clock.monotonicMs() - startedAt);
    this.#handled.add(id);
    return true;
  }

  /** One call of the handler, within its time. */
  #attempt(message: Envelope): Promise<Outcome> {
    const { clock, handle, timeoutMs, service } = this.#options;
    const over = new AbortController();
    const attempt: Attempt = { topic: this.#topic, number: this.#attempts + 1, signal: over.signal };
    const outcome = new Promise<Outcome>((resolve) => {
      this.#abandon = () => resolve({ kind: 'abandoned' });
      handle(message, attempt).then(
        () => resolve({ kind: 'handled' }),
        (error: unknown) => {
          if (over.signal.aborted) this.#logger.warning('A handler failed after it was given up', { error });
          resolve({ kind: 'failed', error });
        },
      );
      void clock.sleep(timeoutMs, over.signal).then(() => {
        const text = `the handler of ${service} has not ended within ${timeoutMs} ms; let it end when its signal is aborted`;
        resolve({ kind: 'failed', error: new ServiceError('HANDLER_TIMEOUT', text, { retry: 'transient' }) });
      });
    });
    return outcome.finally(() => {
      this.#abandon = undefined;
      over.abort();
    });
  }

  #onFailure(message: LogMessage, error: unknown): boolean {
    const { clock, group, metrics, random, retries, service } = this.#options;
    const attempts = ++this.#attempts;
    const kind = classify(error);
    metrics.errors++;
    if (retries && mayRetry(kind, attempts)) {
      const pause = pauseMs(kind, attempts, random());
      metrics.retries++;
      this.#resumesAt = clock.monotonicMs() + pause;
      this.#logger.warning('A handler failed and will be tried again', {
        ...about(message),
        attempts,
        kind,
        pause_ms: pause,
        error,
      });
      return false;
    }
    this.#logger.error('A handler failed for good; the message goes to the dead letters', {
      ...about(message),
      attempts,
      kind,
      error,
    });
    this.#deadLetter = deadLetterOf({ message, error, attempts, service, group, at: clock.now() });
    return true;
  }

  #giveUpUnread(message: LogMessage, error: DecodeError): void {
    const { clock, group, metrics, service } = this.#options;
    const { topic, offset, key, value } = message;
    metrics.errors++;
    this.#logger.error('A message could not be read; it goes to the dead letters', {
      ...about(message),
      code: error.code,
      why: error.message,
    });
    const cause = { code: error.code, message: error.message, attempts: 1, kind: 'poison' } as const;
    this.#deadLetter = deadLetter({
      topic,
      partition: this.#partition,
      offset,
      key,
      value,
      ...cause,
      service,
      consumerGroup: group,
      at: clock.now(),
    });
  }

  /** A message of a dead-letter topic stays where it is: another copy of it would come back here for ever. */
  async #bury(letter: NewMessage): Promise<void> {
    if (letter.topic !== this.#topic) {
      try {
        await this.#options.log.append([letter]);
      } catch (error) {
        throw new DeadLetterFailure(letter.topic, error);
      }
    }
    this.#options.metrics.deadLetters++;
  }

  async #commit(): Promise<void> {
    if (this.#next === this.#committed) return;
    const next = this.#next;
    await this.#options.log.commit(this.#options.group, this.#topic, next, this.#partition);
    this.#committed = next;
  }

  /** The log did not do its part: nothing is lost, and after a pause the same step is done again, without end. */
  #stumble(error: unknown): void {
    if (error instanceof InvariantError || error instanceof ServiceError) throw error;
    if (error instanceof LogError && error.code === 'REBALANCING') {
      this.#resumesAt = this.#options.clock.monotonicMs() + REBALANCING_MS;
      return;
    }
    const { clock, random } = this.#options;
    this.#stumbles++;
    const pause = pauseMs('infrastructure', Math.min(this.#stumbles, STUMBLES_COUNTED), random());
    this.#resumesAt = clock.monotonicMs() + pause;
    const fields = { offset: this.#next, stumbles: this.#stumbles, pause_ms: pause, code: codeOf(error), error };
    if (error instanceof DeadLetterFailure)
      this.#logger.critical(`A dead letter could not be written: ${textOf(error)}`, fields);
    else this.#logger.error(`The log could not be used: ${textOf(error)}`, fields);
  }

  #warnOfMissed(count: number): void {
    this.#logger.warning('Messages were removed by retention before they were read', { count });
  }
}

/** Enough to reach the longest pause, without overflowing on the way. */
const STUMBLES_COUNTED = 16;
/** How soon it looks whether the members of its group have decided who reads what. */
const REBALANCING_MS = 100;

class DeadLetterFailure extends Error {
  override readonly name = 'DeadLetterFailure';

  constructor(topic: string, cause: unknown) {
    super(`${topic}: ${textOf(cause)}`, { cause });
  }
}

function about({ offset, key, id }: LogMessage): Readonly<Record<string, unknown>> {
  return { offset, key, message_id: id };
}
