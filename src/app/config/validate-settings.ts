// Rules between settings, and between a setting and what is built: an error stops the start, a warning is printed.
// Separate from the table, whose rows each know only their own value.
import { dirname } from 'node:path';
import { isLoopback } from './loopback.ts';
import { error, warning } from './problem.ts';
import type { SettingsProblem } from './problem.ts';
import { brokerSettingName } from './resolve-brokers.ts';
import { SHIPPED_SECRET_KEY } from './sections-operations.ts';
import type { Settings } from './settings-schema.ts';
import { validateServers } from './validate-servers.ts';

const STRONG_SECRET_LENGTH = 32;
const STRONG_SECRET_LETTERS = 8;
const SHORT_SNAPSHOT_SECONDS = 60;
const FEW_LOCKS = 100;
const NEW_SECRET = 'make one with: openssl rand -hex 32';

/** Every rule that needs nothing but the settings, in a fixed order. */
export function validateSettings(settings: Settings): SettingsProblem[] {
  return [
    ...liveFeed(settings),
    ...liveBrokers(settings),
    ...secretKey(settings),
    ...openDoors(settings),
    ...(settings.environment === 'production' ? production(settings) : []),
    ...validateServers(settings),
    ...channels(settings),
    ...unusual(settings),
  ];
}

/** The rules that look at the disk; `exists` says whether a folder is there. */
export function validateFolders(settings: Settings, exists: (folder: string) => boolean): SettingsProblem[] {
  const { logging, strategiesDir } = settings;
  const problems: SettingsProblem[] = [];
  const parent = dirname(logging.logsDir);
  if (logging.fileEnabled && !exists(parent)) {
    problems.push(
      error('LOGGING__LOGS_DIR', `the folder ${parent} does not exist, so ${logging.logsDir} cannot be made`),
    );
  }
  if (strategiesDir !== undefined && !exists(strategiesDir)) {
    problems.push(error('STRATEGIES_DIR', `the folder ${strategiesDir} does not exist`));
  }
  return problems;
}

/** Live ticks need an app at Kite Connect. */
function liveFeed({ feed, zerodha }: Settings): SettingsProblem[] {
  if (feed.source.kind !== 'zerodha') return [];
  const why = 'FEED__SOURCE=zerodha needs the key and the secret of an app at Kite Connect (developers.kite.trade)';
  const missing = [
    ...(zerodha.apiKey === '' ? ['ZERODHA__API_KEY'] : []),
    ...(zerodha.apiSecret === '' ? ['ZERODHA__API_SECRET'] : []),
  ];
  const problems = missing.map((name) => error(name, why));
  if (feed.speed !== 1) problems.push(error('FEED__SPEED', 'live ticks come at their own pace; set it to 1'));
  return problems;
}

/** What a namespace that trades real money needs to be started at all; more is asked before it is armed. */
function liveBrokers({ brokers, feed, execution }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const accounts = new Set<string>();
  for (const broker of brokers) {
    if (broker.mode !== 'live') continue;
    const { id, apiKey, apiSecret, userId, orderLimits } = broker;
    const name = (field: string): string => brokerSettingName(id, field);
    for (const [field, value] of Object.entries({ apiKey, apiSecret, userId })) {
      if (value === '') problems.push(error(name(field), 'a live broker needs it'));
    }
    if (feed.source.kind !== 'zerodha') {
      const text = 'live follows real prices only; set FEED__SOURCE=zerodha, or this to simulator';
      problems.push(error(name('mode'), text));
    }
    if (execution.calendar !== 'nse') {
      problems.push(error('EXECUTION__CALENDAR', `${id} is live and needs the hours of the exchange; set it to nse`));
    }
    if (orderLimits !== 'dated') {
      problems.push(error(name('orderLimits'), "a live account keeps within its broker's limits; set it to dated"));
    }
    if (userId !== '' && accounts.has(userId)) {
      problems.push(
        error(name('userId'), `${userId} belongs to another live namespace already; one account, one namespace`),
      );
    }
    accounts.add(userId);
  }
  return problems;
}

function secretKey(settings: Settings): SettingsProblem[] {
  const { auth, environment } = settings;
  const problem = environment === 'production' ? error : warning;
  if (auth.secretKey === SHIPPED_SECRET_KEY) {
    const why = reasonAgainstShippedSecret(settings);
    const text = 'this is the secret that the program ships with';
    if (why !== undefined) return [error('AUTH__SECRET_KEY', `${text}, and ${why}; ${NEW_SECRET}`)];
    // The suites run with it all the time.
    if (environment === 'testing') return [];
    return [warning('AUTH__SECRET_KEY', `${text}, good for trying it out only; ${NEW_SECRET}`)];
  }
  if (isStrong(auth.secretKey)) return [];
  const expected = `at least ${STRONG_SECRET_LENGTH} characters, ${STRONG_SECRET_LETTERS} of them different`;
  return [problem('AUTH__SECRET_KEY', `this secret is weak, expected ${expected}; ${NEW_SECRET}`)];
}

