// Shows the settings in force with their origin, for `alpha-panda config`; secrets never leave here unmasked.
import type { BrokerSettings } from './brokers.ts';
import type { LoadedSettings } from './load-settings.ts';
import { formatProblem, maskText, printable } from './problem.ts';
import type { SettingEntry } from './setting-entry.ts';

/** A table for a person, or JSON for a script; both end without a line break. */
export function renderSettings(loaded: LoadedSettings, { json }: { readonly json: boolean }): string {
  return json ? JSON.stringify(asJson(loaded), undefined, 2) : asText(loaded);
}

/** Every setting that is in force by its name; secrets are masked. */
export function settingsInForce({ entries }: Pick<LoadedSettings, 'entries'>): Readonly<Record<string, string>> {
  return Object.fromEntries(entries.map(({ name, text, secrecy }) => [name, maskText(text, secrecy)]));
}

function asText({ entries, settings, warnings, notices }: LoadedSettings): string {
  const rows = entries.map((entry) => [entry.name, shown(entry) || '(nothing)', originOf(entry)]);
  return [
    ...table([['SETTING', 'VALUE', 'ORIGIN'], ...rows]),
    '',
    ...table([['BROKER', 'KIND', 'MODE', 'RUN BY', 'CHARGES'], ...settings.brokers.map(brokerRow)]),
    ...(notices.length > 0 ? ['', ...notices] : []),
    ...(warnings.length > 0 ? ['', ...warnings.map(formatProblem)] : []),
  ].join('\n');
}

function asJson({ entries, settings, warnings, notices }: LoadedSettings): unknown {
  return {
    settings: Object.fromEntries(
      entries.map((entry) => {
        const { name, origin, from } = entry;
        const value = maskText(entry.text, entry.secrecy);
        return [name, from === undefined ? { value, origin } : { value, origin, from }];
      }),
    ),
    brokers: settings.brokers.map(({ id, kind, mode, runsAs, charges }) => ({
      id,
      kind,
      mode,
      runs_as: runsAs,
      charges,
      charges_in_force: charges,
    })),
    notices,
    warnings: warnings.map(({ name, text }) => ({ name, text })),
  };
}

function shown({ text, secrecy }: SettingEntry): string {
  return printable(maskText(text, secrecy));
}

function originOf({ origin, from }: SettingEntry): string {
  return from === undefined ? origin : `${origin} (${from})`;
}

function brokerRow({ id, kind, mode, runsAs, charges }: BrokerSettings): string[] {
  return [id, kind, mode, runsAs === 'simulated' ? 'the simulated exchange' : 'the Kite simulator', charges];
}

/** Rows as lines whose columns stand under each other. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
