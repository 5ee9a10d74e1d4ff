// Finds the test files and runs them, each in a process of its own, two at a time. Separate from `node --test` because
// here a skipped test fails a CI run by name, and because a run that finds no test is a failure.
//
//   npm test                     everything but test/services, which wants servers: `npm run test:services`
//   npm test -- src/core ledger  the files whose path contains one of the words
//   npm test -- --quick          the unit tests only, without test/
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { compactReporter, reasonOf } from './compact-reporter.ts';
import { projectRoot } from './pinned-node.mjs';

const unitFolders = ['src', 'strategies', 'kite-simulator', 'tools'];
const slowFolders = ['test', 'examples'];
const servicesFolder = 'test/services/';
const fileTimeoutMs = 15 * 60_000;

const words = process.argv.slice(2).filter((argument) => argument !== '--quick');
const unknown = words.find((word) => word.startsWith('-'));
if (unknown === undefined) await runFiles(findFiles(words, process.argv.includes('--quick')));
else fail(`Unknown option ${unknown}; there is --quick, and words that the paths of the wanted files contain.`);

/** The long ones first, so that the short ones fill the other core meanwhile. */
function findFiles(wanted: readonly string[], quick: boolean): string[] {
  return [...(quick ? [] : slowFolders), ...unitFolders]
    .flatMap((folder) => globSync(`${folder}/**/*.test.ts`, { cwd: projectRoot }).toSorted())
    .filter((path) => !path.startsWith(servicesFolder))
    .filter((path) => wanted.length === 0 || wanted.some((word) => path.includes(word)));
}

async function runFiles(files: readonly string[]): Promise<void> {
  if (files.length === 0) return fail('No test file matches.');
  const skipped: string[] = [];
  let succeeded = false;
  const events = run({
    files: files.map((path) => join(projectRoot, path)),
    cwd: projectRoot,
    concurrency: 2,
    timeout: fileTimeoutMs,
  });
  events.on('test:pass', (test) => {
    const reason = test.skip ?? test.todo;
    if (reason !== undefined) skipped.push(`${test.name} (${reasonOf(reason)})`);
  });
  events.on('test:summary', (summary) => {
    if (summary.file === undefined) succeeded = summary.success && summary.counts.tests > 0;
  });
  const report = process.stdout.isTTY ? events.compose(spec) : events.compose(compactReporter);
  report.pipe(process.stdout);
  await finished(report);
  if (!succeeded) process.exitCode = 1;
  if (skipped.length > 0 && process.env['CI'] === 'true') {
    fail(`CI runs every test, and these were skipped:\n  ${skipped.join('\n  ')}`);
  }
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
