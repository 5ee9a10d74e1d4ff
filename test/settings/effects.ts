// Every setting, and the tests that fail when it loses its effect. A test holds this table against the settings and the
// test files.

export interface Effect {
  readonly tests: readonly string[];
}

function proved(...tests: readonly string[]): Effect {
  return { tests };
}

const LIVE_MODE =
  'ZERODHA__MODE=live makes a namespace of an account, which ZERODHA__USER_ID names, and needs both and more';
const CHANNELS =
  'ALERTS__WEBHOOK_URL is sent what is as serious as ALERTS__MIN_SEVERITY, signed with ALERTS__WEBHOOK_SECRET';
const TELEGRAM = 'ALERTS__TELEGRAM_TOKEN writes to ALERTS__TELEGRAM_CHAT_ID over ALERTS__TELEGRAM_ROOT';
const EMAIL = 'ALERTS__EMAIL_URL is the server over which ALERTS__EMAIL_FROM writes to ALERTS__EMAIL_TO';
const SHARES =
  'MONITORING__MEMORY_ALERT_THRESHOLD, MONITORING__CPU_ALERT_THRESHOLD and MONITORING__DISK_ALERT_THRESHOLD are the shares in use from which on there is an alert';
const METRICS = 'MONITORING__METRICS_ENABLED and MONITORING__PERFORMANCE_MONITORING_ENABLED decide what /metrics tells';

const TRACES =
  'TRACING__OTLP_ENDPOINT is sent the trace of each order, and TRACING__SAMPLE_RATE is the share of other signals with one';
const CORS =
  'API__CORS_ORIGINS, API__CORS_METHODS, API__CORS_HEADERS and API__CORS_CREDENTIALS are what a browser is told of pages elsewhere';
const TOKENS = 'AUTH__SECRET_KEY and AUTH__ALGORITHM sign the tokens, which last AUTH__ACCESS_TOKEN_EXPIRE_MINUTES';
const KINDS_ENABLED = 'PAPER_TRADING__ENABLED and ZERODHA__ENABLED keep their kind out, and the start says so';
const ORDER_LIMITS =
  'PAPER_TRADING__ORDER_LIMITS and ZERODHA__ORDER_LIMITS keep an account within its broker’s dated limits, or do not';
const STARTING_CASH =
  'PAPER_TRADING__STARTING_CASH and ZERODHA__STARTING_CASH are what the books of their kind begin with';
const EXIT_PATIENCE =
  'EXECUTION__EXIT_STEP_SECONDS is how often a refused exit is tried again, and EXECUTION__EXIT_ALERT_AFTER how often it tells';
const RECONNECTION =
  'RECONNECTION__MAX_ATTEMPTS, RECONNECTION__BASE_DELAY_SECONDS, RECONNECTION__MAX_DELAY_SECONDS and RECONNECTION__BACKOFF_MULTIPLIER decide the waits between attempts';
const KITE_APP =
  'ZERODHA__API_KEY and ZERODHA__API_SECRET are the app that a person signs in to, and live ticks need both';
const ENCRYPTED = 'REDPANDA__TLS decides whether the first word to a Kafka server is encrypted';
const KAFKA_FILES =
  'REDPANDA__TLS_CA_FILE, REDPANDA__TLS_CERT_FILE and REDPANDA__TLS_KEY_FILE are what both sides show and are checked against';
const SIGNED_IN =
  'REDPANDA__SASL_MECHANISM, REDPANDA__SASL_USERNAME and REDPANDA__SASL_PASSWORD are how and as whom the platform signs in';
const TABLES =
  'DATABASE__SCHEMA_MANAGEMENT decides who makes the tables, and DATABASE__VERIFY_MIGRATIONS whether they are looked at';
const NAMES = 'APP_NAME and ENVIRONMENT stand in every record';
const REPEATED =
  'MONITORING__HEALTH_CHECK_ENABLED and MONITORING__HEALTH_CHECK_INTERVAL decide whether and how often checks are repeated';
