// Turns ACTIVE_BROKERS, the two kinds' sections and BROKERS__{ID}__… into the list of namespaces that run, each with
// its own settings. Separate from the loader because these names depend on the values of other settings.
import { isBrokerId } from '#core/ids.ts';
import type { BrokerId } from '#core/ids.ts';
import { accessFields, BROKER_KINDS, brokerFields, kindSetting } from './brokers.ts';
import type { BrokerKind, BrokerSettings, KindSection, NamespaceAccess } from './brokers.ts';
import { hintFor } from './hints.ts';
import { badValue, error, quote, warning } from './problem.ts';
import type { SettingsProblem } from './problem.ts';
import { entryFor } from './setting-entry.ts';
import type { SettingEntry } from './setting-entry.ts';
import type { Setting } from './setting.ts';
import { readValue, sections, upperSnake } from './settings-schema.ts';
import type { GeneralSettings, SectionSettings } from './settings-schema.ts';
import type { Found } from './sources.ts';

/** What the namespaces are made from: the other settings with their origin, and every text that was set. */
export interface BrokerSources {
  readonly values: GeneralSettings & SectionSettings;
  readonly entries: ReadonlyMap<string, SettingEntry>;
  readonly texts: ReadonlyMap<string, Found>;
}

export interface ResolvedBrokers {
  readonly brokers: readonly BrokerSettings[];
  readonly entries: readonly SettingEntry[];
  readonly problems: readonly SettingsProblem[];
  /** Sentences that the start prints. */
  readonly notices: readonly string[];
}

/** One namespace while it is read. */
interface Namespace {
  readonly id: BrokerId;
  readonly kind: BrokerKind;
  readonly sources: BrokerSources;
  readonly entries: SettingEntry[];
  readonly problems: SettingsProblem[];
  readonly notices: string[];
}

export const BROKER_PREFIX = 'BROKERS__';
const SIMULATED_TTL_SECONDS = 30;
const LIVE_TTL_SECONDS = 10;
const SECTION_OF = { paper: 'paperTrading', zerodha: 'zerodha' } as const;

/** Reads every listed namespace, in the order of the list. */
export function resolveBrokers(sources: BrokerSources): ResolvedBrokers {
  const listed = sources.values.activeBrokers;
  const brokers: BrokerSettings[] = [];
  const entries: SettingEntry[] = [];
  const problems: SettingsProblem[] = [];
  const notices: string[] = [];
  for (const [index, id] of listed.entries()) {
    if (!isBrokerId(id)) {
      problems.push(error('ACTIVE_BROKERS', refusalOfId(id)));
      continue;
    }
    if (listed.indexOf(id) !== index) {
      problems.push(error('ACTIVE_BROKERS', `${id} is listed twice; list each namespace once`));
      continue;
    }
    const kind = readKind(id, sources, entries, problems);
    if (kind === undefined) continue;
    const namespace: Namespace = { id, kind, sources, entries, problems, notices };
    const broker = readNamespace(namespace);
    if (broker !== undefined) brokers.push(broker);
    problems.push(...unusedFields(namespace));
  }
  if (brokers.length === 0 && !problems.some(({ severity }) => severity === 'error')) {
    problems.push(error('ACTIVE_BROKERS', `no namespace is left to run: ${notices.join('; ')}`));
  }
  problems.push(...problemsOfInactive(sources));
  return { brokers, entries, problems, notices };
}

/** The name of a namespace's own setting: `BROKERS__NSE_ARB__STARTING_CASH`. */
export function brokerSettingName(id: string, field: string): string {
  return `${BROKER_PREFIX}${id.toUpperCase()}__${upperSnake(field)}`;
}

function refusalOfId(id: string): string {
  const shape = 'a broker id is lower-case words joined by _, at most 32 characters, such as paper or zerodha_family';
  if (id === '') return `an item of the list is empty; ${shape}`;
  if (id.includes('.')) return `found ${quote(id)}: a dot would end the namespace inside a topic's name; ${shape}`;
  if (['market', 'system', 'global'].includes(id)) return `found ${quote(id)}, which is reserved; take another name`;
  return `found ${quote(id)}; ${shape}`;
}

