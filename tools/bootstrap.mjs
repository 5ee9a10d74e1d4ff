// What `npm start`, `npm test` and the other scripts run first: with the machine's own Node it installs what the lock
// file says when that is not there yet, then hands over to the pinned Node. Plain JavaScript without recent syntax, so
// that a Node too old for the project can still read it and say so. The scripts in package.json call it with `exec`:
// otherwise npm's shell stands between, dies of Ctrl-C itself, and a clean end is reported as a failure.
import { spawnSync } from 'child_process';
import { existsSync, readFileSync } from 'fs';
import { join } from 'path';
import { buildDashboard, buildDashboardWhenOld } from './dashboard.mjs';
import { exitCodeOf, projectRoot, runUnderPinnedNode, stop } from './pinned-node.mjs';

/** @type {Record<string, { script: string, args: readonly string[] } | undefined>} */
const commands = {
  start: { script: 'src/cli/main.ts', args: ['start'] },
  test: { script: 'tools/run-tests.ts', args: [] },
  check: { script: 'tools/check.ts', args: [] },
  bench: { script: 'tools/bench/main.ts', args: [] },
  campaign: { script: 'tools/campaign/main.ts', args: [] },
  format: { script: 'node_modules/prettier/bin/prettier.cjs', args: ['--write', '--log-level', 'warn', '.'] },
  'game-day': { script: 'tools/game-day/main.ts', args: [] },
  mutants: { script: 'tools/mutants/main.ts', args: [] },
  'test:services': { script: 'tools/services/main.ts', args: [] },
  client: { script: 'tools/generate-client.ts', args: [] },
  'dev-broker': { script: 'tools/dev-broker/main.ts', args: [] },
};

const name = process.argv[2] || '';
const command = commands[name];
refuseOldNode();
if (name === 'dashboard') {
  installWhenNeeded(false);
  buildDashboard();
} else if (command === undefined) {
  stop('Unknown command "' + name + '"; expected one of ' + Object.keys(commands).concat('dashboard').join(', ') + '.');
} else {
  installWhenNeeded(name === 'start');
  if (name === 'start' || name === 'test') buildDashboardWhenOld();
  void runUnderPinnedNode(command.script, command.args.concat(process.argv.slice(3)));
}

function refuseOldNode() {
  const parts = process.versions.node.split('.').map(Number);
  const major = parts[0] || 0;
  const minor = parts[1] || 0;
  if (major > 20 || (major === 20 && minor >= 19)) return;
  stop('Node 20.19 or later is needed, this is ' + process.versions.node + '. Install one from https://nodejs.org.');
}

/**
 * The platform itself runs without the development packages, so `start` accepts an installation that left them out.
 * @param {boolean} withoutDevelopment
 */
function installWhenNeeded(withoutDevelopment) {
  const reason = reasonToInstall(withoutDevelopment);
  if (reason === undefined) return;
  process.stderr.write('alpha-panda: installing what package-lock.json says, because ' + reason + '.\n');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const done = runNpm(args);
  if (done.error) stop('npm could not be started (' + done.error.message + '). It comes with Node: is it on the PATH?');
  if (done.status !== 0) {
    process.stderr.write('alpha-panda: `npm ci` failed; its message is above. Run it by hand once it can succeed.\n');
    process.exit(exitCodeOf(done.status, done.signal));
  }
}

/**
 * npm names itself and its Node in the environment of the scripts it runs; the pinned Node, which may be running us, is
 * about to be replaced and must not run the installation.
 * @param {readonly string[]} args
 */
function runNpm(args) {
  const npm = process.env['npm_execpath'];
  const node = process.env['npm_node_execpath'];
  /** @type {import('child_process').SpawnSyncOptions} */
  const options = { cwd: projectRoot, stdio: 'inherit' };
  if (npm && node && npm.endsWith('.js') && existsSync(node)) return spawnSync(node, [npm].concat(args), options);
  return spawnSync('npm', args, options);
}

/**
 * npm leaves a record of what it installed when it finishes; that record against the lock file tells whether anything is
 * missing, old or half done, whoever ran the installation.
 * @param {boolean} withoutDevelopment
 * @returns {string | undefined}
 */
function reasonToInstall(withoutDevelopment) {
  const recordPath = join(projectRoot, 'node_modules', '.package-lock.json');
  if (!existsSync(recordPath)) return 'node_modules is missing or incomplete';
  const wanted = readPackages(join(projectRoot, 'package-lock.json'));
  const installed = readPackages(recordPath);
  for (const path of Object.keys(wanted)) {
    const want = wanted[path];
    if (path === '' || want === undefined) continue;
    const have = installed[path];
    const mayBeAbsent = want.optional || want.devOptional || want.peer || (withoutDevelopment && want.dev);
    if (have === undefined && mayBeAbsent) continue;
    if (have === undefined || !existsSync(join(projectRoot, path))) return path + ' is missing';
    if (have.version !== want.version || have.integrity !== want.integrity) {
      return path + ' is ' + have.version + ' and the lock file says ' + want.version;
    }
  }
  return undefined;
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, dev?: boolean }} LockedPackage
 * @param {string} path
 * @returns {Record<string, LockedPackage | undefined>}
 */
function readPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}
