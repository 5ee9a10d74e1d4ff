// Upkeep of the logs folder: rotated files past their age are packed into `archived/`, and what is past its retention
// goes. It works on paths alone, so it also cares for files that this process never opened.

import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { open, readdir, rename, rm, stat, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { rotateBackups } from './backups.ts';
import type { LogFilePolicy } from './channels.ts';

export interface MaintenanceOptions {
  readonly logsDir: string;
  readonly policies: readonly LogFilePolicy[];
  readonly compressionEnabled: boolean;
  readonly compressionAgeDays: number;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly signal: AbortSignal;
}

/** File names under the logs folder, and what went wrong with others. */
export interface MaintenanceReport {
  readonly rotated: readonly string[];
  readonly archived: readonly string[];
  readonly deleted: readonly string[];
  readonly failures: readonly string[];
}

const DAY_MS = 86_400_000;
const ARCHIVE = 'archived';

/** Runs one round. A file that fails is reported and the others go on; it rejects for nothing. */
export async function maintainLogs(options: MaintenanceOptions): Promise<MaintenanceReport> {
  const round = new Round(options);
  for (const policy of options.policies) {
    await round.attempt(policy.name, () => round.rotateAged(policy));
    await round.attempt(policy.name, () => round.sortBackups(policy));
    await round.attempt(policy.name, () => round.packArchive(policy));
  }
  return round.report;
}

class Round {
  readonly report = {
    rotated: [] as string[],
    archived: [] as string[],
    deleted: [] as string[],
    failures: [] as string[],
  };
  readonly #options: MaintenanceOptions;

  constructor(options: MaintenanceOptions) {
    this.#options = options;
  }

  async attempt(what: string, step: () => Promise<void>): Promise<void> {
    if (this.#options.signal.aborted) return;
    try {
      await step();
    } catch (cause) {
      if (!this.#options.signal.aborted) this.report.failures.push(`${what}: ${String(cause)}`);
    }
  }

  /** A quiet channel never reaches its size limit; without this its oldest records would outlive any retention. */
  async rotateAged(policy: LogFilePolicy): Promise<void> {
    const path = join(this.#options.logsDir, `${policy.name}.log`);
    if (policy.backups === 0 || !existsSync(path)) return;
    const begun = await firstTimestamp(path);
    if (begun === undefined || this.#options.now - begun < this.#options.compressionAgeDays * DAY_MS) return;
    rotateBackups(path, policy.backups);
    this.report.rotated.push(`${policy.name}.log`);
  }

  /** Rotated files: too many or too old ones go, old ones move to the archive. */
  async sortBackups(policy: LogFilePolicy): Promise<void> {
    const pattern = new RegExp(`^${policy.name}\\.(\\d+)\\.log$`);
    // From the highest number down: the writer moves files up meanwhile, and none may be met twice.
    const backups = (await namesIn(this.#options.logsDir))
      .map((name) => ({ name, number: Number(pattern.exec(name)?.[1]) }))
      .filter(({ number }) => number > 0)
      .sort((a, b) => b.number - a.number);
    for (const { name, number } of backups) {
      await this.attempt(name, () => Promise.resolve(this.#sortBackup(policy, name, number)));
    }
  }

  /** In one go, without waiting: between a look at the file and its move, the writer may put another one there. */
  #sortBackup(policy: LogFilePolicy, name: string, number: number): void {
    const { logsDir, compressionEnabled, compressionAgeDays } = this.#options;
    const found = statSync(join(logsDir, name), { throwIfNoEntry: false });
    if (found === undefined) return;
    if (number > policy.backups || this.#isPast(found.mtimeMs, policy.retentionDays)) {
      this.#delete(name);
    } else if (compressionEnabled && this.#isPast(found.mtimeMs, compressionAgeDays)) {
      mkdirSync(join(logsDir, ARCHIVE), { recursive: true, mode: 0o750 });
      // Packed only once it lies in the archive, where no rotation gives its name to another file.
      renameSync(join(logsDir, name), this.#archivePath(policy.name, found.mtimeMs));
    }
  }

  /** The archive: packs what lies there unpacked, also from a round that was cut short, and deletes what is too old. */
  async packArchive(policy: LogFilePolicy): Promise<void> {
    const folder = join(this.#options.logsDir, ARCHIVE);
    const pattern = new RegExp(`^${policy.name}\\.\\d{8}T[\\dZ-]+\\.log(\\.gz)?$`);
    for (const name of (await namesIn(folder)).filter((entry) => pattern.test(entry))) {
      await this.attempt(`${ARCHIVE}/${name}`, async () => {
        const { mtimeMs } = await stat(join(folder, name));
        if (this.#isPast(mtimeMs, policy.retentionDays)) this.#delete(`${ARCHIVE}/${name}`);
        else if (!name.endsWith('.gz')) {
          await pack(join(folder, name), mtimeMs / 1_000, this.#options.signal);
          this.report.archived.push(`${ARCHIVE}/${name}.gz`);
        }
      });
    }
  }

  #isPast(mtimeMs: number, days: number): boolean {
    return this.#options.now - mtimeMs > days * DAY_MS;
  }

  #delete(name: string): void {
    rmSync(join(this.#options.logsDir, name), { force: true });
    this.report.deleted.push(name);
  }

  /** Named by the time of its last record; never a name that is taken. */
  #archivePath(name: string, mtimeMs: number): string {
    const time = new Date(mtimeMs).toISOString().replace(/[-:.]/g, '');
    for (let copy = 1; ; copy += 1) {
      const path = join(this.#options.logsDir, ARCHIVE, `${name}.${time}${copy === 1 ? '' : `-${copy}`}.log`);
      if (!existsSync(path) && !existsSync(`${path}.gz`)) return path;
    }
  }
}

/** `x.log` becomes `x.log.gz` with the same time; a crash in between leaves `x.log` for the next round. */
async function pack(path: string, modifiedSeconds: number, signal: AbortSignal): Promise<void> {
  const part = `${path}.gz.part`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(part, { mode: 0o640 }), { signal });
    await utimes(part, modifiedSeconds, modifiedSeconds);
    await rename(part, `${path}.gz`);
    await rm(path);
  } finally {
    await rm(part, { force: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return existsSync(folder) ? await readdir(folder) : [];
}

async function firstTimestamp(path: string): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    return await firstTimeIn(file);
  } finally {
    await file.close();
  }
}

/** When a log file's first record was written; each of the formats has the time within its first characters. */
export async function firstTimeIn(file: FileHandle): Promise<number | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
  const found = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/.exec(buffer.toString('latin1', 0, bytesRead));
  return found === null ? undefined : Date.parse(found[0]);
}
