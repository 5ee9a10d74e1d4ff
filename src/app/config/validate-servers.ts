// Rules about how the servers of the distributed profile are reached and signed in to. The embedded profile asks none of
// them, so its starts are not held up by what it does not use.
import { existsSync } from 'node:fs';
import { isLoopback } from './loopback.ts';
import { error, quote, warning } from './problem.ts';
import type { SettingsProblem } from './problem.ts';
import { brokerSettingName } from './resolve-brokers.ts';
import type { Settings } from './settings-schema.ts';

/** What the client of PostgreSQL and the tools of its server mean alike. `require` is read as one by the first. */
const SSL_MODES = ['disable', 'verify-full'];

export function validateServers(settings: Settings): SettingsProblem[] {
  if (settings.profile === 'embedded') return [];
  return [
    ...kafkaEncryption(settings),
    ...kafkaSignIn(settings),
    ...namespaceUsers(settings),
    ...postgresEncryption(settings),
    ...redisEncryption(settings),
  ];
}

/** The rule that looks at the disk: every file of a key or a certificate is there. */
export function validateCertificates(settings: Settings): SettingsProblem[] {
  if (settings.profile === 'embedded') return [];
  const { redpanda, redis, database } = settings;
  const files: readonly (readonly [string, string | null | undefined])[] = [
    ['REDPANDA__TLS_CA_FILE', redpanda.tlsCaFile],
    ['REDPANDA__TLS_CERT_FILE', redpanda.tlsCertFile],
    ['REDPANDA__TLS_KEY_FILE', redpanda.tlsKeyFile],
    ['REDIS__TLS_CA_FILE', redis.tlsCaFile],
    ...['sslrootcert', 'sslcert', 'sslkey'].map((field) => {
      return ['DATABASE__POSTGRES_URL', new URL(database.postgresUrl).searchParams.get(field)] as const;
    }),
  ];
  return files.flatMap(([name, file]) =>
    file === undefined || file === null || existsSync(file)
      ? []
      : [error(name, `the file ${quote(file)} does not exist`)],
  );
}

function kafkaEncryption({ redpanda }: Settings): SettingsProblem[] {
  const { tls, tlsCaFile, tlsCertFile, tlsKeyFile } = redpanda;
  const files = Object.entries({ TLS_CA_FILE: tlsCaFile, TLS_CERT_FILE: tlsCertFile, TLS_KEY_FILE: tlsKeyFile });
  const set = files.filter(([, file]) => file !== undefined).map(([name]) => `REDPANDA__${name}`);
  if (!tls) return set.map((name) => error(name, 'this has no effect without encryption; set REDPANDA__TLS=true'));
  if ((tlsCertFile === undefined) === (tlsKeyFile === undefined)) return [];
  const missing = tlsCertFile === undefined ? 'REDPANDA__TLS_CERT_FILE' : 'REDPANDA__TLS_KEY_FILE';
  return [error(missing, 'a certificate and its key belong together; one is missing')];
}

function kafkaSignIn({ redpanda, environment }: Settings): SettingsProblem[] {
  const { saslMechanism, saslUsername, saslPassword, tls, bootstrapServers } = redpanda;
  const given = Object.entries({ SASL_USERNAME: saslUsername, SASL_PASSWORD: saslPassword });
  if (saslMechanism === 'none') {
    const without = 'nobody signs in without a mechanism; set REDPANDA__SASL_MECHANISM, or remove this';
    return given.filter(([, text]) => text !== '').map(([name]) => error(`REDPANDA__${name}`, without));
  }
  const problems = given
    .filter(([, text]) => text === '')
    .map(([name]) => error(`REDPANDA__${name}`, `REDPANDA__SASL_MECHANISM=${saslMechanism} needs it`));
  const far = bootstrapServers.find((server) => !isLoopback(server.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')));
  if (saslMechanism === 'PLAIN' && !tls && far !== undefined) {
    const text = `PLAIN sends the password to ${far} for anyone to read; set REDPANDA__TLS=true, or use SCRAM-SHA-512`;
    problems.push((environment === 'production' ? error : warning)('REDPANDA__SASL_MECHANISM', text));
  }
  return problems;
}

/** A user or a role of two namespaces would see both. */
function namespaceUsers({ brokers, redpanda, database }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const owners = new Map([
    [`kafkaUsername ${redpanda.saslUsername}`, 'the platform'],
    [`postgresRole ${new URL(database.postgresUrl).username}`, 'the platform'],
  ]);
  for (const { id, access } of brokers) {
    const { kafkaUsername, kafkaPassword, postgresRole, postgresPassword } = access;
    const name = (field: string): string => brokerSettingName(id, field);
    if ((kafkaUsername === '') !== (kafkaPassword === '')) {
      const missing = name(kafkaUsername === '' ? 'kafkaUsername' : 'kafkaPassword');
      problems.push(error(missing, 'a user and its password belong together; one is missing'));
    }
    if (kafkaUsername !== '' && redpanda.saslMechanism === 'none') {
      problems.push(error(name('kafkaUsername'), 'nobody signs in without a mechanism; set REDPANDA__SASL_MECHANISM'));
    }
    if (postgresPassword !== '' && postgresRole === '') {
      problems.push(error(name('postgresRole'), 'the password is of no role; one is missing'));
    }
    for (const [field, user] of Object.entries({ kafkaUsername, postgresRole })) {
      const owner = owners.get(`${field} ${user}`);
      if (user !== '' && owner !== undefined) {
        problems.push(error(name(field), `${quote(user)} belongs to ${owner} already; give each namespace its own`));
      }
      owners.set(`${field} ${user}`, id);
    }
  }
  return problems;
}

function postgresEncryption({ database }: Settings): SettingsProblem[] {
  const { searchParams } = new URL(database.postgresUrl);
  const mode = searchParams.get('sslmode');
  if (mode !== null && !SSL_MODES.includes(mode)) {
    const text = `sslmode=${mode} leaves open whether the certificate is checked; expected ${SSL_MODES.join(' or ')}`;
    return [error('DATABASE__POSTGRES_URL', text)];
  }
  const files = ['sslrootcert', 'sslcert', 'sslkey'].filter((field) => searchParams.has(field));
  if (mode === 'verify-full' || files.length === 0) return [];
  return [error('DATABASE__POSTGRES_URL', `${files.join(' and ')} want sslmode=verify-full beside them`)];
}

function redisEncryption({ redis }: Settings): SettingsProblem[] {
  if (redis.tlsCaFile === undefined || redis.url.toLowerCase().startsWith('rediss:')) return [];
  return [error('REDIS__TLS_CA_FILE', 'this has no effect without encryption; write REDIS__URL with rediss://')];
}
