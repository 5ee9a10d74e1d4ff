// Where the benchmarks find the project's files and this process's own Node.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = join(HERE, '..', '..');
export const W1_SETTINGS = join(ROOT, 'config', 'settings', 'w1.env');

/** The path of a script beside this one. */
export function script(name: string): string {
  return join(HERE, name);
}
