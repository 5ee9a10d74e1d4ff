// Loads the settings: texts from the command line, the environment and `.env` become checked values, each with its
// origin. Pure: the caller hands in the texts and prints or obeys what comes back.
import { BROKER_PREFIX, resolveBrokers } from './resolve-brokers.ts';
import { hintFor } from './hints.ts';
import { badValue, error, warning } from './problem.ts';
import type { SettingsProblem } from './problem.ts';
import { entryFor } from './setting-entry.ts';
import type { SettingEntry } from './setting-entry.ts';
import { definitions, readValue } from './settings-schema.ts';
import type { GeneralSettings, SectionSettings, SettingDefinition, Settings } from './settings-schema.ts';
import { gatherSources } from './sources.ts';
import type { Found, SourceTexts } from './sources.ts';
import { validateSettings } from './validate-settings.ts';
import { invariant } from '#core/invariant.ts';

export interface LoadedSettings {
  readonly settings: Settings;
  /** Every setting in force with its origin, the namespaces' own ones last. */
  readonly entries: readonly SettingEntry[];
  /** What the start prints as warnings. */
  readonly warnings: readonly SettingsProblem[];
  /** What the start says about namespaces that are kept out or run by the simulated exchange. */
  readonly notices: readonly string[];
}

/** Either settings that may be used, or every problem found, errors and warnings. */
export type SettingsResult =
  | { readonly ok: true; readonly value: LoadedSettings }
  | { readonly ok: false; readonly error: readonly SettingsProblem[] };

type Values = GeneralSettings & SectionSettings;

const SINGLE_BROKER = 'BROKER_NAMESPACE';

export function loadSettings(from: SourceTexts): SettingsResult {
  const { texts, problems: sourceProblems } = gatherSources(from);
  const { values, entries, problems: valueProblems } = readTable(texts);
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const resolved = resolveBrokers({ values, entries: byName, texts });
  const { brokers } = resolved;
  const settings: Settings = { ...values, brokers, activeBrokers: brokers.map(({ id }) => id) };
  const found = [...sourceProblems, ...singleBroker(texts), ...valueProblems, ...resolved.problems];
  const refused = new Set(found.map((problem) => problem.name));
  const problems = [
    ...found,
    // A value that was refused stands at its default here; a rule about it would only confuse.
    ...validateSettings(settings).filter((problem) => !refused.has(problem.name)),
    ...unknown(texts, from.overrides ?? {}),
  ];
  if (problems.some((problem) => problem.severity === 'error')) return { ok: false, error: problems };
  const inForce = [...entries, ...resolved.entries];
  return { ok: true, value: { settings, entries: inForce, warnings: problems, notices: resolved.notices } };
}

/** Every row of the table: its value, its entry, and a problem when the text that was set is not accepted. */
function readTable(texts: ReadonlyMap<string, Found>): {
  values: Values;
  entries: SettingEntry[];
  problems: SettingsProblem[];
} {
  const sections: Record<string, Record<string, unknown>> = {};
  const entries: SettingEntry[] = [];
  const problems: SettingsProblem[] = [];
  for (const definition of definitions) {
    const { name, section, field, setting } = definition;
    const { found, from } = textFor(definition, texts);
    let value = defaultOf(definition);
    let origin: SettingEntry['origin'] = 'default';
    if (found !== undefined) {
      const read = readValue(setting, found.text);
      if (read !== undefined) {
        value = read.value;
        origin = found.origin;
      } else if (from === undefined) problems.push(badValue(name, setting, found));
    }
    (sections[section] ??= {})[field] = value;
    entries.push(entryFor(name, setting, value, origin, origin === 'default' ? undefined : from));
  }
  const { '': general, ...named } = sections;
  // The table's rows and this type come from the same objects; a test reads every field.
  return { values: { ...general, ...named } as unknown as Values, entries, problems };
}

/** The text that was set for a row. LOGGING__LEVEL listens to LOG_LEVEL, the name that older set-ups use. */
function textFor({ name }: SettingDefinition, texts: ReadonlyMap<string, Found>): { found?: Found; from?: string } {
  const found = texts.get(name);
  if (found !== undefined) return { found };
  const general = name === 'LOGGING__LEVEL' ? texts.get('LOG_LEVEL') : undefined;
  return general === undefined ? {} : { found: general, from: 'LOG_LEVEL' };
}

function defaultOf({ name, setting }: SettingDefinition): unknown {
  const read = readValue(setting, setting.default);
  invariant(read !== undefined, `the default of ${name} is accepted by its own schema`);
  return read.value;
}

/** One deployment serves every namespace, so a script that still picks a single one must not pass unnoticed. */
function singleBroker(texts: ReadonlyMap<string, Found>): SettingsProblem[] {
  if (!texts.has(SINGLE_BROKER)) return [];
  const text = 'one deployment serves every namespace; remove this variable and list them in ACTIVE_BROKERS';
  return [error(SINGLE_BROKER, `${text}, for example ACTIVE_BROKERS=paper,zerodha`)];
}

/** Hints for variables that look like misspelt settings; on the command line every unknown name is an error. */
function unknown(
  texts: ReadonlyMap<string, Found>,
  overrides: Readonly<Record<string, string | undefined>>,
): SettingsProblem[] {
  const known = definitions.map(({ name }) => name);
  const named = new Set([...known, SINGLE_BROKER]);
  const strangers = [...texts.keys()].filter((name) => !named.has(name) && !name.startsWith(BROKER_PREFIX)).sort();
  const asked = new Set(Object.keys(overrides).map((name) => name.toUpperCase()));
  return strangers.flatMap((name) => {
    const hint = hintFor(name, known);
    if (asked.has(name)) return [error(name, hint ?? 'this is no setting; docs/settings.md lists them all')];
    return hint === undefined ? [] : [warning(name, hint)];
  });
}
