// A deployment on real servers: a database of its own, the topics of a broker that it shares with other tests one after the
// other, and Redis. What stood in the log before it is left out of what it reads.
import { type TestContext } from 'node:test';
import { openKafkaLog } from '#adapters/kafka/event-log.ts';
import { type KafkaLogSettings } from '#adapters/kafka/settings.ts';
import { type EventLog, type LogMessage } from '#ports/event-log.ts';
import { Place } from '../e2e/support/place.ts';
import { type Env } from '../e2e/support/processes.ts';
import { runSql } from '../support/postgres-place.ts';
import { settingsFor, skipped as withoutKafka } from './kafka-place.ts';

const postgresUrl = process.env['ALPHA_PANDA_TEST_POSTGRES'];
const redisUrl = process.env['ALPHA_PANDA_TEST_REDIS'];

/** Why the tests cannot run; false when they can. */
export const skipped: string | false =
  postgresUrl === undefined || redisUrl === undefined
    ? 'ALPHA_PANDA_TEST_POSTGRES or ALPHA_PANDA_TEST_REDIS is not set; npm run test:services starts both and sets them'
    : withoutKafka;

/** Where the servers are. */
export interface Servers {
  readonly postgres: string;
  readonly redis: string;
  readonly kafka: readonly string[];
  /** Who the test is to Kafka, where that asks. */
  readonly access?: Pick<KafkaLogSettings, 'sasl' | 'tls'>;
}

/** What ends with whoever made it. */
type Ending = Pick<TestContext, 'after'>;

const shared: Servers = { postgres: postgresUrl ?? '', redis: redisUrl ?? '', kafka: settingsFor().bootstrapServers };
const AT_ONCE = 5_000;
let databases = 0;

export class Deployment {
  readonly place: Place;
  readonly log: EventLog;
  #before = new Map<string, number>();

  private constructor(place: Place, log: EventLog) {
    this.place = place;
    this.log = log;
  }

  /** A new deployment with its tables and topics, before its first start. */
  static async make(t: Ending, env: Env = {}, servers: Servers = shared): Promise<Deployment> {
    const { postgres, redis, kafka, access } = servers;
    const url = new URL(postgres);
    const name = `deployment_${process.pid}_${++databases}`;
    runSql(postgres, `CREATE DATABASE ${name}`);
    t.after(() => runSql(postgres, `DROP DATABASE ${name} WITH (FORCE)`));
    url.pathname = `/${name}`;
    const where = {
      PROFILE: 'distributed',
      DATABASE__POSTGRES_URL: url.href,
      REDPANDA__BOOTSTRAP_SERVERS: kafka.join(','),
      // Of its own, as far as a server has them.
      REDIS__URL: `${redis}/${databases % 16}`,
    };
    const place = new Place(t, { ...where, ...env });
    const log = openKafkaLog({ bootstrapServers: kafka, clientId: 'test', ...access });
    t.after(() => log.close());
    await place.output('topics', 'bootstrap');
    const deployment = new Deployment(place, log);
    for (const { topic, partition = 0, end } of await log.topics())
      deployment.#before.set(`${topic}:${partition}`, end);
    return deployment;
  }

  /** Lets a group that has never read begin with what joins some topics from now on. */
  async beginHere(group: string, topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      const partitions = (await this.log.partitions?.(topic)) ?? 1;
      for (let partition = 0; partition < partitions; partition++)
        await this.log.commit(group, topic, (await this.log.range(topic, partition)).end, partition);
    }
  }

  /** What joined a topic since, partition by partition. */
  async published(topic: string): Promise<readonly LogMessage[]> {
    const found: LogMessage[] = [];
    const partitions = (await this.log.partitions?.(topic)) ?? 1;
    for (let partition = 0; partition < partitions; partition++) {
      const { end } = await this.log.range(topic, partition);
      for (let next = this.#before.get(`${topic}:${partition}`) ?? 0; next < end;) {
        const page = await this.log.read(topic, next, AT_ONCE, partition);
        const last = page.at(-1);
        if (last === undefined) break;
        found.push(...page);
        next = last.offset + 1;
      }
    }
    return found;
  }
}
