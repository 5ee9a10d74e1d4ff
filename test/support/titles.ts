// The titles of all tests as they stand in the files, for tables that say which test holds what.
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..', '..');
const FOLDERS = '{src,strategies,test,tools,examples}';
/** A call of `test` or `it` whose title is written out. */
const TITLED = /\b(?:test|it)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`$\\]*)`)/g;

/** Those that are written out, each as often as it is there. */
export function titles(): readonly string[] {
  const files = globSync(`${FOLDERS}/**/*.test.ts`, { cwd: ROOT });
  return files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(TITLED)].map(([, single, double, template]) =>
      (single ?? double ?? template ?? '').replaceAll(/\\(.)/g, '$1'),
    ),
  );
}
