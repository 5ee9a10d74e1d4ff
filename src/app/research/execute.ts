// One run of a plan over ticks, through the cascade that live runs, with everything noted that research asks about, and a
// journal kept of it when there is to be one.
import { type Calendar } from '#core/market/calendar.ts';
import { type DomainEvent } from '#core/events.ts';
import { TickBatch } from '#core/market/tick.ts';
import { type Plan } from '#core/plan.ts';
import { type Book } from '#core/portfolio/book.ts';
import { type StrategyCatalogue } from '#core/strategy/runner.ts';
import { dayOf, type EpochMs, MINUTE_MS } from '#core/time.ts';
import { Cascade } from '#engine/cascade.ts';
import { type CascadeSink } from '#engine/sink.ts';
import { EquityCurve, ThinnedSeries } from './equity-curve.ts';
import { Journal, type JournalScope } from './journal.ts';
import { RunRecorder } from './run-recorder.ts';
import { type TickSource } from './tick-source.ts';

export interface ExecuteOptions {
  readonly plan: Plan;
  readonly catalogue: StrategyCatalogue;
  readonly calendar: Calendar;
  readonly source: TickSource;
  /** Whether what only a report shows is kept: prices, signals and orders. A search needs none of it. */
  readonly details?: boolean;
  /** Ticks from here on are not taken. */
  readonly until?: number | undefined;
  /** Told after each batch what was decided so far. */
  readonly onBatch?: ((ticks: number, recorder: RunRecorder) => void) | undefined;
  readonly batchTicks: number;
  /** Where everything that is taken and decided is kept, and what of it. */
  readonly journal?: JournalOptions | undefined;
}

export interface JournalOptions {
  readonly path: string;
  readonly scope: JournalScope;
}

/** A silence of one instrument that is longer than this within a day is told of. */
const GAP_MS = 5 * MINUTE_MS;
const PRICE_POINTS = 800;

export interface Gaps {
  readonly count: number;
  readonly longestMs: number;
}

export interface Execution {
  readonly recorder: RunRecorder;
  readonly curve: EquityCurve;
  readonly book: Book;
  readonly ticks: number;
  readonly from: number;
  readonly to: number;
  /** Last price of each instrument by token. */
  readonly marks: ReadonlyMap<number, number>;
  /** Thinned prices by token, when they were asked for. */
  readonly prices: ReadonlyMap<number, ThinnedSeries>;
  /** Silences within a day by token, where there were any. */
  readonly gaps: ReadonlyMap<number, Gaps>;
}

/** Throws `RequestError` when the journal cannot be written. */
export async function execute(options: ExecuteOptions): Promise<Execution> {
  const run = new Run(options);
  try {
    return await run.play();
  } finally {
    run.close();
  }
}

class Run implements CascadeSink {
  readonly #options: ExecuteOptions;
  readonly #recorder: RunRecorder;
  readonly #cascade: Cascade;
  readonly #last: Float64Array;
  readonly #seenAt: Float64Array;
  readonly #prices: readonly ThinnedSeries[];
  readonly #gaps = new Map<number, Gaps>();
  readonly #journal: Journal | undefined;
  #curve: EquityCurve | undefined;
  #ticks = 0;
  #from = 0;
  #at = 0;

  constructor(options: ExecuteOptions) {
    this.#options = options;
    const { plan, catalogue, calendar, source } = options;
    const { journal, details = false } = options;
    this.#recorder = new RunRecorder(details);
    this.#cascade = new Cascade({ catalogue, calendar: () => calendar, sink: journal ? this : this.#recorder });
    this.#cascade.replan(plan);
    const sourceOf = (instrument: number): string => source.sources[instrument] as string;
    this.#journal = journal && new Journal(journal.path, journal.scope, this.#cascade, sourceOf);
    this.#last = new Float64Array(source.instruments.length);
    this.#seenAt = new Float64Array(source.instruments.length);
    this.#prices = details ? source.instruments.map(() => new ThinnedSeries(PRICE_POINTS)) : [];
  }

  /** An event of a run with a journal. */
  event(event: DomainEvent): void {
    this.#recorder.event(event);
    this.#journal?.event(event);
  }

  intent(): void {
    this.#recorder.intent();
  }

