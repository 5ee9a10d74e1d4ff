// The logger that components hold: it carries its bindings and hands each call on. It is apart from the telemetry so
// that what a component can reach is this and no more.

import type { LogFields, LogLevel, Logger } from '#ports/telemetry.ts';
import { normaliseFields } from './normalise.ts';
import type { PlainFields } from './normalise.ts';
import type { TextCleaner } from './redaction.ts';

/** Takes a call of a logger; `bound` is clean, `event` and `fields` are as the caller gave them. */
export type Emit = (level: LogLevel, event: string, bound: PlainFields, fields: LogFields | undefined) => void;

export class ChannelLogger implements Logger {
  readonly #emit: Emit;
  readonly #cleaner: TextCleaner;
  readonly #bound: PlainFields;

  constructor(emit: Emit, cleaner: TextCleaner, bound: PlainFields = {}) {
    this.#emit = emit;
    this.#cleaner = cleaner;
    this.#bound = bound;
  }

  debug(event: string, fields?: LogFields): void {
    this.#emit('DEBUG', event, this.#bound, fields);
  }

  info(event: string, fields?: LogFields): void {
    this.#emit('INFO', event, this.#bound, fields);
  }

  warning(event: string, fields?: LogFields): void {
    this.#emit('WARNING', event, this.#bound, fields);
  }

  error(event: string, fields?: LogFields): void {
    this.#emit('ERROR', event, this.#bound, fields);
  }

  critical(event: string, fields?: LogFields): void {
    this.#emit('CRITICAL', event, this.#bound, fields);
  }

  child(bindings: LogFields): Logger {
    // Cleaned once here, not at each record; and a caller that changes its object later changes no record.
    return new ChannelLogger(this.#emit, this.#cleaner, {
      ...this.#bound,
      ...normaliseFields(bindings, this.#cleaner),
    });
  }
}
