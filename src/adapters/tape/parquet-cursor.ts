// The rows of a Parquet file of many instruments in order, each judged as those of a CSV are: used, or refused for one reason.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Calendar, CalendarError, type Session } from '#core/market/calendar.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { NO_VOLUME } from '#core/market/tick.ts';
import { dayNumber, type EpochMs, startOfDay } from '#core/time.ts';
import { FeedError } from './feed-error.ts';
import { type ParquetRow, readParquet } from './parquet-file.ts';
import { type CursorState, noneRefused, type RefusedReason, type TapeCursor } from './tape-cursor.ts';

const EARLIEST = startOfDay(dayNumber(2000, 1, 1));

/** The sha256 of a file's bytes. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

export interface ParquetCursorOptions {
  readonly path: string;
  readonly label: string;
  /** By symbol, each with its place. */
  readonly instruments: ReadonlyMap<string, { readonly place: number; readonly instrument: Instrument }>;
  readonly calendar: Calendar;
}

export class ParquetCursor implements TapeCursor {
  readonly label: string;
  readonly order = 0;
  time = -Infinity;
  price = 0;
  volume = NO_VOLUME;
  row = 0;
  instrument = 0;
  sessionEnd = Infinity;
  consumed = 0;
  readonly refused = noneRefused();
  failure: FeedError | undefined;

  readonly #options: ParquetCursorOptions;
  readonly #groups: AsyncGenerator<readonly ParquetRow[]>;
  #rows: readonly ParquetRow[] = [];
  #at = 0;
  /** Rows looked at. */
  #seen = 0;
  #isDone = false;
  readonly #sessions = new Map<string, Session>();
  /** The row before of each instrument, whatever became of it. */
  readonly #before = new Map<number, ParquetRow>();

  constructor(options: ParquetCursorOptions) {
    this.#options = options;
    this.label = options.label;
    this.#groups = readParquet(options.path);
  }

  advance(): CursorState {
    if (this.failure !== undefined) return 'failed';
    for (let row = this.#rows[this.#at]; row !== undefined; row = this.#rows[this.#at]) {
      const { place, instrument } = this.#instrumentOf(row);
      let reason: RefusedReason | undefined;
      try {
        reason = this.#reasonAgainst(row, place, instrument.segment);
      } catch (error) {
        if (!(error instanceof CalendarError)) throw error;
        return this.#fail(this.#outsideCalendar(error));
      }
      this.#at++;
      this.#seen++;
      this.#before.set(place, row);
      if (reason !== undefined) {
        this.refused[reason]++;
        continue;
      }
      this.time = row.time;
      this.price = row.price;
      this.volume = row.volume;
      this.instrument = place;
      this.sessionEnd = this.#sessions.get(instrument.segment)?.close ?? Infinity;
      this.row = this.#seen;
      this.consumed = this.#seen - 1;
      return 'row';
    }
    if (!this.#isDone) return 'starved';
    this.consumed = this.#seen;
    return 'ended';
  }

  async feed(): Promise<void> {
    try {
      const next = await this.#groups.next();
      this.#isDone = next.done === true;
      this.#rows = next.done === true ? [] : next.value;
      this.#at = 0;
    } catch (error) {
      if (!(error instanceof FeedError)) throw error;
      this.#fail(error);
    }
  }

  async close(): Promise<void> {
    await this.#groups.return(undefined);
  }

  #instrumentOf({ symbol }: ParquetRow): { readonly place: number; readonly instrument: Instrument } {
    const found = this.#options.instruments.get(symbol);
    if (found === undefined) throw new FeedError('TAPE_DAMAGED', `${this.#options.path} changed while it was read`);
    return found;
  }

  #reasonAgainst(row: ParquetRow, place: number, segment: string): RefusedReason | undefined {
    const { time, price, volume } = row;
    if (!Number.isSafeInteger(time) || time < EARLIEST) return 'bad_time';
    if (!Number.isSafeInteger(price) || price <= 0) return 'bad_price';
    let session = this.#sessions.get(segment);
    if (session === undefined || time < session.preOpen || time >= session.close) {
      session = this.#options.calendar.sessionAt(segment, time as EpochMs);
      if (session === undefined) return 'out_of_session';
      this.#sessions.set(segment, session);
    }
    const before = this.#before.get(place);
    if (before?.time === time && before.price === price && before.volume === volume) return 'duplicate';
    return time < this.time ? 'out_of_order' : undefined;
  }

  #fail(failure: FeedError): CursorState {
    this.failure = failure;
    this.consumed = this.#seen;
    return 'failed';
  }

  #outsideCalendar(cause: CalendarError): FeedError {
    const message = `row ${this.#seen + 1} of the tape ${this.#options.path} cannot be placed: ${cause.message}`;
    return new FeedError('TAPE_OUTSIDE_CALENDAR', message, { cause });
  }
}
