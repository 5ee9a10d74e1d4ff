// Everything that must hold before a change is handed in, in the order in which it fails fastest; the first failure ends
// it. `--quick` leaves out the slow tests, `--no-tests` all of them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { exitCodeOf, projectRoot } from './pinned-node.mjs';

type Step = {
  readonly name: string;
  /** A script that runs under this Node, and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** Shown as it runs instead of only when it fails. */
  readonly live?: boolean;
};

const options = new Set(process.argv.slice(2));
const unknown = [...options].find((option) => option !== '--quick' && option !== '--no-tests');
if (unknown === undefined) process.exitCode = runAll(steps());
else {
  console.error(`Unknown option ${unknown}; there are --quick and --no-tests.`);
  process.exitCode = 2;
}

function steps(): Step[] {
  const tests: Step = {
    name: 'tests',
    command: ['tools/run-tests.ts', ...(options.has('--quick') ? ['--quick'] : [])],
    live: true,
  };
  return [
    { name: 'format', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '.'] },
    { name: 'types', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'] },
    { name: 'web types', command: ['node_modules/typescript/bin/tsc', '-p', 'web/tsconfig.json'] },
    { name: 'fence', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.core.json'] },
    { name: 'lock file', command: ['tools/complete-lock.ts', '--check'] },
    { name: 'tidy', command: ['tools/tidy.ts'] },
    { name: 'lint', command: ['node_modules/oxlint/bin/oxlint', '--deny-warnings'] },
    { name: 'dead code', command: ['node_modules/knip/bin/knip.js', '--no-progress'] },
    ...(options.has('--no-tests') ? [] : [tests]),
  ];
}

function runAll(all: readonly Step[]): number {
  for (const step of all) {
    const code = runStep(step);
    if (code !== 0) return 1;
  }
  return 0;
}

function runStep(step: Step): number {
  const startedAt = performance.now();
  const [script, ...args] = step.command;
  const result = spawnSync(process.execPath, [join(projectRoot, script), ...args], {
    cwd: projectRoot,
    stdio: ['ignore', step.live ? 'inherit' : 'pipe', step.live ? 'inherit' : 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64_000_000,
  });
  const code = exitCodeOf(result.status, result.signal);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code !== 0 && !step.live) process.stdout.write(result.stdout + result.stderr);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${step.name.padEnd(10)} ${seconds} s`);
  return code;
}