function reasonAgainstShippedSecret({ api, brokers, environment, feed }: Settings): string | undefined {
  if (environment === 'production') return 'ENVIRONMENT=production needs one of its own';
  if (brokers.some((broker) => broker.mode === 'live')) return 'a live broker needs one of its own';
  if (feed.source.kind === 'zerodha') return 'the session with Kite is kept under it';
  return isLoopback(api.host) ? undefined : `API__HOST ${api.host} can be reached from other machines`;
}

function isStrong(secret: string): boolean {
  return secret.length >= STRONG_SECRET_LENGTH && new Set(secret).size >= STRONG_SECRET_LETTERS;
}

function openDoors({ api, auth }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (!isLoopback(api.host) && !auth.enableUserAuth) {
    const text = `${api.host} can be reached from other machines; set it to 127.0.0.1, or AUTH__ENABLE_USER_AUTH=true`;
    problems.push(error('API__HOST', text));
  }
  if (api.corsOrigins.includes('*') && api.corsOrigins.length > 1) {
    problems.push(error('API__CORS_ORIGINS', '"*" cannot be mixed with other origins; list the origins, or "*" alone'));
  }
  return problems;
}

function production({ api, auth, database, store }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if (!auth.enableUserAuth) {
    problems.push(
      error('AUTH__ENABLE_USER_AUTH', 'ENVIRONMENT=production requires user authentication; set it to true'),
    );
  }
  if (!database.verifyMigrations) {
    problems.push(error('DATABASE__VERIFY_MIGRATIONS', 'ENVIRONMENT=production requires it; set it to true'));
  }
  if (api.corsOrigins.includes('*')) {
    problems.push(error('API__CORS_ORIGINS', 'ENVIRONMENT=production does not accept "*"; list the origins'));
  }
  if (database.schemaManagement === 'create_all') {
    problems.push(warning('DATABASE__SCHEMA_MANAGEMENT', 'production never creates tables; only migrations do'));
  }
  if (store.fsync !== 'full') {
    problems.push(
      warning('STORE__FSYNC', `with ${store.fsync} a power cut may lose the last commits; full loses none`),
    );
  }
  return problems;
}

function channels({ alerts }: Settings): SettingsProblem[] {
  const { webhookUrl, webhookSecret, telegramToken, telegramChatId, emailUrl, emailFrom, emailTo } = alerts;
  const problems: SettingsProblem[] = [];
  if (webhookUrl !== '' && webhookSecret === '') {
    problems.push(error('ALERTS__WEBHOOK_SECRET', `ALERTS__WEBHOOK_URL needs a secret to sign with; ${NEW_SECRET}`));
  }
  if (telegramToken !== '' && telegramChatId === '') {
    problems.push(error('ALERTS__TELEGRAM_CHAT_ID', 'ALERTS__TELEGRAM_TOKEN needs the chat that the bot writes to'));
  }
  for (const [name, value] of Object.entries({ ALERTS__EMAIL_FROM: emailFrom, ALERTS__EMAIL_TO: emailTo })) {
    if (emailUrl !== '' && value === '') problems.push(error(name, 'ALERTS__EMAIL_URL needs an address here'));
  }
  return problems;
}

function unusual({ logging, monitoring, portfolioManager, reconnection, zerodha }: Settings): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  if ((zerodha.apiKey === '') !== (zerodha.apiSecret === '')) {
    const missing = zerodha.apiKey === '' ? 'ZERODHA__API_KEY' : 'ZERODHA__API_SECRET';
    problems.push(warning(missing, 'the key and the secret of the Kite Connect app belong together; one is missing'));
  }
  const { snapshotIntervalSeconds, maxPortfolioLocks } = portfolioManager;
  if (snapshotIntervalSeconds < SHORT_SNAPSHOT_SECONDS) {
    const text = `${snapshotIntervalSeconds} is short; below ${SHORT_SNAPSHOT_SECONDS} snapshots fill the log`;
    problems.push(warning('PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS', text));
  }
  if (maxPortfolioLocks < FEW_LOCKS) {
    const text = `${maxPortfolioLocks} is few; below ${FEW_LOCKS} books are read back from the store all the time`;
    problems.push(warning('PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS', text));
  }
  const { baseDelaySeconds, maxDelaySeconds } = reconnection;
  if (maxDelaySeconds < baseDelaySeconds) {
    const text = `${maxDelaySeconds} is less than RECONNECTION__BASE_DELAY_SECONDS, which is ${baseDelaySeconds}`;
    problems.push(error('RECONNECTION__MAX_DELAY_SECONDS', text));
  }
  const { healthCheckInterval, healthCheckTimeout } = monitoring;
  if (healthCheckTimeout > healthCheckInterval) {
    const text = `${healthCheckTimeout} is longer than MONITORING__HEALTH_CHECK_INTERVAL, ${healthCheckInterval}`;
    problems.push(warning('MONITORING__HEALTH_CHECK_TIMEOUT', `${text}, so rounds would overlap`));
  }
  if (!logging.consoleEnabled && !logging.fileEnabled) {
    problems.push(warning('LOGGING__FILE_ENABLED', 'console and files are both off, so nothing is logged'));
  }
  return problems;
}
