// Servers that are not as the platform needs them, and a log that holds what nobody can read: each is said with what to do, and
// what can go on goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { Producer } from '@platformatic/kafka';
import { missingTopics } from '#adapters/kafka/topics.ts';
import { openPostgresStore } from '#adapters/postgres/store.ts';
import { clockInput, commitOf, message } from '../contracts/commits.ts';
import { Place } from '../e2e/support/place.ts';
import { lastWords } from '../e2e/support/processes.ts';
import { signalMessage } from '../e2e/support/signals.ts';
import { runSql, testSchema } from '../support/postgres-place.ts';
import { Deployment, skipped } from './deployment.ts';
import { kafkaPlace, settingsFor } from './kafka-place.ts';

const postgres = process.env['ALPHA_PANDA_TEST_POSTGRES'] ?? '';

describe('servers that are not as they should be', { skip: skipped, timeout: 120_000 }, () => {
  it('a PostgreSQL that is not there ends the start, with its place and without the password', async (t) => {
    const place = new Place(t, { PROFILE: 'distributed', DATABASE__POSTGRES_URL: 'postgresql://a:hush@127.0.0.1:1/c' });
    const ended = await place.run(['migrate']);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /PostgreSQL at 127\.0\.0\.1:1 does not take a connection .*DATABASE__POSTGRES_URL/);
    assert.doesNotMatch(ended.stderr, /hush/);
  });

  it('a broker that is too old is told so', async (t) => {
    const server = await oldBroker(t);
    const settings = { ...settingsFor([server]), requestMsMax: 3_000 };
    await assert.rejects(missingTopics(settings, []), {
      name: 'LogError',
      code: 'FAILED',
      message: /brokers at 127\.0\.0\.1:\d+ are too old.*Kafka 3\.9/,
    });
  });

  it('fewer brokers than copies are told before a topic is made', async (t) => {
    const place = new Place(t, {
      PROFILE: 'distributed',
      REDPANDA__BOOTSTRAP_SERVERS: settingsFor().bootstrapServers.join(','),
      ACTIVE_BROKERS: 'too_few',
      BROKERS__TOO_FEW__KIND: 'paper',
    });
    const ended = await place.run(['topics', 'bootstrap', '--replication', '3']);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /fewer brokers than copies.*--replication/);
    const names = (await kafkaPlace(t).admin.listTopics()).filter((name) => name.startsWith('too_few.'));
    assert.deepEqual(names, []);
  });

  it('a database that a newer version has migrated is left alone', async (t) => {
    const { place } = await Deployment.make(t);
    await place.output('migrate');
    const url = place.env['DATABASE__POSTGRES_URL'] ?? '';
    runSql(url, "INSERT INTO alpha_panda.schema_migrations VALUES (7, 'later', 'x', now())");
    for (const command of [['start', '--feed', 'simulator'], ['migrate'], ['state']]) {
      const ended = await place.run(command);
      assert.equal(ended.code, 1, lastWords(ended));
      assert.match(ended.stderr, /newer version made migration 7 \(later\).*Use that version/);
    }
  });

  it('a clock that went back moves neither the order of what is committed nor what is kept', (t) => {
    const schema = testSchema(postgres, t);
    let now = 5_000;
    const open = () => openPostgresStore(postgres, { now: () => now, schema, schemaManagement: 'auto' });
    const commit = (id: string) => {
      const store = open();
      store.commit(commitOf({ inputs: [clockInput(1)], messages: [message('paper.orders.filled', id)] }));
      store.close();
    };
    commit('before');
    now = 1_000;
    commit('behind');
    const store = open();
    assert.deepEqual(
      store.read('paper.orders.filled', 0, 10).map(({ id, offset }) => [id, offset]),
      [
        ['before', 0],
        ['behind', 1],
      ],
    );
    assert.equal(store.lastSeq(), 2);
    store.close();
  });
});

describe('a log whose partitions begin with what nobody can read', { skip: skipped, timeout: 60_000 }, () => {
  it('keeps each of them as a dead letter, and takes the good signal behind them', async (t) => {
    const deployment = await Deployment.make(t, { ACTIVE_BROKERS: 'paper' });
    const { place, log } = deployment;
    const platform = place.program(['start', '--feed', 'simulator']);
    await platform.until('prices', () => (place.ticks() > 60 ? true : undefined));
    const good = signalMessage('paper', { id: `behind.${process.pid}` });
    const future = signalMessage('paper', { id: `future.${process.pid}`, version: 99 });
    const producer = new Producer({ clientId: 'test', bootstrapBrokers: [...settingsFor().bootstrapServers] });
    t.after(() => producer.close());
    // Of one key, so that they stand in one partition, in this order.
    const key = Buffer.from(good.key);
    const bytes = [Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(0), Buffer.from('{"half'), Buffer.from(future.value)];
    await producer.send({ messages: bytes.map((value) => ({ topic: good.topic, key, value })) });
    await producer.send({ messages: [{ topic: good.topic, key }] });
    await log.append([good]);
    await platform.until('five dead letters', () =>
      place.values('paper.signals.raw.dlq').length === 5 ? true : undefined,
    );
    await platform.until('a fill', () =>
      place.values('paper.orders.filled').some((value) => value.includes(`behind.${process.pid}`)) ? true : undefined,
    );
    const codes = place.events('paper.signals.raw.dlq').map(({ data }) => JSON.stringify(data));
    assert.equal(codes.filter((text) => text.includes('FUTURE_VERSION')).length, 1, codes.join('\n'));
    assert.equal((await platform.stop('SIGINT')).code, 0);
    assert.match(await place.output('verify'), /equal/);
  });
});

/** Says, in the words of an early Kafka, that it knows the question for what it knows, and nothing else. */
async function oldBroker(t: TestContext): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      const correlation = request.readInt32BE(8);
      const known = [0, 0, 0, 1, 0, 18, 0, 0, 0, 1];
      // A later version of the question is answered with the error 35 in the form of version 0.
      const body = Buffer.from(request.readInt16BE(6) > 1 ? [0, 35, ...known] : [0, 0, ...known, 0, 0, 0, 0]);
      const head = Buffer.alloc(8);
      head.writeInt32BE(body.length + 4, 0);
      head.writeInt32BE(correlation, 4);
      socket.write(Buffer.concat([head, body]));
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
