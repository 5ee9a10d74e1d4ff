import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings, type LoadedSettings } from './load-settings.ts';
import { formatProblem, type SettingsProblem } from './problem.ts';
import { type SourceTexts } from './sources.ts';

function load(from: Partial<SourceTexts>): LoadedSettings {
  const result = loadSettings({ env: {}, ...from });
  assert.ok(result.ok, result.ok ? '' : result.error.map(formatProblem).join('\n'));
  return result.value;
}

function errors(from: Partial<SourceTexts>): readonly SettingsProblem[] {
  const result = loadSettings({ env: {}, ...from });
  assert.ok(!result.ok, 'the settings were accepted');
  return result.error.filter(({ severity }) => severity === 'error');
}

function warnings(from: Partial<SourceTexts>): string[] {
  return load(from)
    .warnings.filter(({ name }) => name !== 'AUTH__SECRET_KEY')
    .map(formatProblem);
}

/** The one error of these settings, as it is printed. */
function refusal(from: Partial<SourceTexts>): string {
  const found = errors(from).map(formatProblem);
  assert.equal(found.length, 1, found.join('\n'));
  return found[0] ?? '';
}

describe('defaults', () => {
  it('are those of the founding document', () => {
    const { settings } = load({});
    const { activeBrokers, appName, environment, logLevel } = settings;
    assert.deepEqual(
      { activeBrokers, appName, environment, logLevel },
      { activeBrokers: ['paper', 'zerodha'], appName: 'Alpha Panda', environment: 'development', logLevel: 'INFO' },
    );
    assert.deepEqual(settings.database, {
      postgresUrl: 'postgresql://alpha_panda:alpha_panda@localhost:5432/alpha_panda',
      schemaManagement: 'auto',
      verifyMigrations: true,
    });
    assert.deepEqual(settings.redpanda, {
      bootstrapServers: ['localhost:9092'],
      clientId: 'alpha-panda-client',
      groupIdPrefix: 'alpha-panda',
      tls: false,
      tlsCaFile: undefined,
      tlsCertFile: undefined,
      tlsKeyFile: undefined,
      saslMechanism: 'none',
      saslUsername: '',
      saslPassword: '',
    });
    assert.deepEqual(settings.redis, { url: 'redis://localhost:6379/0', tlsCaFile: undefined });
    assert.deepEqual(settings.auth, {
      secretKey: 'your-secret-key-change-in-production',
      algorithm: 'HS256',
      accessTokenExpireMinutes: 30,
      enableUserAuth: false,
      primaryAuthProvider: 'zerodha',
    });
    assert.deepEqual(settings.paperTrading, {
      enabled: true,
      slippagePercent: '0.05',
      commissionPercent: '0.1',
      startingCash: '1000000',
      charges: 'flat',
      orderLimits: 'none',
    });
    assert.deepEqual(settings.zerodha, {
      enabled: true,
      mode: 'simulator',
      apiKey: '',
      apiSecret: '',
      startingCash: '1000000',
      charges: 'dated',
      orderLimits: 'dated',
      userId: '',
      deployment: 'P',
      kiteRoot: '',
    });
    assert.deepEqual(settings.reconnection, {
      maxAttempts: 5,
      baseDelaySeconds: 1,
      maxDelaySeconds: 60,
      backoffMultiplier: 2,
      timeoutSeconds: 30,
    });
    assert.deepEqual(settings.portfolioManager, {
      snapshotIntervalSeconds: 300,
      maxPortfolioLocks: 1000,
      reconciliationIntervalSeconds: 3600,
    });
    assert.deepEqual(settings.healthChecks, {
      marketTicksMaxAgeSeconds: 30,
      portfolioSnapshotMaxAgeSeconds: 300,
      redisConnectionTimeoutSeconds: 5,
      databaseConnectionTimeoutSeconds: 10,
    });
  });

  it('are those of the founding document for logs, monitoring and the API', () => {
    const { settings } = load({});
    assert.deepEqual(settings.logging, {
      level: 'INFO',
      structured: true,
      jsonFormat: true,
      consoleEnabled: true,
      consoleJsonFormat: false,
      fileEnabled: true,
      logsDir: 'logs',
      fileMaxSize: 100 * 1024 * 1024,
      fileBackupCount: 5,
      multiChannelEnabled: true,
      auditRetentionDays: 365,
      performanceRetentionDays: 30,
      databaseLevel: 'WARNING',
      tradingLevel: 'INFO',
      apiLevel: 'INFO',
      marketDataLevel: 'INFO',
      autoCleanupEnabled: true,
      compressionEnabled: true,
      compressionAgeDays: 7,
    });
    assert.deepEqual(settings.monitoring, {
      healthCheckEnabled: true,
      healthCheckInterval: 30,
      healthCheckTimeout: 5,
      metricsEnabled: true,
      performanceMonitoringEnabled: true,
      memoryAlertThreshold: 0.9,
      cpuAlertThreshold: 0.8,
      diskAlertThreshold: 0.9,
      pipelineFlowMonitoringEnabled: true,
      consumerLagThreshold: 1000,
      marketDataLatencyThreshold: 1,
      startupGracePeriodSeconds: 30,
    });
    assert.deepEqual(settings.api, {
      host: '127.0.0.1',
      port: 8000,
      corsOrigins: ['http://localhost:3000', 'http://localhost:8080'],
      corsMethods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
      corsHeaders: ['Authorization', 'Content-Type', 'X-Request-ID'],
      corsCredentials: true,
    });
  });

  it('are those of the design for what the founding document does not have', () => {
    const { settings } = load({});
    const { profile, dataDir, strategiesDir } = settings;
    assert.deepEqual(
      { profile, dataDir, strategiesDir },
      { profile: 'embedded', dataDir: './data', strategiesDir: undefined },
    );
    assert.deepEqual(settings.feed, {
      source: { kind: 'simulator' },
      speed: 1,
      seed: 42,
      instruments: 50,
      ticksPerSecond: 1,
      batchTicks: 2000,
    });
    assert.deepEqual(settings.risk, {
      maxPositionUnits: 1000,
      maxOrderQuantity: 1000,
      maxOrderValue: '1000000',
      maxTradesPerDay: 50,
      priceCollarPercent: '10',
      staleAfterSeconds: 60,
      duplicateWindowSeconds: 1,
      cashReservePercent: '101',
      maxDrawdownPercent: '50',
      drawdownExits: 'allow',
      maxOrdersPerSecond: 0,
      drawdownAction: 'refuse',
      maxMessagesPerMinute: 0,
      maxGrossExposure: '0',
      maxNetExposure: '0',
      maxAccountGrossExposure: '0',
      maxAccountNetExposure: '0',
      maxDayLoss: '0',
      maxAccountDayLoss: '0',
      maxAccountDrawdownPercent: '0',
      haltAtPercent: '150',
      misMarginPercent: '20',
      nrmlMarginPercent: '100',
      repeatedFills: 0,
      repeatedFillsWindowSeconds: 60,
      selfTrade: 'allow',
    });
    assert.deepEqual(settings.execution, {
      signalTtlSeconds: undefined,
      calendar: 'nse',
      warmupFreshSeconds: 60,
      squareOffMinutes: 15,
      exitStepSeconds: 5,
      exitAlertAfter: 3,
    });
    assert.deepEqual(settings.exchange, {
      fillAt: 'next',
      latencyMsMean: 0,
      latencyMsStd: 0,
      partialFills: true,
      seed: 1,
      roundToTick: true,
      book: 'ticks',
      marketProtectionPercent: '0',
      rejectPercent: '0',
    });
    assert.deepEqual(settings.store, {
      tickRetentionDays: 30,
      tickRetentionMb: 4096,
      snapshotEverySeconds: 60,
      snapshotEveryTicks: 250_000,
      fsync: 'full',
    });
    assert.deepEqual(settings.strategies, { slowMs: 50, hungSeconds: 10 });
  });
});

