// Writes docs/settings.md from the settings table, so that the page cannot say anything else than the program does.
// A test compares the file on disk; `node src/app/config/settings-doc.ts > docs/settings.md` writes it anew.
import { accessFields, brokerFields } from './brokers.ts';
import { definitions, upperSnake } from './settings-schema.ts';
import type { SettingDefinition } from './settings-schema.ts';

const SECTION_TITLES: Readonly<Record<string, string>> = {
  '': 'The deployment',
  feed: 'Feed',
  strategies: 'Strategies',
  risk: 'Risk',
  execution: 'Execution',
  exchange: 'Simulated exchange',
  paperTrading: 'Brokers of kind paper',
  zerodha: 'Brokers of kind zerodha',
  portfolioManager: 'Portfolio manager',
  store: 'Store',
  api: 'HTTP API',
  auth: 'Authentication',
  logging: 'Logging',
  healthChecks: 'Health checks',
  monitoring: 'Monitoring',
  alerts: 'Channels of alerts',
  tracing: 'Traces',
  reconnection: 'Reconnection of the feed',
  database: 'Database of the distributed profile',
  redpanda: 'Kafka or Redpanda',
  redis: 'Redis',
};

const INTRODUCTION = `# Settings

<!-- Made by src/app/config/settings-doc.ts from the table of settings; change that, not this page. -->

Each setting is an environment variable, or a line of the file \`.env\` in the folder where the program is started. What is
given on the command line wins over the environment, the environment over \`.env\`, and \`.env\` over the default.
\`npx alpha-panda config\` prints every setting in force and where it came from, secrets masked.

- Names are the same in upper and lower case. A variable that is no setting is ignored; the start gives a hint when it
  looks like a misspelt one.
- Lists are separated by commas, or written in JSON: \`ACTIVE_BROKERS=paper,zerodha\` or \`ACTIVE_BROKERS=["paper","zerodha"]\`.
- Amounts and percentages are read exactly, digit by digit, with at most four decimals and without an exponent.
- A value that is not accepted stops the start with exit code 2; the message names the variable, what was found and what is
  accepted. Nothing is set to its default in silence.
- In \`.env\`, a line is \`NAME=value\`, with or without \`export\` before it; \`#\` starts a comment; a value may stand in single
  quotes (taken as it is) or double quotes (where \`\\n\`, \`\\"\` and \`\\\\\` are read). \`\${NAME}\` is not replaced.`;

const BROKERS_INTRODUCTION = `## Namespaces

\`ACTIVE_BROKERS\` lists the namespaces that run. An id is lower-case words joined by \`_\`, at most 32 characters; \`market\`,
\`system\` and \`global\` are reserved. The ids \`paper\` and \`zerodha\` are of the kind with that name. Any other id needs
\`BROKERS__{ID}__KIND\`, so that several accounts of one kind can be several namespaces:

\`\`\`sh
ACTIVE_BROKERS=paper,zerodha,nse_arb
BROKERS__NSE_ARB__KIND=paper
BROKERS__NSE_ARB__STARTING_CASH=250000
\`\`\`

Each field below can be set for one namespace as \`BROKERS__{ID}__…\`; without that, the namespace takes the setting of its
kind. A namespace of kind \`paper\` takes no mode and no credential. When \`PAPER_TRADING__ENABLED\` or \`ZERODHA__ENABLED\` is
false, no namespace of that kind runs, whatever \`BROKERS__{ID}__ENABLED\` says.`;

const ACCESS_INTRODUCTION = `In the distributed profile a namespace of any kind may have a Kafka user and a PostgreSQL role of its own. They have no
default: a namespace without one is served by those of the platform. \`topics bootstrap\` makes the ACLs, \`migrate\` the roles.`;

