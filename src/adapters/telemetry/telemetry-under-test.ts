// What the tests of this folder share: a temporary folder, options with the seed's defaults, a console that remembers,
// and readers of what was written.

import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { createTelemetry } from './telemetry.ts';
import type { LogTelemetry, TelemetryOptions } from './telemetry.ts';

/** 2021-06-11T03:45:00.123Z: a market open. */
export const OPEN = 1_623_383_100_123;
export const DAY_MS = 86_400_000;

/** A folder that goes away with the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'alpha-panda-logs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export class RememberingConsole extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

export interface TelemetryUnderTest {
  readonly telemetry: LogTelemetry;
  readonly console: RememberingConsole;
  readonly folder: string;
  /** Closes logging and returns a file's text; undefined when there is no such file. */
  readonly written: (file: string) => Promise<string | undefined>;
  /** Closes logging and returns the JSON records of a file. */
  readonly records: (file: string) => Promise<Record<string, unknown>[]>;
  /** Closes logging and returns the names in the folder. */
  readonly files: () => Promise<string[]>;
}

/** Telemetry with the seed's defaults, except what `changes` says, and no upkeep unless asked for. */
export function telemetryUnderTest(t: TestContext, changes: Partial<TelemetryOptions> = {}): TelemetryUnderTest {
  const folder = changes.logsDir ?? temporaryFolder(t);
  const console = new RememberingConsole();
  const telemetry = createTelemetry({ ...seedDefaults(folder, console), ...changes });
  t.after(() => telemetry.close());
  const written = async (file: string): Promise<string | undefined> => {
    await telemetry.close();
    return readdirSync(folder).includes(file) ? readFileSync(join(folder, file), 'utf8') : undefined;
  };
  return {
    telemetry,
    console,
    folder,
    written,
    records: async (file) => jsonLines((await written(file)) ?? ''),
    files: async () => {
      await telemetry.close();
      return readdirSync(folder).toSorted();
    },
  };
}

export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Lets pending work run until `condition` holds; fails after five seconds. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited five seconds for ${what}`);
    await setImmediate();
  }
}

function seedDefaults(logsDir: string, console: NodeJS.WritableStream): TelemetryOptions {
  return {
    level: 'INFO',
    structured: true,
    jsonFormat: true,
    consoleEnabled: true,
    consoleJsonFormat: false,
    fileEnabled: true,
    logsDir,
    fileMaxBytes: 100 * 1024 * 1024,
    fileBackupCount: 5,
    multiChannelEnabled: true,
    auditRetentionDays: 365,
    performanceRetentionDays: 30,
    channelLevels: { database: 'WARNING', trading: 'INFO', api: 'INFO', market_data: 'INFO' },
    autoCleanupEnabled: false,
    compressionEnabled: true,
    compressionAgeDays: 7,
    appName: 'Alpha Panda',
    environment: 'testing',
    version: '0.1.0',
    secrets: [],
    console,
    now: () => OPEN,
    isTty: false,
  };
}
