// Runs on disk: a folder for each under DATA_DIR/runs, named after what the run was made of. Making the same run again
// writes the same folder.
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RequestError } from '../reading/open-store.ts';
import { type Run, type RunDetail, type RunRecord } from './run-record.ts';

const FOLDER = 'runs';
const RECORD = 'run.json';
const DETAIL = 'detail.json';

/** Keeps a run; a crash leaves no half of one that would be listed. */
export function saveRun(dataDir: string, { record, detail }: Run): void {
  const folder = join(dataDir, FOLDER, record.id);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(join(folder, DETAIL), JSON.stringify(detail));
  writeWhole(join(folder, RECORD), `${JSON.stringify(record, null, 1)}\n`);
}

/** Every kept run, the newest first. */
export function listRuns(dataDir: string): readonly RunRecord[] {
  const names = readdirIfThere(join(dataDir, FOLDER));
  const records = names.flatMap((name) => readIfThere(join(dataDir, FOLDER, name, RECORD)) ?? []);
  return records.map((text) => JSON.parse(text) as RunRecord).sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** A run by its id or the beginning of it; `latest` is the newest. Throws `RequestError` when there is none, or several. */
export function findRun(dataDir: string, id: string): RunRecord {
  const runs = listRuns(dataDir);
  const found = id === 'latest' ? runs.slice(0, 1) : runs.filter((run) => run.id.startsWith(id));
  const [run, second] = found;
  if (run !== undefined && second === undefined) return run;
  const known = runs.slice(0, 10).map((each) => each.id);
  throw new RequestError(
    run === undefined
      ? `no run ${id} in ${join(dataDir, FOLDER)}; ${known.length === 0 ? 'none is kept: `alpha-panda backtest` makes one' : `there are ${known.join(', ')}`}`
      : `${id} may be ${found.map((each) => each.id).join(', ')}: give more of it`,
  );
}

export function readDetail(dataDir: string, id: string): RunDetail {
  return JSON.parse(readFileSync(join(dataDir, FOLDER, id, DETAIL), 'utf8')) as RunDetail;
}

function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readdirIfThere(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
