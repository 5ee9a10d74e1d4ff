// A log in memory: what a service is tested on.
import { type EventLog, type LogMessage, type NewMessage, type TopicRange } from '#ports/event-log.ts';

/** @param producer what its own messages name as who wrote them */
export function openMemoryLog(producer?: string): EventLog {
  return new MemoryLog(producer);
}

class MemoryLog implements EventLog {
  readonly #topics = new Map<string, LogMessage[]>();
  readonly #offsets = new Map<string, number>();
  readonly #subscriptions = new Set<{ readonly topics: readonly string[]; readonly wake: () => void }>();
  readonly #producer: string | undefined;
  #closed = false;

  constructor(producer: string | undefined) {
    this.#producer = producer;
  }

  append(messages: readonly NewMessage[]): Promise<void> {
    return this.#answer(() => {
      for (const { topic, key, id, value, own, seal } of messages) {
        const held = this.#topics.get(topic) ?? [];
        this.#topics.set(topic, held);
        const producer = own === true ? this.#producer : undefined;
        const beside = { ...(producer !== undefined && { producer }), ...(seal !== undefined && { seal }) };
        held.push({ topic, key, id, value, offset: held.length, ...beside });
      }
      const touched = new Set(messages.map(({ topic }) => topic));
      for (const subscription of this.#subscriptions) {
        if (!subscription.topics.some((topic) => touched.has(topic))) continue;
        // Later, so that a subscriber never runs inside the append of another.
        queueMicrotask(() => {
          if (this.#subscriptions.has(subscription)) subscription.wake();
        });
      }
    });
  }

  read(topic: string, offset: number, limit: number): Promise<readonly LogMessage[]> {
    const from = Math.max(0, offset);
    return this.#answer(() => (this.#topics.get(topic) ?? []).slice(from, from + limit));
  }

  range(topic: string): Promise<TopicRange> {
    return this.#answer(() => ({ topic, start: 0, end: this.#topics.get(topic)?.length ?? 0 }));
  }

  partitions(): Promise<number> {
    return this.#answer(() => 1);
  }

  topics(): Promise<readonly TopicRange[]> {
    return this.#answer(() => {
      return [...this.#topics.keys()]
        .sort()
        .map((topic) => ({ topic, start: 0, end: this.#topics.get(topic)?.length ?? 0 }));
    });
  }

  committed(group: string, topic: string): Promise<number | undefined> {
    return this.#answer(() => this.#offsets.get(JSON.stringify([group, topic])));
  }

  commit(group: string, topic: string, offset: number): Promise<void> {
    return this.#answer(() => void this.#offsets.set(JSON.stringify([group, topic]), offset));
  }

  subscribe(topics: readonly string[], wake: () => void): () => void {
    this.#requireOpen();
    const subscription = { topics, wake };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#subscriptions.clear();
    return Promise.resolve();
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
