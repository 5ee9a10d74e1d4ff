// The built dashboard as the API serves it: read into memory once, because it is small and nothing may be asked of the disk
// while the pipeline runs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { PageFile, Pages } from '#api/pages.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const MISSING =
  'Alpha Panda runs, and its dashboard was not built. Run `npm run dashboard` in the folder of the project, then start ' +
  'it again. The API answers all the same: /docs/openapi.json describes it.';

/** @param folder where the build put it; one that is not there makes `/` say how to build it */
export function dashboardFiles(folder: string): Pages {
  const files = new Map<string, PageFile>();
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  for (const entry of names) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(folder, path).split(sep).join('/'), { type, bytes: readFileSync(path) });
  }
  return { file: (path) => files.get(path), missing: MISSING };
}