function readKind(
  id: BrokerId,
  { texts }: BrokerSources,
  entries: SettingEntry[],
  problems: SettingsProblem[],
): BrokerKind | undefined {
  const name = brokerSettingName(id, 'kind');
  const found = texts.get(name);
  if (found === undefined) {
    const own = BROKER_KINDS.find((kind) => kind === id);
    if (own === undefined) {
      problems.push(
        error(name, `${id} is in ACTIVE_BROKERS, but not what it is; set ${name}=paper or ${name}=zerodha`),
      );
    } else entries.push(entryFor(name, kindSetting, own, 'default'));
    return own;
  }
  const kind = readValue(kindSetting, found.text)?.value;
  if (kind === undefined) problems.push(badValue(name, kindSetting, found));
  else if (id === 'paper' && kind !== 'paper') {
    problems.push(error(name, 'the namespace paper is always of kind paper; give a real account another id'));
    return undefined;
  } else entries.push(entryFor(name, kindSetting, kind, found.origin));
  return kind;
}

/** The settings of one namespace; undefined when it is kept out. */
function readNamespace(namespace: Namespace): BrokerSettings | undefined {
  const { id, kind, sources, notices } = namespace;
  if (!isEnabled(namespace)) return undefined;
  const section = SECTION_OF[kind];
  const common = {
    id,
    enabled: true,
    runsAs: kind === 'zerodha' && hasGateway(namespace) ? 'gateway' : 'simulated',
    startingCash: readField(namespace, section, 'startingCash'),
    slippagePercent: readField(namespace, 'paperTrading', 'slippagePercent'),
    commissionPercent: readField(namespace, 'paperTrading', 'commissionPercent'),
    charges: readField(namespace, section, 'charges'),
    orderLimits: readField(namespace, section, 'orderLimits'),
    access: readAccess(namespace),
  } as const;
  const ttl = sources.values.execution.signalTtlSeconds;
  if (kind === 'paper') return { ...common, kind, mode: 'simulated', signalTtlSeconds: ttl ?? SIMULATED_TTL_SECONDS };
  const mode = readField(namespace, 'zerodha', 'mode');
  const userId = readField(namespace, 'zerodha', 'userId');
  if (mode === 'live') {
    notices.push(`${id}: live. Its orders go to the account ${userId} with real money, once a person has armed it`);
  } else {
    const answers = common.runsAs === 'gateway' ? 'a Kite simulator of its own' : 'the simulated exchange';
    notices.push(`${id}: ${answers} answers this namespace, and no order leaves this machine`);
  }
  return {
    ...common,
    kind,
    mode,
    apiKey: readField(namespace, 'zerodha', 'apiKey'),
    apiSecret: readField(namespace, 'zerodha', 'apiSecret'),
    userId,
    deployment: readField(namespace, 'zerodha', 'deployment'),
    kiteRoot: readField(namespace, 'zerodha', 'kiteRoot'),
    signalTtlSeconds: ttl ?? (mode === 'live' ? LIVE_TTL_SECONDS : SIMULATED_TTL_SECONDS),
  };
}

/** Sockets need a feed that keeps to their time; anything faster or recorded is answered inside the cascade. */
function hasGateway(namespace: Namespace): boolean {
  const { source, speed } = namespace.sources.values.feed;
  const isLive = readField({ ...namespace, entries: [], problems: [] }, 'zerodha', 'mode') === 'live';
  return isLive || (source.kind === 'simulator' && speed === 1);
}

