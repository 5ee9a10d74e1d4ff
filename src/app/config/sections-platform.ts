// The settings of what the platform runs on: the deployment as a whole, its stores, its log and its feed.
import { boolean, choice, feedSource, integer, list, number, optional, path, speed, text, url } from './setting.ts';
import type { Setting } from './setting.ts';

/** The names of log levels, least severe first. */
export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;

const DAY_SECONDS = 86_400;
const secret = /^[!-~]*$/;
const principal = /^[A-Za-z0-9._@-]{0,200}$/;
const principalName = 'up to 200 letters, digits, dots, hyphens, @ and underscores';

/** Settings without a section: their names have no prefix. */
export const general = {
  activeBrokers: list({
    default: 'paper,zerodha',
    items: 'broker ids',
    // Each id is judged later, one by one, with a sentence of its own.
    pattern: /^/,
    atLeast: 1,
    effect: 'The broker namespaces that this deployment serves, side by side.',
  }),
  appName: text({
    default: 'Alpha Panda',
    pattern: /./,
    accepts: 'a name that is not empty',
    effect: 'The name in logs, in the API and on the dashboard.',
  }),
  environment: choice({
    default: 'development',
    values: ['development', 'production', 'testing'],
    effect: 'How strict the start is: production refuses weak secrets and open doors, development warns.',
  }),
  profile: choice({
    default: 'embedded',
    values: ['embedded', 'distributed'],
    effect: 'embedded: one process and one SQLite file. distributed: Kafka, PostgreSQL and Redis.',
  }),
  dataDir: path({
    default: './data',
    effect: 'The folder of the embedded database, its lock and the tapes; one running platform for each folder.',
  }),
  strategiesDir: optional(
    path({ default: '', effect: "A folder of the user's own strategies, loaded beside the shipped ones." }),
    'only the shipped strategies',
  ),
  logLevel: choice({
    default: 'INFO',
    values: LOG_LEVELS,
    effect: 'The log level when LOGGING__LEVEL is not set.',
  }),
};

export const database = {
  postgresUrl: url({
    default: 'postgresql+asyncpg://alpha_panda:alpha_panda@localhost:5432/alpha_panda',
    protocols: ['postgresql', 'postgres'],
    secrecy: 'password',
    effect:
      'The PostgreSQL of the distributed profile; ?sslmode=verify-full&sslrootcert=FILE encrypts. A driver part such as +asyncpg is dropped.',
  }),
  schemaManagement: choice({
    default: 'auto',
    values: ['auto', 'create_all', 'migrations_only'],
    effect: 'Who makes the tables: auto creates them outside production and demands migrations in it.',
  }),
  verifyMigrations: boolean({
    default: 'true',
    effect: 'Whether the start demands that all migrations were run; production does not accept false.',
  }),
};

export const redpanda = {
  bootstrapServers: list({
    default: 'localhost:9092',
    items: 'servers written HOST:PORT',
    pattern: /^[A-Za-z0-9.\-[\]:]+:\d{1,5}$/,
    atLeast: 1,
    effect: 'The Kafka or Redpanda servers that the distributed profile first asks.',
  }),
  clientId: text({
    default: 'alpha-panda-client',
    pattern: /^[A-Za-z0-9._-]{1,200}$/,
    accepts: 'up to 200 letters, digits, dots, hyphens and underscores',
    effect: 'The name under which the Kafka servers see this program.',
  }),
  groupIdPrefix: text({
    default: 'alpha-panda',
    pattern: /^[A-Za-z0-9._-]{1,100}$/,
    accepts: 'up to 100 letters, digits, dots, hyphens and underscores',
    effect: 'The first part of each consumer group, such as alpha-panda.risk_manager.signals.',
  }),
  tls: boolean({
    default: 'false',
    effect: 'Whether connections to the Kafka servers are encrypted, and their certificates checked.',
  }),
  tlsCaFile: certificate('The certificates that the Kafka servers are checked against.', "the system's authorities"),
  tlsCertFile: certificate('The certificate by which this program is known to the Kafka servers.', 'it shows none'),
  tlsKeyFile: certificate('The private key of that certificate.', 'it shows none'),
  saslMechanism: choice({
    default: 'none',
    values: ['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'],
    effect: 'How this program signs in to the Kafka servers; PLAIN sends the password as it is, so it wants TLS.',
  }),
  saslUsername: text({
    default: '',
    pattern: principal,
    accepts: principalName,
    effect: "The platform's own user at the Kafka servers, which may use every topic.",
  }),
  saslPassword: text({
    default: '',
    pattern: secret,
    accepts: 'a password without spaces',
    secrecy: 'secret',
    effect: 'The password of that user.',
  }),
};