describe('precedence', () => {
  const all = {
    envFileText: 'API__PORT=1\nAPI__HOST=localhost\nFEED__SEED=5',
    env: { API__PORT: '2', FEED__SEED: '6' },
    overrides: { API__PORT: '3' },
  };

  it('is command line, environment, .env, default, and each value knows its origin', () => {
    const { settings, entries } = load(all);
    assert.equal(settings.api.port, 3);
    assert.equal(settings.feed.seed, 6);
    assert.equal(settings.api.host, 'localhost');
    const origin = (name: string): string | undefined => entries.find((entry) => entry.name === name)?.origin;
    assert.equal(origin('API__PORT'), 'command line');
    assert.equal(origin('FEED__SEED'), 'environment');
    assert.equal(origin('API__HOST'), '.env');
    assert.equal(origin('APP_NAME'), 'default');
  });

  it('takes names in any case, and the upper-case one when both are set', () => {
    assert.equal(load({ env: { api__port: '81' } }).settings.api.port, 81);
    for (const env of [
      { API__PORT: '82', api__port: '81' },
      { api__port: '81', API__PORT: '82' },
    ]) {
      assert.equal(load({ env }).settings.api.port, 82);
      assert.deepEqual(warnings({ env }), [
        'warning API__PORT: set more than once, to different values (environment); the last one counts',
      ]);
    }
  });

  it('lets an unset variable through and ignores spaces around a value', () => {
    assert.equal(load({ env: { API__PORT: undefined } }).settings.api.port, 8000);
    assert.equal(load({ env: { API__PORT: ' 81 ' } }).settings.api.port, 81);
  });

  it('takes LOG_LEVEL only when LOGGING__LEVEL is not set', () => {
    const { settings, entries } = load({ env: { LOG_LEVEL: 'debug' } });
    assert.equal(settings.logging.level, 'DEBUG');
    const entry = entries.find(({ name }) => name === 'LOGGING__LEVEL');
    assert.deepEqual([entry?.text, entry?.origin, entry?.from], ['DEBUG', 'environment', 'LOG_LEVEL']);
    const both = { envFileText: 'LOGGING__LEVEL=ERROR', env: { LOG_LEVEL: 'DEBUG' } };
    assert.equal(load(both).settings.logging.level, 'ERROR');
    assert.match(refusal({ env: { LOG_LEVEL: 'LOUD' } }), /^error LOG_LEVEL: found "LOUD"/);
  });
});