/** Off when the kind's section or the namespace's own setting says so; the reason goes to the notices. */
function isEnabled(namespace: Namespace): boolean {
  const { id, kind, sources, notices } = namespace;
  const section = SECTION_OF[kind];
  const own = readField(namespace, section, 'enabled');
  // The kind's switch cannot be overruled by one namespace: it is there to keep all of them out.
  const kindEnabled = sources.values[section].enabled;
  if (kindEnabled && own) return true;
  const cause = kindEnabled ? brokerSettingName(id, 'enabled') : `${upperSnake(section)}__ENABLED`;
  notices.push(`${id} is listed in ACTIVE_BROKERS, but ${cause}=false keeps it out`);
  return false;
}

/** A namespace's own value of a field, or its kind's. */
function readField<S extends KindSection, F extends keyof SectionSettings[S] & string>(
  { id, sources, entries, problems }: Namespace,
  section: S,
  field: F,
): SectionSettings[S][F] {
  const rows: Readonly<Record<string, Setting<unknown>>> = sections[section];
  // `Values` made the type of the field from this very row.
  const setting = rows[field] as Setting<SectionSettings[S][F]>;
  const inherited = sources.values[section][field];
  const name = brokerSettingName(id, field);
  const found = sources.texts.get(name);
  if (found === undefined) {
    const from = `${upperSnake(section)}__${upperSnake(field)}`;
    entries.push(entryFor(name, setting, inherited, sources.entries.get(from)?.origin ?? 'default', from));
    return inherited;
  }
  const read = readValue(setting, found.text);
  if (read === undefined) problems.push(badValue(name, setting, found));
  else entries.push(entryFor(name, setting, read.value, found.origin));
  return read === undefined ? inherited : read.value;
}

/** Who the namespace is to the servers. */
function readAccess({ id, sources, entries, problems }: Namespace): NamespaceAccess {
  const read = (field: keyof NamespaceAccess): string => {
    const [name, setting] = [brokerSettingName(id, field), accessFields[field]];
    const found = sources.texts.get(name);
    const value = found === undefined ? setting.default : readValue(setting, found.text)?.value;
    if (found !== undefined && value === undefined) problems.push(badValue(name, setting, found));
    // One that nobody has set is nobody's question.
    else if (found !== undefined) entries.push(entryFor(name, setting, value ?? '', found.origin));
    return value ?? '';
  };
  const [kafkaUsername, kafkaPassword] = [read('kafkaUsername'), read('kafkaPassword')];
  return {
    kafkaUsername,
    kafkaPassword,
    postgresRole: read('postgresRole'),
    postgresPassword: read('postgresPassword'),
  };
}

/** What is set for a namespace and belongs to no field of its kind. */
function unusedFields({ id, kind, sources }: Namespace): SettingsProblem[] {
  const prefix = `${BROKER_PREFIX}${id.toUpperCase()}__`;
  const fields = ['kind', ...Object.keys(brokerFields[kind]), ...Object.keys(accessFields)];
  const known = fields.map((field) => brokerSettingName(id, field));
  const ofZerodha = Object.keys(brokerFields.zerodha).map((field) => brokerSettingName(id, field));
  return [...sources.texts.keys()]
    .filter((name) => name.startsWith(prefix) && !known.includes(name))
    .map((name) =>
      ofZerodha.includes(name)
        ? error(
            name,
            `${id} is of kind ${kind}, which never trades and takes no mode or credential; remove the variable`,
          )
        : warning(name, hintFor(name, known) ?? 'this is no setting'),
    );
}

/** BROKERS__{ID}__… of ids that are not listed have no effect. */
function problemsOfInactive({ values, texts }: BrokerSources): SettingsProblem[] {
  const active = values.activeBrokers.map((id) => `${BROKER_PREFIX}${id.toUpperCase()}__`);
  return [...texts.keys()]
    .filter((name) => name.startsWith(BROKER_PREFIX) && !active.some((prefix) => name.startsWith(prefix)))
    .map((name) => {
      const id = name.slice(BROKER_PREFIX.length).split('__')[0]?.toLowerCase() ?? '';
      return warning(name, `this has no effect, because ${quote(id)} is not in ACTIVE_BROKERS`);
    });
}
