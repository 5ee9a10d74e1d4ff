import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadSettings } from './load-settings.ts';
import { formatProblem } from './problem.ts';
import { isLoopback } from './loopback.ts';
import { validateFolders } from './validate-settings.ts';

type Env = Readonly<Record<string, string>>;

/** Severity and name of each problem, warnings about unbuilt parts left out. */
function problems(env: Env): string[] {
  const result = loadSettings({ env });
  return (result.ok ? result.value.warnings : result.error)
    .filter(({ text }) => !text.includes('has no effect'))
    .map(({ severity, name }) => `${severity} ${name}`);
}

const STRONG = { AUTH__SECRET_KEY: '0123456789abcdef0123456789abcdef' };
const PRODUCTION = { ...STRONG, ENVIRONMENT: 'production', AUTH__ENABLE_USER_AUTH: 'true' };

describe('the secret key', () => {
  it('may be the shipped one on loopback: development warns, testing does not', () => {
    assert.deepEqual(problems({}), ['warning AUTH__SECRET_KEY']);
    assert.deepEqual(problems({ ENVIRONMENT: 'testing' }), []);
    assert.deepEqual(problems(STRONG), []);
  });

  it('must not be the shipped one in production, with a live broker or feed, or off loopback', () => {
    assert.ok(problems({ ZERODHA__MODE: 'live' }).includes('error AUTH__SECRET_KEY'));
    assert.ok(problems({ FEED__SOURCE: 'zerodha' }).includes('error AUTH__SECRET_KEY'));
    assert.deepEqual(problems({ ENVIRONMENT: 'production', AUTH__ENABLE_USER_AUTH: 'true' }), [
      'error AUTH__SECRET_KEY',
    ]);
    assert.deepEqual(problems({ API__HOST: '0.0.0.0', AUTH__ENABLE_USER_AUTH: 'true' }), ['error AUTH__SECRET_KEY']);
  });

  it('is weak when short or uniform: a warning, and an error in production', () => {
    for (const weak of ['short', 'a'.repeat(40)]) {
      assert.deepEqual(problems({ AUTH__SECRET_KEY: weak }), ['warning AUTH__SECRET_KEY']);
      assert.deepEqual(problems({ ...PRODUCTION, AUTH__SECRET_KEY: weak }), ['error AUTH__SECRET_KEY']);
    }
  });
});

describe('production', () => {
  it('starts with a strong secret, user authentication, current migrations and named origins', () => {
    assert.deepEqual(problems(PRODUCTION), []);
  });

  it('requires each of them', () => {
    const without = (env: Env): string[] => problems({ ...PRODUCTION, ...env });
    assert.deepEqual(without({ AUTH__ENABLE_USER_AUTH: 'false' }), ['error AUTH__ENABLE_USER_AUTH']);
    assert.deepEqual(without({ DATABASE__VERIFY_MIGRATIONS: 'false' }), ['error DATABASE__VERIFY_MIGRATIONS']);
    assert.deepEqual(without({ API__CORS_ORIGINS: '*' }), ['error API__CORS_ORIGINS']);
    assert.deepEqual(without({ STORE__FSYNC: 'off' }), ['warning STORE__FSYNC']);
    assert.deepEqual(without({ DATABASE__SCHEMA_MANAGEMENT: 'create_all' }), ['warning DATABASE__SCHEMA_MANAGEMENT']);
  });

  it('alone requires them', () => {
    const env = { ...STRONG, DATABASE__VERIFY_MIGRATIONS: 'false', API__CORS_ORIGINS: '*', STORE__FSYNC: 'off' };
    assert.deepEqual(problems(env), []);
  });
});

describe('open doors', () => {
  it('off loopback are refused without authentication', () => {
    assert.deepEqual(problems({ ...STRONG, API__HOST: '0.0.0.0' }), ['error API__HOST']);
    assert.deepEqual(problems({ ...STRONG, API__HOST: '0.0.0.0', AUTH__ENABLE_USER_AUTH: 'true' }), []);
    assert.deepEqual(problems({ ...STRONG, API__HOST: '::1' }), []);
  });

  it('know which hosts only this machine reaches', () => {
    for (const host of ['localhost', 'LOCALHOST', '127.0.0.1', '127.1.2.3', '::1']) assert.ok(isLoopback(host), host);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org', 'localhost.example.org', '']) {
      assert.ok(!isLoopback(host), host);
    }
  });

  it('refuse "*" beside other origins', () => {
    assert.deepEqual(problems({ ...STRONG, API__CORS_ORIGINS: '*,http://a' }), ['error API__CORS_ORIGINS']);
  });
});

describe('live ticks', () => {
  const APP = { ...STRONG, FEED__SOURCE: 'zerodha', ZERODHA__API_KEY: 'k', ZERODHA__API_SECRET: 's' };

  it('need an app at Kite Connect, and come at their own pace', () => {
    assert.deepEqual(problems(APP), []);
    const app = ['error ZERODHA__API_KEY', 'error ZERODHA__API_SECRET'];
    assert.deepEqual(problems({ ...STRONG, FEED__SOURCE: 'zerodha' }), app);
    assert.deepEqual(problems({ ...APP, FEED__SPEED: 'max' }), ['error FEED__SPEED']);
  });
});

