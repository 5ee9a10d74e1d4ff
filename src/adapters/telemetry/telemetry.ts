// Logging as the composition root makes it: loggers whose records go to the console and to a file a channel. The
// parts that clean, format, write and tidy up are beside this file; here they are joined.

import { join } from 'node:path';
import { LOG_CHANNELS, LOG_LEVELS } from '#ports/telemetry.ts';
import type { LogSearch } from '#ports/log-search.ts';
import type { LogChannel, LogFields, LogLevel, Logger, Telemetry } from '#ports/telemetry.ts';
import { ChannelLogger } from './channel-logger.ts';
import { SEVERITY, channelOf, componentOf, logFilePolicies, routeOf } from './channels.ts';
import type { ChannelOptions } from './channels.ts';
import { ConsoleOutput } from './console-output.ts';
import { formatJson, formatKeyValue, formatText } from './format.ts';
import type { FormatLine, LogRecord } from './format.ts';
import { LogFiles } from './log-files.ts';
import { maintainLogs } from './maintenance.ts';
import { normaliseEvent, normaliseFields } from './normalise.ts';
import type { PlainFields } from './normalise.ts';
import { TextCleaner } from './redaction.ts';
import { RotatingFile } from './rotating-file.ts';

/** The LOGGING section of the settings, and what the process knows of itself. */
export interface TelemetryOptions extends ChannelOptions {
  /** False gives plain text everywhere. */
  readonly structured: boolean;
  /** Files as JSON; false gives key=value. */
  readonly jsonFormat: boolean;
  readonly consoleEnabled: boolean;
  readonly consoleJsonFormat: boolean;
  readonly fileEnabled: boolean;
  readonly logsDir: string;
  readonly autoCleanupEnabled: boolean;
  readonly compressionEnabled: boolean;
  readonly compressionAgeDays: number;
  readonly appName: string;
  readonly environment: string;
  readonly version: string;
  /** Values that must never be written, wherever they stand. */
  readonly secrets: readonly string[];
  /** Where people read logs: standard error, never standard output. */
  readonly console: NodeJS.WritableStream;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly isTty: boolean;
}

/** What the composition root gets beyond the port. */
export interface LogTelemetry extends Telemetry {
  /** Lines lost so far, for the metrics: the disk failed, or the console's reader was too slow. */
  readonly droppedLines: number;
  /** What the files hold; undefined when none are written. */
  readonly search: LogSearch | undefined;
  /** Masks a value from now on, for tokens that are obtained while the process runs. */
  registerSecret(value: string): void;
}

/** Where the records of one channel and level go. */
interface Route {
  readonly files: readonly RotatingFile[];
  readonly console: boolean;
}

const MAINTENANCE_INTERVAL_MS = 6 * 3_600_000;

/** Logging under `options`. Files appear with their first record; a folder that cannot be used is reported, not thrown. */
export function createTelemetry(options: TelemetryOptions): LogTelemetry {
  return new FileTelemetry(options);
}

class FileTelemetry implements LogTelemetry {
  readonly #options: TelemetryOptions;
  readonly #cleaner: TextCleaner;
  readonly #console: ConsoleOutput;
  readonly #process: { readonly service: string; readonly env: string; readonly version: string };
  readonly #files: ReadonlyMap<string, RotatingFile>;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #formatFile: FormatLine;
  readonly #formatConsole: FormatLine;
  readonly #own: Logger;
  readonly #stopping = new AbortController();
  readonly #flushAtExit = (): void => this.#flushFiles();
  #upkeep: Promise<void> = Promise.resolve();
  #upkeepTimer: NodeJS.Timeout | undefined;
  #closed = false;
  #unwritable = 0;

