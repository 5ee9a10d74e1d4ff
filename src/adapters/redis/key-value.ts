// Values by name in Redis, for services in several processes. Redis serves what may be lost: every key comes from the one
// function that puts its namespace into it, and nothing that decides an order is kept here.
import { type KeyValue } from '#ports/key-value.ts';
import { connectRedis, type RedisOptions } from './connection.ts';

export interface RedisKeyValue extends KeyValue {
  /** Asks for a sign of life. Throws `RedisError`. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Connects. Throws `RedisError`. */
export async function openRedis(options: RedisOptions): Promise<RedisKeyValue> {
  const { use, close } = await connectRedis(options);
  return {
    get: async (key) => (await use((client) => client.get(key))) ?? undefined,
    set: async (key, value) => void (await use((client) => client.set(key, value))),
    delete: async (key) => void (await use((client) => client.del(key))),
    ping: async () => void (await use((client) => client.ping())),
    close,
  };
}