const OBEYED =
  'a start obeys HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS, MONITORING__HEALTH_CHECK_INTERVAL and MONITORING__HEALTH_CHECK_ENABLED';
const CHANNEL_LEVELS =
  'LOGGING__DATABASE_LEVEL, LOGGING__TRADING_LEVEL, LOGGING__API_LEVEL and LOGGING__MARKET_DATA_LEVEL thin out their channels';
const FILE_SIZES = 'LOGGING__FILE_MAX_SIZE and LOGGING__FILE_BACKUP_COUNT bound application.log and alpha_panda.log';
const RETENTION = 'LOGGING__AUDIT_RETENTION_DAYS and LOGGING__PERFORMANCE_RETENTION_DAYS decide when archives go';
const COMPRESSION =
  'LOGGING__COMPRESSION_ENABLED and LOGGING__COMPRESSION_AGE_DAYS decide whether and when backups are packed';

/** A LOGGING setting: it reaches the adapter, and the adapter obeys it. */
function logged(test: string): Effect {
  return proved('every LOGGING setting changes its own option of the logging adapter and nothing else', test);
}

export const effects: Readonly<Record<string, Effect>> = {
  ACTIVE_BROKERS: proved('ACTIVE_BROKERS lists the namespaces that trade'),
  APP_NAME: proved(NAMES),
  ENVIRONMENT: proved(
    NAMES,
    'ENVIRONMENT=production refuses weak secrets and open doors that development takes',
    'ENVIRONMENT=development warns of the shipped secret, and testing is silent',
  ),
  PROFILE: proved('PROFILE chooses between one file and three servers'),
  DATA_DIR: proved('DATA_DIR is where the store lies, and another one knows nothing of it'),
  STRATEGIES_DIR: proved('STRATEGIES_DIR adds the strategies of a folder to the shipped ones'),
  LOG_LEVEL: proved('LOG_LEVEL thins out the log unless LOGGING__LEVEL is set'),

  FEED__SOURCE: proved('FEED__SOURCE chooses between the simulated market, a tape and live ticks'),
  FEED__SPEED: proved('FEED__SPEED is how fast a tape and the simulated market run, and max waits for nothing'),
  FEED__SEED: proved('FEED__SEED decides the simulated market, and the same one gives the same ticks'),
  FEED__INSTRUMENTS: proved('FEED__INSTRUMENTS is how many stocks the simulated market has'),
  FEED__TICKS_PER_SECOND: proved(
    'FEED__TICKS_PER_SECOND is how often each instrument of the simulated market ticks in its own time',
  ),
  FEED__BATCH_TICKS: proved('FEED__BATCH_TICKS is the most ticks of one commit, whatever follows from them'),

  STRATEGIES__SLOW_MS: proved(
    'STRATEGIES__SLOW_MS is how long a strategy may take for a tick before it is quarantined in real time',
    'STRATEGIES__SLOW_MS only reports a slow strategy with a tape',
  ),
  STRATEGIES__HUNG_SECONDS: proved(
    'STRATEGIES__HUNG_SECONDS is how long a strategy may hold the process before it is ended',
  ),

  RISK__MAX_POSITION_UNITS: proved(
    'RISK__MAX_POSITION_UNITS bounds what a book holds together with what it has asked for',
  ),
  RISK__MAX_ORDER_QUANTITY: proved('RISK__MAX_ORDER_QUANTITY is the most units that one order may have'),
  RISK__MAX_ORDER_VALUE: proved('RISK__MAX_ORDER_VALUE is the most rupees that one order may be worth'),
  RISK__MAX_TRADES_PER_DAY: proved('RISK__MAX_TRADES_PER_DAY counts the orders of a strategy until the next day'),
  RISK__PRICE_COLLAR_PERCENT: proved('RISK__PRICE_COLLAR_PERCENT is how far a price may lie from the last one'),
  RISK__STALE_AFTER_SECONDS: proved('RISK__STALE_AFTER_SECONDS is how old the last tick may be when a signal comes'),
  RISK__DUPLICATE_WINDOW_SECONDS: proved(
    'RISK__DUPLICATE_WINDOW_SECONDS is how long the same signal again is a duplicate',
  ),
  RISK__CASH_RESERVE_PERCENT: proved('RISK__CASH_RESERVE_PERCENT is how much of its value a buy needs in cash'),
  RISK__MAX_DRAWDOWN_PERCENT: proved('RISK__MAX_DRAWDOWN_PERCENT is the loss from which a book enters nothing more'),
  RISK__DRAWDOWN_EXITS: proved('RISK__DRAWDOWN_EXITS decides whether a book past its limit may still sell'),
  RISK__MAX_ORDERS_PER_SECOND: proved(
    'RISK__MAX_ORDERS_PER_SECOND counts the orders of a namespace, whichever strategy they come from',
  ),
  RISK__DRAWDOWN_ACTION: proved(
    'RISK__DRAWDOWN_ACTION decides whether the drawdown limit stops the strategy, also after it has recovered',
  ),
  RISK__MAX_MESSAGES_PER_MINUTE: proved('RISK__MAX_MESSAGES_PER_MINUTE counts the orders and changes of a namespace'),
  RISK__MAX_GROSS_EXPOSURE: proved('RISK__MAX_GROSS_EXPOSURE is the most that all positions of a book may be worth'),
  RISK__MAX_NET_EXPOSURE: proved('RISK__MAX_NET_EXPOSURE is the most that long less short of a book may be worth'),
  RISK__MAX_ACCOUNT_GROSS_EXPOSURE: proved(
    'RISK__MAX_ACCOUNT_GROSS_EXPOSURE is the most that the positions of all books may be worth',
  ),
  RISK__MAX_ACCOUNT_NET_EXPOSURE: proved(
    'RISK__MAX_ACCOUNT_NET_EXPOSURE is the most that long less short of all books may be worth',
  ),
  RISK__MAX_DAY_LOSS: proved(
    'RISK__MAX_DAY_LOSS takes a strategy down to shrinking once its book has lost so much in a day',
  ),
  RISK__MAX_ACCOUNT_DAY_LOSS: proved(
    'RISK__MAX_ACCOUNT_DAY_LOSS takes the namespace down to shrinking, whichever book lost',
  ),
  RISK__MAX_ACCOUNT_DRAWDOWN_PERCENT: proved(
    'RISK__MAX_ACCOUNT_DRAWDOWN_PERCENT takes the namespace down when all books fell so far from their peak',
  ),
  RISK__HALT_AT_PERCENT: proved(
    'RISK__HALT_AT_PERCENT is the share of a loss limit at which nothing but cancels passes',
  ),
  RISK__MIS_MARGIN_PERCENT: proved('RISK__MIS_MARGIN_PERCENT is the share of an intraday position that the book needs'),
  RISK__NRML_MARGIN_PERCENT: proved('RISK__NRML_MARGIN_PERCENT is the share of a carried position that the book needs'),
  RISK__REPEATED_FILLS: proved(
    'RISK__REPEATED_FILLS is how many orders of one side may fill in a row before the strategy is halted',
  ),
  RISK__REPEATED_FILLS_WINDOW_SECONDS: proved('RISK__REPEATED_FILLS_WINDOW_SECONDS is how close together they are'),
  RISK__SELF_TRADE: proved('RISK__SELF_TRADE decides whether an order may meet a resting one of the same namespace'),

  EXECUTION__SIGNAL_TTL_SECONDS: proved(
    'EXECUTION__SIGNAL_TTL_SECONDS is the life of the signals of strategies and of strangers',
  ),
  EXECUTION__CALENDAR: proved('EXECUTION__CALENDAR decides whether a signal on a Saturday ends as expired'),
  EXECUTION__WARMUP_FRESH_SECONDS: proved(
    'EXECUTION__WARMUP_FRESH_SECONDS is how old the last tick of a warm instrument may be',
  ),
  EXECUTION__SQUARE_OFF_MINUTES: proved(
    'EXECUTION__SQUARE_OFF_MINUTES is how long before the close intraday positions are closed, and 0 leaves them',
  ),
  EXECUTION__EXIT_STEP_SECONDS: proved(EXIT_PATIENCE),
  EXECUTION__EXIT_ALERT_AFTER: proved(EXIT_PATIENCE),

  EXCHANGE__FILL_AT: proved('EXCHANGE__FILL_AT decides between the next tick and the last one'),
  EXCHANGE__LATENCY_MS_MEAN: proved('EXCHANGE__LATENCY_MS_MEAN is how much later than asked an order arrives'),
  EXCHANGE__LATENCY_MS_STD: proved('EXCHANGE__LATENCY_MS_STD spreads the moments at which orders arrive'),
  EXCHANGE__PARTIAL_FILLS: proved('EXCHANGE__PARTIAL_FILLS limits a fill to what was traded since the last tick'),
  EXCHANGE__SEED: proved('EXCHANGE__SEED decides the draws of the simulated exchange, and the same one draws the same'),
  EXCHANGE__ROUND_TO_TICK: proved('EXCHANGE__ROUND_TO_TICK rounds fill prices to the tick size, against the trader'),
  EXCHANGE__BOOK: proved('EXCHANGE__BOOK decides between the price of a tick and the levels that it shows'),
  EXCHANGE__MARKET_PROTECTION_PERCENT: proved(
    'EXCHANGE__MARKET_PROTECTION_PERCENT is how far from the last price a market order fills',
  ),
  EXCHANGE__REJECT_PERCENT: proved('EXCHANGE__REJECT_PERCENT is the share of orders that is refused by chance'),

  PAPER_TRADING__ENABLED: proved(KINDS_ENABLED),
  PAPER_TRADING__SLIPPAGE_PERCENT: proved('PAPER_TRADING__SLIPPAGE_PERCENT moves fills against the trader'),
  PAPER_TRADING__COMMISSION_PERCENT: proved('PAPER_TRADING__COMMISSION_PERCENT is taken from each fill'),
  PAPER_TRADING__STARTING_CASH: proved(STARTING_CASH),
  PAPER_TRADING__CHARGES: proved(
    'PAPER_TRADING__CHARGES decides between the flat commission and the dated tables, and flat is the default',
  ),

  PAPER_TRADING__ORDER_LIMITS: proved(ORDER_LIMITS),

  ZERODHA__ENABLED: proved(KINDS_ENABLED),
  ZERODHA__MODE: proved(LIVE_MODE),
  ZERODHA__API_KEY: proved(KITE_APP),
  ZERODHA__API_SECRET: proved(KITE_APP),
  ZERODHA__USER_ID: proved(LIVE_MODE),
  ZERODHA__DEPLOYMENT: proved(
    'ZERODHA__DEPLOYMENT marks the orders of a live account, which a person arms and a kill does not double',
  ),
  ZERODHA__KITE_ROOT: proved('ZERODHA__KITE_ROOT is where Kite is found, and without it at its own hosts'),
  ZERODHA__STARTING_CASH: proved(STARTING_CASH),
  ZERODHA__CHARGES: proved(
    'ZERODHA__CHARGES decides between the flat commission and the dated tables, and dated is the default',
  ),
  ZERODHA__ORDER_LIMITS: proved(ORDER_LIMITS),

  PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS: proved(
    'PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS is how often books are written, counted from the open',
  ),
  PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS: proved(
    'PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS is how many books a ledger holds, and the rest lies in the store',
  ),
  PORTFOLIO_MANAGER__RECONCILIATION_INTERVAL_SECONDS: proved(
    'PORTFOLIO_MANAGER__RECONCILIATION_INTERVAL_SECONDS is how often holdings are compared with the broker’s',
  ),

  STORE__TICK_RETENTION_DAYS: proved(
    'STORE__TICK_RETENTION_DAYS is how old a journalled tick may get',
    'a start deletes the ticks that STORE__TICK_RETENTION_DAYS does not keep',
  ),
  STORE__TICK_RETENTION_MB: proved('STORE__TICK_RETENTION_MB is how much is journalled at most'),
  STORE__SNAPSHOT_EVERY_SECONDS: proved(
    'STORE__SNAPSHOT_EVERY_SECONDS is how long after the last snapshot the next one is due',
  ),
  STORE__SNAPSHOT_EVERY_TICKS: proved('STORE__SNAPSHOT_EVERY_TICKS is how many ticks lie between two snapshots'),
  STORE__FSYNC: proved('STORE__FSYNC is how the store syncs a commit, and the health check says so'),

  API__HOST: proved(
    'API__PORT and API__HOST are where /health answers, and an address that is not ours stops the start',
    'API__HOST that others can reach is refused without authentication',
  ),
  API__PORT: proved(
    'API__PORT and API__HOST are where /health answers, and an address that is not ours stops the start',
  ),
  API__CORS_ORIGINS: proved(CORS),
  API__CORS_METHODS: proved(CORS),
  API__CORS_HEADERS: proved(CORS),
  API__CORS_CREDENTIALS: proved(CORS),

  AUTH__SECRET_KEY: proved(
    'AUTH__SECRET_KEY is what a session with Kite is kept under, and another one does not read it',
    TOKENS,
  ),
  AUTH__ALGORITHM: proved(TOKENS),
  AUTH__ACCESS_TOKEN_EXPIRE_MINUTES: proved(TOKENS),
  AUTH__ENABLE_USER_AUTH: proved('AUTH__ENABLE_USER_AUTH makes the API ask who calls, and without it nobody is asked'),
  AUTH__PRIMARY_AUTH_PROVIDER: proved('AUTH__PRIMARY_AUTH_PROVIDER decides whether a person may sign in through Kite'),

  LOGGING__LEVEL: logged('LOGGING__LEVEL bounds the console and the channels without a level of their own'),
  LOGGING__STRUCTURED: logged('LOGGING__STRUCTURED=false gives plain text in the files and on the console'),
  LOGGING__JSON_FORMAT: logged('LOGGING__JSON_FORMAT=false writes the files as key=value'),
  LOGGING__CONSOLE_ENABLED: logged('LOGGING__CONSOLE_ENABLED=false keeps the console empty, the files are written'),
  LOGGING__CONSOLE_JSON_FORMAT: logged('LOGGING__CONSOLE_JSON_FORMAT=true writes the console as JSON'),
  LOGGING__FILE_ENABLED: logged(
    'LOGGING__FILE_ENABLED=false makes no file and no folder, and the console then shows stacks',
  ),
  LOGGING__LOGS_DIR: logged('LOGGING__LOGS_DIR is where the files are, and is made when it is missing'),
  LOGGING__FILE_MAX_SIZE: logged(FILE_SIZES),
  LOGGING__FILE_BACKUP_COUNT: logged(FILE_SIZES),
  LOGGING__MULTI_CHANNEL_ENABLED: logged(
    'LOGGING__MULTI_CHANNEL_ENABLED=false puts everything into alpha_panda.log alone',
  ),
  LOGGING__AUDIT_RETENTION_DAYS: logged(RETENTION),
  LOGGING__PERFORMANCE_RETENTION_DAYS: logged(RETENTION),
  LOGGING__DATABASE_LEVEL: logged(CHANNEL_LEVELS),
  LOGGING__TRADING_LEVEL: logged(CHANNEL_LEVELS),
  LOGGING__API_LEVEL: logged(CHANNEL_LEVELS),
  LOGGING__MARKET_DATA_LEVEL: logged(CHANNEL_LEVELS),
  LOGGING__AUTO_CLEANUP_ENABLED: logged(
    'LOGGING__AUTO_CLEANUP_ENABLED tidies up at the start and every six hours; false does neither',
  ),
  LOGGING__COMPRESSION_ENABLED: logged(COMPRESSION),
  LOGGING__COMPRESSION_AGE_DAYS: logged(COMPRESSION),

  HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS: proved(
    'HEALTH_CHECKS__MARKET_TICKS_MAX_AGE_SECONDS is how long a market in real time may be silent',
    OBEYED,
  ),
  HEALTH_CHECKS__PORTFOLIO_SNAPSHOT_MAX_AGE_SECONDS: proved(
    'HEALTH_CHECKS__PORTFOLIO_SNAPSHOT_MAX_AGE_SECONDS is how old the books may get, but never less than two intervals',
  ),
  HEALTH_CHECKS__REDIS_CONNECTION_TIMEOUT_SECONDS: proved(
    'HEALTH_CHECKS__REDIS_CONNECTION_TIMEOUT_SECONDS is how long Redis may take to answer',
  ),
  HEALTH_CHECKS__DATABASE_CONNECTION_TIMEOUT_SECONDS: proved(
    'HEALTH_CHECKS__DATABASE_CONNECTION_TIMEOUT_SECONDS is how long the store may take to answer',
  ),

  MONITORING__HEALTH_CHECK_ENABLED: proved(REPEATED, OBEYED),
  MONITORING__HEALTH_CHECK_INTERVAL: proved(REPEATED, OBEYED),
  MONITORING__HEALTH_CHECK_TIMEOUT: proved('MONITORING__HEALTH_CHECK_TIMEOUT is how long a check may take to answer'),
  MONITORING__METRICS_ENABLED: proved(METRICS),
  MONITORING__PERFORMANCE_MONITORING_ENABLED: proved(METRICS),
  MONITORING__MEMORY_ALERT_THRESHOLD: proved(SHARES),
  MONITORING__CPU_ALERT_THRESHOLD: proved(SHARES),
  MONITORING__DISK_ALERT_THRESHOLD: proved(SHARES),
  MONITORING__PIPELINE_FLOW_MONITORING_ENABLED: proved(
    'MONITORING__PIPELINE_FLOW_MONITORING_ENABLED decides whether stages, lag and lateness are watched',
  ),
  MONITORING__CONSUMER_LAG_THRESHOLD: proved(
    'MONITORING__CONSUMER_LAG_THRESHOLD is how many unread messages are no trouble',
  ),
  MONITORING__MARKET_DATA_LATENCY_THRESHOLD: proved(
    'MONITORING__MARKET_DATA_LATENCY_THRESHOLD is how late the market may be',
  ),
  MONITORING__STARTUP_GRACE_PERIOD_SECONDS: proved(
    'MONITORING__STARTUP_GRACE_PERIOD_SECONDS is how long after a start nobody is told of anything',
  ),

  ALERTS__MIN_SEVERITY: proved(CHANNELS),
  ALERTS__WEBHOOK_URL: proved(CHANNELS),
  ALERTS__WEBHOOK_SECRET: proved(CHANNELS),
  ALERTS__TELEGRAM_TOKEN: proved(TELEGRAM),
  ALERTS__TELEGRAM_CHAT_ID: proved(TELEGRAM),
  ALERTS__TELEGRAM_ROOT: proved(TELEGRAM),
  ALERTS__EMAIL_URL: proved(EMAIL),
  ALERTS__EMAIL_FROM: proved(EMAIL),
  ALERTS__EMAIL_TO: proved(EMAIL),
  TRACING__OTLP_ENDPOINT: proved(TRACES),
  TRACING__SAMPLE_RATE: proved(TRACES),

  RECONNECTION__MAX_ATTEMPTS: proved(RECONNECTION),
  RECONNECTION__BASE_DELAY_SECONDS: proved(RECONNECTION),
  RECONNECTION__MAX_DELAY_SECONDS: proved(RECONNECTION),
  RECONNECTION__BACKOFF_MULTIPLIER: proved(RECONNECTION),
  RECONNECTION__TIMEOUT_SECONDS: proved(
    'RECONNECTION__TIMEOUT_SECONDS is how long an attempt to reach the ticker may take',
  ),

  DATABASE__POSTGRES_URL: proved('DATABASE__POSTGRES_URL is where the store of the distributed profile is'),
  DATABASE__SCHEMA_MANAGEMENT: proved(TABLES),
  DATABASE__VERIFY_MIGRATIONS: proved(TABLES),

  REDPANDA__BOOTSTRAP_SERVERS: proved('REDPANDA__BOOTSTRAP_SERVERS are the brokers that are asked first'),
  REDPANDA__CLIENT_ID: proved('REDPANDA__CLIENT_ID is the name that the brokers are told'),
  REDPANDA__GROUP_ID_PREFIX: proved('REDPANDA__GROUP_ID_PREFIX begins the name of every consumer group of the stages'),

  REDPANDA__TLS: proved(ENCRYPTED),
  REDPANDA__TLS_CA_FILE: proved(KAFKA_FILES),
  REDPANDA__TLS_CERT_FILE: proved(KAFKA_FILES),
  REDPANDA__TLS_KEY_FILE: proved(KAFKA_FILES),
  REDPANDA__SASL_MECHANISM: proved(SIGNED_IN),
  REDPANDA__SASL_USERNAME: proved(SIGNED_IN),
  REDPANDA__SASL_PASSWORD: proved(SIGNED_IN),

  REDIS__URL: proved('REDIS__URL is where Redis is, and its loss holds nothing up'),
  REDIS__TLS_CA_FILE: proved('REDIS__TLS_CA_FILE is what an encrypted Redis is checked against'),
};

