// The real servers of a campaign, on ports of their own.
import { type FaultServers } from '../../test/services/server-faults.ts';
import { type Env } from '../../test/e2e/support/processes.ts';
import { CutLink } from '../../test/support/cut-link.ts';
import { startBroker } from '../dev-broker/broker.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { freePort } from '../services/free-port.ts';

/** What has to be ended, in the order in which it was begun. */
export type Ends = (() => unknown)[];

/** Starts them; the ends of those that started are in `ends`. Throws when one is missing. */
export async function startServers(ends: Ends): Promise<FaultServers> {
  const broker = await startBroker({ relayed: true });
  if ('missing' in broker) throw new Error(broker.missing);
  ends.push(() => broker.stop());
  const { server: postgres, missing } = await startPostgres();
  if (postgres === undefined) throw new Error(missing);
  ends.push(() => postgres.stop());
  const redis = await startRedis();
  if ('missing' in redis) throw new Error(redis.missing);
  ends.push(() => redis.stop());
  const where = { postgres: postgres.url, redis: redis.url, kafka: broker.bootstrapServers };
  const { relayed } = broker;
  if (relayed === undefined) throw new Error('the broker has no way in by a relay');
  const behind = new URL(postgres.url);
  const target = Number(behind.port);
  behind.port = `${await freePort()}`;
  const links = {
    log: await CutLink.open(relayed),
    database: await CutLink.open({ port: Number(behind.port), target }),
  };
  ends.push(
    () => links.log.close(),
    () => links.database.close(),
  );
  const linked = (databaseUrl: string): Env => {
    const url = new URL(databaseUrl);
    url.port = behind.port;
    return { REDPANDA__BOOTSTRAP_SERVERS: `127.0.0.1:${relayed.port}`, DATABASE__POSTGRES_URL: url.href };
  };
  return { broker, postgres, where, links, linked };
}