const RULES = `## What the start checks

An error stops the start; a warning is printed.

| rule | |
| --- | --- |
| \`…__MODE=live\` without key, secret or user id, live ticks, the calendar \`nse\` or dated order limits; two live namespaces of one account | error |
| \`FEED__SOURCE=zerodha\` without \`ZERODHA__API_KEY\` or \`ZERODHA__API_SECRET\`, or at another \`FEED__SPEED\` than 1 | error |
| no namespace is left, an id is listed twice, reserved or of no known kind | error |
| the shipped \`AUTH__SECRET_KEY\` in production, with a live broker or feed, or when \`API__HOST\` is not loopback | error |
| the shipped \`AUTH__SECRET_KEY\` in development | warning |
| an \`AUTH__SECRET_KEY\` under 32 characters or of fewer than 8 different ones | error in production, else warning |
| \`API__HOST\` is not loopback and \`AUTH__ENABLE_USER_AUTH\` is false | error |
| \`ENVIRONMENT=production\` with \`AUTH__ENABLE_USER_AUTH\` or \`DATABASE__VERIFY_MIGRATIONS\` false | error |
| \`*\` in \`API__CORS_ORIGINS\` beside other origins, or in production | error |
| in the distributed profile, one of name and password for Kafka without the other, or either without \`REDPANDA__SASL_MECHANISM\` | error |
| two namespaces with one Kafka user or PostgreSQL role, or one that is the platform's own | error |
| a file of TLS for Kafka or Redis where TLS is off, or one that does not exist | error |
| \`REDPANDA__SASL_MECHANISM=PLAIN\` without \`REDPANDA__TLS\` to a server that is not loopback | error in production, else warning |
| an \`sslmode\` of \`DATABASE__POSTGRES_URL\` that does not say whether the certificate is checked | error |
| \`RECONNECTION__MAX_DELAY_SECONDS\` below \`RECONNECTION__BASE_DELAY_SECONDS\` | error |
| the folder around \`LOGGING__LOGS_DIR\`, or \`STRATEGIES_DIR\`, does not exist | error |
| \`PORTFOLIO_MANAGER__SNAPSHOT_INTERVAL_SECONDS\` below 60 | warning |
| \`PORTFOLIO_MANAGER__MAX_PORTFOLIO_LOCKS\` below 100 | warning |
| \`ALERTS__WEBHOOK_URL\` without a secret, \`ALERTS__TELEGRAM_TOKEN\` without a chat, or \`ALERTS__EMAIL_URL\` without addresses | error |
| one of \`ZERODHA__API_KEY\` and \`ZERODHA__API_SECRET\` without the other | warning |
| in production, \`STORE__FSYNC\` other than full, or \`DATABASE__SCHEMA_MANAGEMENT=create_all\` | warning |
| \`MONITORING__HEALTH_CHECK_TIMEOUT\` longer than \`MONITORING__HEALTH_CHECK_INTERVAL\` | warning |
| \`LOGGING__CONSOLE_ENABLED\` and \`LOGGING__FILE_ENABLED\` both false | warning |`;

/** The whole page, as prettier would leave it. */
export function renderSettingsDoc(): string {
  const sections = Object.entries(SECTION_TITLES).map(([section, title]) => renderSection(section, title));
  return `${[INTRODUCTION, ...sections, renderBrokers(), aligned(RULES)].join('\n\n')}\n`;
}

function renderSection(section: string, title: string): string {
  const rows = definitions.filter((definition) => definition.section === section).map(renderRow);
  return `## ${title}\n\n${table(['setting', 'default', 'effect', 'accepted'], rows)}`;
}

function renderRow({ name, setting }: SettingDefinition): string[] {
  return [`\`${name}\``, code(setting.default), setting.effect, setting.accepts];
}

function renderBrokers(): string {
  const rows = Object.entries(brokerFields).flatMap(([kind, fields]) =>
    Object.entries(fields).map(([field, { section }]) => {
      const name = upperSnake(field);
      return [`\`BROKERS__{ID}__${name}\``, `\`${kind}\``, `\`${upperSnake(section)}__${name}\``];
    }),
  );
  const kind = ['`BROKERS__{ID}__KIND`', 'any', 'the id itself, when it is `paper` or `zerodha`'];
  const access = Object.entries(accessFields).map(([field, { effect, accepts }]) => {
    return [`\`BROKERS__{ID}__${upperSnake(field)}\``, effect, accepts];
  });
  const tables = [
    table(['setting', 'kind', 'default'], [kind, ...rows]),
    ACCESS_INTRODUCTION,
    table(['setting', 'effect', 'accepted'], access),
  ];
  return `${BROKERS_INTRODUCTION}\n\n${tables.join('\n\n')}`;
}

function code(text: string): string {
  return text === '' ? 'nothing' : `\`${text}\``;
}

/** The one table of a text, written again with columns of equal width. */
function aligned(markdown: string): string {
  const lines = markdown.split('\n');
  const [head = [], , ...rows] = lines.filter((line) => line.startsWith('|')).map(cellsOf);
  const before = lines.filter((line) => !line.startsWith('|'));
  return `${before.join('\n')}\n${table(head, rows)}`;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.trim());
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const rows = [head, ...body].map((row) => row.map(escaped));
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = rows;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}

/** Names in plain text are set as code; outside of code, an underscore or a star would start emphasis. */
function escaped(cell: string): string {
  return cell.replace(/`[^`]*`|\*\*[^*]+\*\*|[\w{}.]*_[\w.]*\w|\*/g, (part) =>
    part.startsWith('`') || part.startsWith('**') ? part : `\`${part}\``,
  );
}

if (import.meta.main) process.stdout.write(renderSettingsDoc());
