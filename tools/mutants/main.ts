// Applies every mutant to a copy of the tree, one at a time, and runs the tests that have to notice it. One that nothing
// notices, or that no longer applies, is a failure.
//
//   npm run mutants                 all of them; those for the servers start these
//   npm run mutants -- key "a kill" those whose name contains one of the words
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../pinned-node.mjs';
import { apply } from './apply.ts';
import { MUTANTS, type Mutant } from './isolation.ts';

const timeoutMs = 5 * 60_000;
/** A mutant that cannot even be loaded has not been noticed by a test. */
const UNLOADABLE = /SyntaxError|ERR_MODULE_NOT_FOUND|ERR_INVALID_TYPESCRIPT_SYNTAX|ReferenceError/;

const words = process.argv.slice(2);
const chosen = MUTANTS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (chosen.length === 0) fail('No mutant has such a name.');
else runAll();

function runAll(): void {
  const root = copyTree();
  try {
    const lines = chosen.map((mutant) => {
      const line = { name: mutant.name, ...judge(root, mutant) };
      console.log(`${line.outcome.padEnd(9)} ${line.name}${line.why === '' ? '' : `: ${line.why}`}`);
      return line;
    });
    const killed = lines.filter(({ outcome }) => outcome === 'killed').length;
    console.log(`${killed} of ${lines.length} mutants were noticed`);
    if (killed < lines.length) fail('A test is missing for each of the others.');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** What git knows of the tree, and what is new in it; packages and fetched servers are shared. */
function copyTree(): string {
  const root = mkdtempSync(join(tmpdir(), 'alpha-panda-mutants-'));
  const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
  const files = execFileSync('git', args, { cwd: projectRoot, encoding: 'utf8', maxBuffer: 64_000_000 }).split('\0');
  for (const file of files) {
    const from = join(projectRoot, file);
    if (file === '' || !existsSync(from)) continue;
    mkdirSync(dirname(join(root, file)), { recursive: true });
    copyFileSync(from, join(root, file));
  }
  for (const shared of ['node_modules', 'data/cache']) {
    mkdirSync(dirname(join(root, shared)), { recursive: true });
    if (existsSync(join(projectRoot, shared))) symlinkSync(join(projectRoot, shared), join(root, shared));
  }
  return root;
}

function judge(root: string, mutant: Mutant): { readonly outcome: 'killed' | 'SURVIVED' | 'BROKEN'; why: string } {
  let undo: () => void;
  try {
    undo = apply(root, mutant);
  } catch (error) {
    return { outcome: 'BROKEN', why: (error as Error).message };
  }
  try {
    const script = mutant.services === true ? 'tools/services/main.ts' : 'tools/run-tests.ts';
    const run = spawnSync(process.execPath, [script, ...mutant.tests], {
      cwd: root,
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: 64_000_000,
    });
    const said = run.stdout + run.stderr;
    if (run.status === 0) return { outcome: 'SURVIVED', why: `nothing failed in ${mutant.tests.join(', ')}` };
    const noticed = /^FAILED: (.*?)(?: \([^()]*\))?$/m.exec(said)?.[1];
    if (noticed === undefined || UNLOADABLE.test(said)) return { outcome: 'BROKEN', why: said.slice(-1_500) };
    return { outcome: 'killed', why: noticed };
  } finally {
    undo();
  }
}

function fail(why: string): void {
  console.error(why);
  process.exitCode = 1;
}
