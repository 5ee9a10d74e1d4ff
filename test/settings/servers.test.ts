// How the servers of the distributed profile are reached and signed in to, by what the clients are given and told, and what is
// refused before anything is asked of a server. test/services tries the same against real ones.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { kafkaOf } from '#app/kafka-connection.ts';
import { readSettings } from '#app/reading/settings.ts';
import { redisOf } from '#app/redis-check.ts';
import { makeTopics } from '#app/topics.ts';
import { temporaryFolder } from '../support/tape-builder.ts';
import { loaded, refusalsOf, settingsOf, type Env } from './settings-run.ts';

const DISTRIBUTED = { PROFILE: 'distributed' };
const SIGNED = {
  REDPANDA__SASL_MECHANISM: 'SCRAM-SHA-512',
  REDPANDA__SASL_USERNAME: 'platform',
  REDPANDA__SASL_PASSWORD: 'hush',
};
/** The type of the first record of TLS: a handshake. */
const HANDSHAKE = 0x16;

/** The first byte that a Kafka server hears. */
async function firstByte(t: TestContext, env: Env): Promise<number | undefined> {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const asked = makeTopics(settingsOf({ REDPANDA__BOOTSTRAP_SERVERS: `127.0.0.1:${port}`, ...env }), {
    multiplier: undefined,
    replication: undefined,
  });
  // It fails when the server goes; what counts was said before.
  void Promise.allSettled([asked]);
  const [socket] = await once(server, 'connection');
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return bytes[0];
}

test('REDPANDA__TLS decides whether the first word to a Kafka server is encrypted', async (t) => {
  assert.equal(await firstByte(t, { REDPANDA__TLS: 'true' }), HANDSHAKE);
  assert.notEqual(await firstByte(t, { REDPANDA__TLS: 'false' }), HANDSHAKE);
});

test('REDPANDA__TLS_CA_FILE, REDPANDA__TLS_CERT_FILE and REDPANDA__TLS_KEY_FILE are what both sides show and are checked against', (t) => {
  const folder = temporaryFolder(t);
  const files = ['ca', 'cert', 'key'].map((name) => join(folder, name));
  for (const file of files) writeFileSync(file, `in ${file}`);
  const [ca = '', cert = '', key = ''] = files;
  const names = { REDPANDA__TLS_CA_FILE: ca, REDPANDA__TLS_CERT_FILE: cert, REDPANDA__TLS_KEY_FILE: key };
  const { tls } = kafkaOf(settingsOf({ REDPANDA__TLS: 'true', ...names }));
  assert.deepEqual(tls, { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) });
  assert.equal(kafkaOf(settingsOf({})).tls, undefined);
  for (const name of Object.keys(names)) {
    assert.match(refusalsOf({ ...DISTRIBUTED, [name]: ca }).join(), new RegExp(`${name}.*set REDPANDA__TLS=true`));
  }
  const half = { ...DISTRIBUTED, REDPANDA__TLS: 'true', REDPANDA__TLS_CERT_FILE: cert };
  assert.match(refusalsOf(half).join(), /REDPANDA__TLS_KEY_FILE: a certificate and its key belong together/);
});

test('REDPANDA__SASL_MECHANISM, REDPANDA__SASL_USERNAME and REDPANDA__SASL_PASSWORD are how and as whom the platform signs in', () => {
  const expected = { mechanism: 'SCRAM-SHA-512', username: 'platform', password: 'hush' };
  assert.deepEqual(kafkaOf(settingsOf(SIGNED)).sasl, expected);
  assert.equal(kafkaOf(settingsOf({})).sasl, undefined);
  for (const name of ['REDPANDA__SASL_USERNAME', 'REDPANDA__SASL_PASSWORD'] as const) {
    const { [name]: own, ...others } = SIGNED;
    assert.match(refusalsOf({ ...DISTRIBUTED, ...others }).join(), new RegExp(`${name}: .*SCRAM-SHA-512 needs it`));
    assert.match(refusalsOf({ ...DISTRIBUTED, [name]: own }).join(), new RegExp(`${name}: .*REDPANDA__SASL_MECHANISM`));
  }
});

test('REDIS__TLS_CA_FILE is what an encrypted Redis is checked against', (t) => {
  const file = join(temporaryFolder(t), 'ca');
  writeFileSync(file, 'an authority');
  const env = { ...DISTRIBUTED, REDIS__TLS_CA_FILE: file };
  assert.equal(redisOf(settingsOf({ ...env, REDIS__URL: 'rediss://127.0.0.1' })).ca, 'an authority');
  assert.equal(redisOf(settingsOf({})).ca, undefined);
  assert.match(refusalsOf(env).join(), /REDIS__TLS_CA_FILE: .*rediss:/);
});

