// Copies of a data directory: made beside a running platform, checked when they are put back.
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  globSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { copyDatabase } from '#adapters/sqlite/backup.ts';
import { formatInstant, type EpochMs } from '#core/time.ts';
import { version } from './project.ts';

/** A backup cannot be made or put back; the message says what was found and what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

const MANIFEST = 'backup.json';
const FORMAT = 1;
/** Made anew by the next start, of the running process alone, or newer than the copy of the store that it belongs to. */
const LEFT_OUT = /(^|\/)(cache(\/|$)|writer\.lock$|ahead\.bin$|.*\.sqlite(-wal|-shm|-journal)?$)/;

/**
 * Before the store: what it has taken from the inbox meanwhile is passed over, what the inbox forgot is in the store, and
 * what the audit trail lacks is copied from it.
 */
const FIRST: readonly string[] = ['inbox.sqlite', 'audit.sqlite', 'alpha-panda.sqlite'];

const manifestSchema = z.strictObject({
  format: z.number().int(),
  version: z.string(),
  made_at: z.string(),
  files: z.record(z.string(), z.strictObject({ bytes: z.number().int(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** How the database of the distributed profile is copied; it stands in a file of the backup by that name. */
export interface DatabaseCopy {
  readonly file: string;
  dump(file: string): void;
  restore(file: string): void;
}

/**
 * Copies a data directory into a folder that is not there yet, or is empty, and with it the database of the distributed
 * profile. Throws `BackupError` or `StoreError`.
 */
export function makeBackup(dataDir: string, to: string, now: EpochMs, database?: DatabaseCopy): Manifest {
  if (database === undefined) demandStore(dataDir);
  demandEmpty(to, 'a backup');
  mkdirSync(to, { recursive: true, mode: 0o700 });
  try {
    const databases = globSync('*.sqlite', { cwd: dataDir }).toSorted((a, b) => order(a) - order(b));
    for (const name of databases) copyDatabase(join(dataDir, name), join(to, name));
    database?.dump(join(to, database.file));
    for (const name of otherFiles(dataDir)) copyFile(join(dataDir, name), join(to, name));
    const files = Object.fromEntries(allFiles(to).map((name) => [name, measured(join(to, name))]));
    const manifest = { format: FORMAT, version: version(), made_at: formatInstant(now), files };
    // Last: without it the folder is no backup.
    writeFileSync(join(to, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
    syncAll(to, [...Object.keys(files), MANIFEST]);
    return manifest;
  } catch (error) {
    rmSync(to, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Puts a backup into a data directory that is not there yet, or is empty, and its database into one that has no tables of
 * ours. Throws `BackupError`.
 */
export function restoreBackup(from: string, dataDir: string, database?: DatabaseCopy): Manifest {
  const manifest = readManifest(from);
  demandProfile(from, manifest, database);
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const path = join(from, name);
    const found = existsSync(path) ? measured(path) : undefined;
    if (found?.bytes === bytes && found.sha256 === sha256) continue;
    const what = found === undefined ? 'is missing' : 'is not what it was when the backup was made';
    throw new BackupError(`${path} ${what}; take another backup. Nothing was put back.`);
  }
  demandEmpty(dataDir, 'a data directory');
  // First, because it may be refused.
  database?.restore(join(from, database.file));
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const files = Object.keys(manifest.files).filter((name) => name !== database?.file);
  for (const name of files) copyFile(join(from, name), join(dataDir, name));
  syncAll(dataDir, files);
  return manifest;
}

function readManifest(from: string): Manifest {
  const path = join(from, MANIFEST);
  if (!existsSync(path)) {
    throw new BackupError(`${from} is no backup: expected ${MANIFEST} in it. Name the folder that backup wrote.`);
  }
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new BackupError(`${path} cannot be read: ${String(cause)}. Take another backup.`);
  }
  const parsed = manifestSchema.safeParse(read);
  if (!parsed.success) throw new BackupError(`${path} does not say what is in the backup. Take another backup.`);
  if (parsed.data.format > FORMAT) {
    throw new BackupError(
      `${path} is of version ${parsed.data.version}; put it back with that version or a later one.`,
    );
  }
  if (Object.keys(parsed.data.files).some((name) => resolve(from, name) !== join(resolve(from), name))) {
    throw new BackupError(`${path} names files outside the backup. Take another backup.`);
  }
  return parsed.data;
}

function demandProfile(from: string, { files }: Manifest, database: DatabaseCopy | undefined): void {
  const isEmbedded = 'alpha-panda.sqlite' in files;
  if (isEmbedded === (database === undefined)) return;
  const [made, asked] = isEmbedded ? ['embedded', 'distributed'] : ['distributed', 'embedded'];
  throw new BackupError(`${from} is of the ${made} profile, and PROFILE=${asked}; put it back with PROFILE=${made}`);
}

function demandStore(dataDir: string): void {
  if (existsSync(join(dataDir, 'alpha-panda.sqlite'))) return;
  throw new BackupError(`there is no store in ${dataDir}; name the data directory (DATA_DIR, --data-dir)`);
}

function demandEmpty(folder: string, what: string): void {
  if (!existsSync(folder) || (statSync(folder).isDirectory() && readdirSync(folder).length === 0)) return;
  throw new BackupError(`${folder} is not empty, and ${what} never replaces anything; name a folder that is not there`);
}

function order(name: string): number {
  const place = FIRST.indexOf(name);
  return place === -1 ? FIRST.length : place;
}

function otherFiles(folder: string): readonly string[] {
  return allFiles(folder).filter((name) => !LEFT_OUT.test(name));
}

function allFiles(folder: string): readonly string[] {
  const all = globSync('**/*', { cwd: folder }).map((name) => name.replaceAll('\\', '/'));
  return all.filter((name) => name !== MANIFEST && statSync(join(folder, name)).isFile()).toSorted();
}

function copyFile(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  cpSync(from, to, { errorOnExist: true, force: false });
}

function measured(path: string): { readonly bytes: number; readonly sha256: string } {
  const bytes = readFileSync(path);
  return { bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A copy that a power cut takes away is none. */
function syncAll(folder: string, names: readonly string[]): void {
  for (const path of [...names.map((name) => join(folder, name)), folder]) {
    const file = openSync(path, 'r');
    fsyncSync(file);
    closeSync(file);
  }
}