  close(): void {
    this.#journal?.close();
  }

  async play(): Promise<Execution> {
    const { source, batchTicks, until = Infinity, onBatch } = this.#options;
    const batch = new TickBatch(batchTicks, false);
    const sourceOf = (instrument: number): string => source.sources[instrument] as string;
    let isCut = false;
    while (!isCut && (await source.next(batch))) {
      isCut = (batch.time[batch.count - 1] as number) >= until;
      if (isCut) batch.count = countBefore(batch, until);
      this.#take(batch, sourceOf);
      if (batch.count > 0) this.#journal?.ticks(batch);
      onBatch?.(this.#ticks, this.#recorder);
      batch.clear();
    }
    if (!isCut) this.#endSession();
    this.#journal?.end();
    this.#sample();
    return this.#result();
  }

  /** As when the platform plays a tape: the session that it ended in closes, with the day's contract note. */
  #endSession(): void {
    const { session, at } = this.#cascade;
    if (session === undefined || at < session.open) return;
    const advance = (): void => this.#cascade.onClock(session.close);
    if (this.#journal === undefined) advance();
    else this.#journal.clock(session.close, advance);
  }

  /** Takes a batch minute by minute of the market's time, so that where batches end changes nothing. */
  #take(batch: TickBatch, sourceOf: (instrument: number) => string): void {
    let from = 0;
    for (let k = 0; k < batch.count; k++) {
      const time = batch.time[k] as number;
      if (this.#ticks === 0 && k === 0) this.#from = time;
      if (minuteOf(time) !== minuteOf(this.#at) && this.#at > 0) {
        this.#cascade.onTicks(batch, from, k, sourceOf);
        from = k;
        this.#sample();
      }
      this.#at = time;
      this.#look(batch, k, time);
    }
    this.#cascade.onTicks(batch, from, batch.count, sourceOf);
    this.#ticks += batch.count;
  }

  #look(batch: TickBatch, k: number, time: number): void {
    const instrument = batch.instrument[k] as number;
    const price = batch.price[k] as number;
    this.#last[instrument] = price;
    this.#prices[instrument]?.add(time, price);
    const before = this.#seenAt[instrument] as number;
    this.#seenAt[instrument] = time;
    if (before === 0 || time - before <= GAP_MS || dayOf(before as EpochMs) !== dayOf(time as EpochMs)) return;
    const { count, longestMs } = this.#gaps.get(instrument) ?? { count: 0, longestMs: 0 };
    this.#gaps.set(instrument, { count: count + 1, longestMs: Math.max(longestMs, time - before) });
  }

  #sample(): void {
    if (this.#at === 0) return;
    const book = bookOf(this.#cascade);
    this.#curve ??= new EquityCurve(this.#from, book.startingCash);
    const gross = book.grossExposure((instrument) => this.#last[instrument] as number);
    this.#curve.sample(this.#at, book.equity, gross);
  }

  #result(): Execution {
    const { instruments } = this.#options.source;
    const book = bookOf(this.#cascade);
    const byToken = <T>(of: (index: number) => T | undefined): ReadonlyMap<number, T> =>
      new Map(
        instruments.flatMap(({ token }, index) => {
          const value = of(index);
          return value === undefined ? [] : [[token, value] as const];
        }),
      );
    return {
      recorder: this.#recorder,
      curve: this.#curve ?? new EquityCurve(0, book.startingCash),
      book,
      ticks: this.#ticks,
      from: this.#from,
      to: this.#at,
      marks: byToken((index) => (this.#last[index] === 0 ? undefined : this.#last[index])),
      prices: byToken((index) => this.#prices[index]),
      gaps: byToken((index) => this.#gaps.get(index)),
    };
  }
}

/** The only book of a run. */
export function bookOf(cascade: Cascade): Book {
  const book = cascade.namespaces()[0]?.portfolio.ledger.books[0];
  if (book === undefined) throw new Error('a backtest has one namespace with one book, found none');
  return book;
}

function minuteOf(time: number): number {
  return Math.floor(time / MINUTE_MS);
}

/** Rows of an ordered batch before an instant. */
function countBefore(batch: TickBatch, until: number): number {
  let count = 0;
  while (count < batch.count && (batch.time[count] as number) < until) count++;
  return count;
}
