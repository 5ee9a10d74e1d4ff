// Where the project's own files lie, seen from the source tree.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const CALENDARS = join(ROOT, 'config', 'calendars');
export const CHARGES = join(ROOT, 'config', 'charges');
export const ORDER_LIMITS = join(ROOT, 'config', 'broker-limits', 'zerodha.json');
export const FREEZE_QUANTITIES = join(ROOT, 'config', 'freeze-quantities', 'derivatives.json');
export const INSTRUMENTS = join(ROOT, 'config', 'instruments');
/** The models that ship. */
export const MODELS = join(ROOT, 'strategies', 'models');

/** Where the build of the dashboard lies. */
export const DASHBOARD = join(ROOT, 'web', 'dist');

/** The version of the project, from its package file. */
export function version(): string {
  const { version: text } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return text;
}
