// Brings what others wrote into a shared log to the platform's inbox: a signal of a user's service, an order of control, a
// stranger's mistake. What the platform published itself is passed over. Messages and how far each partition was read are
// kept together, so that a crash neither loses one nor takes it twice.
import { InvariantError } from '#core/invariant.ts';
import { type Clock } from '#ports/clock.ts';
import { type EventLog, type LogMessage } from '#ports/event-log.ts';
import { StoreError, type PartitionOffset, type SharedInbox } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { pauseMs } from './error-policy.ts';
import { type Fellows } from './fellows.ts';

export interface BridgeOptions {
  readonly log: Pick<EventLog, 'read' | 'range' | 'partitions' | 'subscribe'>;
  readonly inbox: Pick<SharedInbox, 'putFrom' | 'positions'>;
  readonly topics: readonly string[];
  /** What the platform's own messages name as their producer; in a deployment of several parts, how that begins. */
  readonly origin: string;
  /** Where the other parts of the deployment run elsewhere. */
  readonly fellows?: Fellows;
  /** Topics of which this part takes what comes from outside; of every topic when it is not said. */
  readonly takesFromOutside?: (topic: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Draws from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

interface Lane {
  readonly topic: string;
  readonly partition: number;
  next: number;
  /** Where what comes from outside begins: it is not taken from before the first start, nor twice. */
  readonly outsideFrom: number;
}

const AT_ONCE = 500;
const LOOK_MS = 1_000;
/** Places behind nothing but own messages are noted now and then: reading those again does no harm. */
const NOTE_EVERY_MS = 5_000;
const FAILURES_COUNTED = 16;

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #lanes: Lane[] = [];
  #notedAt: number;
  #moved = false;
  #failures = 0;
  #woken = false;
  #sleep = new AbortController();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#notedAt = options.clock.monotonicMs();
  }

  /** Finds where to go on in each partition; at the end of one that was never read. Throws what the log throws. */
  async open(): Promise<void> {
    const { log, inbox, topics, fellows } = this.#options;
    const known = new Map(inbox.positions().map((each) => [`${each.topic}:${each.partition}`, each.offset]));
    for (const topic of topics) {
      const partitions = (await log.partitions?.(topic)) ?? 1;
      for (let partition = 0; partition < partitions; partition++) {
        const kept = known.get(`${topic}:${partition}`);
        const outsideFrom =
          known.get(`${outside(topic)}:${partition}`) ?? kept ?? (await log.range(topic, partition)).end;
        // The other parts may have begun before this one.
        const next = kept ?? (fellows === undefined ? outsideFrom : 0);
        this.#lanes.push({ topic, partition, next, outsideFrom });
      }
    }
    inbox.putFrom([], this.#positions());
  }

  /** The offset that comes next in each partition; of what other parts decided, the first that is not committed. */
  places(): readonly PartitionOffset[] {
    const { fellows } = this.#options;
    return this.#lanes.map(({ topic, partition, next }) => {
      return { topic, partition, offset: fellows?.oldestOpen(topic, partition) ?? next };
    });
  }

  /** Reads until `signal` is aborted. A log that cannot be used is tried again, without end; a store's failure rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, topics, clock } = this.#options;
    const unsubscribe = log.subscribe(topics, () => this.#wake());
    try {
      while (!signal.aborted) {
        this.#woken = false;
        const did = await this.#round(signal);
        if (did === 'failed') await this.#pause(signal);
        else if (did === 'idle' && !this.#woken) {
          this.#sleep = new AbortController();
          await clock.sleep(LOOK_MS, AbortSignal.any([signal, this.#sleep.signal]));
        } else await clock.turn();
      }
    } finally {
      unsubscribe();
    }
  }

  async #round(signal: AbortSignal): Promise<'took' | 'idle' | 'failed'> {
    const { log, logger, clock } = this.#options;
    let took = false;
    try {
      for (const lane of this.#lanes) {
        if (signal.aborted) break;
        const messages = await log.read(lane.topic, lane.next, AT_ONCE, lane.partition);
        if (messages.length > 0) this.#take(lane, messages);
        took ||= messages.length > 0;
      }
    } catch (error) {
      if (error instanceof StoreError || error instanceof InvariantError) throw error;
      this.#failures++;
      logger.error('The log could not be read; it is tried again', { failures: this.#failures, error });
      return 'failed';
    }
    this.#failures = 0;
    if (this.#moved && clock.monotonicMs() - this.#notedAt >= NOTE_EVERY_MS) this.#keep([]);
    return took ? 'took' : 'idle';
  }

  #take(lane: Lane, messages: readonly LogMessage[]): void {
    const { logger } = this.#options;
    const missed = (messages[0] as LogMessage).offset - lane.next;
    if (missed > 0 && lane.next > 0) {
      const { topic, partition } = lane;
      logger.error('Messages were removed from the log before they were read', { topic, partition, count: missed });
    }
    lane.next = (messages.at(-1) as LogMessage).offset + 1;
    this.#moved = true;
    const foreign = messages.filter((message) => this.#isForeign(message, lane));
    if (foreign.length > 0) this.#keep(foreign);
  }

  /** Whether it comes from outside; what another part of the deployment wrote is handed on. */
  #isForeign(message: LogMessage, { outsideFrom }: Lane): boolean {
    const { origin, fellows, takesFromOutside } = this.#options;
    if (fellows === undefined) return message.producer !== origin;
    const seal = fellows.sealOf(message);
    if (seal !== undefined) fellows.offer(message, seal);
    if (seal !== undefined || message.producer?.startsWith(origin) === true) return false;
    return message.offset >= outsideFrom && takesFromOutside?.(message.topic) !== false;
  }

  #keep(foreign: readonly LogMessage[]): void {
    const messages = foreign.map(({ topic, key, id, value }) => ({ topic, key, id, value, shared: true as const }));
    this.#options.inbox.putFrom(messages, this.#positions());
    this.#moved = false;
    this.#notedAt = this.#options.clock.monotonicMs();
  }

  /**
   * How far each partition was read. A part has two places in it: what other parts decided is read again until it is
   * committed, while what came from outside is in the inbox already.
   */
  #positions(): readonly PartitionOffset[] {
    const { fellows } = this.#options;
    return this.#lanes.flatMap(({ topic, partition, next, outsideFrom }) => {
      if (fellows === undefined) return { topic, partition, offset: next };
      return [
        { topic, partition, offset: fellows.oldestOpen(topic, partition) ?? next },
        { topic: outside(topic), partition, offset: Math.max(next, outsideFrom) },
      ];
    });
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    return clock.sleep(pauseMs('infrastructure', Math.min(this.#failures, FAILURES_COUNTED), random()), signal);
  }

  #wake(): void {
    this.#woken = true;
    this.#sleep.abort();
  }
}

/** Under which it is kept how far what comes from outside was taken; no topic has the name. */
function outside(topic: string): string {
  return `${topic} from outside`;
}
