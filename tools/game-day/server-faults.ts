// Faults of the servers that the distributed profile stands on: real ones, each stopped while the platform trades.
import { type Env } from '../../test/e2e/support/processes.ts';
import { runSql } from '../../test/support/postgres-place.ts';
import { startBroker } from '../dev-broker/broker.ts';
import { startPostgres } from '../services/postgres.ts';
import { startRedis } from '../services/redis.ts';
import { type Fault, type Line } from './drill.ts';
import { openStage, waitFor, type Ending, type Stage } from './stage.ts';

interface Servers {
  readonly env: Env;
  readonly stop: Readonly<Record<'postgres' | 'redis' | 'kafka', () => Promise<void>>>;
}

export interface ServerStage extends Stage {
  readonly stop: Servers['stop'];
}

const DATABASE = 'game_day';

/** A platform on servers of its own; a text says which server this machine does not have. */
export async function openServerStage(ending: Ending, told: (line: Line) => void): Promise<ServerStage | string> {
  const servers = await startServers(ending);
  if (typeof servers === 'string') return servers;
  const env = { ...servers.env, ACTIVE_BROKERS: 'paper' };
  const stage = await openStage(ending, told, env, async (place) => {
    await place.output('topics', 'bootstrap');
    return undefined;
  });
  await waitFor('ticks', () => stage.place.ticks() > 100);
  return { ...stage, stop: servers.stop };
}

export function serverFaults({ stop }: ServerStage): readonly Fault[] {
  return [
    { name: 'Redis is gone', expects: [{ code: 'CHECK_FAILED', subject: 'redis' }], inject: stop.redis },
    { name: 'Kafka is gone', expects: [{ code: 'CHECK_FAILED', subject: 'redpanda' }], inject: stop.kafka },
    {
      name: 'the database is gone, and the platform ends',
      expects: [{ code: 'PLATFORM_FAILED', isLast: true }],
      inject: stop.postgres,
    },
  ];
}

async function startServers(ending: Ending): Promise<Servers | string> {
  const { server, missing } = await startPostgres();
  if (server === undefined) return missing;
  const endings: (() => Promise<void>)[] = [];
  const once = (end: () => Promise<void>): (() => Promise<void>) => {
    let ended: Promise<void> | undefined;
    const first = async (): Promise<void> => (ended ??= end());
    endings.push(first);
    return first;
  };
  const postgres = once(async () => server.stop());
  const all = async (): Promise<void> => void (await Promise.all(endings.map(async (end) => end())));
  const [redis, kafka] = [await startRedis(), await startBroker()];
  const stopRedis = 'missing' in redis ? undefined : once(async () => redis.stop());
  const stopKafka = 'missing' in kafka ? undefined : once(async () => kafka.stop());
  if ('missing' in redis || 'missing' in kafka || stopRedis === undefined || stopKafka === undefined) {
    await all();
    return 'missing' in redis ? redis.missing : 'missing' in kafka ? kafka.missing : 'a server did not start';
  }
  ending.after(all);
  runSql(server.url, `CREATE DATABASE ${DATABASE}`);
  const url = new URL(server.url);
  url.pathname = `/${DATABASE}`;
  const env = {
    PROFILE: 'distributed',
    DATABASE__POSTGRES_URL: url.href,
    REDPANDA__BOOTSTRAP_SERVERS: kafka.bootstrapServers.join(','),
    REDIS__URL: redis.url,
  };
  return { env, stop: { postgres, redis: stopRedis, kafka: stopKafka } };
}
