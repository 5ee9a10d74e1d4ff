// The model files that deployments may name: those of the user's own folder, and the examples that ship. A deployment is
// bound to a model's content by its hash, and what was deployed is kept beside the log, so that the log can be replayed
// after the file has changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Model } from '#core/strategy/models/model.ts';
import { readModel } from '#core/strategy/models/read-model.ts';
import { UsageError } from './feeds.ts';
import { MODELS } from './project.ts';

/** Larger files are no models that could be evaluated at every tick. */
const BYTES_MAX = 64_000_000;

export interface ModelFolders {
  readonly strategiesDir: string | undefined;
  /** What was deployed is found here; nothing is when it is left out, as for a backtest. */
  readonly dataDir?: string;
}

export class ModelFiles {
  readonly #folders: readonly string[];
  readonly #kept: string | undefined;
  readonly #read = new Map<string, Model>();
  readonly #referred = new Map<string, Buffer>();

  constructor({ strategiesDir, dataDir }: ModelFolders) {
    this.#folders = [...(strategiesDir === undefined ? [] : [resolve(strategiesDir)]), MODELS];
    this.#kept = dataDir === undefined ? undefined : join(dataDir, 'models');
  }

  /**
   * The model's name with the hash of its content, as a deployment has it, from its name or from both; the user's own
   * file comes before one that ships. Throws `UsageError` when there is none, or when it is no model.
   */
  reference(text: string): string {
    const [name, wanted] = partsOf(text);
    const bytes = this.#bytesOf(name);
    const hash = hashOf(bytes);
    if (wanted !== '' && wanted !== hash) {
      throw new UsageError(`the model ${name} has the content ${hash}, not ${wanted}; leave the hash out to use it`);
    }
    if (!this.#read.has(hash)) this.#read.set(hash, parse(bytes, name));
    this.#referred.set(hash, bytes);
    return `${name}@${hash}`;
  }

  /** Keeps the content of all that was referred to, for replays of the log. */
  keep(): void {
    if (this.#kept === undefined || this.#referred.size === 0) return;
    mkdirSync(this.#kept, { recursive: true, mode: 0o700 });
    for (const [hash, bytes] of this.#referred) {
      const path = join(this.#kept, `${hash}.json`);
      if (existsSync(path)) continue;
      writeFileSync(`${path}.new`, bytes, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
  }

  /** The model of a reference. Throws `UsageError` when its content is not there any more. */
  find(reference: string): Model {
    const [name, hash] = partsOf(reference);
    const read = this.#read.get(hash);
    if (read !== undefined) return read;
    const bytes = this.#contents(name, hash).find((each) => hashOf(each) === hash);
    if (bytes === undefined) {
      throw new UsageError(
        `the log was written with a model ${name} whose content is not there now (sha256 ${hash}); put the file back`,
      );
    }
    const model = parse(bytes, name);
    this.#read.set(hash, model);
    return model;
  }

  /** Files that may be of this content: what was kept of it, and what has the name now. */
  #contents(name: string, hash: string): readonly Buffer[] {
    const kept = this.#kept === undefined ? [] : [join(this.#kept, `${hash}.json`)];
    const paths = [...kept, ...this.#folders.map((folder) => join(folder, `${name}.json`))];
    return paths.filter((path) => existsSync(path)).map((path) => readFileSync(path));
  }

  #bytesOf(name: string): Buffer {
    const path = this.#folders.map((folder) => join(folder, `${name}.json`)).find((each) => existsSync(each));
    if (path === undefined) {
      throw new UsageError(`there is no model ${name}: expected ${name}.json in ${this.#folders.join(' or ')}`);
    }
    return readFileSync(path);
  }
}

function partsOf(reference: string): readonly [string, string] {
  const [name = '', hash = ''] = reference.split('@');
  return [name, hash];
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function parse(bytes: Buffer, name: string): Model {
  if (bytes.length > BYTES_MAX)
    throw new UsageError(`the model ${name} has ${bytes.length} bytes, at most ${BYTES_MAX}`);
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new UsageError(`the model ${name} is not JSON: ${String(cause)}`);
  }
  const read = readModel(json);
  if (!read.ok) throw new UsageError(`the model ${name} cannot be used: ${read.problem}`);
  return read.model;
}
