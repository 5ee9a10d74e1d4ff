// A recorded market as a feed: the files of a tape, merged by time. Read this first; the files beside it know how one
// file is found, unpacked, parsed and judged.
import { invariant } from '#core/invariant.ts';
import { type Instrument } from '#core/market/instrument.ts';
import { type TickBatch } from '#core/market/tick.ts';
import { type EpochMs } from '#core/time.ts';
import { type Feed, type FeedPosition, type FeedRead } from '#ports/feed.ts';
import { CursorHeap } from './cursor-heap.ts';
import { FeedError } from './feed-error.ts';
import { Pace } from './pace.ts';
import { advanceFully, type CursorState, noneRefused, REFUSED_REASONS } from './tape-cursor.ts';
import { openParts, type TapeParts, type TapeRules } from './tape-parts.ts';
import { readPosition, type TapePosition, writePosition } from './tape-position.ts';

export interface TapeOptions extends TapeRules {
  /** How much faster than its own clock the tape runs; `max` waits for nothing. */
  readonly speed: number | 'max';
  /** Milliseconds of a clock that never goes back; used with a factor only. */
  readonly now: () => number;
  /**
   * Asked before each tick, and with `Infinity` before the end: a no holds it back. A read ends with a no, and the next one
   * comes when what it gave is committed.
   */
  readonly admits?: ((time: number) => boolean) | undefined;
  /** From an earlier run. That of another tape is ignored: the caller decides whether this one may start. */
  readonly position?: FeedPosition | undefined;
}

/** Opens a `.csv`, a `.csv.gz`, a `.parquet`, a `.bin` or a folder of the first two. Throws `FeedError`; see its codes. */
export async function openTape(path: string, options: TapeOptions): Promise<Feed> {
  const { speed } = options;
  invariant(
    speed === 'max' || (Number.isFinite(speed) && speed > 0),
    `a tape's speed is max or above 0, found ${speed}`,
  );
  const parts = await openParts(path, options, options.position);
  const feed = new TapeFeed(parts, speed === 'max' ? undefined : new Pace(speed, options.now), options.admits);
  try {
    await feed.prime(readPosition(options.position, parts.tape));
    return feed;
  } catch (error) {
    await feed.close();
    throw error;
  }
}

class TapeFeed implements Feed {
  readonly kind = 'tape';
  readonly instruments: readonly Instrument[];
  firstTime: EpochMs | undefined;
  readonly #parts: TapeParts;
  readonly #pace: Pace | undefined;
  readonly #admits: ((time: number) => boolean) | undefined;
  readonly #heap = new CursorHeap();
  #used = 0;

  constructor(parts: TapeParts, pace: Pace | undefined, admits: TapeOptions['admits']) {
    this.#parts = parts;
    this.#pace = pace;
    this.#admits = admits;
    this.instruments = parts.instruments;
    this.firstTime = parts.firstTime;
  }

  /** Goes to the first row of each file that is to be given out, judging those before it again. */
  async prime(position: TapePosition | undefined): Promise<void> {
    for (const cursor of this.#parts.cursors) {
      const done = position?.files[cursor.label] ?? 0;
      this.#used += cursor.consumed;
      let state = await advanceFully(cursor);
      if (state === 'row' && this.#parts.firstTime === undefined) this.#sawFirst(cursor.time);
      while (state === 'row' && cursor.row <= done) {
        this.#used++;
        state = await advanceFully(cursor);
      }
      if (state !== 'ended') this.#heap.add(cursor);
    }
    if (position !== undefined) this.#compare(position);
  }

  async read(batch: TickBatch, max: number): Promise<FeedRead> {
    const room = Math.min(max, batch.capacity - batch.count);
    invariant(
      room > 0,
      `a read takes at least one tick, asked for ${max} with room for ${batch.capacity - batch.count}`,
    );
    const heap = this.#heap;
    for (let taken = 0; taken < room; taken++) {
      const cursor = heap.top;
      if (cursor === undefined) {
        if (taken > 0) return 'ticks';
        return this.#holds(Infinity) ? 'idle' : 'finished';
      }
      if (cursor.failure !== undefined) {
        if (taken > 0) return 'ticks';
        throw cursor.failure;
      }
      if (this.#pace !== undefined && this.#pace.dueInMs(cursor.time, cursor.sessionEnd) > 0) {
        return taken > 0 ? 'ticks' : 'idle';
      }
      if (this.#holds(cursor.time)) return taken > 0 ? 'ticks' : 'idle';
      batch.push(cursor.instrument, cursor.time, cursor.price, cursor.volume, cursor.row);
      this.#used++;
      let state: CursorState = cursor.advance();
      if (state === 'starved') state = await advanceFully(cursor);
      if (state === 'ended') heap.removeTop();
      else heap.settleTop();
    }
    return 'ticks';
  }

  idleMs(): number {
    const next = this.#heap.top;
    if (this.#pace === undefined || next === undefined || next.failure !== undefined) return 0;
    return Math.max(0, Math.ceil(this.#pace.dueInMs(next.time, next.sessionEnd)));
  }

  sourceOf(instrument: number): string {
    const source = this.#parts.sources[instrument];
    invariant(
      source !== undefined,
      `the tape has ${this.instruments.length} instruments, asked for number ${instrument}`,
    );
    return source;
  }

  position(): FeedPosition {
    const files: Record<string, number> = {};
    for (const cursor of this.#parts.cursors) files[cursor.label] = cursor.consumed;
    return writePosition({ tape: this.#parts.tape, files, ...this.counts(), finished: this.#heap.top === undefined });
  }

  counts(): { readonly used: number; readonly refused: Record<string, number> } {
    const refused = noneRefused();
    for (const cursor of this.#parts.cursors) {
      for (const reason of REFUSED_REASONS) refused[reason] += cursor.refused[reason];
    }
    return { used: this.#used, refused };
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.cursors.map((cursor) => cursor.close()));
  }

  #holds(time: number): boolean {
    return this.#admits?.(time) === false;
  }

  #sawFirst(time: number): void {
    if (this.firstTime === undefined || time < this.firstTime) this.firstTime = time as EpochMs;
  }

  /** The same content judged by the same rules gives the same counts; otherwise the rest would not be the same rest. */
  #compare(position: TapePosition): void {
    const expected = JSON.stringify([position.used, ...REFUSED_REASONS.map((reason) => position.refused[reason])]);
    const { used, refused } = this.counts();
    const found = JSON.stringify([used, ...REFUSED_REASONS.map((reason) => refused[reason])]);
    if (expected === found) return;
    const message =
      `tape ${position.tape} cannot go on where it stopped: used, ${REFUSED_REASONS.join(', ')} were ${expected} ` +
      `then and are ${found} now. Restore the calendar and instruments of that run, or start with a fresh DATA_DIR.`;
    throw new FeedError('TAPE_POSITION', message);
  }
}
