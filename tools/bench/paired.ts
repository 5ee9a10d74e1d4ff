// Ratios that hold on a noisy machine: the measured thing and its yardstick run in turns, A B B A, each in a process of
// its own, and the figure is the median of the paired ratios with the least and the greatest beside it.
import { spawnSync } from 'node:child_process';

/** Runs a script under this Node and returns the last line it printed, as JSON that the script is trusted with. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what its script prints
export function runScript<T>(path: string, args: readonly string[]): T {
  const child = spawnSync(process.execPath, [path, ...args], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (child.status !== 0) throw new Error(`${path} ended with ${child.status ?? child.signal}: ${child.stderr}`);
  return JSON.parse(child.stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly pairs: number;
}

/** `measured` over `yardstick`, pair by pair. */
export function ratioOf(measured: readonly number[], yardstick: readonly number[]): Ratio {
  const ratios = measured.map((value, k) => value / (yardstick[k] as number)).toSorted((a, b) => a - b);
  return { median: medianOf(ratios), min: ratios[0] as number, max: ratios.at(-1) as number, pairs: ratios.length };
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Calls the two in the order A B, B A, A B, … `pairs` times. */
export function interleave(pairs: number, a: () => void, b: () => void): void {
  for (let pair = 0; pair < pairs; pair++) {
    const [first, second] = pair % 2 === 0 ? [a, b] : [b, a];
    first();
    second();
  }
}
