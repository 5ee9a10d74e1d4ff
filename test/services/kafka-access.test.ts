// One Kafka user a namespace, on a broker with ACLs: what `topics bootstrap` allows each of them, tried with every verb on every
// topic and group of every other namespace, and a run in which each namespace is published by its own user.
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { AclOperations, AclPermissionTypes, Admin, ResourcePatternTypes, ResourceTypes } from '@platformatic/kafka';
import { type KafkaSasl } from '#adapters/kafka/settings.ts';
import { type BrokerId } from '#core/ids.ts';
import { LogError } from '#ports/event-log.ts';
import { MARKET_TICKS, topicsOf } from '#wire/topics.ts';
import { startBroker } from '../../tools/dev-broker/broker.ts';
import { lastWords, type Env } from '../e2e/support/processes.ts';
import { playing } from '../e2e/support/place.ts';
import { syntheticTape } from '../e2e/support/synthetic-tape.ts';
import { Deployment, skipped } from './deployment.ts';
import { kafkaPlace, settingsFor } from './kafka-place.ts';
import { connectAs, GROUP_VERBS, TOPIC_VERBS, verdict } from './kafka-requests.ts';

/** One of them begins as another one does: the dot ends a namespace. */
const BROKERS = ['paper', 'paper_two', 'zerodha', 'desk_three', 'desk_four'] as BrokerId[];
const userOf = (broker: string): string => `user-of-${broker}`;
const passwordOf = (user: string): string => `secret-of-${user}`;
const USERS = ['platform', 'feeder', ...BROKERS.map(userOf)];
const ENDINGS: (() => unknown)[] = [];

describe('a Kafka user for each namespace', { skip: skipped, timeout: 240_000 }, () => {
  let deployment: Deployment;
  let server: string;
  let bootstrapped: string;

  before(async () => {
    const users = Object.fromEntries(USERS.map((user) => [user, passwordOf(user)]));
    const broker = await startBroker({ users, superUsers: ['platform'] });
    assert.ok('bootstrapServers' in broker, 'the shared broker runs, so another can');
    ENDINGS.push(() => broker.stop());
    [server = ''] = broker.bootstrapServers;
    const servers = {
      postgres: process.env['ALPHA_PANDA_TEST_POSTGRES'] ?? '',
      redis: process.env['ALPHA_PANDA_TEST_REDIS'] ?? '',
      kafka: broker.bootstrapServers,
      access: { sasl: saslOf('platform') },
    };
    deployment = await Deployment.make(
      { after: (end) => void ENDINGS.push(end as () => unknown) },
      settings(),
      servers,
    );
    // Groups that are there: the brokers choose who keeps them when the first one is used.
    for (const owner of [...BROKERS, 'alpha-panda']) {
      await deployment.log.commit(`${owner}.listener`, MARKET_TICKS, 0);
    }
    bootstrapped = await deployment.place.output('topics', 'bootstrap', '--json');
  });
  after(async () => {
    // The deployment's own first, in their order; the broker last.
    const [stopBroker, ...others] = ENDINGS;
    for (const end of others) await end();
    await stopBroker?.();
  });

  it('is allowed once what it needs, and what others allow is told', async (t) => {
    const { access } = JSON.parse(bootstrapped) as { access: { created: string[]; beyond: string[] } };
    assert.deepEqual(access, { created: [], beyond: [] }, 'the deployment was bootstrapped before');
    const admin = administrator(t, server);
    await admin.createAcls({ creations: [aclOf(userOf('paper'), AclOperations.READ, 'zerodha.orders.filled')] });
    const told = await deployment.place.output('topics', 'bootstrap');
    assert.match(
      told,
      /more than the design says, and left: User:user-of-paper may READ the topic zerodha\.orders\.filled/,
    );
    await admin.deleteAcls({ filters: [aclOf(userOf('paper'), AclOperations.READ, 'zerodha.orders.filled')] });
  });

  for (const broker of BROKERS) {
    it(`lets that of ${broker} use its own topics, and no verb on what is another's`, async (t) => {
      const connection = await connectAs(t, server, saslOf(userOf(broker)));
      const own = new Set(topicsOf([broker]).filter((topic) => topic.startsWith(`${broker}.`)));
      const found: string[] = [];
      let tried = 0;
      for (const topic of topicsOf(BROKERS)) {
        for (const [verb, request] of Object.entries(TOPIC_VERBS)) {
          const may = own.has(topic)
            ? ['read', 'write', 'describe'].includes(verb)
            : topic === MARKET_TICKS && ['read', 'describe'].includes(verb);
          const said = await verdict(request(connection, topic));
          if (said !== (may ? 'allowed' : 'denied')) found.push(`${verb} ${topic}: ${said}`);
          tried++;
        }
      }
      for (const other of [...BROKERS, 'alpha-panda']) {
        for (const [verb, request] of Object.entries(GROUP_VERBS)) {
          const may = other === broker && verb !== 'delete';
          const said = await verdict(request(connection, `${other}.listener`));
          if (said !== (may ? 'allowed' : 'denied')) found.push(`${verb} group of ${other}: ${said}`);
          tried++;
        }
      }
      assert.deepEqual(found, []);
      assert.equal(tried, (BROKERS.length * 22 + 2) * 8 + (BROKERS.length + 1) * 3);
    });
  }

  it('is told what it may not do, or that its password is wrong, without the password', async (t) => {
    const place = kafkaPlace(t, settingsFor([server]));
    const open = (sasl: KafkaSasl) => place.open({ sasl, appendMsMax: 2_000, requestMsMax: 2_000 });
    const [own, foreign] = ['paper.orders.failed', 'zerodha.orders.failed'];
    const message = { key: 'k', id: '1', value: 'one' };
    const paper = open(saslOf(userOf('paper')));
    await paper.append([{ topic: own, ...message }]);
    await paper.commit('paper.listener', own, 1);
    await assert.rejects(paper.append([{ topic: foreign, ...message }]), hasCode('NOT_ALLOWED'));
    await assert.rejects(paper.read(foreign, 0, 1), hasCode('NOT_ALLOWED'));
    await assert.rejects(paper.commit('zerodha.listener', own, 1), hasCode('NOT_ALLOWED'));
    const wrong = open({ ...saslOf(userOf('paper')), password: 'not-the-secret' });
    await assert.rejects(wrong.read(own, 0, 1), hasCode('AUTHENTICATION'));
    await assert.rejects(wrong.append([{ topic: own, ...message }]), hasCode('AUTHENTICATION'));
    const silent = place.open({ appendMsMax: 2_000, requestMsMax: 2_000 });
    await assert.rejects(silent.read(own, 0, 1), LogError);
  });

  it('BROKERS__{ID}__KAFKA_USERNAME and BROKERS__{ID}__KAFKA_PASSWORD sign in for one namespace alone', async (t) => {
    const { place } = deployment;
    const admin = administrator(t, server);
    // It may see that topics are there, and write the ticks, and nothing of a namespace.
    const all = [AclOperations.READ, AclOperations.WRITE];
    const market = [MARKET_TICKS, `${MARKET_TICKS}.dlq`].flatMap((topic) =>
      all.map((verb) => aclOf('feeder', verb, topic)),
    );
    await admin.createAcls({ creations: [...market, aclOf('feeder', AclOperations.DESCRIBE, '*')] });
    const asFeeder = { REDPANDA__SASL_USERNAME: 'feeder', REDPANDA__SASL_PASSWORD: passwordOf('feeder') };
    const tape = syntheticTape(t, { rows: 400 });
    // The namespaces' own users are what makes it possible: the platform's may write nothing of theirs.
    const feeder = await connectAs(t, server, saslOf('feeder'));
    for (const broker of BROKERS) {
      assert.equal(await verdict(TOPIC_VERBS.write(feeder, `${broker}.orders.filled`)), 'denied');
    }
    const platforms = async (topic: string) => (await deployment.published(topic)).filter(({ producer }) => producer);
    const ended = await place.run(playing(tape), asFeeder);
    assert.equal(ended.code, 0, lastWords(ended));
    for (const topic of Object.keys(place.digests())) {
      assert.equal((await platforms(topic)).length, place.values(topic).length, topic);
    }
  });

  it('stops a start whose namespace signs in as the user of another one', async () => {
    const swapped = { [usernameSetting('paper')]: userOf('zerodha'), [usernameSetting('zerodha')]: userOf('paper') };
    const passwords = {
      [passwordSetting('paper')]: passwordOf(userOf('zerodha')),
      [passwordSetting('zerodha')]: passwordOf(userOf('paper')),
    };
    const ended = await deployment.place.run(['start', '--feed', 'simulator'], { ...swapped, ...passwords });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /find the topic paper\..*do not allow it.*ACLs/);
  });
});

