// Views in Redis: a hash for each, which is replaced as a whole or an entry at a time, and the changes on channels.
import { type Key } from '#wire/keys.ts';
import { connectRedis, type RedisConnection, type RedisOptions } from './connection.ts';

export interface ViewChange {
  /** Of the view. */
  readonly key: Key;
  readonly id: string;
  /** Undefined for an entry that goes. */
  readonly value: string | undefined;
  readonly channel: Key;
  readonly told: string;
}

export type Views = ReadonlyMap<Key, ReadonlyMap<string, string>>;

/** A view that nobody keeps is gone after this, so that nobody takes an old one for the state of now. */
const FRESH_SECONDS = 15;

/** Connects with the first write, and again with the first after one that failed. */
export class ViewServer {
  readonly #options: RedisOptions;
  #connection: Promise<RedisConnection> | undefined;

  constructor(options: RedisOptions) {
    this.#options = options;
  }

  /** Gives each view these entries and no others. Throws `RedisError`. */
  async replace(views: Views): Promise<void> {
    await this.#use(async ({ use }) =>
      use((client) => {
        const batch = client.multi();
        for (const [key, entries] of views) {
          batch.del(key);
          if (entries.size > 0) batch.hSet(key, Object.fromEntries(entries)).expire(key, FRESH_SECONDS);
        }
        return batch.exec();
      }),
    );
  }

  /**
   * Changes entries in order, and tells of each. `there` are the views that were given entries before: false when one of them
   * was gone, and then it holds these changes at most. Throws `RedisError`.
   */
  async change(changes: readonly ViewChange[], there: readonly Key[]): Promise<boolean> {
    const answers = await this.#use(async ({ use }) =>
      use((client) => {
        const batch = client.multi();
        for (const key of there) batch.expire(key, FRESH_SECONDS);
        for (const { key, id, value, channel, told } of changes) {
          if (value === undefined) batch.hDel(key, id);
          else batch.hSet(key, id, value).expire(key, FRESH_SECONDS);
          batch.publish(channel, told);
        }
        return batch.exec();
      }),
    );
    return answers.slice(0, there.length).every((answer) => Number(answer) === 1);
  }

  async close(): Promise<void> {
    const [opened] = await Promise.allSettled([this.#connection]);
    if (opened.status === 'fulfilled') await opened.value?.close();
  }

  async #use<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    try {
      this.#connection ??= connectRedis(this.#options);
      return await work(await this.#connection);
    } catch (error) {
      await this.close();
      this.#connection = undefined;
      throw error;
    }
  }
}
