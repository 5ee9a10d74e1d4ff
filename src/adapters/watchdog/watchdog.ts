// A thread that watches the loop. When one strategy decides without end, it writes down which one and ends the process:
// nothing of that batch was committed, and the next start quarantines the deployment first.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { DECIDING_LENGTH, type Deciding } from '#core/strategy/deciding.ts';

/** The deployment that held the loop when the process was ended. */
export interface Hung {
  readonly broker: string;
  readonly strategyId: string;
  readonly seconds: number;
}

/** Names by place: the namespaces in order, each with its deployments in order. */
export type DeploymentNames = readonly { readonly broker: string; readonly strategyIds: readonly string[] }[];

export interface Watchdog {
  readonly deciding: Deciding;
  /** Begins to watch, or goes on, knowing what stands at which place from now on. */
  watch(names: DeploymentNames): void;
  close(): Promise<void>;
}

const FILE = 'hung-strategy.json';

export interface WatchdogOptions {
  readonly directory: string;
  readonly hungMs: number;
}

/** Shared numbers for the cascade, and the thread that watches them. */
export function startWatchdog({ directory, hungMs }: WatchdogOptions): Watchdog {
  const deciding = new Int32Array(new SharedArrayBuffer(DECIDING_LENGTH * Int32Array.BYTES_PER_ELEMENT));
  let worker: Worker | undefined;
  return {
    deciding,
    watch(names) {
      if (worker === undefined) {
        const workerData = { deciding, names, hungMs, file: join(directory, FILE) };
        worker = new Worker(new URL('./watching-thread.ts', import.meta.url), { workerData });
        worker.unref();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker, not a window
      } else worker.postMessage(names);
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** What the thread wrote before it ended the last process, if it did. */
export function readHung(directory: string): Hung | undefined {
  const file = join(directory, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Hung) : undefined;
}

export function forgetHung(directory: string): void {
  rmSync(join(directory, FILE), { force: true });
}