  constructor(options: TelemetryOptions) {
    this.#options = options;
    this.#cleaner = new TextCleaner(options.secrets);
    this.#console = new ConsoleOutput(options.console);
    this.#process = {
      service: this.#cleaner.clean(options.appName),
      env: this.#cleaner.clean(options.environment),
      version: this.#cleaner.clean(options.version),
    };
    this.#files = this.#createFiles();
    this.#routes = this.#createRoutes();
    const plainFile: FormatLine = (record) => formatText(record, { color: false, stack: true });
    const style = { color: options.isTty, stack: !options.fileEnabled };
    const plainConsole: FormatLine = (record) => formatText(record, style);
    this.#formatFile = options.structured ? (options.jsonFormat ? formatJson : formatKeyValue) : plainFile;
    this.#formatConsole = options.structured && options.consoleJsonFormat ? formatJson : plainConsole;
    this.#own = this.logger('telemetry', 'monitoring');
    if (!options.fileEnabled) return;
    process.on('exit', this.#flushAtExit);
    if (!options.autoCleanupEnabled) return;
    this.#upkeep = this.#maintain();
    this.#upkeepTimer = setInterval(() => {
      this.#upkeep = this.#upkeep.then(() => this.#maintain());
    }, MAINTENANCE_INTERVAL_MS).unref();
  }

  get droppedLines(): number {
    let dropped = this.#console.dropped + this.#unwritable;
    for (const file of this.#files.values()) dropped += file.dropped;
    return dropped;
  }

  logger(name: string, channel?: LogChannel): Logger {
    const component = componentOf(name);
    const target = channel ?? channelOf(component);
    const names = { logger: this.#cleaner.clean(name), component: this.#cleaner.clean(component) };
    return new ChannelLogger((level, event, bound, fields) => {
      const route = this.#routes.get(routeKey(target, level));
      if (route !== undefined) this.#log(route, { ...names, level, channel: target, event, bound, fields });
    }, this.#cleaner);
  }

  get search(): LogSearch | undefined {
    const { fileEnabled, logsDir, multiChannelEnabled } = this.#options;
    if (!fileEnabled) return undefined;
    return new LogFiles({ logsDir, multiChannelEnabled, cleaner: this.#cleaner, flush: async () => this.flush() });
  }

  registerSecret(value: string): void {
    this.#cleaner.registerSecrets([value]);
  }

  flush(): Promise<void> {
    this.#flushFiles();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#upkeepTimer);
    process.off('exit', this.#flushAtExit);
    this.#stopping.abort();
    await this.#upkeep;
    this.#flushFiles();
    for (const file of this.#files.values()) file.close();
    if (this.droppedLines > 0) this.#notice(`Logging closed; log lines lost in this run: ${this.droppedLines}.`);
  }

  /** The one place where a record becomes lines. Nothing that a caller logs may hurt the caller, so all is caught. */
  #log(route: Route, entry: LogEntry): void {
    try {
      const record = this.#record(entry);
      const urgent = SEVERITY[entry.level] >= SEVERITY.ERROR;
      if (route.console) this.#console.write(this.#formatConsole(record));
      if (route.files.length === 0) return;
      const line = this.#formatFile(record);
      for (const file of route.files) file.append(line, urgent);
    } catch (cause) {
      this.#unwritable += 1;
      // Said once: a clock that fails, for example, would say it for each record.
      if (this.#unwritable > 1) return;
      this.#notice(`A log record of ${entry.component} could not be made: ${String(cause)}`);
    }
  }

  #record(entry: LogEntry): LogRecord {
    return {
      timestamp: new Date(this.#options.now()).toISOString(),
      level: entry.level,
      logger: entry.logger,
      component: entry.component,
      channel: entry.channel,
      ...this.#process,
      event: normaliseEvent(entry.event, this.#cleaner),
      fields: { ...entry.bound, ...normaliseFields(entry.fields, this.#cleaner) },
    };
  }

  #createFiles(): ReadonlyMap<string, RotatingFile> {
    if (!this.#options.fileEnabled) return new Map();
    return new Map(
      logFilePolicies(this.#options).map(({ name, maxBytes, backups }) => [
        name,
        new RotatingFile({
          path: join(this.#options.logsDir, `${name}.log`),
          maxBytes,
          backups,
          onFailure: (path, cause) => {
            const advice = 'The program goes on; free the disk or correct LOGGING__LOGS_DIR.';
            this.#notice(`Cannot write the log file ${path}: ${String(cause)}. ${advice}`);
          },
          onRecovery: (path, dropped) => this.#own.warning('Log file is written again', { path, dropped }),
        }),
      ]),
    );
  }

  /** Decided once: a level that goes nowhere costs its callers a look-up. */
  #createRoutes(): ReadonlyMap<string, Route> {
    const routes = new Map<string, Route>();
    for (const channel of LOG_CHANNELS) {
      for (const level of LOG_LEVELS) {
        const route = routeOf(channel, level, this.#options);
        const console = route.console && this.#options.consoleEnabled;
        const files = route.files.flatMap((name) => this.#files.get(name) ?? []);
        if (console || files.length > 0) routes.set(routeKey(channel, level), { files, console });
      }
    }
    return routes;
  }

  async #maintain(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    try {
      const { rotated, archived, deleted, failures } = await maintainLogs({
        logsDir: this.#options.logsDir,
        policies: logFilePolicies(this.#options),
        compressionEnabled: this.#options.compressionEnabled,
        compressionAgeDays: this.#options.compressionAgeDays,
        now: this.#options.now(),
        signal: this.#stopping.signal,
      });
      if (failures.length > 0) this.#own.warning('Some log files could not be tidied up', { failures });
      if (rotated.length + archived.length + deleted.length > 0) {
        this.#own.info('Log files tidied up', { rotated, archived, deleted });
      }
    } catch (cause) {
      this.#own.warning('The logs folder could not be tidied up', { cause });
    }
  }

  #flushFiles(): void {
    for (const file of this.#files.values()) file.flush();
  }

  #notice(text: string): void {
    this.#console.write(`${this.#cleaner.clean(text)}\n`);
  }
}

/** What a logger hands over: not yet clean, except the bindings. */
interface LogEntry {
  readonly level: LogLevel;
  readonly channel: LogChannel;
  readonly logger: string;
  readonly component: string;
  readonly event: string;
  readonly bound: PlainFields;
  readonly fields: LogFields | undefined;
}

function routeKey(channel: LogChannel, level: LogLevel): string {
  return `${channel} ${level}`;
}