describe('a bad value', () => {
  it('is told with its name, what was found, where, and what is accepted', () => {
    assert.equal(
      refusal({ env: { API__PORT: '70000' } }),
      'error API__PORT: found "70000" in the environment, expected a whole number from 0 to 65535',
    );
    assert.equal(
      refusal({ envFileText: 'ENVIRONMENT=prod' }),
      'error ENVIRONMENT: found "prod" in .env, expected development, production or testing',
    );
    assert.equal(
      refusal({ overrides: { FEED__SPEED: '' } }),
      'error FEED__SPEED: found nothing on the command line, expected a factor from 0.01 to 100000, or max',
    );
  });

  it('does not hide another one', () => {
    const found = errors({ env: { API__PORT: 'x', FEED__SEED: 'y', ACTIVE_BROKERS: 'a.b' } });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['FEED__SEED', 'API__PORT', 'ACTIVE_BROKERS'],
    );
  });

  it('is told once, without the rules that would follow from it', () => {
    const found = errors({ env: { ENVIRONMENT: 'production', AUTH__ENABLE_USER_AUTH: 'perhaps', ...STRONG } });
    assert.deepEqual(
      found.map(({ name }) => name),
      ['AUTH__ENABLE_USER_AUTH'],
    );
  });

  it('never shows a secret', () => {
    const env = {
      AUTH__SECRET_KEY: 'hush\u0007',
      ZERODHA__API_SECRET: 'hush hush',
      DATABASE__POSTGRES_URL: 'mysql://me:hush@db/x',
      REDIS__URL: 'redis:hush',
      BROKERS__ZERODHA__API_KEY: 'hush hush',
    };
    const found = errors({ env });
    assert.equal(found.length, 5);
    for (const problem of found) assert.doesNotMatch(formatProblem(problem), /hush/);
    const redis = found.find(({ name }) => name === 'REDIS__URL');
    assert.match(redis?.text ?? '', /^found "\*{8}" in the environment, expected a URL that starts with redis/);
  });

  it('in a broken line of .env is told by its number and shows nothing of it', () => {
    assert.equal(
      refusal({ envFileText: '# settings\nhush hush\n' }),
      'error .env line 2: expected NAME=value, a # comment or an empty line',
    );
  });
});

const STRONG = { AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef' };

describe('the variable of the single namespace', () => {
  it('is refused with the way to do it now, in any case and from any source', () => {
    const name = 'BROKER_NAMESPACE';
    const expected =
      `error ${name}: one deployment serves every namespace; remove this variable and list them in ` +
      'ACTIVE_BROKERS, for example ACTIVE_BROKERS=paper,zerodha';
    assert.equal(refusal({ env: { [name]: 'paper' } }), expected);
    assert.equal(refusal({ env: { [name.toLowerCase()]: 'paper' } }), expected);
    assert.equal(refusal({ envFileText: `export ${name}=` }), expected);
    assert.equal(refusal({ overrides: { [name]: 'paper' } }), expected);
  });
});

describe('unknown variables', () => {
  it('are ignored when they look like nothing of ours', () => {
    const env = { HOME: '/me', PATH: '/bin', LOGNAME: 'me', npm_config_x__y: '1', TERM: 'xterm' };
    assert.deepEqual(warnings({ env }), []);
  });

  it('give a hint when they look like a misspelt setting', () => {
    assert.deepEqual(
      warnings({ env: { REDPANDA__BOOTSTRAP_SERVER: 'x', RISK__MAX_LOSS_OF_THE_YEAR: '1', DATADIR: 'd' } }),
      [
        'warning DATADIR: this is no setting; did you mean DATA_DIR?',
        'warning REDPANDA__BOOTSTRAP_SERVER: the section REDPANDA__ has no such setting; did you mean REDPANDA__BOOTSTRAP_SERVERS?',
        'warning RISK__MAX_LOSS_OF_THE_YEAR: the section RISK__ has no such setting',
      ],
    );
  });

  it('are refused on the command line', () => {
    assert.match(refusal({ overrides: { NONSENSE: '1' } }), /^error NONSENSE: this is no setting/);
  });
});

describe('loading', () => {
  it('gives the same for the same texts, whatever the order of the environment', () => {
    const a = loadSettings({ env: { api__port: '1', API__PORT: '2', DATADIR: 'x', FEED__SEED: '3' } });
    const b = loadSettings({ env: { FEED__SEED: '3', DATADIR: 'x', API__PORT: '2', api__port: '1' } });
    assert.deepEqual(a, b);
  });
});
