// One setting in force as it is shown: its name, its text, and where the text came from.
import type { Secrecy, Setting } from './setting.ts';
import type { Origin } from './sources.ts';

export interface SettingEntry {
  readonly name: string;
  /** The value as text, spelled in one way; not masked. */
  readonly text: string;
  readonly origin: Origin;
  /** The other setting that this value was taken from. */
  readonly from?: string;
  readonly secrecy: Secrecy;
}

export function entryFor<T>(name: string, setting: Setting<T>, value: T, origin: Origin, from?: string): SettingEntry {
  const entry = { name, text: setting.format(value), origin, secrecy: setting.secrecy };
  return from === undefined ? entry : { ...entry, from };
}