test('a password that anyone on the way could read is refused in production, and warned of before', () => {
  const env = { ...DISTRIBUTED, ...SIGNED, REDPANDA__SASL_MECHANISM: 'PLAIN' };
  const far = { ...env, REDPANDA__BOOTSTRAP_SERVERS: '127.0.0.1:9092,log.example:9092' };
  const said = (given: Env) => loaded(given).warnings.filter(({ name }) => name === 'REDPANDA__SASL_MECHANISM');
  assert.match(said(far)[0]?.text ?? '', /PLAIN sends the password to log\.example:9092 for anyone to read/);
  assert.deepEqual(said(env), []);
  assert.deepEqual(said({ ...far, REDPANDA__TLS: 'true' }), []);
  assert.match(refusalsOf({ ...far, ENVIRONMENT: 'production' }).join(), /error REDPANDA__SASL_MECHANISM: PLAIN/);
});

test('an address of PostgreSQL says whether its certificate is checked, and names files only where it is', () => {
  const refused = (query: string) =>
    refusalsOf({ ...DISTRIBUTED, DATABASE__POSTGRES_URL: `postgresql://a:b@127.0.0.1/c${query}` }).join();
  for (const mode of ['require', 'prefer', 'allow', 'verify-ca', 'no-verify', 'other']) {
    assert.match(refused(`?sslmode=${mode}`), /DATABASE__POSTGRES_URL: sslmode=.*expected disable or verify-full/);
  }
  assert.match(refused('?sslrootcert=/ca.pem'), /sslrootcert want sslmode=verify-full/);
  for (const query of ['', '?sslmode=disable', '?sslmode=verify-full&sslrootcert=/ca.pem']) {
    assert.equal(refused(query), '');
  }
});

test('a file of a certificate that is not there stops every command, and none in the embedded profile', () => {
  const missing = (env: Env) => () => readSettings({ env, folder: '/nowhere' });
  const wanted: readonly Env[] = [
    { REDPANDA__TLS: 'true', REDPANDA__TLS_CA_FILE: '/no/ca.pem' },
    { REDIS__URL: 'rediss://127.0.0.1', REDIS__TLS_CA_FILE: '/no/ca.pem' },
    { DATABASE__POSTGRES_URL: 'postgresql://127.0.0.1/c?sslmode=verify-full&sslrootcert=/no/ca.pem' },
  ];
  for (const env of wanted) {
    assert.throws(missing({ ...DISTRIBUTED, ...env }), /the file "\/no\/ca\.pem" does not exist/);
    missing(env)();
  }
});

test('a user or a role has one namespace, and what belongs together is there', () => {
  const env = { ...DISTRIBUTED, ...SIGNED };
  const [user, password] = ['BROKERS__PAPER__KAFKA_USERNAME', 'BROKERS__PAPER__KAFKA_PASSWORD'];
  const refusals: readonly (readonly [Env, RegExp])[] = [
    [{ ...env, [user]: 'a' }, /KAFKA_PASSWORD: a user and its password belong together/],
    [{ ...env, [password]: 'a' }, /KAFKA_USERNAME: a user and its password belong together/],
    [{ ...DISTRIBUTED, [user]: 'a', [password]: 'b' }, /set REDPANDA__SASL_MECHANISM/],
    [{ ...env, [user]: 'platform', [password]: 'b' }, /"platform" belongs to the platform already/],
    [{ ...env, BROKERS__PAPER__POSTGRES_PASSWORD: 'b' }, /POSTGRES_ROLE: the password is of no role/],
    [{ ...env, BROKERS__PAPER__POSTGRES_ROLE: 'alpha_panda' }, /"alpha_panda" belongs to the platform already/],
    [
      { ...env, BROKERS__PAPER__POSTGRES_ROLE: 'desk', BROKERS__ZERODHA__POSTGRES_ROLE: 'desk' },
      /BROKERS__ZERODHA__POSTGRES_ROLE: "desk" belongs to paper already/,
    ],
    [{ ...env, BROKERS__PAPER__POSTGRES_ROLE: 'Desk; DROP' }, /expected small letters, digits and underscores/],
  ];
  for (const [given, expected] of refusals) assert.match(refusalsOf(given).join(), expected);
  const whole = { ...env, [user]: 'a', [password]: 'b', BROKERS__PAPER__POSTGRES_ROLE: 'desk' };
  assert.deepEqual(refusalsOf(whole), []);
  assert.deepEqual(settingsOf(whole).brokers[0]?.access.kafkaUsername, 'a');
});
