// Completes package-lock.json after `npm install`. A package with binaries names one optional package a platform; npm
// leaves out of the lock file those that the registry in use happens not to have, and then `npm ci` refuses that lock
// file on every platform. A package for another platform is never downloaded, so its name and version are enough.
//
//   node tools/complete-lock.ts            adds what is missing
//   node tools/complete-lock.ts --check    fails when something is missing
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './pinned-node.mjs';

type LockedPackage = {
  version?: string;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  dev?: boolean;
  optional?: boolean;
  optionalDependencies?: Record<string, string>;
};
type Lock = { packages: Record<string, LockedPackage> };

const path = join(projectRoot, 'package-lock.json');
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock;
const missing = missingPackages(lock);
if (process.argv.includes('--check')) {
  for (const key of Object.keys(missing)) console.error(`package-lock.json: no entry for ${key}`);
  if (Object.keys(missing).length > 0) console.error('Run `node tools/complete-lock.ts`, or `npm ci` will refuse it.');
  process.exitCode = Object.keys(missing).length > 0 ? 1 : 0;
} else {
  const sorted = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
  console.log(`package-lock.json: ${Object.keys(missing).length} entries added`);
}

function missingPackages({ packages }: Lock): Record<string, LockedPackage> {
  const found: Record<string, LockedPackage> = {};
  for (const parent of Object.values(packages)) {
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const key = `node_modules/${name}`;
      if (key in packages) continue;
      found[key] = { version, ...platformOf(name), ...(parent.dev ? { dev: true } : {}), optional: true };
    }
  }
  return found;
}

/** The platform that such a name ends with, as in `binding-linux-x64-musl`, in the words of a package.json. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const match = /\b(android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|aix)-([a-z0-9]+)/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new Error(
      `${name} does not say its platform: find out why the registry has no such version, then add it by hand.`,
    );
  }
  const libc = /-musl/.test(name) ? { libc: ['musl'] } : /-gnu/.test(name) ? { libc: ['glibc'] } : {};
  return { cpu: [match[2]], os: [match[1]], ...libc };
}
