// Publishes what the store has committed in a log that other processes read: events in the order of their commits, ticks in
// theirs. Nothing leaves before it is committed, and a place is noted only when the log has it, so that a crash at any
// moment publishes again what may have been published, under the same ids, and leaves nothing out.
import { type Clock } from '#ports/clock.ts';
import { type EventLog, type NewMessage } from '#ports/event-log.ts';
import { type Outbox, type Store } from '#ports/store.ts';
import { type Logger } from '#ports/telemetry.ts';
import { MARKET_TICKS } from '#wire/topics.ts';
import { pauseMs } from './error-policy.ts';

export interface PublisherOptions {
  readonly store: Pick<Store, 'read' | 'topics' | 'committed' | 'commit'> & Outbox;
  readonly log: Pick<EventLog, 'append'>;
  /** Under which the places are noted. */
  readonly group: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Draws from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/** The name under which the place among all messages is noted; no topic has it. */
const MESSAGES = 'outbox';
const AT_ONCE = 4_000;
/** Commits are announced; this is only for one that was not. */
const LOOK_MS = 1_000;
/** Enough to reach the longest pause, without overflowing on the way. */
const FAILURES_COUNTED = 16;

export class Publisher {
  readonly #options: PublisherOptions;
  /** Number of the newest message that the log has. */
  #number: number;
  /** Offset of the next tick that it does not have. */
  #tick: number;
  #failures = 0;
  #woken = false;
  #sleep = new AbortController();

  constructor(options: PublisherOptions) {
    const { store, group } = options;
    this.#options = options;
    this.#number = store.committed(group, MESSAGES) ?? 0;
    this.#tick = store.committed(group, MARKET_TICKS) ?? 0;
  }

  /** Something was committed. */
  wake(): void {
    this.#woken = true;
    this.#sleep.abort();
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
        await this.#options.clock.sleep(LOOK_MS, AbortSignal.any([signal, this.#sleep.signal]));
      }
    }
  }

  /** Publishes what is left until `signal` is aborted; false when something is still left, and the next start goes on there. */
  async drain(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      const did = await this.#try();
      if (did === 'idle') return true;
      if (did === 'failed') await this.#pause(signal);
    }
    return false;
  }

  async #try(): Promise<'published' | 'idle' | 'failed'> {
    const { store, log, logger } = this.#options;
    const events = store.outbox(this.#number, AT_ONCE);
    const ticks = store.read(MARKET_TICKS, this.#tick, AT_ONCE);
    const [lastEvent, lastTick] = [events.at(-1), ticks.at(-1)];
    if (lastEvent === undefined && lastTick === undefined) return 'idle';
    const first = ticks[0]?.offset ?? this.#tick;
    if (first > this.#tick)
      logger.warning('Ticks were forgotten before they were published', { count: first - this.#tick });
    try {
      await log.append([...ticks.map(published), ...events.filter(({ shared }) => shared !== true).map(published)]);
    } catch (error) {
      this.#failures++;
      logger.error('What was committed could not be published; it is tried again', { failures: this.#failures, error });
      return 'failed';
    }
    this.#failures = 0;
    this.#number = lastEvent?.number ?? this.#number;
    this.#tick = lastTick === undefined ? this.#tick : lastTick.offset + 1;
    this.#note();
    return 'published';
  }

  #note(): void {
    const { store, group } = this.#options;
    const offsets = [
      { group, topic: MESSAGES, offset: this.#number },
      { group, topic: MARKET_TICKS, offset: this.#tick },
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
