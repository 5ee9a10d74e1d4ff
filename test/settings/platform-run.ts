// The embedded platform inside the test's process, in a folder of its own: opened and pumped by the test, or started as
// `alpha-panda start` starts it.
import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { closePipeline, openPipeline, type Pipeline } from '#app/pipeline.ts';
import { runStart } from '#app/start.ts';
import { type Strategy } from '#core/strategy/strategy.ts';
import { type EpochMs } from '#core/time.ts';
import { type Committed } from '#engine/ingest.ts';
import { type Clock } from '#ports/clock.ts';
import { silentLogger, type Logger } from '#ports/telemetry.ts';
import { OPEN } from '../support/builders.ts';
import { temporaryFolder, writeTape } from '../support/tape-builder.ts';
import { loaded, settingsOf, type Env } from './settings-run.ts';

/** A tape of one stock with a row a second from the open of a Friday on. */
export function tapeOf(t: TestContext, rows: number): string {
  const text = (second: number): string => new Date(OPEN + second * 1_000 + 19_800_000).toISOString().slice(0, 19);
  const lines = Array.from(
    { length: rows },
    (_, k) => `${text(k).replace('T', ' ')},${1_400 + (k % 7) * 0.05},${k * 10}`,
  );
  return `tape:${writeTape(temporaryFolder(t), { INFY: lines })}`;
}

/** A clock that moves only when it is told to; nobody sleeps on it. */
export class StepClock implements Clock {
  ms = 0;
  readonly #stepMs: number;

  /** @param stepMs passes each time that the clock is looked at */
  constructor(stepMs = 0) {
    this.#stepMs = stepMs;
  }

  now(): EpochMs {
    return (OPEN + this.ms) as EpochMs;
  }

  monotonicMs(): number {
    this.ms += this.#stepMs;
    return this.ms;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted !== true) this.ms += ms;
    return setImmediate();
  }

  turn(): Promise<void> {
    return setImmediate();
  }
}

export interface PumpedOptions {
  readonly clock?: Clock;
  readonly strategies?: readonly Strategy[];
  readonly logger?: Logger;
  /** The feed is stopped after so many ticks. */
  readonly ticksMax?: number;
}

/** Runs the pipeline until its feed is done, and returns what `look` sees of it before it is closed. */
export async function pumped<T>(
  t: TestContext,
  env: Env,
  look: (pipeline: Pipeline) => T,
  { clock = new StepClock(), strategies = [], logger = silentLogger, ticksMax = 100_000 }: PumpedOptions = {},
): Promise<T> {
  const defaults = { ACTIVE_BROKERS: 'paper', DATA_DIR: join(temporaryFolder(t), 'data'), FEED__SPEED: 'max' };
  const enough = new AbortController();
  let ticks = 0;
  const committed = (batch: Committed): void => {
    ticks += batch.ticks;
    if (ticks >= ticksMax) enough.abort();
  };
  const settings = settingsOf({ ...defaults, ...env });
  const pipeline = await openPipeline({ settings, strategies, clock, committed, logger });
  try {
    await pipeline.pump.run(enough.signal);
    return look(pipeline);
  } finally {
    await closePipeline(pipeline);
  }
}

export interface Started {
  readonly folder: string;
  readonly logsDir: string;
  /** The exit code, once it has stopped. */
  readonly code: Promise<number>;
}

/** Starts the platform; `once` ends with its tape, without it `stopAll` does. */
export function started(t: TestContext, env: Env, mode: { readonly once: boolean; readonly listen: boolean }): Started {
  const folder = temporaryFolder(t);
  const logsDir = join(folder, 'logs');
  const quiet = { ENVIRONMENT: 'testing', LOGGING__CONSOLE_ENABLED: 'false', LOGGING__LOGS_DIR: logsDir };
  const { settings, notices } = loaded({ ...quiet, DATA_DIR: join(folder, 'data'), FEED__SPEED: 'max', ...env });
  return { folder, logsDir, code: runStart({ settings, notices, ...mode }) };
}

/** Asks every platform of this process to stop, as Ctrl-C does. */
export function stopAll(): void {
  process.emit('SIGTERM', 'SIGTERM');
}
