// A thread of the campaign: runs its share of the seeds over all families, and tells what each seed came to.
import { parentPort, workerData } from 'node:worker_threads';
import { FAMILIES } from '../../test/campaign/families.ts';
import { judge } from '../../test/campaign/judge.ts';
import { type Tally } from '../../test/campaign/verdict.ts';

export interface Share {
  readonly from: number;
  readonly to: number;
  /** Every so many seeds one is this thread's. */
  readonly step: number;
}

export interface Told {
  readonly family: string;
  readonly tally: Tally;
}

const { from, to, step } = workerData as Share;
for (let seed = from; seed < to; seed += step) {
  for (const family of FAMILIES) {
    const told: Told = { family: family.name, tally: await judge(family, seed) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
    parentPort?.postMessage(told);
  }
}
