// Settings for a command: what the environment and `.env` say, with the command's own flags on top.
import type { LoadedSettings } from '#app/config/load-settings.ts';
import type { Io } from './io.ts';

/** Settings by their environment names, as a command's flags set them; undefined leaves a setting alone. */
export type Overrides = Readonly<Record<string, string | undefined>>;

/** Throws `SettingsError`, with a line for every problem, when they cannot be used. */
export async function settingsFor(io: Io, overrides: Overrides, folders = false): Promise<LoadedSettings> {
  const { readSettings } = await import('#app/reading/settings.ts');
  return readSettings({ env: io.env, folder: io.folder, overrides, folders });
}
