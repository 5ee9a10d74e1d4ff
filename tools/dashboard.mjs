// Builds the dashboard into web/dist, always or only when its sources are newer than what was built. Plain JavaScript that an
// old Node can still read, because the bootstrap asks it before the pinned Node runs.
import { spawnSync } from 'child_process';
import { existsSync, readdirSync, statSync } from 'fs';
import { join } from 'path';
import { projectRoot } from './pinned-node.mjs';

const vite = join(projectRoot, 'node_modules', 'vite', 'bin', 'vite.js');
const built = join(projectRoot, 'web', 'dist', 'index.html');

/**
 * A platform without its dashboard still trades, so that a build that fails is told and ends nothing: `/` then says what to do.
 */
export function buildDashboardWhenOld() {
  if (!existsSync(vite) || !isOld()) return;
  process.stderr.write('alpha-panda: building the dashboard.\n');
  const done = build('error');
  if (done.status === 0) return;
  process.stderr.write('alpha-panda: the dashboard was not built; what there was of it is served.\n' + done.stderr);
}

/** @param {string} level */
function build(level) {
  const args = [vite, 'build', join(projectRoot, 'web'), '--logLevel', level];
  return spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8' });
}

function isOld() {
  if (!existsSync(built)) return true;
  const at = statSync(built).mtimeMs;
  const sources = ['src', 'public'].map((name) => join(projectRoot, 'web', name));
  const files = [join(projectRoot, 'web', 'index.html'), join(projectRoot, 'web', 'vite.config.ts')];
  // A page shows it.
  files.push(join(projectRoot, 'docs', 'runbook.md'));
  return files.concat(...sources.map(filesBelow)).some((path) => statSync(path).mtimeMs > at);
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** `npm run dashboard`: builds in any case, and says what came of it. */
export function buildDashboard() {
  const { status, stdout, stderr } = build('info');
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = status === 0 ? 0 : 1;
}