const OWN_COSTS =
  'BROKERS__{ID}__SLIPPAGE_PERCENT and BROKERS__{ID}__COMMISSION_PERCENT are the costs of one namespace alone';
const OWN_ACCOUNT =
  'BROKERS__{ID}__USER_ID, BROKERS__{ID}__DEPLOYMENT and BROKERS__{ID}__KITE_ROOT are the account of one namespace alone';
const OWN_USER = 'BROKERS__{ID}__KAFKA_USERNAME and BROKERS__{ID}__KAFKA_PASSWORD sign in for one namespace alone';
const OWN_ROLE =
  'BROKERS__{ID}__POSTGRES_ROLE and BROKERS__{ID}__POSTGRES_PASSWORD make a role that reads one namespace';
const NO_CREDENTIALS =
  'BROKERS__{ID}__MODE, BROKERS__{ID}__API_KEY and BROKERS__{ID}__API_SECRET exist for no namespace of kind paper';

/** The fields of one namespace, named as docs/settings.md names them. */
export const namespaceEffects: Readonly<Record<string, Effect>> = {
  'BROKERS__{ID}__KIND': proved(
    'BROKERS__{ID}__KIND makes a namespace of any id, and without it an unknown id is refused',
  ),
  'BROKERS__{ID}__ENABLED': proved('BROKERS__{ID}__ENABLED keeps one namespace out and no other of its kind'),
  'BROKERS__{ID}__SLIPPAGE_PERCENT': proved(OWN_COSTS),
  'BROKERS__{ID}__COMMISSION_PERCENT': proved(OWN_COSTS),
  'BROKERS__{ID}__STARTING_CASH': proved('BROKERS__{ID}__STARTING_CASH is the cash of one namespace alone'),
  'BROKERS__{ID}__CHARGES': proved('BROKERS__{ID}__CHARGES are the charges of one namespace alone'),
  'BROKERS__{ID}__ORDER_LIMITS': proved('BROKERS__{ID}__ORDER_LIMITS are the limits of one namespace alone'),
  'BROKERS__{ID}__MODE': proved(NO_CREDENTIALS),
  'BROKERS__{ID}__API_KEY': proved(NO_CREDENTIALS),
  'BROKERS__{ID}__API_SECRET': proved(NO_CREDENTIALS),
  'BROKERS__{ID}__USER_ID': proved(OWN_ACCOUNT),
  'BROKERS__{ID}__DEPLOYMENT': proved(OWN_ACCOUNT),
  'BROKERS__{ID}__KITE_ROOT': proved(OWN_ACCOUNT),
  'BROKERS__{ID}__KAFKA_USERNAME': proved(OWN_USER),
  'BROKERS__{ID}__KAFKA_PASSWORD': proved(OWN_USER),
  'BROKERS__{ID}__POSTGRES_ROLE': proved(OWN_ROLE),
  'BROKERS__{ID}__POSTGRES_PASSWORD': proved(OWN_ROLE),
};