describe('a live broker', () => {
  const LIVE = {
    ...STRONG,
    FEED__SOURCE: 'zerodha',
    ZERODHA__API_KEY: 'k',
    ZERODHA__API_SECRET: 's',
    ZERODHA__USER_ID: 'AB1234',
    ZERODHA__MODE: 'live',
  };

  it('starts with an account, its app, live ticks, the hours of the exchange and dated limits', () => {
    assert.deepEqual(problems(LIVE), []);
    const without = (env: Env): string[] => problems({ ...LIVE, ...env });
    for (const field of ['API_KEY', 'API_SECRET', 'USER_ID']) {
      const found = without({ [`ZERODHA__${field}`]: '' });
      assert.ok(found.includes(`error BROKERS__ZERODHA__${field}`), `${field}: ${found.join()}`);
    }
    for (const source of ['simulator', 'tape:ticks']) {
      assert.deepEqual(without({ FEED__SOURCE: source }), ['error BROKERS__ZERODHA__MODE']);
    }
    assert.deepEqual(without({ EXECUTION__CALENDAR: 'always_open' }), ['error EXECUTION__CALENDAR']);
    assert.deepEqual(without({ ZERODHA__ORDER_LIMITS: 'none' }), ['error BROKERS__ZERODHA__ORDER_LIMITS']);
  });

  it('has its account for itself', () => {
    const two = { ...LIVE, ACTIVE_BROKERS: 'zerodha,second', BROKERS__SECOND__KIND: 'zerodha' };
    assert.deepEqual(problems(two), ['error BROKERS__SECOND__USER_ID']);
    assert.deepEqual(problems({ ...two, BROKERS__SECOND__USER_ID: 'CD5678' }), []);
    assert.deepEqual(problems({ ...two, BROKERS__SECOND__MODE: 'simulator' }), []);
  });
});

describe('unusual values', () => {
  const only = (env: Env): string[] => problems({ ...STRONG, ...env });

  it('of the portfolio manager give a warning below their bound', () => {
    const snapshot = 'PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS';
    assert.deepEqual(only({ [snapshot]: '59' }), [`warning ${snapshot}`]);
    assert.deepEqual(only({ [snapshot]: '60' }), []);
    const locks = 'PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS';
    assert.deepEqual(only({ [locks]: '99' }), [`warning ${locks}`]);
    assert.deepEqual(only({ [locks]: '100' }), []);
  });

  it('of reconnection are refused when the longest wait is shorter than the first', () => {
    const name = 'RECONNECTION__MAX_DELAY_SECONDS';
    assert.deepEqual(only({ RECONNECTION__BASE_DELAY_SECONDS: '10', [name]: '9' }), [`error ${name}`]);
    assert.deepEqual(only({ RECONNECTION__BASE_DELAY_SECONDS: '10', [name]: '10' }), []);
  });

  it('of health checks, logs and credentials give a warning', () => {
    const timeout = 'MONITORING__HEALTH_CHECK_TIMEOUT';
    assert.deepEqual(only({ [timeout]: '31' }), [`warning ${timeout}`]);
    assert.deepEqual(only({ LOGGING__CONSOLE_ENABLED: 'false', LOGGING__FILE_ENABLED: 'false' }), [
      'warning LOGGING__FILE_ENABLED',
    ]);
    assert.deepEqual(only({ ZERODHA__API_KEY: 'k' }), ['warning ZERODHA__API_SECRET']);
    assert.deepEqual(only({ ZERODHA__API_SECRET: 's' }), ['warning ZERODHA__API_KEY']);
    assert.deepEqual(only({ ZERODHA__API_KEY: 'k', ZERODHA__API_SECRET: 's' }), []);
  });

  it('of log levels are refused by name', () => {
    assert.deepEqual(only({ LOGGING__LEVEL: 'TRACE' }), ['error LOGGING__LEVEL']);
  });
});

describe('folders', () => {
  function missing(env: Env, existing: readonly string[]): string[] {
    const result = loadSettings({ env });
    assert.ok(result.ok);
    return validateFolders(result.value.settings, (folder) => existing.includes(folder)).map(formatProblem);
  }

  it('around the logs and of strategies must exist', () => {
    assert.deepEqual(missing({}, ['.']), []);
    assert.deepEqual(missing({ LOGGING__LOGS_DIR: '/var/none/logs' }, ['.']), [
      'error LOGGING__LOGS_DIR: the folder /var/none does not exist, so /var/none/logs cannot be made',
    ]);
    assert.deepEqual(missing({ LOGGING__LOGS_DIR: '/var/none/logs', LOGGING__FILE_ENABLED: 'false' }, []), []);
    assert.deepEqual(missing({ STRATEGIES_DIR: 'mine' }, ['.']), [
      'error STRATEGIES_DIR: the folder mine does not exist',
    ]);
    assert.deepEqual(missing({ STRATEGIES_DIR: 'mine' }, ['.', 'mine']), []);
  });
});
