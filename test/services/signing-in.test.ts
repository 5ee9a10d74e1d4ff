// The distributed profile on servers that encrypt and ask who is there: it runs with the right settings, and with a wrong one it
// says which of the three servers refused what, and never the password.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { makeCertificate } from '../../tools/services/certificate.ts';
import { startPostgres } from '../../tools/services/postgres.ts';
import { startRedis } from '../../tools/services/redis.ts';
import { startBroker } from '../../tools/dev-broker/broker.ts';
import { type Env } from '../e2e/support/processes.ts';
import { syntheticTape } from '../e2e/support/synthetic-tape.ts';
import { Deployment, skipped, type Servers } from './deployment.ts';

const PASSWORD = 'right-password';
const WRONG = 'wrong-password';
const MECHANISM = 'SCRAM-SHA-512';
const ENDINGS: (() => unknown)[] = [];

describe('servers that encrypt and ask who is there', { skip: skipped, timeout: 180_000 }, () => {
  let servers: Servers;
  let env: Env;
  let deployment: Deployment;

  before(async () => {
    const certificate = makeCertificate();
    ENDINGS.push(() => certificate.remove());
    const { server: postgres } = await startPostgres(certificate);
    assert.ok(postgres, 'the shared server runs, so another can');
    ENDINGS.push(() => postgres.stop());
    const redis = await startRedis({ password: PASSWORD, tls: certificate });
    assert.ok('url' in redis);
    ENDINGS.push(() => redis.stop());
    const users = { platform: PASSWORD };
    const tlsFile = certificate.both;
    const broker = await startBroker({ users, superUsers: ['platform'], mechanism: MECHANISM, tlsFile });
    assert.ok('bootstrapServers' in broker);
    ENDINGS.push(() => broker.stop());
    const authority = certificate.certificate;
    servers = {
      postgres: `${postgres.url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(authority)}`,
      redis: redis.url,
      kafka: broker.bootstrapServers,
      access: {
        sasl: { mechanism: MECHANISM, username: 'platform', password: PASSWORD },
        tls: { ca: readFileSync(authority) },
      },
    };
    env = {
      REDPANDA__TLS: 'true',
      REDPANDA__TLS_CA_FILE: authority,
      REDPANDA__SASL_MECHANISM: MECHANISM,
      REDPANDA__SASL_USERNAME: 'platform',
      REDPANDA__SASL_PASSWORD: PASSWORD,
      REDIS__TLS_CA_FILE: authority,
    };
    deployment = await Deployment.make({ after: (ending) => void ENDINGS.push(ending as () => unknown) }, env, servers);
  });
  after(async () => {
    for (const end of ENDINGS.reverse()) await end();
  });

  it('serve a run with the right settings', async (t) => {
    const { place } = deployment;
    const ended = await place.play(syntheticTape(t, { rows: 200 }), { LOGGING__LEVEL: 'INFO' });
    assert.match(ended.stderr, /Health check PASSED for redis/);
    assert.equal((await deployment.published('market.ticks')).length, place.ticks());
    assert.ok(place.ticks() > 0);
  });

  const wrongs: readonly (readonly [string, (right: Env) => Env, RegExp])[] = [
    ['a wrong password for Kafka', () => ({ REDPANDA__SASL_PASSWORD: WRONG }), /brokers at .* refuse the credentials/],
    [
      'a mechanism that Kafka does not take',
      () => ({ REDPANDA__SASL_MECHANISM: 'SCRAM-SHA-256' }),
      /refuse the credentials.*mechanism/,
    ],
    ['no authority for the certificate of Kafka', () => ({ REDPANDA__TLS_CA_FILE: '' }), /REDPANDA__TLS_CA_FILE/],
    [
      'Kafka without encryption',
      () => ({ REDPANDA__TLS: 'false', REDPANDA__TLS_CA_FILE: '' }),
      /do not answer.*REDPANDA__TLS/,
    ],
    [
      'a wrong password for PostgreSQL',
      (right) => ({ DATABASE__POSTGRES_URL: databaseOf(right).replace(/:[^:@/]*@/, `:${WRONG}@`) }),
      /does not let the user alpha_panda in .*DATABASE__POSTGRES_URL/,
    ],
    [
      'no authority for the certificate of PostgreSQL',
      (right) => ({ DATABASE__POSTGRES_URL: databaseOf(right).replace(/&sslrootcert=.*/, '') }),
      /does not take a connection \(.*certificate.*\)/,
    ],
  ];
  for (const [what, change, expected] of wrongs) {
    it(`refuse ${what}, and the start says so`, async () => {
      const { place } = deployment;
      const ended = await place.run(['start', '--feed', 'simulator', '--once'], change(place.env));
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, expected);
      assert.doesNotMatch(ended.stderr, new RegExp(`${WRONG}|${PASSWORD}`));
    });
  }

  it('leave a platform running whose password Redis refuses, and say so', async () => {
    const { place } = deployment;
    const url = (place.env['REDIS__URL'] ?? '').replace(PASSWORD, WRONG);
    const platform = place.program(['start', '--feed', 'simulator'], { REDIS__URL: url });
    assert.match((await platform.said('Health check FAILED for redis')).event, /REDIS__URL a user and a password/);
    const ended = await platform.stop('SIGTERM');
    assert.equal(ended.code, 0);
    assert.doesNotMatch(ended.stderr, new RegExp(`${WRONG}|${PASSWORD}`));
  });
});

function databaseOf(env: Env): string {
  return env['DATABASE__POSTGRES_URL'] ?? '';
}
