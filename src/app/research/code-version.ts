// Which code a run was made by: the project's version, and a hash over every source file that can decide about a result.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { version } from '../project.ts';

export interface CodeVersion {
  readonly version: string;
  /** Over the names and contents of the deciding sources, the user's own strategies included. */
  readonly sha256: string;
}

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** What turns a tape into fills and figures; a change elsewhere cannot change a result. */
const DECIDING = ['src/core', 'src/engine', 'src/adapters/tape', 'src/app/research', 'src/app/plan.ts', 'strategies'];

export function codeVersion(strategiesDir: string | undefined): CodeVersion {
  const hash = createHash('sha256');
  const add = (base: string, path: string): void => {
    hash
      .update(`${relative(base, path).replaceAll('\\', '/')}\n`)
      .update(readFileSync(path))
      .update('\n');
  };
  for (const each of DECIDING) for (const path of sourcesIn(join(ROOT, each))) add(ROOT, path);
  if (strategiesDir !== undefined) {
    const folder = resolve(strategiesDir);
    for (const path of sourcesIn(folder)) add(folder, path);
  }
  return { version: version(), sha256: hash.digest('hex') };
}

function sourcesIn(path: string): readonly string[] {
  if (path.endsWith('.ts')) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:ts|json)$/.test(entry.name) && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
