// Threads that take trials from one list until it is empty, each one at a time.
import { Worker } from 'node:worker_threads';
import { type Settings } from '../config/settings-schema.ts';
import { type SharedTape } from './tick-source.ts';
import { type Trial, type TrialTask } from './trial.ts';

/** What a thread is begun with. */
export interface SweepWork {
  readonly settings: Settings;
  readonly ticks: string;
  readonly strategy: string;
  /** The decoded tape; without it the thread reads the files for each trial. */
  readonly shared: SharedTape | undefined;
}

export interface PoolOptions {
  readonly work: SweepWork;
  readonly jobs: number;
  readonly tasks: readonly TrialTask[];
  readonly onTrial: (trial: Trial) => void;
  /** Ends the threads; what was told to `onTrial` stays. */
  readonly signal: AbortSignal;
}

/** Resolves when every task is done or the signal came. Rejects when a thread fails. */
export async function runTrials({ work, jobs, tasks, onTrial, signal }: PoolOptions): Promise<void> {
  const queue = tasks.toReversed();
  const count = Math.min(jobs, tasks.length);
  const threads = Array.from(
    { length: count },
    () => new Worker(new URL('sweep-worker.ts', import.meta.url), { workerData: work }),
  );
  const end = (): void => {
    for (const thread of threads) void thread.terminate();
  };
  signal.addEventListener('abort', end);
  try {
    if (signal.aborted) return;
    await Promise.all(threads.map((thread) => drain(thread, queue, onTrial)));
  } finally {
    signal.removeEventListener('abort', end);
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

/** Resolves when the list is empty or the thread has ended. */
function drain(thread: Worker, queue: TrialTask[], onTrial: (trial: Trial) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const task = queue.pop();
      if (task === undefined) return resolve();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
      thread.postMessage(task);
    };
    thread.on('message', (trial: Trial) => {
      onTrial(trial);
      next();
    });
    thread.on('error', reject);
    thread.on('exit', () => resolve());
    next();
  });
}