function hasCode(code: LogError['code']): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof LogError, String(error));
    assert.equal(error.code, code, error.message);
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error)}`, /not-the-secret|secret-of/);
    return true;
  };
}

function settings(): Env {
  return {
    ACTIVE_BROKERS: BROKERS.join(','),
    ...Object.fromEntries(BROKERS.map((broker) => [`BROKERS__${broker.toUpperCase()}__KIND`, 'paper'])),
    BROKERS__ZERODHA__KIND: 'zerodha',
    REDPANDA__SASL_MECHANISM: 'PLAIN',
    REDPANDA__SASL_USERNAME: 'platform',
    REDPANDA__SASL_PASSWORD: passwordOf('platform'),
    ...Object.fromEntries(BROKERS.map((broker) => [usernameSetting(broker), userOf(broker)])),
    ...Object.fromEntries(BROKERS.map((broker) => [passwordSetting(broker), passwordOf(userOf(broker))])),
  };
}

function usernameSetting(broker: string): string {
  return `BROKERS__${broker.toUpperCase()}__KAFKA_USERNAME`;
}

function passwordSetting(broker: string): string {
  return `BROKERS__${broker.toUpperCase()}__KAFKA_PASSWORD`;
}

function saslOf(username: string): KafkaSasl {
  return { mechanism: 'PLAIN', username, password: passwordOf(username) };
}

function administrator(t: TestContext, server: string): Admin {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [server], sasl: { ...saslOf('platform') } });
  t.after(() => admin.close());
  return admin;
}

function aclOf(user: string, operation: (typeof AclOperations)[keyof typeof AclOperations], topic: string) {
  return {
    resourceType: ResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    host: '*',
    operation,
    permissionType: AclPermissionTypes.ALLOW,
  };
}
