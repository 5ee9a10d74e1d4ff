// Publishes what the store has committed in a log that other processes read: events in the order of their commits, ticks in
// theirs. Nothing leaves before it is committed, and a place is noted only when the log has it, so that a crash at any
// moment publishes again what may have been published, under the same ids, and leaves nothing out.
import { type Clock } from '#ports/clock.ts';
import { OUTBOX_TOPIC, SIGNED_TOPIC } from '#ports/deployment.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { type Outbox, type OutboxMessage, type Store } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { MARKET_TICKS, parseTopic } from '#wire/topics.ts';
import { pauseMs } from './error-policy.ts';

export interface PublisherOptions {
  readonly store: Pick<Store, 'read' | 'topics' | 'committed' | 'commit'> & Outbox;
  readonly log: Pick<EventLog, 'append'>;
  /** Under which the places are noted. */
  readonly group: string;
  /** False where the ticks come from the log itself: they stand there already. */
  readonly publishesTicks?: boolean;
  /** Makes what stands beside a message, out of its number and that of the one before that had one. */
  readonly sign?: (message: NewMessage, number: number, previous: number) => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Draws from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

const AT_ONCE = 4_000;
/** Commits are announced; this is only for one that was not. */
const LOOK_MS = 1_000;
/** A place is a commit of its own: in a rush one is noted for many rounds. What a crash loses of it is published again. */
const NOTE_EVERY_MS = 100;
/** Enough to reach the longest pause, without overflowing on the way. */
const FAILURES_COUNTED = 16;

export class Publisher {
  readonly #options: PublisherOptions;
  /** Number of the newest message that the log has. */
  #number: number;
  /** Number of the newest message that was signed; 0 before the first. */
  #signed: number;
  /** Offset of the next tick that it does not have. */
  #tick: number;
  #failures = 0;
  /** Other parts go by what is noted, and wait for it. */
  readonly #noteEveryMs: number;
  #notedAt = Number.NEGATIVE_INFINITY;
  #isNoted = true;
  /** Since when something that is committed has not been in the log, at the longest; undefined when nothing waits. */
  #behindSince: number | undefined;
  #woken = false;
  #sleep = new AbortController();

  constructor(options: PublisherOptions) {
    const { store, group } = options;
    this.#options = options;
    this.#noteEveryMs = options.sign === undefined ? NOTE_EVERY_MS : 0;
    this.#number = store.committed(group, OUTBOX_TOPIC) ?? 0;
    this.#signed = store.committed(group, SIGNED_TOPIC) ?? 0;
    this.#tick = store.committed(group, MARKET_TICKS) ?? 0;
  }

  /** Something was committed. */
  wake(): void {
    this.#behindSince ??= this.#options.clock.monotonicMs();
    this.#woken = true;
    this.#sleep.abort();
  }

  /** How long something may have been committed that the log does not have yet, in milliseconds; 0 when nothing waits. */
  behindMs(): number {
    return this.#behindSince === undefined ? 0 : this.#options.clock.monotonicMs() - this.#behindSince;
  }

  /** Publishes until `signal` is aborted. A log that cannot be used is tried again, without end; a store's failure rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#woken = false;
      const did = await this.#try();
      if (did === 'published') await this.#options.clock.turn();
      else if (did === 'failed') await this.#pause(signal);
      else if (!this.#woken) {
        this.#sleep = new AbortController();
        await this.#options.clock.sleep(
          this.#isNoted ? LOOK_MS : NOTE_EVERY_MS,
          AbortSignal.any([signal, this.#sleep.signal]),
        );
      }
    }
  }

  /** Publishes what is left until `signal` is aborted; false when something is still left, and the next start goes on there. */
  async drain(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const did = await this.#try();
      if (did === 'idle') {
        if (!this.#isNoted) this.#note();
        return true;
      }
      if (did === 'failed') await this.#pause(signal);
    }
    return false;
  }

  async #try(): Promise<'published' | 'idle' | 'failed'> {
    const { store, log, logger, clock } = this.#options;
    const lookedAt = clock.monotonicMs();
    const events = store.outbox(this.#number, AT_ONCE);
    const ticks = this.#options.publishesTicks === false ? [] : store.read(MARKET_TICKS, this.#tick, AT_ONCE);
    const [lastEvent, lastTick] = [events.at(-1), ticks.at(-1)];
    if (lastEvent === undefined && lastTick === undefined) {
      this.#behindSince = undefined;
      this.#noteInTime();
      return 'idle';
    }
    this.#behindSince ??= lookedAt;
    const first = ticks[0]?.offset ?? this.#tick;
    if (first > this.#tick)
      logger.warning('Ticks were forgotten before they were published', { count: first - this.#tick });
    const { messages, signed } = this.#toPublish(events);
    try {
      await log.append([...ticks.map(published), ...messages]);
    } catch (error) {
      this.#failures++;
      logger.error('What was committed could not be published; it is tried again', { failures: this.#failures, error });
      return 'failed';
    }
    this.#failures = 0;
    // What was committed before the look and did not fit still waits.
    if (events.length < AT_ONCE && ticks.length < AT_ONCE) this.#behindSince = lookedAt;
    this.#number = lastEvent?.number ?? this.#number;
    this.#signed = signed;
    this.#tick = lastTick === undefined ? this.#tick : lastTick.offset + 1;
    this.#isNoted = false;
    this.#noteInTime();
    return 'published';
  }

  /** What of the outbox goes out, signed where this is one part of several, and the number of the last signed one. */
  #toPublish(events: readonly OutboxMessage[]): { readonly messages: readonly NewMessage[]; readonly signed: number } {
    const { sign } = this.#options;
    let signed = this.#signed;
    const messages = events
      .filter(({ shared }) => shared !== true)
      .map((event) => {
        const message = published(event);
        // Dead letters are for people, and a refused message that joined its topic has no id: no part acts on either.
        if (sign === undefined || event.id === undefined || isLetters(event.topic)) return message;
        const seal = sign(message, event.number, signed);
        signed = event.number;
        return { ...message, seal };
      });
    return { messages, signed };
  }

  #noteInTime(): void {
    const now = this.#options.clock.monotonicMs();
    if (this.#isNoted || now - this.#notedAt < this.#noteEveryMs) return;
    this.#notedAt = now;
    this.#note();
  }

  #note(): void {
    const { store, group } = this.#options;
    this.#isNoted = true;
    const offsets = [
      { group, topic: OUTBOX_TOPIC, offset: this.#number },
      { group, topic: MARKET_TICKS, offset: this.#tick },
      ...(this.#options.sign === undefined ? [] : [{ group, topic: SIGNED_TOPIC, offset: this.#signed }]),
    ];
    store.commit({ inputs: [], messages: [], rows: [], offsets, snapshot: undefined });
  }

  #pause(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options;
    return clock.sleep(pauseMs('infrastructure', Math.min(this.#failures, FAILURES_COUNTED), random()), signal);
  }
}

/** As it goes into the log: told as the platform's own, so that its reader there knows it again. */
function published({ topic, key, id, value }: NewMessage): NewMessage {
  return { topic, key, id, value, own: true };
}

function isLetters(topic: string): boolean {
  return parseTopic(topic)?.deadLetters !== false;
}
