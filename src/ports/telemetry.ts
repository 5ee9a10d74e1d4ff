// What every part of the shell may ask of logging: a logger by component name, and a flush at the end. It is a port so
// that nothing but the composition root knows where records go, and tests can be silent.

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
/** How serious a record is, in the seed's words. */
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_CHANNELS = [
  'application',
  'trading',
  'market_data',
  'database',
  'api',
  'audit',
  'performance',
  'error',
  'monitoring',
] as const;
/** Which stream of records one belongs to; each channel has its own level, file and retention. */
export type LogChannel = (typeof LOG_CHANNELS)[number];

/** Facts beside the message. `broker` names the namespace; an `Error` under any key is written with its causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Writes records of one component. No call ever throws or waits for a disk that fails, whatever it is given; secrets
 * are masked; one call is one line at most.
 */
export interface Logger {
  /** For whoever hunts a defect; off by default. */
  debug(event: string, fields?: LogFields): void;
  /** Something expected happened. */
  info(event: string, fields?: LogFields): void;
  /** Something unexpected happened and was handled. */
  warning(event: string, fields?: LogFields): void;
  /** An operation failed. The record is with the operating system when the call returns. */
  error(event: string, fields?: LogFields): void;
  /** The process or a namespace cannot go on. Handed over at once, as an error is. */
  critical(event: string, fields?: LogFields): void;
  /** The same logger with `bindings` in each record; a field of the same name in a call wins. */
  child(bindings: LogFields): Logger;
}

/** The process's logging: made once by the composition root, handed to whoever logs. */
export interface Telemetry {
  /** A logger for a component; its channel follows from the name unless one is given. Never fails. */
  logger(component: string, channel?: LogChannel): Logger;
  /** Resolves when every record logged before is with the operating system, or is counted as dropped. Never rejects. */
  flush(): Promise<void>;
  /** Flushes, stops all upkeep and closes the files; calling it again does nothing. Never rejects. */
  close(): Promise<void>;
}

/** Drops everything: for tests, and for code that was handed no telemetry. */
export const silentLogger: Logger = {
  debug: drop,
  info: drop,
  warning: drop,
  error: drop,
  critical: drop,
  child: () => silentLogger,
};

function drop(): void {}
