// The rows of one CSV in order, each judged as used or as refused for one reason. What it decides depends on the rows
// of this file alone, so that a file reads the same by itself and among others, whatever the sizes of its pieces.
import { type Calendar, CalendarError, type Session } from '#core/market/calendar.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type ByteSource, type Chunk } from './byte-source.ts';
import { FeedError } from './feed-error.ts';
import { RowParser } from './row-parser.ts';
import { type CursorState, noneRefused, type RefusedReason, type TapeCursor } from './tape-cursor.ts';

const LF = 0x0a;
const CR = 0x0d;
const NONE = -1;
/** A longer line is no row: the file is something else from there on. */
export const LINE_BYTES_MAX = 65_536;

export interface CsvCursorOptions {
  readonly label: string;
  readonly order: number;
  readonly path: string;
  /** Whose sessions apply. */
  readonly segment: string;
  readonly calendar: Calendar;
  readonly source: ByteSource;
}

/** Expects a content whose first line is the header, which the caller has checked. */
export class CsvCursor implements TapeCursor {
  readonly label: string;
  readonly order: number;
  readonly instrument: number;
  time = -Infinity;
  price = 0;
  volume = NO_VOLUME;
  row = 0;
  sessionEnd = Infinity;
  consumed = 0;
  readonly refused = noneRefused();
  failure: FeedError | undefined;

  readonly #options: CsvCursorOptions;
  readonly #parser = new RowParser();
  /** The row before, kept for the test of duplicates, and the rows after it. */
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  #at = 0;
  #previousStart = NONE;
  #previousStop = NONE;
  /** Lines read, the header included. */
  #lines = 0;
  #session: Session | undefined;
  /** The piece after the one at hand, fetched while that one is read. */
  #coming: Promise<Chunk>;
  #end: 'ended' | FeedError | undefined;

  constructor(options: CsvCursorOptions) {
    this.#options = options;
    this.label = options.label;
    this.order = options.order;
    this.instrument = options.order;
    this.#coming = options.source.next();
  }

  advance(): CursorState {
    try {
      return this.#walk();
    } catch (error) {
      if (error instanceof CalendarError) return this.#fail(this.#outsideCalendar(error));
      throw error;
    }
  }

  async feed(): Promise<void> {
    const chunk = await this.#coming;
    if (chunk === 'ended' || chunk instanceof FeedError) this.#end = chunk;
    else {
      this.#append(chunk);
      this.#coming = this.#options.source.next();
    }
  }

  async close(): Promise<void> {
    await this.#coming;
    await this.#options.source.close();
  }

  #walk(): CursorState {
    for (;;) {
      const start = this.#at;
      const lineEnd = this.#lineEnd(start);
      if (lineEnd - start > LINE_BYTES_MAX) return this.#fail(this.#lineTooLong());
      const stop = lineEnd > start && this.#bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      // A blank line is a row only when another line follows it.
      if (lineEnd === NONE || (stop === start && lineEnd + 1 >= this.#length)) return this.#runOut(start);
      const isHeader = this.#lines === 0;
      const reason = isHeader ? undefined : this.#reasonAgainst(start, stop);
      this.#pass(start, stop, lineEnd + 1);
      if (isHeader) continue;
      if (reason === undefined) return this.#take();
      this.refused[reason]++;
    }
  }

  /** Where the line's bytes end, or `NONE` when that is not known. */
  #lineEnd(start: number): number {
    const bytes = this.#bytes;
    const length = this.#length;
    let at = start;
    while (at < length && bytes[at] !== LF) at++;
    return at < length || (this.#end === 'ended' && at > start) ? at : NONE;
  }

  #reasonAgainst(start: number, stop: number): RefusedReason | undefined {
    const unreadable = this.#parser.parse(this.#bytes, start, stop);
    if (unreadable !== undefined) return unreadable;
    const time = this.#parser.time;
    const session = this.#session;
    if (session === undefined || time < session.preOpen || time >= session.close) {
      const { calendar, segment } = this.#options;
      this.#session = calendar.sessionAt(segment, time as EpochMs);
      if (this.#session === undefined) return 'out_of_session';
    }
    if (this.#repeatsPrevious(start, stop)) return 'duplicate';
    return time < this.time ? 'out_of_order' : undefined;
  }

  #repeatsPrevious(start: number, stop: number): boolean {
    const bytes = this.#bytes;
    if (this.#previousStop - this.#previousStart !== stop - start) return false;
    // Rows differ at their end first.
    for (let back = 1; back <= stop - start; back++) {
      if (bytes[stop - back] !== bytes[this.#previousStop - back]) return false;
    }
    return true;
  }

  #pass(start: number, stop: number, next: number): void {
    this.#previousStart = start;
    this.#previousStop = stop;
    this.#at = Math.min(next, this.#length);
    this.#lines++;
  }

  #take(): CursorState {
    const { time, price, volume } = this.#parser;
    this.time = time;
    this.price = price;
    this.volume = volume;
    this.row = this.#lines - 1;
    this.sessionEnd = this.#session?.close ?? Infinity;
    this.consumed = this.row - 1;
    return 'row';
  }

  /** The line at hand is not complete: more has to come, or nothing ever will. Before a damage it is no row. */
  #runOut(start: number): CursorState {
    if (this.#length - start > LINE_BYTES_MAX) return this.#fail(this.#lineTooLong());
    if (this.#end === undefined) return 'starved';
    if (this.#end !== 'ended') return this.#fail(this.#end);
    this.consumed = Math.max(0, this.#lines - 1);
    return 'ended';
  }

  #fail(failure: FeedError): CursorState {
    this.failure = failure;
    this.consumed = Math.max(0, this.#lines - 1);
    return 'failed';
  }

  /** Keeps the row before and the incomplete line, and puts the piece behind them. */
  #append(chunk: Uint8Array): void {
    const keep = this.#previousStart === NONE ? this.#at : this.#previousStart;
    const kept = this.#bytes.subarray(keep, this.#length);
    const length = kept.length + chunk.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(length + LINE_BYTES_MAX / 64);
      larger.set(kept);
      this.#bytes = larger;
    } else this.#bytes.copyWithin(0, keep, this.#length);
    this.#bytes.set(chunk, kept.length);
    this.#length = length;
    this.#at -= keep;
    if (this.#previousStart === NONE) return;
    this.#previousStart -= keep;
    this.#previousStop -= keep;
  }

  #lineTooLong(): FeedError {
    const message =
      `the tape ${this.#options.path} has no line end within ${LINE_BYTES_MAX} bytes after row ${this.#lines - 1}: ` +
      `expected rows "timestamp,ltp,volume". The rows before it were used. Fetch the file again.`;
    return new FeedError('TAPE_DAMAGED', message);
  }

  #outsideCalendar(cause: CalendarError): FeedError {
    const message = `row ${this.#lines} of the tape ${this.#options.path} cannot be placed: ${cause.message}`;
    return new FeedError('TAPE_OUTSIDE_CALENDAR', message, { cause });
  }
}
