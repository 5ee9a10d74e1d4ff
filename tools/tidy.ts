// Reads every file of the tree once and refuses what the compiler and the linter cannot see: imports across a boundary,
// a clock or chance in pure code, a path of one machine, a document that names a missing file. Its rules are in
// tools/tidy/.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './pinned-node.mjs';
import { checkDocs } from './tidy/docs.ts';
import { describeFinding } from './tidy/finding.ts';
import { checkImports } from './tidy/imports.ts';
import { checkShape } from './tidy/shape.ts';
import type { SourceFile } from './tidy/source-text.ts';
import { checkWords } from './tidy/words.ts';

const maxTextBytes = 1_000_000;

const files = readTree();
const exists = (path: string): boolean => existsSync(join(projectRoot, path));
const findings = files.flatMap((file) => [
  ...checkImports(file),
  ...checkWords(file),
  ...checkShape(file),
  ...checkDocs(file, exists),
]);
for (const finding of findings) console.error(describeFinding(finding));
console.log(`tidy: ${files.length} files, ${findings.length} findings`);
process.exitCode = findings.length === 0 ? 0 : 1;

/** Tracked and new files, without the ignored ones. Data files and the licence are not ours to judge. */
function readTree(): SourceFile[] {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const listing = execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', maxBuffer: 64_000_000 });
  return listing
    .split('\0')
    .filter((path) => path !== '' && path !== 'LICENSE')
    .flatMap((path) => {
      const text = readText(join(projectRoot, path));
      return text === undefined ? [] : [{ path, text }];
    });
}

function readText(path: string): string | undefined {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined || !entry.isFile() || entry.size > maxTextBytes) return undefined;
  const bytes = readFileSync(path);
  return bytes.includes(0) ? undefined : bytes.toString('utf8');
}
