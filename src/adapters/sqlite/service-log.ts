// The log as a service outside the platform's process sees it: it reads the platform's store and leaves what it appends in
// the inbox, so that it needs no server and may run before, during and after the platform.
import { type EventLog, type LogMessage, type NewMessage, type TopicRange } from '#ports/event-log.ts';
import { openInbox, type SqliteInbox } from './inbox.ts';
import { openStoreReader, type SqliteStoreReader } from './store-reader.ts';

export interface ServiceLogOptions {
  /** How often the store is asked whether something was committed; default 50. */
  readonly pollMs?: number;
}

interface Subscription {
  readonly topics: readonly string[];
  readonly wake: () => void;
  ends: readonly number[];
}

interface WaitingAppend {
  readonly messages: readonly NewMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const POLL_MS = 50;

/** Opens the log of a data directory in which the platform was started before. Throws `StoreError` MISSING otherwise. */
export function openServiceLog(directory: string, options: ServiceLogOptions = {}): EventLog {
  const reader = openStoreReader(directory);
  try {
    return new ServiceLog(reader, openInbox(directory), options.pollMs ?? POLL_MS);
  } catch (error) {
    reader.close();
    throw error;
  }
}

class ServiceLog implements EventLog {
  readonly #reader: SqliteStoreReader;
  readonly #inbox: SqliteInbox;
  readonly #pollMs: number;
  readonly #subscriptions = new Set<Subscription>();
  #waiting: WaitingAppend[] = [];
  #timer: NodeJS.Timeout | undefined;
  #version = 0;
  #closed = false;

  constructor(reader: SqliteStoreReader, inbox: SqliteInbox, pollMs: number) {
    this.#reader = reader;
    this.#inbox = inbox;
    this.#pollMs = pollMs;
  }

  append(messages: readonly NewMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#requireOpen();
      if (this.#waiting.length === 0) setImmediate(() => this.#flush());
      this.#waiting.push({ messages, resolve, reject });
    });
  }

  read(topic: string, offset: number, limit: number): Promise<readonly LogMessage[]> {
    return this.#answer(() => this.#reader.read(topic, offset, limit));
  }

  range(topic: string): Promise<TopicRange> {
    return this.#answer(() => this.#reader.range(topic));
  }

  topics(): Promise<readonly TopicRange[]> {
    return this.#answer(() => this.#reader.topics());
  }

  committed(group: string, topic: string): Promise<number | undefined> {
    return this.#answer(() => this.#inbox.committed(group, topic));
  }

  commit(group: string, topic: string, offset: number): Promise<void> {
    return this.#answer(() => this.#inbox.commitOffset(group, topic, offset));
  }

  subscribe(topics: readonly string[], wake: () => void): () => void {
    this.#requireOpen();
    const subscription: Subscription = { topics, wake, ends: this.#endsOf(topics) };
    this.#subscriptions.add(subscription);
    this.#timer ??= setInterval(() => this.#poll(), this.#pollMs).unref();
    return () => {
      this.#subscriptions.delete(subscription);
      if (this.#subscriptions.size === 0) this.#stopPolling();
    };
  }

  close(): Promise<void> {
    this.#flush();
    this.#closed = true;
    this.#subscriptions.clear();
    this.#stopPolling();
    this.#reader.close();
    this.#inbox.close();
    return Promise.resolve();
  }

  /** Everything that waits goes into one commit. */
  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      if (waiting.length > 0) this.#inbox.put(waiting.flatMap(({ messages }) => messages));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const { resolve } of waiting) resolve();
  }

  /** A store that cannot be read wakes everyone, whose reads then say why. */
  #poll(): void {
    for (const subscription of this.#awake()) subscription.wake();
  }

  #awake(): readonly Subscription[] {
    const all = [...this.#subscriptions];
    try {
      const version = this.#reader.version();
      if (version === this.#version) return [];
      this.#version = version;
      return all.filter((subscription) => {
        const before = subscription.ends;
        subscription.ends = this.#endsOf(subscription.topics);
        return subscription.ends.some((end, index) => end !== before[index]);
      });
    } catch {
      return all;
    }
  }

  #endsOf(topics: readonly string[]): readonly number[] {
    return topics.map((topic) => this.#reader.range(topic).end);
  }

  #stopPolling(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #answer<T>(ask: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.#requireOpen();
      resolve(ask());
    });
  }

  #requireOpen(): void {
    if (this.#closed) throw new Error('the log was closed: open it again to use it');
  }
}
