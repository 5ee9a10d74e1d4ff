// Settings for commands: the environment, `.env` of the folder that the command is run in, and the command's own flags.
// Every problem is told at once, so that nobody mends them one by one.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings, type LoadedSettings } from '../config/load-settings.ts';
import { parseEnvFile } from '../config/env-file.ts';
import { formatProblem, type SettingsProblem } from '../config/problem.ts';
import { validateCertificates } from '../config/validate-servers.ts';
import { validateFolders } from '../config/validate-settings.ts';

/** The settings cannot be used; the message has a line for every problem. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

export interface SettingsRequest {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder whose `.env` counts. */
  readonly folder: string;
  /** From the command line, by the settings' names. */
  readonly overrides?: Readonly<Record<string, string | undefined>>;
  /** Whether the folders that settings name must be there; reading commands need none of them. */
  readonly folders?: boolean;
}

/** The settings in force. Throws `SettingsError` when there is a problem that stops the start. */
export function readSettings(request: SettingsRequest): LoadedSettings {
  const { env, folder, overrides = {}, folders = false } = request;
  const loaded = loadSettings({ env, envFileText: readEnvFile(folder), overrides });
  if (!loaded.ok) throw refusal(loaded.error);
  const { settings } = loaded.value;
  const problems = [...validateCertificates(settings), ...(folders ? validateFolders(settings, existsSync) : [])];
  if (problems.some(({ severity }) => severity === 'error')) throw refusal([...loaded.value.warnings, ...problems]);
  return { ...loaded.value, warnings: [...loaded.value.warnings, ...problems] };
}

function refusal(problems: readonly SettingsProblem[]): SettingsError {
  return new SettingsError(['the settings cannot be used:', ...problems.map(formatProblem)].join('\n  '));
}

/** The text of the folder's `.env`; empty when there is none. */
export function readEnvFile(folder: string): string {
  const path = join(folder, '.env');
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new SettingsError(`${path} is there but cannot be read: ${message}`);
  }
}

/** The settings of a file, one NAME=value a line as in `.env`, to be used as overrides. `shown` names it in messages. */
export function readSettingsFile(path: string, shown: string): Readonly<Record<string, string>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SettingsError(`${shown}: expected a readable file of settings: ${(error as Error).message}`);
  }
  const { entries, problems } = parseEnvFile(text);
  if (problems.length > 0) {
    throw new SettingsError(
      [`${shown}:`, ...problems.map(({ line, text: found }) => `line ${line}: ${found}`)].join('\n  '),
    );
  }
  return Object.fromEntries(entries.map(({ name, text: value }) => [name, value]));
}
