// The real servers of a campaign, on ports of their own.
import { type FaultServers } from '../../test/services/server-faults.ts';
import { startBroker } from '../dev-broker/broker.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';

/** What has to be ended, in the order in which it was begun. */
export type Ends = (() => unknown)[];

/** Starts them; the ends of those that started are in `ends`. Throws when one is missing. */
export async function startServers(ends: Ends): Promise<FaultServers> {
  const broker = await startBroker();
  if ('missing' in broker) throw new Error(broker.missing);
  ends.push(() => broker.stop());
  const { server: postgres, missing } = await startPostgres();
  if (postgres === undefined) throw new Error(missing);
  ends.push(() => postgres.stop());
  const redis = await startRedis();
  if ('missing' in redis) throw new Error(redis.missing);
  ends.push(() => redis.stop());
  return { broker, postgres, where: { postgres: postgres.url, redis: redis.url, kafka: broker.bootstrapServers } };
}
