// A thread of a search: opens its own workbench once, then runs one trial after the other as they are handed to it.
import { parentPort, workerData } from 'node:worker_threads';
import { openWorkbench, tapeRules } from './prepare.ts';
import { readShared, streamTape, type TickSource } from './tick-source.ts';
import { runTrial, type TrialTask } from './trial.ts';
import type { SweepWork } from './trial-pool.ts';

const { settings, ticks, strategy, shared } = workerData as SweepWork;
const port = parentPort;
if (port === null) throw new Error('sweep-worker.ts is a thread of a search, and runs in no other way');

const openSource = async (): Promise<TickSource> =>
  shared === undefined ? streamTape(ticks, tapeRules(settings)) : readShared(shared);
const first = await openSource();
const bench = await openWorkbench(settings, first.instruments, strategy);
await first.close();

port.on('message', (task: TrialTask) => {
  void trial(task);
});

/** What fails here is an error of the thread, which ends the search. */
async function trial(task: TrialTask): Promise<void> {
  const source = await openSource();
  try {
    port?.postMessage(await runTrial(task, bench, source, settings.feed.batchTicks));
  } finally {
    await source.close();
  }
}