/** Who a namespace is to the servers, where they keep namespaces apart. Set by namespace only: `BROKERS__{ID}__…`. */
export const namespaceAccess = {
  kafkaUsername: text({
    default: '',
    pattern: principal,
    accepts: principalName,
    effect:
      'The Kafka user of this namespace: its topics are read and written as that user, who has the ACLs of no other.',
  }),
  kafkaPassword: text({
    default: '',
    pattern: secret,
    accepts: 'a password without spaces',
    secrecy: 'secret',
    effect: 'The password of that user.',
  }),
  postgresRole: text({
    default: '',
    pattern: /^([a-z][a-z0-9_]{0,62})?$/,
    accepts: 'small letters, digits and underscores, at most 63',
    effect: 'A PostgreSQL role that reads the rows of this namespace and of no other; migrate makes it.',
  }),
  postgresPassword: text({
    default: '',
    pattern: secret,
    accepts: 'a password without spaces',
    secrecy: 'secret',
    effect: 'The password that migrate gives to that role; without one the role cannot sign in by password.',
  }),
};

export const redis = {
  url: url({
    default: 'redis://localhost:6379/0',
    protocols: ['redis', 'rediss'],
    secrecy: 'password',
    effect: 'The Redis of the distributed profile; it serves hot views only, and losing it loses nothing.',
  }),
  tlsCaFile: certificate('The certificates that a rediss:// server is checked against.', "the system's authorities"),
};

export const store = {
  tickRetentionDays: integer({
    default: '30',
    min: 1,
    max: 36_500,
    effect: 'Journalled ticks older than this many days are deleted; orders, fills and ledger events never are.',
  }),
  tickRetentionMb: integer({
    default: '4096',
    min: 16,
    max: 16_777_216,
    effect: 'Beyond this many megabytes the oldest journalled ticks are deleted.',
  }),
  snapshotEverySeconds: integer({
    default: '60',
    min: 1,
    max: DAY_SECONDS,
    effect: 'The longest real time between two snapshots of the state; a shorter one makes recovery quicker.',
  }),
  snapshotEveryTicks: integer({
    default: '250000',
    min: 1000,
    max: 1_000_000_000,
    effect: 'The most ticks between two snapshots of the state.',
  }),
  fsync: choice({
    default: 'full',
    values: ['full', 'normal', 'off'],
    effect: 'full survives a power cut at any commit; normal and off are faster and may lose the last commits.',
  }),
};

export const feed = {
  source: feedSource({
    default: 'simulator',
    effect:
      'simulator: a seeded market in this process; tape:PATH: recorded ticks; zerodha: live ticks over Kite Connect.',
  }),
  speed: speed({
    default: '1',
    min: 0.01,
    max: 100_000,
    effect: 'How fast a tape or the simulated market runs, as a factor of real time; max does not wait at all.',
  }),
  seed: integer({
    default: '42',
    min: 0,
    max: 4_294_967_295,
    effect: 'The seed of the simulated market: the same seed makes the same ticks with the same ids.',
  }),
  instruments: integer({
    default: '50',
    min: 1,
    max: 5000,
    effect: 'How many instruments the simulated market has.',
  }),
  ticksPerSecond: number({
    default: '1',
    min: 0.01,
    max: 1000,
    effect: 'How many ticks a second the simulated market makes for each instrument, in its own time.',
  }),
  batchTicks: integer({
    default: '2000',
    min: 1,
    max: 1_000_000,
    effect: 'The most ticks in one commit; results never depend on it.',
  }),
};

export const reconnection = {
  maxAttempts: integer({
    default: '5',
    min: 1,
    max: 1000,
    effect: 'After this many attempts the feed is reported down; it goes on trying at MAX_DELAY_SECONDS.',
  }),
  baseDelaySeconds: integer({
    default: '1',
    min: 1,
    max: 3600,
    effect: 'The wait before the first new attempt to reach a lost feed.',
  }),
  maxDelaySeconds: integer({
    default: '60',
    min: 1,
    max: 3600,
    effect: 'The longest wait between two attempts.',
  }),
  backoffMultiplier: number({
    default: '2.0',
    min: 1,
    max: 10,
    effect: 'How much longer each wait is than the one before.',
  }),
  timeoutSeconds: integer({
    default: '30',
    min: 1,
    max: 600,
    effect: 'How long one attempt to reach the feed may take.',
  }),
};

/** A file in PEM. */
function certificate(effect: string, empty: string): Setting<string | undefined> {
  return optional(path({ default: '', effect }), empty);
}
