// A folder for the files of one workload, which go when it is done, and the tapes in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeTape, type TapeShape } from './make-tape.ts';

export const W1_SHAPE: TapeShape = { steps: 20_000, instruments: 50, seed: 42 };

/** Works in a folder of its own and removes it. */
export async function inFolder<T>(work: (folder: string) => T | Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The tape that was given, or a new one of this shape. */
export function tapeFor(given: string | undefined, shape: TapeShape, folder: string): string {
  if (given !== undefined) return given;
  const path = join(folder, `${shape.steps}x${shape.instruments}-${shape.seed}.bin`);
  makeTape(path, shape);
  return path;
}
